"""The arithmetic of both doors, in place over lists of tensors, and the storing of what 16-bit weights cannot hold.

A step is bound by memory, not by arithmetic: what one pass can do is done in one pass without temporaries, and what
needs temporaries is done piece by piece, so that they stay in a processor's cache. Weights of 16 bits are widened to
float32, operated on, and stored again as the rounding asks.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch

from halflife._errors import BadInput
from halflife.regularize._ask import Rounding

Tensors = list[Any]
Operation = Callable[..., None]
"""Changes a list of tensors in place, by further lists of the same length and shapes."""
NARROW = (torch.bfloat16, torch.float16)
PIECE = 1 << 16
"""How many numbers of each tensor a thread handles at a time: four temporaries of float32 fill 1 MiB."""


class PerParameter(dict[Any, Any]):
    """A tensor held for each parameter; a copy on to other parameters starts empty, as an optimizer's state does."""

    def __reduce__(self) -> tuple[Any, ...]:
        return PerParameter, ()


def local(tensor: Any) -> Any:
    """The part of a tensor that this process holds, sharing its memory."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def pieces(*lists: Tensors) -> Iterator[Tensors]:
    """One tensor of each list at a time, cut into pieces where they lie in a processor's memory."""
    size = PIECE * torch.get_num_threads()
    for tensors in zip(*lists, strict=True):
        first = tensors[0]
        if first.numel() <= size or first.device.type != "cpu" or not all(t.is_contiguous() for t in tensors):
            yield list(tensors)
        else:
            flat = [t.view(-1) for t in tensors]
            for start in range(0, first.numel(), size):
                yield [t[start : start + size] for t in flat]


def shrink(weights: Tensors, *, share: Any) -> None:
    """W ← w − α·w."""
    torch._foreach_mul_(weights, 1 - share)


def toward(weights: Tensors, targets: Tensors, *, share: Any) -> None:
    """W ← w + α·(target − w)."""
    if isinstance(share, float):
        torch._foreach_lerp_(weights, targets, share)
        return
    for w, target in zip(weights, targets, strict=True):
        w.lerp_(target.to(w.dtype), share.to(w))


def cautiously(weights: Tensors, before: Tensors, *targets: Tensors, share: Any) -> None:
    """W ← w − α·(w₀ − target) where the step w₀ → w went the same way as the decay, or nowhere (Chen et al. 2025)."""
    for w, old, *goal in pieces(weights, before, *targets):
        pull = old - goal[0] if goal else old
        # towards zero the step went where w/w₀ ≤ 1: an operation less; division rounds no ratio above 1 down to 1
        chosen = (old - w).mul_(pull).ge_(0) if goal else (w / old).le_(1)
        if isinstance(share, float):
            w.addcmul_(chosen, pull, value=-share)
        else:
            w.sub_(chosen.mul_(pull).mul_(share))


def soft_threshold(weights: Tensors, *, threshold: Any) -> None:
    """W ← sign(w)·max(|w| − threshold, 0), with true zeros."""
    for w in weights:
        if isinstance(threshold, float):
            torch.ops.aten.softshrink.out(w, threshold, out=w)
        else:
            w.sub_(torch.clamp(w, -threshold, threshold))


def penalize(grads: Tensors, weights: Tensors, targets: Tensors, into: Tensors, *, l2: Any) -> None:
    """Into ← g + λ·(w − target); no targets for a target of zero."""
    if targets:
        for place, w, target in zip(into, weights, targets, strict=True):
            torch.sub(w, target, out=place)
        weights = into
    if not isinstance(l2, float):
        for place, g, w in zip(into, grads, weights, strict=True):
            torch.addcmul(g, w, l2.to(g), out=place)
    elif into[0].device.type == "cpu":
        for place, g, w in zip(into, grads, weights, strict=True):
            torch.add(g, w, alpha=l2, out=place)
    else:  # one launch for many tensors is worth a second pass
        torch._foreach_copy_(into, torch._foreach_add(grads, weights, alpha=l2))


def store(
    parameters: Tensors,
    operation: Operation,
    *beside: Tensors,
    rounding: Rounding,
    lost: PerParameter,
    seed: tuple[int, int],
) -> None:
    """Apply an operation to parameters, whatever their precision.

    Args:
        parameters: what is changed.
        operation: what to do.
        beside: further lists that it takes.
        rounding: how 16-bit weights are stored.
        lost: what rounding took from each, in float32; read and written when compensated.
        seed: of the stochastic rounding, and a number that differs from step to step.
    """
    narrow = [rounding is not Rounding.NEAREST and p.dtype in NARROW for p in parameters]
    if not any(narrow):
        operation([local(p) for p in parameters], *beside)
        return
    generators: dict[Any, torch.Generator] = {}
    for p, is_narrow, *others in zip(parameters, narrow, *beside, strict=True):
        here = local(p).detach()
        if not is_narrow:
            operation([here], *([other] for other in others))
        elif rounding is Rounding.COMPENSATED:
            if p not in lost:
                lost[p] = torch.zeros_like(here, dtype=torch.float32)
            for weight, gone, *rest in pieces([here], [lost[p]], *([other] for other in others)):
                value = weight.float().add_(gone)
                operation([value], *([each] for each in rest))
                weight.copy_(value)
                torch.sub(value, weight, out=gone)
        else:
            if here.device not in generators:
                generators[here.device] = torch.Generator(here.device).manual_seed(seed[0] * 1_000_003 + seed[1])
            for weight, *rest in pieces([here], *([other] for other in others)):
                value = weight.float()
                operation([value], *([each] for each in rest))
                weight.copy_(_by_chance(value, generators[here.device]))


def exact(parameters: Tensors, lost: PerParameter, kept: PerParameter) -> Tensors:
    """Copies of the weights with what rounding took from them, 16 bits made 32, in memory that is kept for it."""
    for p in parameters:
        here = local(p).detach()
        dtype = torch.float32 if p.dtype in NARROW else p.dtype
        if p not in kept or kept[p].dtype != dtype:
            kept[p] = torch.empty_like(here, dtype=dtype)
        kept[p].copy_(here)
        if p in lost:
            kept[p] += lost[p]
    return [kept[p] for p in parameters]


def _by_chance(value: Any, generator: torch.Generator) -> Any:
    """bfloat16 is the upper half of float32: a random lower half is added and cut off."""
    bits = value.view(torch.int32)
    noise = torch.randint(0, 1 << 16, value.shape, generator=generator, device=value.device, dtype=torch.int32)
    return torch.where(value.isfinite(), ((bits + noise) & -(1 << 16)).view(torch.float32), value)


def check_rounding(rounding: Rounding, parameters: Tensors) -> None:
    """Refuse what cannot be done: stochastic rounding to float16.

    Raises:
        BadInput: there is a float16 parameter.
    """
    if rounding is Rounding.STOCHASTIC and any(p.dtype is torch.float16 for p in parameters):
        raise BadInput("rounding is stochastic and a parameter is float16: it must be bfloat16, or choose compensated.")
