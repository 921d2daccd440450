"""Which kind of model a user hands over, and how the lab trains it."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from halflife._errors import BadInput
from halflife.lab.data import Data
from halflife.lab.model import Model
from halflife.lab.spread import Summarized
from halflife.lab.training import train
from halflife.tune._search import lengths


def own(model: Any, source: Any, folds: Sequence[Data], error: str) -> Model:
    """The user's model as a network of the lab.

    Raises:
        BadInput: it is none that can be trained, or the folds have features of different widths.
    """
    widths = sorted({data.train.x.shape[1] for data in folds})
    shape = tuple(np.shape(source[0])[1:]) if isinstance(source, tuple) else (widths[0],)
    if widths != [math.prod(shape)]:
        raise BadInput(
            f"the folds have {', '.join(map(str, widths))} features after encoding and the model takes "
            f"{math.prod(shape)}: encode categories and fill missing columns before handing the data over."
        )
    targets = folds[0].train.y.shape[1]
    if _of(model, "torch"):
        from halflife.tune._torch_model import torch_model

        return torch_model(model, shape=shape, targets=targets, error=error)
    if (isinstance(model, tuple) and len(model) == 2 and all(map(callable, model))) or _of(model, "flax"):
        from halflife.tune._jax_model import jax_model

        return jax_model(model, shape=shape, targets=targets, error=error)
    raise BadInput(
        f"the model is a {type(model).__name__}: hand over a pair of functions (init, apply), a Flax module or a torch "
        "module."
    )


def trains_itself(model: Model | None) -> bool:
    """Whether it has a loop of its own, which compiles nothing."""
    return hasattr(model, "train")


def trainer(model: Model | None, epochs: int) -> dict[str, Any]:
    """The options of `run_folds` that train it: a torch module by its own loop, one population after another.

    All others by the lab, in calls of so many epochs as divide those of every rung: one program serves them all.
    """
    if trains_itself(model):
        return {"trainer": Summarized(getattr(model, "train")), "workers": 1}  # noqa: B009 - the others have none
    return {"trainer": Summarized(partial(train, together=math.gcd(*lengths(epochs))))}


def _of(model: Any, package: str) -> bool:
    return any(kind.__module__.partition(".")[0] == package for kind in type(model).__mro__)
