"""HL001."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._training import Training
from halflife.rules import Law

NOTHING = 0.001
LITTLE = 0.01


class NoEffect(Check):
    """No effect over the planned run.

    Multiplies 1 − α over all planned steps, under the schedule, and looks at the share of an untouched weight that
    is gone at the end: a warning under 0.1 %, a note under 1 %. L2 through an adaptive optimizer has no α of its own
    and is not judged.

    Why: a decay whose half-life is far longer than the run does not regularize; a search over such values compares
    noise.

    Advice: choose the strength from the run: α near 1/steps forgets a large part of the start within it, and useful
    timescales 1/α lie between one epoch and the whole run (Wang & Aitchison 2024). Or set it to zero and say so.

    Example: AdamW at lr 5e-5 and weight_decay 0.001 removes 0.005 % of a weight in 1000 steps.
    """

    needs = (("steps", "steps"),)

    def find(self, training: Training) -> Iterator[Finding | Skipped]:
        """One finding a group."""
        for group in training.regularized:
            removed = group.removed
            if removed is None or not removed < LITTLE or group.law in (Law.NONE, Law.UNKNOWN, Law.GROWTH):
                continue
            yield self.finding(
                Severity.WARNING if removed < NOTHING else Severity.NOTE,
                group.where,
                f"{group.report.strength_name}={group.strength:g} at lr {group.lr:g} removes {removed:.2g} of a weight "
                f"over {training.steps:,} steps.",
            )
