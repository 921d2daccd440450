"""How well networks do on rows that they are not learning from, a block of rows at a time so that memory stays flat."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from halflife.lab.data import Rows
from halflife.lab.networks import Network, Parameters

Array = Any
Blocks = tuple[Array, Array, Array]
"""Features, targets and weights, each [blocks, rows, ...]."""

ROWS_A_BLOCK = 256
"""Rows that are evaluated at once."""


def in_blocks(rows: Rows, dtype: np.dtype) -> Blocks:
    """Features, targets and weights in blocks of one size, the last filled up with rows of weight 0."""
    size = min(ROWS_A_BLOCK, len(rows.x))
    missing = -len(rows.x) % size
    weight = np.pad(np.ones(len(rows.x)), (0, missing))
    x, y = (np.pad(array, ((0, missing), (0, 0))) for array in (rows.x, rows.y))
    x, y, weight = (a.reshape(-1, size, *a.shape[1:]).astype(dtype) for a in (x, y, weight))
    return x, y, weight


def errors_and_scores(parameters: Parameters, blocks: Blocks, network: Network, scored_as: str) -> tuple[Array, Array]:
    """Mean error, and accuracy or R², of every member: two arrays [members]."""
    _, y, weight = blocks
    count = jnp.sum(weight)

    def add(total: tuple[Array, Array], block: Blocks) -> tuple[tuple[Array, Array], None]:
        x, y, weight = block
        outputs = network.outputs(parameters, x)
        if scored_as == "classification":
            counted = jnp.argmax(outputs, axis=1) == jnp.argmax(y, axis=1)
        else:
            counted = jnp.sum((outputs - y.T) ** 2, axis=1)
        errors = network.row_errors(outputs, y)
        return (total[0] + errors @ weight, total[1] + counted.astype(weight.dtype) @ weight), None

    nothing = jnp.zeros(parameters[0]["weights"].shape[0], weight.dtype)
    (errors, counted), _ = jax.lax.scan(add, (nothing, nothing), blocks)
    if scored_as == "classification":
        return errors / count, counted / count
    mean = jnp.tensordot(weight, y, 2) / count
    return errors / count, 1 - counted / jnp.sum(weight[..., None] * (y - mean) ** 2)


def norm(parameters: Parameters, *, regularize_biases: bool) -> Array:
    """‖w‖ of every member, [members], biases counted only where asked for."""
    kinds = ("weights", "biases") if regularize_biases else ("weights",)
    return jnp.sqrt(sum(jnp.sum(layer[kind] ** 2, axis=(1, 2)) for layer in parameters for kind in kinds))
