"""A torch optimizer on its fresh parameters, and the calm in which it is run."""

import io
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
import torch

from halflife.probe._subject import Floats, is_number

DENSE, SPARSE, DIFFERENTIABLE = "dense", "sparse", "differentiable"
_GRADIENTS: dict[str, Callable[[Any, Any], Any]] = {
    DENSE: lambda p, planned: planned,  # noqa: ARG005 - all three have one signature
    SPARSE: lambda p, planned: planned.to_sparse(1),  # noqa: ARG005 - all three have one signature
    # the planned value, and an identity for its Hessian
    DIFFERENTIABLE: lambda p, planned: planned + (p - p.detach()),
}


class TorchRun:
    """One torch optimizer on its fresh parameters; `again` builds another one of some strength."""

    def __init__(
        self,
        optimizer: Any,
        parameters: list[torch.Tensor],
        *,
        lr_name: str | None,
        strength_name: str | None,
        kind: str,
        again: Callable[[float], Any],
    ):
        self.optimizer = optimizer
        self.parameters = parameters
        self._again = again
        self.gradient_changed = False
        self._lr_name = lr_name
        self._strength_name = strength_name
        self._kind = kind
        self._sizes = [p.numel() for p in parameters]
        mode = getattr(optimizer, "train", None)
        if callable(mode):
            mode()

    def step(self, gradient: Floats | None) -> None:
        """Give each parameter its part of the gradient and step."""
        given = []
        if gradient is None:
            for p in self.parameters:
                p.grad = None
        else:
            flat = torch.from_numpy(gradient).to(self.parameters[0].dtype)
            for p, part in zip(self.parameters, flat.split(self._sizes), strict=True):
                dense = part.view(p.shape).clone()
                p.grad = _GRADIENTS[self._kind](p, dense)
                given.append((p, part))
        # through the class: a scheduler leaves a step on the instance that belongs to the user's optimizer
        type(self.optimizer).step(self.optimizer)
        if self._kind == DENSE:
            changed = any(p.grad is not None and not torch.equal(p.grad.flatten(), part) for p, part in given)
            self.gradient_changed = self.gradient_changed or changed

    def weights(self) -> Floats:
        """All parameters end to end."""
        with torch.no_grad():
            flat: Floats = torch.cat([p.detach().flatten() for p in self.parameters]).to(torch.float64).numpy().copy()
        return flat

    def put(self, weights: Floats) -> None:
        """Overwrite the parameters in place."""
        with torch.no_grad():
            for p, part in zip(self.parameters, torch.from_numpy(weights).split(self._sizes), strict=True):
                p.copy_(part.view(p.shape))

    def scale_lr(self, factor: float) -> None:
        """Change lr in every group, as torch's schedulers do, or where the optimizer keeps it."""
        for place in _holders(self.optimizer, self._lr_name):
            assign(place, self._lr_name, place[str(self._lr_name)] * factor)

    def set_strength(self, value: float) -> None:
        """Change it in every group, or where the optimizer keeps it, to what its constructor makes of this value."""
        name = str(self._strength_name)
        with quiet():
            made = self._again(value)
        for place, model in zip(_holders(self.optimizer, name), _holders(made, name), strict=True):
            place[name] = model[name]


def _holders(optimizer: Any, name: str | None) -> list[dict[str, Any]]:
    """The groups, or else the optimizer's own attributes, that have a setting of this name.

    Raises:
        NotImplementedError: neither have.
    """
    groups: list[dict[str, Any]] = optimizer.param_groups
    if all(name in group for group in groups):
        return groups
    if name in vars(optimizer):
        return [vars(optimizer)]
    raise NotImplementedError(f"its {name} can only be set when it is built")


def can_move(optimizer: Any, name: str | None) -> bool:
    """Whether a setting of this name can be changed once it is built."""
    try:
        return bool(_holders(optimizer, name))
    except NotImplementedError:
        return False


def assign(group: dict[str, Any], name: str | None, value: Any) -> None:
    """Set a number of a group in the form that the group keeps it in: alone, in a tensor, in a list."""
    old = group.get(str(name))
    if isinstance(old, torch.Tensor):
        value = torch.full_like(old, float(value))
    elif isinstance(old, (list, tuple)) and old and all(isinstance(each, float) for each in old):
        value = type(old)([value] * len(old))
    group[str(name)] = value


def number(value: Any) -> float | None:
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return float(value)
    return float(value) if is_number(value) else None


@contextmanager
def quiet() -> Iterator[None]:
    """One thread and nothing compiled, which is fastest for a few small tensors; no warnings, no output.

    The caller's random states are kept.
    """
    threads, numpy_state, python_state = torch.get_num_threads(), np.random.get_state(), random.getstate()
    torch.set_num_threads(1)
    try:
        with (
            torch.random.fork_rng(devices=[]),
            torch.compiler.set_stance("force_eager"),
            warnings.catch_warnings(),
            redirect_stdout(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_num_threads(threads)
        np.random.set_state(numpy_state)
        random.setstate(python_state)
