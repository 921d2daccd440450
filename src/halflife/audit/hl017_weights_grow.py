"""HL017."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._fix import set_strength
from halflife.audit._training import Training
from halflife.rules import Law


class WeightsGrow(Check):
    """The weights grow.

    The probe finds that regularization makes weights without gradient grow, or the configured strength is negative.

    Why: it is the opposite of regularization, and exponential.

    Advice: look for a sign error; Optax's add_decayed_weights placed after a complete optimizer is one.

    Example: weight_decay=-0.01, or an optimizer that adds its decay.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a group."""
        for group in training.regularized:
            if group.law is Law.NONE:
                continue
            negative = (group.strength or 0.0) < 0
            if (group.law is Law.GROWTH) != negative:
                yield self.finding(
                    Severity.ERROR,
                    group.where,
                    f"{group.report.strength_name}={group.strength:g} makes the weights grow"
                    + (f" by {-group.decay:.2g} a step." if group.decay is not None and group.decay < 0 else "."),
                    set_strength(group, abs(group.strength or 0.0), "shrinks them") if negative else "",
                )
