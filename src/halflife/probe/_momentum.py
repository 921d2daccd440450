"""How far a gradient carries: the momentum of an optimizer, from its answer to a single push."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from halflife.probe._subject import Shape

PUSH = 1e-3
EVEN = 1e-6
LATE = 3
"""The push comes when the optimizer is running: a first step may be treated differently."""


def momentum_of(subject: Any, lr: float, shapes: Sequence[Shape] = ((4, 3),)) -> tuple[float, float]:
    """μ, and the gain: what a gradient moves in all steps together, in units of lr. Both measured in float64.

    One gradient among zeros moves the weights by d₀, d₁, d₂, …, from d₁ on each μ times the one before, so their
    sum is d₀ + d₁/(1−μ).

    Args:
        subject: a group as `halflife.probe` starts it.
        lr: to measure at; positive.
        shapes: of its parameters; the answer of the first counts.

    Returns:
        0 and 1 where the answer does not fade as one geometric series.
    """
    size, first = sum(prod(shape) for shape in shapes), prod(shapes[0])
    run = subject.start(shapes, np.zeros(size), lr=lr, strength=0.0)
    rows = []
    for t in range(LATE + 4):
        run.step(np.full(size, PUSH if t == LATE else 0.0))
        rows.append(run.weights()[:first])
    moved = -np.diff(np.array(rows), axis=0)[LATE - 1 :].mean(axis=1)
    if abs(moved[1]) < 1e-12 * abs(moved[0]):
        return 0.0, float(moved[0] / (lr * PUSH))
    momentum = float(moved[2] / moved[1])
    if not 0 <= momentum < 1 or abs(moved[3] - momentum * moved[2]) > EVEN * abs(moved[1]):
        return 0.0, 1.0
    return momentum, float((moved[0] + moved[1] / (1 - momentum)) / (lr * PUSH))


def slow_decay(pull: float, momentum: float) -> float:
    """α of a weight without gradient under a penalty, from the slow root of its recurrence; negative if it grows.

    w_{t+1} = (1+μ−x)·w_t − μ·w_{t−1}, where x is the pull.

    Args:
        pull: x, lr times λ.
        momentum: μ.
    """
    middle, product = 1 + momentum - pull, momentum
    discriminant = middle * middle - 4 * product
    if discriminant < 0:
        return float(1 - np.sqrt(product))
    # 1 − z₁ of z² − middle·z + product, without cancellation: (1−z₁)(1−z₂) = x
    if middle > 0:
        fast = (middle - np.sqrt(discriminant)) / 2
        return float(pull / (1 - fast))
    return float(1 - (abs(middle) + np.sqrt(discriminant)) / 2)
