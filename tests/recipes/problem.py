"""The problem that every trainer of this folder solves, and the canonical recipe's own path through it.

Four inputs, five sigmoid units, one output, ½·(mean squared error); 50 mini-batches of 8 rows, the same for all.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from halflife.recipes import EpsPlace, Recipe, Where
from halflife.rules import RULES, Law, LrPlace, Order, State, schedule, update

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
    """The path that the recipe declares: `rules.update` in float64, one call a tensor and step."""
    rule = RULES[recipe.rule]
    inside = recipe.lr_place is LrPlace.BUFFER
    if inside and recipe.linear:
        rule = replace(rule, lr_place=LrPlace.BUFFER)
    weights, states = list(START), [rule.initial_state(start) for start in START]
    lrs, path = [recipe.lr * share for share in share_of_peak(recipe)], []
    for step, lr in enumerate(lrs, start=1):
        numbers: dict[str, Any] = recipe.numbers
        if inside and not recipe.linear and step > 1 and lr:  # a buffer of lr·d is lr times one that shrinks as lr does
            numbers["momentum"] = np.asarray(numbers["momentum"] * lrs[step - 2] / lr)
        gradients = gradient(weights, ROWS[step - 1], TARGETS[step - 1])
        for place, (weight, g) in enumerate(zip(weights, gradients, strict=True)):
            regularized = recipe.where is Where.ALL or weight.ndim >= 2
            l2, decay = recipe.l2 if regularized else 0.0, 0.0
            if recipe.law not in (Law.L2, Law.NONE) and regularized:
                decay = float(recipe.law.decay(recipe.strength, lr=lr, peak_lr=recipe.lr))
            weights[place], states[place] = update(
                rule,
                weight,
                g,
                states[place],
                step=step,
                lr=lr,
                l2=l2,
                decay=decay,
                order=Order.AFTER if recipe.order is Order.AFTER else Order.JOINT,
                **numbers | _eps(recipe, step, g + l2 * weight, states[place]),
            )
        path.append(flat(weights))
    return np.stack(path)


def _eps(recipe: Recipe, step: int, gradient: np.ndarray, state: State) -> dict[str, Any]:
    """The ε of a rule that does what the recipe's does in its own place."""
    numbers, place = recipe.numbers, recipe.eps_place
    eps = numbers.get("eps", 0.0)
    if place in (EpsPlace.BEFORE_CORRECTION, EpsPlace.AFTER_CORRECTION):
        root = np.sqrt(1 - numbers["beta2"] ** step)
        return {"eps": np.asarray(eps / root if place is EpsPlace.BEFORE_CORRECTION else eps * root)}
    if place is EpsPlace.UNDER_ROOT and recipe.rule == "adagrad":
        return {"initial_accumulator": numbers["initial_accumulator"] + eps, "eps": 0.0}
    if place is EpsPlace.UNDER_ROOT:
        s = numbers["smoothing"]
        square = s * state["square"] + (1 - s) * gradient**2
        if recipe.rule == "rmsprop_centred":
            square -= (s * state["mean"] + (1 - s) * gradient) ** 2
        return {"eps": np.sqrt(square + eps) - np.sqrt(square)}
    return {}


def gradient(weights: list[np.ndarray], rows: np.ndarray, targets: np.ndarray) -> list[np.ndarray]:
    first, bias, second, last = weights
    hidden = 1 / (1 + np.exp(-(rows @ first + bias)))
    error = (hidden @ second + last - targets) / len(rows)
    back = (error @ second.T) * hidden * (1 - hidden)
    return [rows.T @ back, back.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
