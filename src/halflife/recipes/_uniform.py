"""The uniform decay that an L2 through an adaptive direction amounts to just now, and how far off each layer is.

A penalty takes η·λ·wᵢ/rootᵢ from each weight, so it takes 2·Σ η·λ·wᵢ²/rootᵢ from Σw²; a decay α takes 2·α·Σw².
"""

import math
from collections.abc import Iterable
from typing import Any

from halflife.recipes._recipe import Recipe

Layers = tuple[tuple[str, float], ...]


def uniform(recipe: Recipe, tensors: Iterable[tuple[str, Any, Any]]) -> tuple[float | None, Layers]:
    """The decay that removes as much of Σw² as the penalty does through the roots as they stand.

    Args:
        recipe: an L2 through an adaptive direction.
        tensors: name, weights and what a gradient is divided by, in float64, of each regularized tensor.

    Returns:
        α (1/step), None where nothing can be measured; and for each tensor its own α over that.
    """
    gain = 1 / (1 - recipe.numbers.get("momentum", 0.0))
    removed, squares, layers = 0.0, 0.0, []
    for name, weights, root in tensors:
        norm = float((weights * weights).sum())
        taken = gain * recipe.lr * recipe.l2 * float((weights * weights / root).sum()) if norm else math.nan
        if not math.isfinite(taken):
            continue
        removed, squares = removed + taken, squares + norm
        layers.append((name, taken / norm))
    if not squares or not removed:
        return None, ()
    overall = removed / squares
    return overall, tuple((name, share / overall) for name, share in layers)


def adaptive(recipe: Recipe) -> bool:
    """Whether the recipe's L2 goes through a direction that divides it."""
    return recipe.l2 > 0 and not recipe.linear
