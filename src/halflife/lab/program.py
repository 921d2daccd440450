"""The compiled program of a training: the three lines over stacked networks, for a block of epochs.

Nothing here mixes members: they share the rows of data and nothing else. A member whose error stops being finite
is put back to where the epoch began and stays there, marked, while the others go on.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from halflife.lab import compiler
from halflife.lab.evaluation import Blocks, errors_and_scores
from halflife.lab.evaluation import norm as norm_of
from halflife.lab.model import Model, Parameters
from halflife.rules import RULES, Order, State, update

Array = Any
CURVES = ("train", "penalty", "valid", "test", "valid_score", "test_score", "norm")
"""What is recorded of every member after every epoch.

`train` is the error over the batches as they were trained on, `penalty` is (λ/2)‖w‖² after the epoch; `valid` and
`test` are errors after the epoch without penalty; the scores are accuracy (R² for regression); `norm` is ‖w‖ without
biases.
"""

WATCHED = ("valid", "test", "valid_score", "test_score")
"""Those of them for which networks answer rows that they are not trained on."""

MEASURED = (*CURVES, "last", "last_score")
"""The rows of what comes out: the curves, then error and score on all training rows, looked at where it was asked."""

_ONCE_AN_EPOCH = ("epoch", "blocks")


def _train_block(
    carry: tuple[Parameters, list[dict[str, State]], Array],
    feed: Mapping[str, Array],
    rows: tuple[Array, Array],
    evaluated: Blocks,
    l2: Array,
    hyperparameters: Mapping[str, Array],
    epochs: Array,
    *,
    network: Model,
    rule: str,
    order: Order | None,
    regularize_biases: bool,
    scored_as: str,
    apart: bool = False,
) -> tuple[Any, Array]:
    train_x, train_y = rows

    def error(parameters: Parameters, x: Array, y: Array, weight: Array) -> tuple[Array, Array]:
        of_members = network.row_errors(network.outputs(parameters, x), y) @ weight
        return jnp.sum(of_members), of_members

    steps = len(feed["step"]) // len(feed["epoch"])

    def one_step(first: Array, number: Array, carry: Any) -> Any:
        now = {name: told[first + number] for name, told in feed.items() if name not in _ONCE_AN_EPOCH}
        parameters, state, trained_on = carry
        if apart:
            trained_on += 0 * sum(w[:, 0, 0] for layer in parameters for w in layer.values())
        x, y = train_x[now["index"]], train_y[now["index"]]
        gradients, errors = jax.grad(error, has_aux=True)(parameters, x, y, now["weight"])
        layers = []
        for w, g, s in zip(parameters, gradients, state, strict=True):
            moved = {}
            for name in w:
                regularized = name == "weights" or regularize_biases
                moved[name] = update(
                    RULES[rule],
                    w[name],
                    g[name],
                    s[name],
                    step=now["step"],
                    lr=now["lr"],
                    l2=l2 if regularized else 0,
                    decay=now["decay"] if regularized else 0,
                    order=order,
                    **hyperparameters,
                )
            layers.append(moved)
        parameters = [{name: new[0] for name, new in layer.items()} for layer in layers]
        state = [{name: new[1] for name, new in layer.items()} for layer in layers]
        return parameters, state, trained_on + errors * now["share"]

    def one_epoch(number: Array, so_far: tuple[Any, Array]) -> tuple[Any, Array]:
        (parameters, state, diverged), curves = so_far
        epoch, blocks = (feed[name][number] for name in _ONCE_AN_EPOCH)
        before = (parameters, state, jnp.zeros(len(diverged), l2.dtype))
        moved, state, train_error = jax.lax.fori_loop(0, steps, partial(one_step, number * steps), before)
        norm = norm_of(moved, regularize_biases=False)
        alive = (diverged == 0) & jnp.isfinite(train_error) & jnp.isfinite(norm)
        diverged = jnp.where((diverged == 0) & ~alive, epoch, diverged)
        parameters = jax.tree.map(lambda new, old: jnp.where(alive[:, None, None], new, old), moved, parameters)
        errors, scores = errors_and_scores(parameters, evaluated, blocks, network, scored_as)
        penalized = norm_of(moved, regularize_biases=regularize_biases)
        measured = {
            "train": train_error,
            "penalty": l2[:, 0, 0] * penalized * penalized / 2,
            **dict(zip(("valid", "test", "last"), errors, strict=True)),
            **dict(zip(("valid_score", "test_score", "last_score"), scores, strict=True)),
            "norm": norm,
        }
        # one array, for each of its own is compiled on its own
        stacked = jnp.stack([measured[name] for name in MEASURED])
        curve = jnp.where(alive, stacked, jnp.nan)
        return (parameters, state, diverged), jax.lax.dynamic_update_index_in_dim(curves, curve, number, axis=0)

    nothing = jnp.zeros((len(feed["epoch"]), len(MEASURED), len(l2)), l2.dtype)
    final: tuple[Any, Array] = jax.lax.fori_loop(0, epochs, one_epoch, (carry, nothing))
    return final


_STATIC = ("network", "rule", "order", "regularize_biases", "scored_as")
train_block = compiler.to_run_fast(_train_block, _STATIC)
train_block_soon = compiler.to_compile_soon(partial(_train_block, apart=True), _STATIC)
"""What compiles sooner does not vectorize a loop that writes where it reads. Old weights that are read once more, for
something that the step does not wait for, are left where they are and the new ones written apart: a tenth faster."""
