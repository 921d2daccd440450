"""The arithmetic of door 2, in place over lists of tensors, and the storing of what 16-bit weights cannot hold.

Every operation is written once, for plain lists. Weights of 16 bits are widened to float32, operated on, and stored
again as the rounding asks.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from halflife._errors import BadInput
from halflife.regularize._ask import Rounding

Tensors = list[Any]
Operation = Callable[[Tensors], None]
"""Changes a list of tensors in place; it may rely on their order."""
NARROW = (torch.bfloat16, torch.float16)


class PerParameter(dict[Any, Any]):
    """A tensor held for each parameter; a copy on to other parameters starts empty, as an optimizer's state does."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "PerParameter":
        return PerParameter()


def local(tensor: Any) -> Any:
    """The part of a tensor that this process holds, sharing its memory."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def toward(weights: Tensors, share: Any, targets: Sequence[Any]) -> None:
    """W ← w − α·(w − target), where None is a target of zero."""
    plain = [w for w, target in zip(weights, targets, strict=True) if target is None]
    if plain:
        torch._foreach_mul_(plain, 1 - share)
    pairs = [(w, target) for w, target in zip(weights, targets, strict=True) if target is not None]
    if pairs:
        moved, goals = map(list, zip(*pairs, strict=True))
        distance = torch._foreach_sub(moved, goals)
        torch._foreach_mul_(distance, share)
        torch._foreach_sub_(moved, distance)


def cautiously(weights: Tensors, share: Any, before: Tensors, targets: Sequence[Any]) -> None:
    """W ← w − α·(w₀ − target) where the step w₀ → w went the same way as the decay, or nowhere (Chen et al. 2025)."""
    for w, old, target in zip(weights, before, targets, strict=True):
        pull = old if target is None else old - target
        w.sub_(torch.where((old - w) * pull >= 0, pull * share, 0.0))


def soft_threshold(weights: Tensors, threshold: Any) -> None:
    """W ← sign(w)·max(|w| − threshold, 0), with true zeros."""
    for w in weights:
        w.sub_(torch.clamp(w, -threshold, threshold))


def store(
    parameters: Tensors, operation: Operation, *, rounding: Rounding, lost: PerParameter, seed: tuple[int, int]
) -> None:
    """Apply an operation to parameters, whatever their precision.

    Args:
        parameters: all of one list that the operation knows the order of.
        operation: what to do.
        rounding: how 16-bit weights are stored.
        lost: what rounding took from each, in float32; read and written when compensated.
        seed: of the stochastic rounding, and a number that differs from step to step.
    """
    if rounding is Rounding.NEAREST or not any(p.dtype in NARROW for p in parameters):
        operation([local(p) for p in parameters])
        return
    wide = [exact(p, lost) for p in parameters]
    operation(wide)
    generators: dict[Any, torch.Generator] = {}
    for p, value in zip(parameters, wide, strict=True):
        here = local(p)
        if p.dtype not in NARROW:
            here.copy_(value)
        elif rounding is Rounding.STOCHASTIC:
            if here.device not in generators:
                generators[here.device] = torch.Generator(here.device).manual_seed(seed[0] * 1_000_003 + seed[1])
            here.copy_(_by_chance(value, generators[here.device]))
        else:
            here.copy_(value)
            lost[p] = value - here.float()


def exact(parameter: Any, lost: PerParameter) -> Any:
    """A copy of the weights, with what rounding took from them; of 16 bits made 32."""
    here = local(parameter).detach()
    wide = here.to(torch.float32 if parameter.dtype in NARROW else parameter.dtype, copy=True)
    return wide + lost[parameter] if parameter in lost else wide


def _by_chance(value: Any, generator: torch.Generator) -> Any:
    """bfloat16 is the upper half of float32: a random lower half is added and cut off."""
    bits = value.view(torch.int32)
    noise = torch.randint(0, 1 << 16, value.shape, generator=generator, device=value.device, dtype=torch.int32)
    return torch.where(value.isfinite(), ((bits + noise) & -(1 << 16)).view(torch.float32), value)


def check_rounding(rounding: Rounding, parameters: Sequence[Any]) -> None:
    """Refuse what cannot be done: stochastic rounding to float16.

    Raises:
        BadInput: there is a float16 parameter.
    """
    if rounding is Rounding.STOCHASTIC and any(p.dtype is torch.float16 for p in parameters):
        raise BadInput("rounding is stochastic and a parameter is float16: it must be bfloat16, or choose compensated.")
