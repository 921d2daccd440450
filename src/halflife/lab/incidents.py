"""What went wrong on the way to results that are complete all the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from halflife.lab.outcomes import Outcome


@dataclass(frozen=True, kw_only=True)
class Incident:
    """Something that a study got over.

    Attributes:
        kind: "out of memory", "worker died" or "diverged".
        chunk: the number of the chunk that it befell; None if it was no single one.
        words: what happened and what was done about it, in a sentence.
    """

    kind: str
    chunk: int | None
    words: str


def diverged(outcomes: Sequence[Outcome]) -> list[Incident]:
    """What is said of trainings that stopped being finite, if there are any."""
    by_rule = Counter(o.setting.rule for o in outcomes if o.diverged)
    if not by_rule:
        return []
    rules = ", ".join(f"{count:,} {rule}" for rule, count in by_rule.items())
    words = (
        f"{by_rule.total():,} of {len(outcomes):,} trainings diverged ({rules}): a setting with a seed that diverged "
        "is not chosen."
    )
    return [Incident(kind="diverged", chunk=None, words=words)]


class OutOfMemory(Exception):
    """The members of a job did not fit."""


class WorkerDied(Exception):
    """What trained a job is gone, or its device failed."""
