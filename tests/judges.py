"""One problem, many optimizers, and the judge of whether two of them took the same path.

The gradient depends on the weights, without being linear in them, and on the step, as mini-batches do: an error in
one step is fed back into all later ones. lr changes every step, so that what is multiplied by it shows.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
import optax
import torch

from halflife.rules import RULES, Order, Rule, update

STEPS = 200
TOLERANCE = 1e-12
POWER = 10

_random = np.random.default_rng(20)
START = _random.normal(size=4)
_ROWS = _random.normal(size=(STEPS, 3, 4))
_TARGETS = _random.normal(size=(STEPS, 3))


class Disagreement(AssertionError):
    """Two paths differ by more than rounding.

    Attributes:
        distance: the gap between them.
    """

    def __init__(self, distance: float):
        self.distance = distance
        super().__init__(f"paths differ by {distance:.1e}, more than {TOLERANCE:.0e}")


def gradient_at(step: int, weights: np.ndarray) -> np.ndarray:
    """The gradient of Σ log cosh(rows·w − targets) + Σ w⁴/40 over the mini-batch of this step, counted from 1."""
    rows, targets = _ROWS[step - 1], _TARGETS[step - 1]
    return rows.T @ np.tanh(rows @ weights - targets) + weights**3 / 10


def lr_at(step: int, peak: float = 0.02) -> float:
    """Lr of a step counted from 1: never twice the same in a row, never the peak."""
    return peak * (0.5 + 0.4 * float(np.cos(0.7 * step)))


def walk(take_step: Callable[[int, np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """The weights after each step of `take_step(step, weights, gradient)`, which returns the new weights."""
    weights, path = START, []
    with np.errstate(over="ignore", invalid="ignore"):  # a wrong twin may diverge
        for step in range(1, STEPS + 1):
            weights = take_step(step, weights, gradient_at(step, weights))
            path.append(weights)
    return np.stack(path)


def by_halflife(
    rule: str | Rule,
    *,
    l2: float = 0.0,
    wd: float = 0.0,
    order: Order | None = None,
    lr: Callable[[int], float] = lr_at,
    step_function: Callable[..., Any] = update,
    **hyperparameters: Any,
) -> np.ndarray:
    """The path of `update`; `wd` is multiplied by lr to make the decay, as frameworks do."""
    chosen = RULES[rule] if isinstance(rule, str) else rule
    state = chosen.initial_state(START)

    def take_step(step: int, weights: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        nonlocal state
        weights, state = step_function(
            chosen,
            weights,
            gradient,
            state,
            step=step,
            lr=lr(step),
            l2=l2,
            decay=lr(step) * wd,
            order=order,
            **hyperparameters,
        )
        return weights

    return walk(take_step)


def by_torch(name: str, arguments: Mapping[str, Any], *, lr: Callable[[int], float] = lr_at) -> np.ndarray:
    """The path of the torch.optim class of that name, in float64."""
    ordinary = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # NAdam keeps its product of momenta in the default precision
    try:
        parameter = torch.nn.Parameter(torch.tensor(START))
        optimizer = getattr(torch.optim, name)([parameter], lr=1.0, **arguments)

        def take_step(step: int, weights: np.ndarray, gradient: np.ndarray) -> np.ndarray:
            optimizer.param_groups[0]["lr"] = lr(step)
            parameter.grad = torch.tensor(gradient)
            optimizer.step()
            return parameter.detach().numpy().copy()

        return walk(take_step)
    finally:
        torch.set_default_dtype(ordinary)


def by_optax(name: str, arguments: Mapping[str, Any], *, l2: float = 0.0) -> np.ndarray:
    """The path of the Optax optimizer of that name behind door 1, in float64, lr given as a schedule."""
    with jax.enable_x64(True):
        lrs = jax.numpy.array([lr_at(step) for step in range(1, STEPS + 1)])
        inner = getattr(optax, name)(learning_rate=lambda count: lrs[count], **arguments)
        optimizer = optax.chain(optax.add_decayed_weights(l2), inner)
        state = optimizer.init(jax.numpy.array(START))
        advance = jax.jit(optimizer.update)

        def take_step(step: int, weights: np.ndarray, gradient: np.ndarray) -> np.ndarray:
            nonlocal state
            change, state = advance(jax.numpy.array(gradient), state, jax.numpy.array(weights))
            return weights + np.asarray(change)

        return walk(take_step)


def by_keras(name: str, arguments: Mapping[str, Any], *, l2: float = 0.0) -> np.ndarray:
    """The path of the Keras optimizer of that name, in float64; λw joins the gradient as through a loss."""
    import keras  # seconds to import, and needed by few

    ordinary = keras.config.floatx()
    keras.config.set_floatx("float64")  # a Keras optimizer keeps lr in the default precision
    try:
        variable = keras.Variable(START, dtype="float64")
        optimizer = getattr(keras.optimizers, name)(learning_rate=1.0, **arguments)

        def take_step(step: int, weights: np.ndarray, gradient: np.ndarray) -> np.ndarray:
            optimizer.learning_rate = lr_at(step)
            optimizer.apply([keras.ops.convert_to_tensor(gradient + l2 * weights)], [variable])
            return np.array(keras.ops.convert_to_numpy(variable.value))

        return walk(take_step)
    finally:
        keras.config.set_floatx(ordinary)


def gap(path: np.ndarray, other: np.ndarray) -> float:
    """The largest distance between two paths at any step, relative to the longest weight vector of `other`."""
    longest = np.linalg.norm(other, axis=-1).max()
    with np.errstate(over="ignore"):  # a wrong twin may diverge
        return float(np.linalg.norm(path - other, axis=-1).max() / longest)


def judge(path: np.ndarray, reference: np.ndarray, without: np.ndarray) -> None:
    """Hold a path against the reference, and the reference against the one without regularization.

    Raises:
        AssertionError: the regularization does too little for this test to mean anything.
        Disagreement: the path is not the reference's.
    """
    effect = gap(reference, without)
    assert effect >= POWER * TOLERANCE, f"no power: regularization moves the reference by {effect:.1e} only"
    distance = gap(path, reference)
    if not distance <= TOLERANCE:
        raise Disagreement(distance)
