"""HL016."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._groups import pull
from halflife.audit._training import Training
from halflife.rules import Law


class Unstable(Check):
    """Unstable: decay that overshoots.

    Reports α ≥ 1 where decay acts on the weights, and ηλ ≥ 2(1+μ) where L2 acts through the gradient, at the peak
    lr. An adaptive optimizer normalizes L2, and is not judged.

    Why: a step that removes the whole weight erases what was learned, and one beyond the bound of L2 makes the weights
    alternate and grow without end.

    Advice: lower the strength or lr; often one of them was meant for another law.

    Example: weight_decay=1 in an optimizer whose decay is not multiplied by lr, a value that is harmless in AdamW.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a group."""
        for group in training.regularized:
            if group.law is Law.L2 and not group.report.enters_preconditioner:
                bound = 2 * (1 + group.momentum)
                if pull(group) >= bound:
                    yield self.finding(
                        Severity.ERROR, group.where, f"ηλ = {pull(group):.3g} is not below 2(1+μ) = {bound:.3g}."
                    )
            elif group.law is not Law.L2 and group.decay is not None and group.decay >= 1:
                yield self.finding(
                    Severity.ERROR,
                    group.where,
                    f"α = {group.decay:.3g}: a step removes the whole weight ({group.report.strength_name}="
                    f"{group.strength:g}, lr {group.lr:g}).",
                )
