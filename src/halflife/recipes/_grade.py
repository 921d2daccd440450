"""How exact a translation is: a type with a sentence for each outcome, never silence."""

from dataclasses import dataclass
from enum import Enum

from halflife.recipes._recipe import Recipe


class Grade(Enum):
    """How much of a setting survives its translation, best first."""

    EXACT = "the same steps"
    FIRST_ORDER = "the same steps up to a next term, whose size is given"
    SAME_SOLUTION = "another path to the same end, under the condition given"
    IMPOSSIBLE = "no setting does the same; the reason and the nearest thing are given"

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
    """

    grade: Grade
    note: str


@dataclass(frozen=True, kw_only=True)
class Translation:
    """The same setting in one framework.

    Attributes:
        framework: its name, as `to` takes it.
        recipe: the text to paste.
        grade: how exact it is.
        note: what the grade rests on.
        setting: what was written, in canonical form.
        group: which parameter group of a live optimizer, if there are several settings in it.
        layers: for each layer of a live optimizer, the decay that its L2 amounts to over the uniform one.
    """

    framework: str
    recipe: str
    grade: Grade
    note: str
    setting: Recipe
    group: str | None = None
    layers: tuple[tuple[str, float], ...] = ()
