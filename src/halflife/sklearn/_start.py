"""Where a fit begins and in which order it sees the rows, drawn as scikit-learn's MLP draws them.

The same `random_state` gives both libraries the same first weights and the same batches.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from halflife.lab.feed import Order
from halflife.lab.model import Parameters

Array = Any


def drawn(sizes: Sequence[int], activation: str, random: np.random.RandomState) -> tuple[list[Array], list[Array]]:
    """First weights [inputs, outputs] and biases [outputs] of every layer.

    Uniform within √(6/(inputs + outputs)), or √(2/(inputs + outputs)) under the logistic activation: Glorot & Bengio
    2010, equation 16. Biases are drawn like weights.
    """
    coefs, intercepts = [], []
    for inputs, outputs in itertools.pairwise(sizes):
        bound = np.sqrt((2.0 if activation == "logistic" else 6.0) / (inputs + outputs))
        coefs.append(random.uniform(-bound, bound, (inputs, outputs)))
        intercepts.append(random.uniform(-bound, bound, outputs))
    return coefs, intercepts


def reshuffled(rows: int, random: np.random.RandomState) -> Order:
    """An order that shuffles the one of the epoch before."""
    order = np.arange(rows)

    def next_order(_: int) -> Array:
        nonlocal order
        order = order[random.permutation(rows)]
        return order

    return next_order


def skip(rows: int, random: np.random.RandomState, *, epochs: int) -> None:
    """Draw what the orders of so many epochs draw, so that a generator goes on as after scikit-learn's training."""
    for _ in range(epochs):
        random.permutation(rows)


def unshuffled(rows: int) -> Order:
    """The order that the rows came in."""
    return lambda _: np.arange(rows)


def member(coefs: Sequence[Array], intercepts: Sequence[Array]) -> Parameters:
    """One network as a population of one, in the lab's layout."""
    return [{"weights": w.T[None], "biases": b[None, :, None]} for w, b in zip(coefs, intercepts, strict=True)]


def of_member(parameters: Parameters, place: int = 0) -> tuple[list[Array], list[Array]]:
    """Weights and biases of one member of a population, in scikit-learn's layout."""
    coefs = [np.ascontiguousarray(layer["weights"][place].T) for layer in parameters]
    return coefs, [layer["biases"][place, :, 0].copy() for layer in parameters]
