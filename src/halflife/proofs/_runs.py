"""Runs for witnesses: the update in float64 on random problems, whole paths returned."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halflife.rules import Order, Rule, update

Weights = NDArray[np.floating[Any]]
Gradient = Callable[[Weights, int], Weights]
PerStep = float | Callable[[int], float]


def run(
    rule: Rule,
    weights: Weights,
    gradient: Gradient,
    steps: int,
    *,
    lr: PerStep,
    l2: Any = 0.0,
    decay: Any = 0.0,
    order: Order | None = None,
    **settings: Any,
) -> Weights:
    """The path of one twin: its weights before the first step and after each, stacked.

    Args:
        rule: which optimizer.
        weights: where it starts.
        gradient: of the error without penalty, of weights and step number.
        steps: how many.
        lr: η, constant or of the step number.
        l2: λ.
        decay: α, constant, an array, or of the step number.
        order: when the decay acts; None means as the rule does it.
        settings: the rule's hyperparameters.
    """
    path, state = [weights], rule.initial_state(weights)
    for step in range(1, steps + 1):
        weights, state = update(
            rule,
            weights,
            gradient(weights, step),
            state,
            step=step,
            lr=lr(step) if callable(lr) else lr,
            l2=l2,
            decay=decay(step) if callable(decay) else decay,
            order=order,
            **settings,
        )
        path.append(weights)
    return np.stack(path)


def apart(one: Weights, other: Weights) -> float:
    """The largest difference of two paths, as a share of the largest weight on either."""
    return float(np.max(np.abs(one - other)) / max(np.max(np.abs(one)), np.max(np.abs(other))))


def quadratic(seed: int, size: int = 4) -> tuple[Weights, Weights]:
    """A random Hessian with eigenvalues from about ½ to 3, and the vector b of the gradient Hw − b."""
    random = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(random.normal(size=(size, size)))
    return turn @ np.diag(np.linspace(0.5, 3.0, size)) @ turn.T, random.normal(size=size)


def noisy(seed: int, size: int = 4) -> tuple[Weights, Gradient]:
    """A start, and gradients of a quadratic with another noise in every step, as mini-batches have."""
    hessian, b = quadratic(seed, size)
    noise = np.random.default_rng(seed + 1).normal(size=(1000, size))
    return b / 2 + 1, lambda w, step: hessian @ w - b + noise[step]
