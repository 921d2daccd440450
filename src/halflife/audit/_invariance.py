"""Which weights leave a model's output alone when they are scaled."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from halflife.audit._training import Parameter

SCALE = 4.0
SAME = 1e-2
"""A relative change of the output that the ε of a normalization may make; a weight that matters makes far more."""


def invariant_weights(model: Any, parameters: Sequence[Parameter], example: Any) -> list[str] | str:
    """The names of those weights; or why it cannot be known. The model is left as it was."""
    import torch

    if any(getattr(p.tensor, "is_meta", False) for p in parameters):
        return "needs real weights, not those of the meta device"
    if not hasattr(model, "named_modules"):
        return "needs a torch module"
    with _trial(model):
        try:
            plain = _output(model, example)
            if plain is None:
                return "the model's output holds no floating-point tensor"
            found = []
            for p in parameters:
                kept = p.tensor.detach().clone()
                try:
                    if (
                        _changed(model, example, p, kept * SCALE, plain)
                        < SAME
                        < _changed(model, example, p, -kept.flatten().roll(1).view_as(kept), plain)
                    ):
                        found.append(p.name)
                finally:
                    with torch.no_grad():
                        p.tensor.copy_(kept)
        except Exception as error:
            said = " ".join(str(error).split())[:120]
            return f"the model cannot be called on example_input ({type(error).__name__}: {said})"
    return found


@contextmanager
def _trial(model: Any) -> Iterator[None]:
    """Training mode, in which batches normalize themselves; buffers, modes and random states put back at the end."""
    import torch

    modes = [(module, module.training) for module in model.modules()]
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    try:
        with torch.no_grad(), torch.random.fork_rng():
            model.train()
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)


def _changed(model: Any, example: Any, p: Parameter, value: Any, plain: Any) -> float:
    import torch

    with torch.no_grad():
        p.tensor.copy_(value)
    moved = _output(model, example)
    return float((moved - plain).norm() / (plain.norm() + 1e-30))


def _output(model: Any, example: Any) -> Any:
    import torch

    torch.manual_seed(0)
    if isinstance(example, Mapping):
        result = model(**example)
    else:
        result = model(*example) if isinstance(example, (tuple, list)) else model(example)
    parts = [t.detach().double().flatten() for t in _tensors(result) if t.is_floating_point()]
    return torch.cat(parts) if parts else None


def _tensors(value: Any) -> Iterator[Any]:
    if hasattr(value, "is_floating_point"):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from _tensors(each)
