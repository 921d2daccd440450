"""HL001."""

from collections.abc import Iterator
from math import inf

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._fix import set_strength
from halflife.audit._training import Group, Training
from halflife.audit._words import percent, steps
from halflife.rules import Law

NOTHING = 0.001
LITTLE = 0.01


class NoEffect(Check):
    """No effect over the planned run.

    Multiplies 1 − α over all planned steps, under the schedule, and looks at the share of an untouched weight that
    is gone at the end: a warning under 0.1 %, a note under 1 %. L2 through an adaptive optimizer has no α of its own
    and is not judged.

    Why: a half-life far longer than the run does not regularize; a search over such values compares noise.

    Advice: choose it from the run: useful timescales 1/α lie between one epoch and all of it (Wang & Aitchison 2024).
    Or set it to zero and say so.

    Example: AdamW at lr 5e-5 and weight_decay 0.001 removes 0.005 % of a weight in 1000 steps.
    """

    needs = (("steps", "steps"),)

    def find(self, training: Training) -> Iterator[Finding | Skipped]:
        """One finding a group."""
        for group in training.regularized:
            removed = group.removed
            if removed is None or not removed < LITTLE or group.law in (Law.NONE, Law.UNKNOWN, Law.GROWTH):
                continue
            half = group.half_life
            halves = f"; its half-life is {steps(half)} steps" if half is not None and half < inf else ""
            yield self.finding(
                Severity.WARNING if removed < NOTHING else Severity.NOTE,
                group.where,
                f"{group.report.strength_name}={group.strength:g} at lr {group.lr:g} removes {percent(removed)} of a "
                f"weight over {training.steps:,} steps{halves}.",
                _enough(group),
            )


def _enough(group: Group) -> str:
    if not group.total:
        return ""
    return set_strength(group, float(f"{(group.strength or 0.0) / group.total:.2g}"), "1/α is the run")
