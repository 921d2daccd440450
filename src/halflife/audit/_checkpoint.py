"""A saved training: the optimizer of a checkpoint put together again, as far as it can be known.

A state dict holds the settings of every group and what the optimizer remembers, but not which optimizer it was. The
names of the settings narrow that down to a few of torch's; they are built with the saved settings and probed, and if
they obey the same law, it is the checkpoint's. Otherwise the user names the optimizer.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from halflife._errors import BadInput
from halflife.audit._groups import probed, training_of
from halflife.audit._naming import named_alone
from halflife.audit._saved import optimizer_states, read, weights_in
from halflife.audit._training import Training
from halflife.probe import LawReport
from halflife.probe._target import imported
from halflife.rules import Law

BOOKKEEPING = {"params", "param_names", "name", "initial_lr", "lr_scale", "max_lr", "min_lr", "base_momentum",
               "max_momentum", "swa_lr", "group_name"}  # fmt: skip
"""Settings that schedulers and libraries add to a group."""
UNKNOWN = (0, 0)
"""The shape of what an optimizer without memory has left no trace of; it counts as no weights."""


def trainings_of(
    path: str | Path, *, optimizer: str | None = None, arguments: Mapping[str, Any] | None = None, **plan: Any
) -> list[Training]:
    """The trainings in a file, one for each optimizer that it holds.

    Args:
        path: a file written by torch.save, or safetensors.
        optimizer: a dotted name, such as "torch.optim:AdamW"; needed where the file does not tell.
        arguments: of that optimizer, for weights that were saved without one.
        plan: steps, steps_per_epoch and schedule, as for `training_of`.

    Raises:
        BadInput: there is no such file, it cannot be read safely, or it holds neither optimizer nor weights.
    """
    saved = read(Path(path))
    weights = weights_in(saved)
    states = list(optimizer_states(saved))
    make = None if optimizer is None else imported(optimizer)
    if states:
        return [_rebuilt(state, weights, make, plan) for state in states]
    if not weights:
        raise BadInput(f"{str(path)!r} holds neither an optimizer's state nor weights: there is nothing to audit.")
    if make is None:
        raise BadInput(
            f"{str(path)!r} holds {len(weights)} weights and no optimizer: name one, as in "
            "--optimizer 'torch.optim:AdamW lr=1e-3 weight_decay=0.1'."
        )
    return [_named(training_of(_built(make, list(weights.values()), arguments or {}), **plan), weights)]


def _built(make: Any, tensors: list[Any], arguments: Mapping[str, Any]) -> Any:
    import torch

    parameters = [torch.nn.Parameter(tensor.detach()) for tensor in tensors if tensor.is_floating_point()]
    try:
        return make(parameters, **arguments)
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise BadInput(f"the optimizer cannot be built on these weights: {type(error).__name__}: {said}") from None


def _rebuilt(saved: Mapping[str, Any], weights: Mapping[str, Any], make: Any, plan: Mapping[str, Any]) -> Training:
    import torch

    groups = [{**group, "params": list(group["params"])} for group in saved["param_groups"]]
    if not any(group["params"] for group in groups):
        raise BadInput("the optimizer in the checkpoint has no parameters: there is nothing to audit.")
    keys = [key for group in groups for key in group["params"]]
    names = [name for group in groups for name in group.get("param_names", [])] or _names_by_order(keys, saved, weights)
    tensors = {key: _tensor(key, name, saved, weights) for key, name in zip(keys, names, strict=True)}
    known = dict(zip(keys, names, strict=True))
    for group in groups:
        group["param_names"] = [known[key] for key in group["params"]]
        group["params"] = [tensors[key] for key in group["params"]]
    makers = [make] if make is not None else _candidates(groups[0])
    built, reports = None, None
    for candidate in makers:
        optimizer = _with_settings(candidate, groups)
        found = probed(optimizer)[0]
        if reports is not None and [r.law for r in found] != [r.law for r in reports]:
            built = None
            break
        built, reports = built or optimizer, reports or found
    if built is None:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.0)
        optimizer.param_groups = groups
        unknown = [_unknown(group) for group in groups]
        return replace(training_of(optimizer, reports=unknown, **plan), name="the saved optimizer")
    for key, memory in saved["state"].items():
        if key in tensors:
            built.state[tensors[key]] = memory
    return training_of(built, **plan)


def _names_by_order(keys: list[Any], saved: Mapping[str, Any], weights: Mapping[str, Any]) -> list[str]:
    """The weights' names, if they come in the order of the optimizer with the shapes that it remembers."""
    anonymous = [f"parameter {key}" for key in keys]
    if len(weights) != len(keys) or keys != sorted(keys):
        return anonymous
    for key, tensor in zip(keys, weights.values(), strict=True):
        shape = _remembered_shape(saved["state"].get(key, {}))
        if shape is not None and shape != tuple(tensor.shape):
            return anonymous
    return list(weights)


def _tensor(key: Any, name: str, saved: Mapping[str, Any], weights: Mapping[str, Any]) -> Any:
    import torch

    if name in weights:
        return torch.nn.Parameter(weights[name].detach())
    shape = _remembered_shape(saved["state"].get(key, {}))
    return torch.nn.Parameter(torch.empty(shape or UNKNOWN, device="meta"))


def _remembered_shape(memory: Mapping[str, Any]) -> tuple[int, ...] | None:
    shapes = [tuple(value.shape) for value in memory.values() if hasattr(value, "shape") and value.ndim]
    return max(shapes, key=len) if shapes else None


def _candidates(group: Mapping[str, Any]) -> list[Any]:
    """The optimizers of torch whose groups have settings of exactly these names."""
    import torch

    found = []
    settings = set(group) - BOOKKEEPING
    for value in vars(torch.optim).values():
        if isinstance(value, type) and issubclass(value, torch.optim.Optimizer) and value is not torch.optim.Optimizer:
            try:
                built = value([torch.nn.Parameter(torch.ones(4, 3))])
            except Exception:  # noqa: S112 - one that cannot be built plainly is no candidate
                continue
            if set(built.param_groups[0]) - BOOKKEEPING == settings:
                found.append(value)
    return found


def _with_settings(make: Any, groups: list[dict[str, Any]]) -> Any:
    import torch

    try:
        optimizer = make([torch.nn.Parameter(torch.ones(4, 3))])
    except TypeError:
        optimizer = make([torch.nn.Parameter(torch.ones(4, 3))], lr=1e-3)
    except Exception as error:
        raise BadInput(f"the optimizer cannot be built: {type(error).__name__}: {error}") from None
    if not isinstance(getattr(optimizer, "param_groups", None), list):
        raise BadInput(f"{getattr(make, '__name__', make)} makes a {type(optimizer).__name__}, not an optimizer.")
    defaults = optimizer.param_groups[0]
    optimizer.param_groups = [{**defaults, **group} for group in groups]
    return optimizer


def _unknown(group: Mapping[str, Any]) -> LawReport:
    strength = group.get("weight_decay")
    return LawReport(
        name="the saved optimizer",
        law=Law.UNKNOWN,
        strength=strength,
        strength_name=None if strength is None else "weight_decay",
        lr=group.get("lr"),
    )


def _named(training: Training, weights: Mapping[str, Any]) -> Training:
    members = tuple(
        named_alone(p.tensor, name, trusted=True) for p, name in zip(training.groups[0].members, weights, strict=True)
    )
    return replace(training, groups=(replace(training.groups[0], members=members),))
