"""L2 penalties in a loss: terms of its gradient that are λ·w, with one λ at whatever length of the weights.

A penalty on the norm is parallel to the weights as well, but half as steep at twice the weights. Where the loss can be
called, it is called at two scales of the weights. In a running script it cannot, and nothing is called again: the
script's own backward passes are looked at, in which the weights move from step to step.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import log
from typing import Any

from halflife.audit._graph import Terms, terms_of
from halflife.audit._training import Parameter, Penalties
from halflife.audit._undisturbed import undisturbed

PROPORTIONAL = 1e-3
SCALE = 2.0
MOVED = 1e-5
"""A relative change of the weights' length that stands out from the rounding of λ."""


def penalties_of(loss: Callable[[], Any], model: Any) -> Penalties:
    """Those of a loss that can be called."""

    def ask(parameters: Sequence[Parameter]) -> dict[str, float] | str:
        usable = _usable(parameters)
        if isinstance(usable, str):
            return usable
        tensors = {id(p.tensor): p.tensor for p in usable}
        try:
            once, twice = (_called(loss, model, tensors, scale) for scale in (1.0, SCALE))
        except Exception as error:
            said = " ".join(str(error).split())[:120]
            return f"the loss cannot be differentiated here ({type(error).__name__}: {said})"
        return {
            p.name: once[id(p.tensor)]
            for p in usable
            if id(p.tensor) in once and abs(twice.get(id(p.tensor), 0.0) / once[id(p.tensor)] - 1) < PROPORTIONAL
        }

    return ask


def _called(loss: Callable[[], Any], model: Any, tensors: Mapping[int, Any], scale: float) -> dict[int, float]:
    import torch

    found = Terms()
    with undisturbed(model, tensors.values()), torch.enable_grad():
        for tensor in tensors.values():
            tensor.data.mul_(scale)
        value = loss()
        if not isinstance(value, torch.Tensor):
            raise TypeError(f"it returned a {type(value).__name__}, no tensor")
        with terms_of([value], tensors, found):
            torch.autograd.grad(value, list(tensors.values()), allow_unused=True)
    return found.l2


class Backwards:
    """The penalties in the backward passes of a running script.

    Contributions of one step are summed, as gradients are: micro-batches carry a part of the penalty each.
    """

    def __init__(self) -> None:
        self.loss_scale = 1.0
        self.passes = 0
        self._now = Terms()
        self._seen: dict[int, list[tuple[float, float]]] = {}

    @contextmanager
    def watched(self, roots: Any, wanted: Mapping[int, Any]) -> Iterator[None]:
        """The script's own backward pass, inside."""
        self.passes += 1
        for key, tensor in wanted.items():
            if tensor.grad is None:
                self._now.l2.pop(key, None)
        with terms_of(roots, wanted, self._now):
            yield

    def stepped(self, tensors: Iterable[Any]) -> None:
        """The gradients that were gathered are used up."""
        for tensor in tensors:
            l2 = self._now.l2.pop(id(tensor), None)
            if l2 is not None:
                self._seen.setdefault(id(tensor), []).append((self._now.norm[id(tensor)], l2 / self.loss_scale))

    def penalties(self, parameters: Sequence[Parameter]) -> dict[str, float] | str:
        """What was found so far."""
        usable = _usable(parameters)
        if isinstance(usable, str):
            return usable
        if not self.passes:
            return "no backward call was seen: the gradients come from elsewhere, as from torch.autograd.grad"
        if usable and not any(id(p.tensor) in self._now.reached for p in usable):
            return "no backward call reached these weights: the script trains copies of them"
        seen = {p.name: (self._seen[id(p.tensor)], p.tensor.dtype) for p in usable if id(p.tensor) in self._seen}
        found = {name: steps[-1][1] for name, (steps, dtype) in seen.items() if is_l2(steps, dtype)}
        if not found and any(id(p.tensor) in self._now.fused for p in usable):
            return "torch.compile has fused what the loss does with the weights: audit the script without it"
        return found


def is_l2(seen: Sequence[tuple[float, float]], dtype: Any) -> bool:
    """Whether λ stays what it is while ‖w‖ moves; it does where the weights have not moved.

    Args:
        seen: ‖w‖ and λ, one step after another.
        dtype: of the weights, in whose rounding a small change is lost.
    """
    import torch

    (norm, l2), rest = seen[0], seen[1:]
    noise = max(MOVED, torch.finfo(dtype).eps)
    return all(abs(log(later / l2)) < max(noise, abs(log(length / norm)) / 2) for length, later in rest)


def _usable(parameters: Sequence[Parameter]) -> list[Parameter] | str:
    usable = [p for p in parameters if p.tensor is not None and p.trainable and p.count > 1]
    if any(getattr(p.tensor, "is_meta", False) for p in usable):
        return "needs real weights, not those of the meta device"
    if any(hasattr(p.tensor, "full_tensor") for p in usable):
        return "needs weights that are whole in every process, and these are sharded"
    return usable
