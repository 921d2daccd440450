"""Which weights leave a model's output alone when they are scaled.

By Euler's theorem the gradient of anything that such a weight computes stands at right angles to it, however little
the weight matters. That, at a few random gradients of the output, leaves hardly any but them; those are multiplied by
four, all at once and by halves where that changes the output, so that a handful of calls does for a whole model.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import inf
from typing import Any

from halflife.audit._calls import Call
from halflife.audit._training import Parameter
from halflife.audit._undisturbed import undisturbed

SCALE = 4.0
SAME = 1e-2
"""A relative change of the output that the ε of a normalization may make; a weight that matters makes far more."""
UPRIGHT = 0.1
"""Weight and gradients are at right angles if their cosine is below so many times that of random directions."""
LOOKS = 4


def invariant_weights(calls: Sequence[Call], parameters: Sequence[Parameter]) -> list[str] | str:
    """The names of those weights; or why it cannot be known. Models are left as they were."""
    if any(getattr(p.tensor, "is_meta", False) for p in parameters):
        return "needs real weights, not those of the meta device"
    if not all(hasattr(call.module, "named_modules") for call in calls):
        return "needs a torch module"
    found: list[str] = []
    left = list(parameters)
    for call in calls:
        held = {id(tensor) for tensor in call.module.parameters()}
        own = [p for p in left if id(p.tensor) in held]
        left = [p for p in left if id(p.tensor) not in held]
        answer = _of_call(call, own) if own else []
        if isinstance(answer, str):
            return answer
        found += answer
    return found


def _of_call(call: Call, parameters: Sequence[Parameter]) -> list[str] | str:
    import torch

    with undisturbed(call.module, [p.tensor for p in parameters]):
        try:
            # batches normalize themselves in training mode
            call.module.train()
            with torch.enable_grad():
                plain = call.output()
                if plain is None:
                    return "the model's output holds no floating-point tensor"
                candidates = _upright(plain, parameters)
            still = plain.detach()
            with torch.no_grad():

                def changed(some: Sequence[Parameter]) -> float:
                    with _scaled(some):
                        return float((call.output() - still).norm() / (still.norm() + 1e-30))

                return [p.name for p in _unfelt(candidates, changed)]
        except Exception as error:
            said = " ".join(str(error).split())[:120]
            return f"the model cannot be called on example_input ({type(error).__name__}: {said})"


def _upright(output: Any, parameters: Sequence[Parameter]) -> list[Parameter]:
    """The weights at right angles to the gradients of the output; one without any has no influence, and is none."""
    import torch

    squares = dict.fromkeys((p.name for p in parameters), 0.0)
    for look in range(LOOKS):
        direction = torch.randn(output.shape, dtype=output.dtype, device=output.device)
        tensors = [p.tensor for p in parameters]
        gradients = torch.autograd.grad(output, tensors, direction, retain_graph=look + 1 < LOOKS, allow_unused=True)
        for p, gradient in zip(parameters, gradients, strict=True):
            squares[p.name] += inf if gradient is None else _cosine(p.tensor, gradient) ** 2 * p.count
    return [p for p in parameters if squares[p.name] < LOOKS * UPRIGHT**2]


def _cosine(weight: Any, gradient: Any) -> float:
    """Of the angle between the two; infinite where there is none."""
    weight, gradient = weight.detach().float(), gradient.float()
    across = float(weight.norm() * gradient.norm())
    return float((weight * gradient).sum()) / across if across else inf


def _unfelt(candidates: Sequence[Parameter], changed: Callable[[Sequence[Parameter]], float]) -> list[Parameter]:
    """Those whose scaling does not change the output, by halves."""
    if not candidates:
        return []
    if changed(candidates) < SAME:
        return list(candidates)
    half = len(candidates) // 2
    return [*_unfelt(candidates[:half], changed), *_unfelt(candidates[half:], changed)] if half else []


@contextmanager
def _scaled(parameters: Sequence[Parameter]) -> Iterator[None]:
    kept = [p.tensor.detach().clone() for p in parameters]
    try:
        for p, value in zip(parameters, kept, strict=True):
            p.tensor.data.copy_(value * SCALE)
        yield
    finally:
        for p, value in zip(parameters, kept, strict=True):
            p.tensor.data.copy_(value)
