"""Lets code of the user's run once more without a trace: whatever it can change is put back afterwards."""

import random
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import numpy as np

CONTAINERS = (dict, list, set, deque)


@contextmanager
def undisturbed(model: Any, tensors: Iterable[Any] = ()) -> Iterator[None]:
    """What is done inside leaves no trace in a model, in these tensors and in the random numbers; nothing is printed.

    Values are written back where they were, so that whoever holds a tensor or a list still holds the right one; the
    versions that autograd counts do not move.

    Args:
        model: the torch module whose buffers, modes and attributes are kept; anything else keeps nothing.
        tensors: further tensors whose values are kept.
    """
    import torch

    modules = list(model.modules()) if isinstance(model, torch.nn.Module) else []
    attributes = [(module, {name: _copied(value) for name, value in vars(module).items()}) for module in modules]
    loose = [v for module in modules for v in vars(module).values() if isinstance(v, torch.Tensor)]
    buffers = [buffer for module in modules for buffer in module.buffers(recurse=False)]
    values = [(tensor, tensor.detach().clone()) for tensor in (*tensors, *buffers, *loose)]
    python, numpy = random.getstate(), np.random.get_state()
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        with torch.random.fork_rng():
            try:
                yield
            finally:
                random.setstate(python)
                np.random.set_state(numpy)
                for module, kept in attributes:
                    _put_back(vars(module), kept)
                for tensor, value in values:
                    tensor.data.copy_(value)


def _copied(value: Any) -> tuple[Any, Any]:
    """A value, and what it holds if it is a container."""
    return value, value.copy() if isinstance(value, CONTAINERS) else None


def _put_back(attributes: dict[str, Any], kept: dict[str, tuple[Any, Any]]) -> None:
    for name in attributes.keys() - kept.keys():
        del attributes[name]
    for name, (value, held) in kept.items():
        attributes[name] = value
        if held is not None and value != held:
            value.clear()
            value.extend(held) if isinstance(value, list | deque) else value.update(held)
