"""What the lab asks of a network, so that a user's own model can take the place of the fully connected ones."""

from collections.abc import Mapping
from typing import Any, Protocol

Array = Any
Parameters = list[dict[str, Array]]
"""One {"weights", "biases"} a layer, or one of the two, each [members, rows, columns]; weights are regularized."""


class Model(Protocol):
    """A network, whatever it is made of; it is a constant of the compiled program, so it must be hashable."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """About how many numbers a row of data becomes on its way, inputs first, outputs last."""

    @property
    def parameters(self) -> int:
        """How many numbers one member learns."""

    def initial(self, seed: int) -> Parameters:
        """One member's first weights, without the member axis; the same seed gives the same numbers."""

    def outputs(self, parameters: Parameters, rows: Array) -> Array:
        """What every member answers: [members, outputs, rows] for rows [rows, inputs]."""

    def row_errors(self, outputs: Array, targets: Array) -> Array:
        """The error of every member on every row, [members, rows], for targets [rows, outputs]."""

    def described(self) -> Mapping[str, Any]:
        """What distinguishes it, as JSON values: networks that differ here are not compared."""
