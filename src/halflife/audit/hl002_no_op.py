"""HL002."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._fix import decoupled, set_strength
from halflife.audit._training import Training
from halflife.probe import Defect
from halflife.rules import Law


class NoOp(Check):
    """Set, but a no-op.

    The strength is not zero, and by experiment no weight moves because of it: the optimizer takes the argument and
    does nothing with it. A group of torch's takes any name at all: one that is called like a strength, that the
    optimizer does not have, and that says something else than the strength that acts, is a warning.

    Why: the training is not regularized, although its configuration says so.

    Advice: give it a decay that works, or use another optimizer; `halflife probe` shows the evidence.

    Example: an optimizer that stores `weight_decay` in its groups and never reads it; or AdamW with
    {"params": biases, "weight_decay_rate": 0.0}, which decays them by its default.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a group."""
        for group in training.regularized:
            if group.law is Law.NONE or Defect.NO_EFFECT in group.report.defects:
                yield self.finding(
                    Severity.ERROR,
                    group.where,
                    f"{group.report.strength_name}={group.strength:g} changes nothing in {training.name}.",
                    decoupled(training, group),
                )
        for group in training.groups:
            for name, value in group.unread.items():
                if value != group.strength:
                    yield self.finding(
                        Severity.WARNING,
                        group.where,
                        f"{name}={value:g} is a setting that {training.name} does not have; what acts is "
                        f"{group.report.strength_name}={group.strength or 0:g}.",
                        set_strength(group, value, f"what {name} says"),
                    )
