"""What the weights of a layer look like, in 41 numbers: the quantiles from the smallest weight to the largest."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from halflife.lab.model import Parameters
from halflife.lab.settings import Setting
from halflife.lab.training import Trained

LEVELS = tuple(k / 40 for k in range(41))
"""Between two neighbours lies one fortieth of the weights."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The weights of one trained network, biases left out.

    Attributes:
        setting: what was trained.
        seed: of initialization and order of rows.
        layers: from the inputs to the outputs, the quantiles of each layer's weights at `LEVELS`.
    """

    setting: Setting
    seed: int
    layers: tuple[tuple[float, ...], ...]


def quantiles(parameters: Parameters) -> list[np.ndarray]:
    """For each layer the quantiles of every member, [members, levels]."""
    flat = (np.asarray(layer["weights"], np.float64) for layer in parameters if "weights" in layer)
    return [np.quantile(w.reshape(len(w), -1), LEVELS, axis=1).T for w in flat]


@dataclass(frozen=True)
class Summarized:
    """A trainer that hands over what the weights look like instead of the weights: less to send, and to do for others.

    Attributes:
        trainer: trains as `halflife.lab.train` does.
    """

    trainer: Callable[..., Trained]

    def __call__(self, *arguments: Any, **options: Any) -> Trained:
        """As the trainer is called."""
        trained = self.trainer(*arguments, **options)
        return replace(trained, parameters=[], states=[], spreads=tuple(quantiles(trained.parameters)))
