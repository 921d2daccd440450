"""How well networks do on rows that they are not learning from, a block of rows at a time so that memory stays flat."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from halflife.lab.data import Rows
from halflife.lab.model import Model, Parameters

Array = Any


class Blocks(NamedTuple):
    """Rows of some sets in blocks of one size, and what is known of the sets beforehand.

    Attributes:
        x: features, [blocks, rows, inputs].
        y: targets, [blocks, rows, outputs].
        label: the place of the largest target, [blocks, rows].
        member_of: the sets that a row is in, 1 or 0 for each, [blocks, rows, sets].
        count: rows of each set, [sets, 1].
        spread: sum of squares of each set's targets about their mean, over rows and outputs, [sets, 1].
    """

    x: Array
    y: Array
    label: Array
    member_of: Array
    count: Array
    spread: Array


ROWS_A_BLOCK = 256
"""Rows that are evaluated at once, at most."""

_ROWS_A_VECTOR = 8


def in_blocks(often: Sequence[Rows], once: Sequence[Rows], *, dtype: np.dtype) -> tuple[Blocks, int]:
    """All rows of some sets in blocks of one size, the last filled up with rows that are in no set.

    Args:
        often: sets that are looked at again and again; the size of the blocks is chosen for them.
        once: sets that come behind them.
        dtype: of what is computed with.

    Returns:
        The blocks, and how many of them hold all that is looked at often.
    """
    sets = (*often, *once)
    x, y = (np.concatenate(parts) for parts in zip(*((rows.x, rows.y) for rows in sets), strict=True))
    member_of = np.repeat(np.eye(len(sets)), [len(rows.x) for rows in sets], axis=0)
    chosen_for = sum(len(rows.x) for rows in often) or len(x)
    size = _ROWS_A_VECTOR * max(1, -(-chosen_for // (_ROWS_A_VECTOR * max(1, -(-chosen_for // ROWS_A_BLOCK)))))
    missing = -len(x) % size
    x, y, member_of = (
        np.pad(a, ((0, missing), (0, 0))).reshape(-1, size, a.shape[1]).astype(dtype) for a in (x, y, member_of)
    )
    of_sets = [(len(rows.y), len(rows.y) and np.sum((rows.y - rows.y.mean(axis=0)) ** 2)) for rows in sets]
    count, spread = np.array(of_sets, dtype).T[..., None]
    blocks = Blocks(x, y, y.argmax(axis=2).astype(np.int32), member_of, count, spread)
    return blocks, -(-sum(len(rows.x) for rows in often) // size)


def errors_and_scores(
    parameters: Parameters, blocks: Blocks, first: Array, network: Model, scored_as: str
) -> tuple[Array, Array]:
    """Mean error, and accuracy or R², of every member on every set: two arrays [sets, members].

    Only so many first blocks are looked at; what is measured of sets that they do not hold means nothing, and of sets
    without rows it is NaN. Classes are the columns of the targets, one-hot; a single column is one class against the
    other, by the sign of the logit.
    """
    *by_block, count, spread = blocks

    def add(number: Array, total: Array) -> Array:
        x, y, label, member_of = (of_all[number] for of_all in by_block)
        outputs = network.outputs(parameters, x)
        if scored_as == "classification" and y.shape[1] == 1:
            counted = (outputs[:, 0] > 0) == (y[:, 0] > 0)
        elif scored_as == "classification":
            counted = jnp.argmax(outputs, axis=1) == label
        else:
            counted = jnp.sum((outputs - y.T) ** 2, axis=1)
        of_rows = jnp.stack([network.row_errors(outputs, y), counted.astype(member_of.dtype)])
        return total + jnp.swapaxes(of_rows @ member_of, 1, 2)

    nothing = jnp.zeros((2, len(count), len(jax.tree.leaves(parameters)[0])), count.dtype)
    no_rows = blocks.x.size == 0
    errors, counted = nothing if no_rows else jax.lax.fori_loop(0, first, add, nothing)
    return errors / count, counted / count if scored_as == "classification" else 1 - counted / spread


def norm(parameters: Parameters, *, regularize_biases: bool) -> Array:
    """‖w‖ of every member, [members], biases counted only where asked for."""
    kinds = ("weights", "biases") if regularize_biases else ("weights",)
    of = (layer[kind] for layer in parameters for kind in kinds if kind in layer)
    return jnp.sqrt(sum(jnp.sum(array**2, axis=(1, 2)) for array in of))
