"""The problem that every trainer of this folder solves, and the canonical recipe's own path through it.

Four inputs, five sigmoid units, one output, ½·(mean squared error); 50 mini-batches of 8 rows, the same for all.
"""

from functools import cache
from typing import Any

import numpy as np

from halflife.recipes import Recipe
from halflife.recipes._steps import walk
from halflife.rules import schedule

STEPS = 50
BATCH = 8
_random = np.random.default_rng(5)
START = [_random.normal(size=shape) for shape in ((4, 5), (5,), (5, 1), (1,))]
"""Weights and biases as (inputs, outputs)."""

ROWS = _random.normal(size=(STEPS, BATCH, 4))
TARGETS = _random.normal(size=(STEPS, BATCH, 1))

Path = np.ndarray
"""The weights after each step, [steps, weights]."""


def flat(parameters: list[Any]) -> np.ndarray:
    """All parameters in one row."""
    return np.concatenate([np.asarray(p).ravel() for p in parameters])


def gap(path: Path, other: Path) -> float:
    """The largest distance at any step, relative to the length of the weights at the start."""
    return float(np.linalg.norm(path - other, axis=1).max() / np.linalg.norm(flat(START)))


def share_of_peak(recipe: Recipe) -> list[float]:
    """Lr of each step over its peak."""
    share = schedule.named(recipe.schedule, STEPS)
    return [share(step) for step in range(STEPS)]


@cache
def canonical_path(recipe: Recipe) -> Path:
    """The path that the recipe declares."""

    def gradients(step: int, weights: list[np.ndarray]) -> list[np.ndarray]:
        return gradient(weights, ROWS[step - 1], TARGETS[step - 1])

    return np.stack([flat(weights) for weights in walk(recipe, START, gradients, share_of_peak(recipe))])


def gradient(weights: list[np.ndarray], rows: np.ndarray, targets: np.ndarray) -> list[np.ndarray]:
    first, bias, second, last = weights
    hidden = 1 / (1 + np.exp(-(rows @ first + bias)))
    error = (hidden @ second + last - targets) / len(rows)
    back = (error @ second.T) * hidden * (1 - hidden)
    return [rows.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
