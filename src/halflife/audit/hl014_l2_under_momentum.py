"""HL014."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._training import Training
from halflife.rules import Law

STRONGER = 1.5


class L2UnderMomentum(Check):
    """L2 under momentum is stronger than it looks.

    Measures how far one gradient carries: under momentum μ it moves the weights 1/(1−μ) times as far as lr says. A
    penalty's gradient does so too. Reported above 1.5 times.

    Why: the decay per step is ηλ/(1−μ), not ηλ: at μ = 0.9 ten times what lr times weight_decay suggests.

    Advice: divide by 1/(1−μ) when you carry the strength over to decoupled decay, and keep λ when you change μ only
    if you mean to change the decay with it.

    Example: SGD(lr=0.1, momentum=0.9, weight_decay=5e-4) decays 5e-4 a step, not 5e-5.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a group."""
        for group in training.regularized:
            if group.law is Law.L2 and group.momentum > 0 and group.gain > STRONGER and group.decay is not None:
                plain = group.lr * (group.strength or 0.0)
                yield self.finding(
                    Severity.NOTE,
                    group.where,
                    f"momentum {group.momentum:.3g} carries a gradient {group.gain:.3g} times as far: α is "
                    f"{group.decay:.2g} a step, where lr times {group.report.strength_name} is {plain:.2g}.",
                )
