"""A call of a model that can be repeated, given by the user or caught in a running script.

Caught: two global hooks of torch count how deep in the model its modules are being called. What is called from the
outside is remembered with its inputs, by reference; that is the model itself, or the parts that a script calls one
by one, as Lightning's modules do. Only calls that autograd follows count: those of a validation are no training.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DEVICES = ("cuda", "cpu", "xpu", "mps")
SAMPLE = 100_000
"""So many numbers of each tensor of an output are looked at."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """A module and what it was called on.

    Attributes:
        module: what is called.
        arguments: by position.
        named: by name.
        autocast: the device and dtype of each autocast that was on.
    """

    module: Any
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    autocast: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def on(cls, module: Any, example: Any) -> "Call":
        """A call on one batch: a tensor, a tuple of arguments or a dict of them."""
        if isinstance(example, Mapping):
            return cls(module=module, named=example)
        return cls(module=module, arguments=tuple(example) if isinstance(example, (tuple, list)) else (example,))

    def output(self) -> Any:
        """What comes out, as one flat tensor of at most `SAMPLE` numbers a part; None if there are no numbers.

        The inputs are copies, for a model may write on them; random numbers are the same each time.
        """
        from contextlib import ExitStack

        import torch
        from torch.utils._pytree import tree_map_only

        torch.manual_seed(0)
        random.seed(0)
        np.random.seed(0)
        given = tree_map_only(torch.Tensor, lambda t: t.detach().clone(), (self.arguments, dict(self.named)))
        with ExitStack() as contexts:
            for device, dtype in self.autocast:
                contexts.enter_context(torch.autocast(device, dtype=dtype))
            result = self.module(*given[0], **given[1])
        parts = [_sampled(t) for t in _tensors(result) if t.is_floating_point() and t.numel()]
        return torch.cat(parts) if parts else None


class Catcher:
    """Remembers the last training calls of a model until it is released."""

    def __init__(self, model: Any) -> None:
        from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

        self._names = {id(module): name for name, module in model.named_modules()}
        self._depth = 0
        self._last: dict[str, Call] = {}
        self._handles = (
            register_module_forward_pre_hook(self._entered),
            register_module_forward_hook(self._left, with_kwargs=True, always_call=True),
        )

    def release(self) -> tuple[Call, ...]:
        """Let go of the model; the calls that were seen."""
        for handle in self._handles:
            handle.remove()
        calls, self._last = tuple(self._last.values()), {}
        return calls

    def _entered(self, module: Any, _: Any) -> None:
        self._depth += id(module) in self._names

    def _left(self, module: Any, arguments: tuple[Any, ...], named: dict[str, Any], _: Any) -> None:
        import torch

        name = self._names.get(id(module))
        if name is None:
            return
        self._depth = max(0, self._depth - 1)
        # a checkpoint calls the parts of what was called once more, in the backward pass
        if self._depth or not torch.is_grad_enabled() or any(_is_inside(name, other) for other in self._last):
            return
        for other in [other for other in self._last if _is_inside(other, name)]:
            del self._last[other]
        on = tuple((d, torch.get_autocast_dtype(d)) for d in DEVICES if torch.is_autocast_enabled(d))
        self._last[name] = Call(module=module, arguments=arguments, named=named, autocast=on)


def _is_inside(name: str, other: str) -> bool:
    return name != other and (not other or name.startswith(other + "."))


def _sampled(tensor: Any) -> Any:
    flat = tensor.flatten()
    return flat[:: max(1, flat.numel() // SAMPLE)].double()


def _tensors(value: Any) -> Iterator[Any]:
    if hasattr(value, "is_floating_point"):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _tensors(each)
