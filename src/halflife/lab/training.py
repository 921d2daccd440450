"""Training a population: the three lines over stacked networks, a block of epochs a compiled call.

Nothing here mixes members: they share the rows of data and nothing else. A member whose error stops being finite
is put back to where the epoch began and stays there, marked, while the others go on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from halflife._errors import BadInput
from halflife.lab.data import Data
from halflife.lab.networks import Network, Parameters
from halflife.lab.settings import Setting
from halflife.rules import RULES, Order, State, update
from halflife.rules import schedule as schedules

Array = Any
_Rows = tuple[Array, Array]
CURVES = ("train", "penalty", "valid", "test", "valid_score", "test_score", "norm")
"""What is recorded of every member after every epoch.

`train` is the error over the batches as they were trained on, `penalty` is (λ/2)‖w‖² after the epoch; `valid` and
`test` are errors after the epoch without penalty; the scores are accuracy (R² for regression); `norm` is ‖w‖ without
biases.
"""

ROWS_A_BLOCK = 256
"""Rows that are evaluated at once."""

_BATCH_STREAM = 2
_STEPS_A_CALL = 256


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What all members of a study have in common besides the data.

    Attributes:
        network: the shape of the networks and their error.
        epochs: how often each training row is seen.
        batch_size: rows a step; the last batch of an epoch may be smaller and is trained on too.
        schedule: a name that `halflife.rules.schedule.named` knows.
        precision: "float32" or "float64".
        regularize_biases: whether both doors act on biases too.

    Raises:
        BadInput: no epoch, an empty batch, an unknown precision or schedule.
    """

    network: Network
    epochs: int
    batch_size: int = 32
    schedule: str = "constant"
    precision: str = "float32"
    regularize_biases: bool = False

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise BadInput(f"epochs is {self.epochs}: it must be 1 or more.")
        if self.batch_size < 1:
            raise BadInput(f"the batch size is {self.batch_size}: it must be 1 or more.")
        if self.precision not in ("float32", "float64"):
            raise BadInput(f"precision is {self.precision!r}: it must be float32 or float64.")
        schedules.named(self.schedule, self.epochs)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came out of training some members.

    Attributes:
        curves: [epochs, members] for each name of `CURVES`.
        final: [members] for "train" and "train_score": error and score on the training rows after the last epoch.
        diverged: [members], the epoch (from 1) in which a member stopped being finite, 0 if none.
        parameters: the last weights of all members, as NumPy arrays.
    """

    curves: Mapping[str, np.ndarray]
    final: Mapping[str, np.ndarray]
    diverged: np.ndarray
    parameters: Parameters


class Stopped(Exception):
    """Training was asked to stop between two calls."""


def train(
    data: Data,
    recipe: Recipe,
    settings: Sequence[Setting],
    *,
    seed: int,
    stop: Callable[[], bool] = lambda: False,
    after_epoch: Callable[[int, Parameters], None] | None = None,
) -> Trained:
    """Train one network a setting, all from the same start on the same batches, all under one rule.

    Args:
        data: the rows.
        recipe: what the members share.
        settings: what they differ in; one rule and one order of decay among them.
        seed: of the initialization and the order of rows.
        stop: asked between compiled calls; when true, training ends with `Stopped`.
        after_epoch: called with the epoch (from 1) and the weights of all members after each epoch.

    Returns:
        Curves and final weights, members in the order of the settings.

    Raises:
        Stopped: `stop` said so.
    """
    members = len(settings)
    rule = settings[0].rule
    order = settings[0].law.order
    with jax.enable_x64(recipe.precision == "float64"):
        dtype = np.dtype(recipe.precision)
        rows = [(part.x.astype(dtype), part.y.astype(dtype)) for part in (data.train, data.valid, data.test)]
        start = [
            {name: np.repeat(values[None].astype(dtype), members, axis=0) for name, values in layer.items()}
            for layer in recipe.network.initial(seed)
        ]
        state = [{name: RULES[rule].initial_state(w) for name, w in layer.items()} for layer in start]
        carry = (start, state, np.zeros(members, np.int32))
        hyperparameters = {
            name: _per_member([dict(s.hyperparameters)[name] for s in settings], dtype)
            for name, _ in settings[0].hyperparameters
        }
        l2 = _per_member([s.l2 for s in settings], dtype)
        block = 1 if after_epoch else _epochs_a_call(recipe, len(data.train.x))
        call = partial(
            _train_block,
            network=recipe.network,
            rule=rule,
            order=order,
            regularize_biases=recipe.regularize_biases,
            scored_as=data.task,
        )
        curves = []
        for first in range(0, recipe.epochs, block):
            if stop():
                raise Stopped
            feed = _feed(recipe, settings, len(data.train.x), seed, range(first, first + block), dtype)
            carry, curve = call(carry, feed, rows, l2, hyperparameters)
            curves.append(jax.tree.map(np.asarray, curve))
            if after_epoch:
                after_epoch(first + 1, jax.tree.map(np.asarray, carry[0]))
        error, score = _evaluate(carry[0], rows[0], network=recipe.network, scored_as=data.task)
        return Trained(
            curves={name: np.concatenate([c[name] for c in curves]) for name in CURVES},
            final={"train": np.asarray(error), "train_score": np.asarray(score)},
            diverged=np.asarray(carry[2]),
            parameters=jax.tree.map(np.asarray, carry[0]),
        )


def batches(rows: int, batch_size: int, *, seed: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """The order of rows in one epoch, as indices [steps, batch] and each index's weight in its batch's mean.

    The last batch is filled up with rows of weight 0 where it is smaller.
    """
    batch_size = min(batch_size, rows)
    order = np.random.default_rng([seed, _BATCH_STREAM, epoch]).permutation(rows)
    steps = -(-rows // batch_size)
    index = np.zeros(steps * batch_size, np.int32)
    index[:rows] = order
    real = (np.arange(steps * batch_size) < rows).reshape(steps, batch_size)
    return index.reshape(steps, batch_size), real / real.sum(axis=1, keepdims=True)


def _epochs_a_call(recipe: Recipe, rows: int) -> int:
    steps = -(-rows // min(recipe.batch_size, rows))
    wanted = min(recipe.epochs, max(1, _STEPS_A_CALL // steps))
    return next(block for block in range(wanted, 0, -1) if recipe.epochs % block == 0)


def _feed(
    recipe: Recipe, settings: Sequence[Setting], rows: int, seed: int, epochs: range, dtype: Any
) -> dict[str, Array]:
    order = [batches(rows, recipe.batch_size, seed=seed, epoch=epoch) for epoch in epochs]
    index, weight = (np.stack(part) for part in zip(*order, strict=True))
    steps = index.shape[1]
    step = np.arange(epochs.start * steps, epochs.stop * steps)
    schedule = schedules.named(recipe.schedule, recipe.epochs * steps)
    share = np.array([schedule(int(t)) for t in step])
    lr = np.stack([setting.lr * share for setting in settings], axis=1)
    decay = np.stack([setting.decay(setting.lr * share) for setting in settings], axis=1)
    per_step = (len(epochs), steps, len(settings), 1, 1)
    return {
        "epoch": np.array(epochs, np.int32) + 1,
        "index": index,
        "weight": weight.astype(dtype),
        "step": step.reshape(len(epochs), steps).astype(np.int32) + 1,
        "lr": lr.reshape(per_step).astype(dtype),
        "decay": decay.reshape(per_step).astype(dtype),
    }


def _per_member(values: Sequence[float], dtype: Any) -> Array:
    return np.array(values, dtype).reshape(-1, 1, 1)


@partial(
    jax.jit,
    static_argnames=("network", "rule", "order", "regularize_biases", "scored_as"),
    compiler_options={"xla_cpu_multi_thread_eigen": False},
)
def _train_block(
    carry: tuple[Parameters, list[dict[str, State]], Array],
    feed: Mapping[str, Array],
    rows: Sequence[_Rows],
    l2: Array,
    hyperparameters: Mapping[str, Array],
    *,
    network: Network,
    rule: str,
    order: Order | None,
    regularize_biases: bool,
    scored_as: str,
) -> tuple[Any, dict[str, Array]]:
    (train_x, train_y), valid_rows, test_rows = rows

    def error(parameters: Parameters, x: Array, y: Array, weight: Array) -> tuple[Array, Array]:
        of_members = network.row_errors(network.outputs(parameters, x), y) @ weight
        return jnp.sum(of_members), of_members

    def one_step(carry: Any, now: Mapping[str, Array]) -> tuple[Any, Array]:
        parameters, state = carry
        x, y = train_x[now["index"]], train_y[now["index"]]
        gradients, errors = jax.grad(error, has_aux=True)(parameters, x, y, now["weight"])
        layers = []
        for w, g, s in zip(parameters, gradients, state, strict=True):
            moved = {}
            for name in w:
                regularized = 1 if name == "weights" or regularize_biases else 0
                moved[name] = update(
                    RULES[rule],
                    w[name],
                    g[name],
                    s[name],
                    step=now["step"],
                    lr=now["lr"],
                    l2=l2 * regularized,
                    decay=now["decay"] * regularized,
                    order=order,
                    **hyperparameters,
                )
            layers.append(moved)
        parameters = [{name: new[0] for name, new in layer.items()} for layer in layers]
        state = [{name: new[1] for name, new in layer.items()} for layer in layers]
        share = jnp.sum(now["weight"] > 0) / len(train_x)
        return (parameters, state), errors * share

    def one_epoch(carry: Any, now: Mapping[str, Array]) -> tuple[Any, dict[str, Array]]:
        parameters, state, diverged = carry
        steps = {name: value for name, value in now.items() if name != "epoch"}
        (moved, state), errors = jax.lax.scan(one_step, (parameters, state), steps)
        train_error = jnp.sum(errors, axis=0)
        norm = _norm(moved, regularize_biases=False)
        alive = (diverged == 0) & jnp.isfinite(train_error) & jnp.isfinite(norm)
        diverged = jnp.where((diverged == 0) & ~alive, now["epoch"], diverged)
        parameters = jax.tree.map(lambda new, old: jnp.where(alive[:, None, None], new, old), moved, parameters)
        valid, valid_score = _errors_and_scores(parameters, valid_rows, network, scored_as)
        test, test_score = _errors_and_scores(parameters, test_rows, network, scored_as)
        penalized = _norm(parameters, regularize_biases=regularize_biases)
        curves = {
            "train": train_error,
            "penalty": l2[:, 0, 0] * penalized * penalized / 2,
            "valid": valid,
            "test": test,
            "valid_score": valid_score,
            "test_score": test_score,
            "norm": norm,
        }
        return (parameters, state, diverged), {k: jnp.where(alive, v, jnp.nan) for k, v in curves.items()}

    final: tuple[Any, dict[str, Array]] = jax.lax.scan(one_epoch, carry, feed)
    return final


@partial(
    jax.jit,
    static_argnames=("network", "scored_as"),
    compiler_options={"xla_cpu_multi_thread_eigen": False},
)
def _evaluate(parameters: Parameters, rows: _Rows, *, network: Network, scored_as: str) -> tuple[Array, Array]:
    return _errors_and_scores(parameters, rows, network, scored_as)


def _errors_and_scores(parameters: Parameters, rows: _Rows, network: Network, scored_as: str) -> tuple[Array, Array]:
    x, y = rows
    outputs = network.outputs(parameters, x)
    errors = jnp.mean(network.row_errors(outputs, y), axis=1)
    if scored_as == "classification":
        return errors, jnp.mean(jnp.argmax(outputs, axis=1) == jnp.argmax(y, axis=1), axis=1)
    missed = jnp.sum((outputs - y.T) ** 2, axis=(1, 2))
    spread = jnp.sum((y - jnp.mean(y, axis=0)) ** 2)
    return errors, 1 - missed / spread


def _norm(parameters: Parameters, *, regularize_biases: bool) -> Array:
    kinds = ("weights", "biases") if regularize_biases else ("weights",)
    return jnp.sqrt(sum(jnp.sum(layer[kind] ** 2, axis=(1, 2)) for layer in parameters for kind in kinds))
