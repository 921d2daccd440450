"""HL015."""

from collections.abc import Iterator
from math import sqrt

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._fix import rounded_down, set_strength
from halflife.audit._groups import pull
from halflife.audit._training import Training
from halflife.rules import Law


class Oscillates(Check):
    """The penalty oscillates.

    Compares ηλ, at the peak lr, with (1−√μ)², beyond which the recurrence of a weight under L2 and momentum has
    complex roots.

    Why: untouched weights swing through zero instead of shrinking, and a larger λ no longer shrinks them faster:
    they decay by 1−√μ a step whatever it is.

    Advice: lower lr·weight_decay or the momentum, or use decoupled decay, which never oscillates.

    Example: SGD(lr=1, momentum=0.9, weight_decay=0.01): ηλ is 0.01, and (1−√0.9)² is 0.0026.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a group."""
        for group in training.regularized:
            if group.law is not Law.L2 or not group.momentum:
                continue
            bound = (1 - sqrt(group.momentum)) ** 2
            if bound < pull(group) < 2 * (1 + group.momentum):
                yield self.finding(
                    Severity.WARNING,
                    group.where,
                    f"ηλ = {pull(group):.3g} is above (1−√μ)² = {bound:.3g} at momentum {group.momentum:.3g}.",
                    set_strength(group, rounded_down((group.strength or 0.0) * bound / pull(group)), "no swing"),
                )
