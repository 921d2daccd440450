"""HL002."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._fix import decoupled
from halflife.audit._training import Training
from halflife.probe import Defect
from halflife.rules import Law


class NoOp(Check):
    """Set, but a no-op.

    The strength is not zero, and by experiment no weight moves because of it: the optimizer takes the argument and
    does nothing with it.

    Why: the training is not regularized, although its configuration says so.

    Advice: give it a decay that works, or use another optimizer; `halflife probe` shows the evidence.

    Example: an optimizer that stores `weight_decay` in its groups and never reads it.
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
