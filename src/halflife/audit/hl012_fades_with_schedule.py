"""HL012."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._training import Training
from halflife.audit._words import percent

EARLY = 0.7


class FadesWithSchedule(Check):
    """Strength that fades with the lr schedule.

    Adds up α over the planned run under the schedule, and reports groups of which more than 70 % falls in the first
    half. Under a cosine to zero it is 82 %, under a straight line 75 %.

    Why: a decay that is multiplied by lr goes when lr goes: the end of the run is hardly regularized.

    Advice: nothing, if that is meant, as in most published recipes. Else use a decay that does not follow lr
    (halflife.regularize with schedule="nothing"), or let lr end above zero.

    Example: AdamW under a cosine schedule.
    """

    needs = (("steps", "steps"), ("schedule", "schedule"))

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a group."""
        for group in training.regularized:
            if group.early is not None and group.early > EARLY:
                yield self.finding(
                    Severity.NOTE,
                    group.where,
                    f"{percent(group.early)} of the decay falls in the first half of {training.steps:,} steps.",
                )
