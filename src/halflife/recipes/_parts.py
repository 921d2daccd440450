"""What a live object is read into, whatever it came from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from halflife.recipes import _rows
from halflife.recipes._recipe import Recipe, Where


@dataclass(frozen=True, kw_only=True)
class Live:
    """A recipe with what a live optimizer adds to it.

    Attributes:
        recipe: the setting.
        group: which parameters have it, if not all have the same.
        measured: the uniform decay that its L2 amounts to overall, by the optimizer's state (1/step).
        layers: what it amounts to in each tensor, over that.
    """

    recipe: Recipe
    group: str | None = None
    measured: float | None = None
    layers: tuple[tuple[str, float], ...] = ()


def where(recipe: Recipe, which: Where) -> Recipe:
    """The recipe on other parameters."""
    return replace(recipe, where=which)


def chosen(recipe: Recipe, regularized: Sequence[int], free: Sequence[int]) -> Recipe:
    """The recipe on the parameters of these dimensions, the others left free; with a remark if that is no choice."""
    if not free or not recipe.strength:
        return recipe
    if all(n >= 2 for n in regularized) and all(n < 2 for n in free):
        return replace(recipe, where=Where.WEIGHTS)
    return _rows.with_remark(
        recipe,
        f"{len(regularized)} of {len(regularized) + len(free)} tensors are regularized there, chosen by something else "
        "than their dimensions: carry the choice by hand",
    )
