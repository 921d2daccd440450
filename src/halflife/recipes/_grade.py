"""How exact a translation is: a type with a sentence for each outcome, never silence."""

from dataclasses import dataclass
from enum import Enum


class Grade(Enum):
    """How much of a setting survives its translation, best first."""

    EXACT = "the same steps"
    FIRST_ORDER = "the same up to a next term of the size given"
    SAME_SOLUTION = "another path to the same end, if it converges"
    IMPOSSIBLE = "nothing does the same; the nearest that can be"

    def __str__(self) -> str:
        return self.name.replace("_", " ")

    @property
    def rank(self) -> int:
        """0 for the best."""
        return list(Grade).index(self)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """One thing that a translation could not keep, or kept on a condition.

    Attributes:
        grade: what it leaves of the translation.
        note: the condition, the size of the next term, or the theorem or missing feature and the nearest thing.
        start: what share of the weights the momentum buffer must hold before the first step for the same steps.
    """

    grade: Grade
    note: str
    start: float = 0.0
