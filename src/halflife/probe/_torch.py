"""torch optimizers: a class, or a factory that makes one."""

import copy
import inspect
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.optim.optimizer import required

from halflife._errors import BadInput
from halflife.probe._subject import (
    FALLBACK_LR,
    NUMBERS,
    Floats,
    Shape,
    Subject,
    cannot_be_built,
    refuse_unknown,
    split,
)
from halflife.probe._torch_run import DENSE, DIFFERENTIABLE, SPARSE, TorchRun, assign, can_move, number, quiet

LR_NAMES = ("lr", "learning_rate", "alpha", "eta", "step_size")
FALLBACKS = {"lr": FALLBACK_LR, "learning_rate": FALLBACK_LR, "momentum": 0.9}
"""Given to a factory that demands one of them when the caller names none."""

Make = Callable[[list[dict[str, Any]], Mapping[str, Any]], torch.optim.Optimizer]
"""Builds an optimizer on parameter groups, with some arguments changed."""


@dataclass(frozen=True, kw_only=True)
class TorchSubject(Subject):
    """A torch optimizer that can be built again and again.

    Attributes:
        make: builds it on parameter groups, with some arguments changed.
        kind: of the gradients that it is handed.
    """

    make: Make
    grouped: bool = True
    kind: str = DENSE

    def built(self, shapes: Sequence[Shape], weights: Floats, changes: dict[str, Any], dtype: str) -> TorchRun:
        """Build it on fresh parameters; two settings make two groups, the first half of the tensors and the rest."""
        kind = getattr(torch, self.widest if dtype == "float64" else dtype)

        def again(strength: float) -> Any:
            return self._made(shapes, weights, changes | {str(self.strength_name): strength or self.nothing}, kind)[0]

        # an optimizer that draws numbers must draw the same ones in both twins
        torch.default_generator.manual_seed(0)
        np.random.seed(0)
        random.seed(0)
        optimizer, parameters = self._made(shapes, weights, changes, kind)
        names = {"lr_name": self.lr_name, "strength_name": self.strength_name}
        return TorchRun(optimizer, parameters, **names, kind=self.kind, again=again)

    def _made(
        self, shapes: Sequence[Shape], weights: Floats, changes: Mapping[str, Any], kind: torch.dtype
    ) -> tuple[Any, list[torch.nn.Parameter]]:
        parameters = [torch.nn.Parameter(torch.tensor(part, dtype=kind)) for part in split(weights, shapes)]
        pairs = [name for name, setting in changes.items() if isinstance(setting, tuple)]
        groups: list[dict[str, Any]] = [{"params": parameters}]
        if pairs:
            half = (len(parameters) + 1) // 2
            groups = [{"params": parameters[:half]}, {"params": parameters[half:]}]
        for name in pairs:
            for group, value in zip(groups, changes[name], strict=True):
                group[name] = value
        return self.make(groups, {key: value for key, value in changes.items() if key not in pairs}), parameters

    def session(self) -> AbstractContextManager[None]:
        """Everything is run inside this."""
        return quiet()

    def sparsely(self) -> "TorchSubject":
        """The same optimizer, handed sparse gradients."""
        return replace(self, kind=SPARSE, shapes=((4, 3), (4, 3)))

    def in_single(self) -> "TorchSubject":
        """The same optimizer, run in float32 where float64 is asked for."""
        return replace(self, widest="float32", dtypes=self.dtypes[1:])

    def differentiably(self) -> "TorchSubject":
        """The same optimizer, handed gradients that can be differentiated again."""
        return replace(self, kind=DIFFERENTIABLE)


def from_factory(factory: Callable[..., Any], arguments: Mapping[str, Any], name: str) -> TorchSubject:
    """A subject from a torch optimizer class, or any callable that takes parameters and makes one.

    Raises:
        BadInput: it cannot be built with these arguments, or what it builds is no optimizer.
    """
    accepted, takes_any = accepted_by(factory)
    given = dict(arguments)
    if not takes_any:
        refuse_unknown(name, given, accepted)
    missing = {key: value for key, value in FALLBACKS.items() if key in accepted and key not in given}
    missing_lr = {key: value for key, value in missing.items() if number(accepted[key].default) is None}
    choices = [given | missing_lr, given, given | missing]
    known = given | missing
    lacking = [
        key for key, p in accepted.items() if key not in known and (p.default is p.empty or p.default is required)
    ]
    if lacking:
        raise BadInput(f"{name} has no value for {', '.join(lacking)}: give one, as in {name} {lacking[0]}=...")
    built, fixed = _first_built(factory, [c for i, c in enumerate(choices) if c not in choices[:i]], name)
    if not isinstance(getattr(built, "param_groups", None), list) or not hasattr(built, "step"):
        raise BadInput(f"{name} makes a {type(built).__name__}, which is not a torch optimizer.")
    group = built.param_groups[0]
    swallowed = {key for key in group if takes_any and key not in accepted and _takes(factory, fixed, key, group[key])}

    defaults = {key: parameter.default for key, parameter in accepted.items()}
    inside = _inside(defaults | fixed)

    def make(groups: list[dict[str, Any]], changes: Mapping[str, Any]) -> Any:
        known = {key: value for key, value in changes.items() if key in accepted or key in swallowed}
        for key in (changes.keys() - known.keys()) & inside.keys():
            holder = inside[key]
            known[holder] = _with({**defaults, **fixed, **known}[holder], key, changes[key])
        optimizer = _built(factory, groups, fixed | known)
        if any(key not in group for given in groups for key in given):
            raise NotImplementedError("this is no setting of a group")
        for key in changes.keys() - known.keys() - inside.keys():
            for each in optimizer.param_groups:
                assign(each, key, changes[key])
        return optimizer

    held = {key: getattr({**defaults, **fixed}[holder], key) for key, holder in inside.items()}
    values = {**{k: v for k, v in defaults.items() if k not in group}, **held, **group, **fixed}
    lr_name: str | None = next((n for n in LR_NAMES if n in group), None)
    lr_name = lr_name or next((n for n in NUMBERS[:2] if n in accepted and number(values[n]) is not None), None)
    return TorchSubject(
        name=name,
        make=make,
        lr=number(values[lr_name]) if lr_name else None,
        lr_name=lr_name,
        lr_moves=can_move(built, lr_name),
        knobs=knobs_of(values, lr_name),
    )


def _inside(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Numbers inside argument objects such as a `config`, each with the argument that holds it."""
    objects = {
        key: vars(value) for key, value in arguments.items() if is_dataclass(value) and hasattr(value, "__dict__")
    }
    return {name: key for key, fields in objects.items() for name, value in fields.items() if number(value) is not None}


def _with(holder: Any, name: str, value: Any) -> Any:
    changed = copy.copy(holder)
    setattr(changed, name, value)
    return changed


def _takes(factory: Callable[..., Any], arguments: Mapping[str, Any], key: str, value: Any) -> bool:
    """Whether a factory that hands its further arguments on can be told this one."""
    try:
        with quiet():
            _built(factory, [{"params": [torch.nn.Parameter(torch.ones(4, 3))]}], {**arguments, key: value})
    except Exception:
        return False
    return key != "params"


def _first_built(
    factory: Callable[..., Any], choices: Sequence[dict[str, Any]], name: str
) -> tuple[Any, dict[str, Any]]:
    """What the first arguments that serve make; an optimizer that finds its own lr refuses the one filled in."""
    errors = []
    for arguments in choices:
        try:
            with quiet():
                return _built(factory, [{"params": [torch.nn.Parameter(torch.ones(4, 3))]}], arguments), arguments
        except Exception as error:
            errors.append(error)
    raise cannot_be_built(name, errors[0], " on fresh parameters") from errors[0]


def _built(factory: Callable[..., Any], groups: list[dict[str, Any]], arguments: Mapping[str, Any]) -> Any:
    """Built on plain parameters, or on groups, named parameters or a module, whichever it takes first."""
    if len(groups) > 1:
        return factory(groups, **arguments)
    parameters = groups[0]["params"]
    module = _as_model(parameters)
    errors = []
    for given in (parameters, groups, list(module.named_parameters()), module):
        try:
            return factory(given, **arguments)
        except Exception as error:
            errors.append(error)
    raise errors[0]  # about plain parameters: it says most


def _as_model(parameters: Sequence[torch.nn.Parameter]) -> torch.nn.Module:
    """A layer for each of them, which calls it as PyTorch's own do: there are optimizers that go by names."""
    layers = []
    for parameter in parameters:
        layer = torch.nn.Module()
        layer.register_parameter("weight" if parameter.dim() > 1 else "bias", parameter)
        layers.append(layer)
    return torch.nn.ModuleList(layers)


def accepted_by(factory: Callable[..., Any]) -> tuple[dict[str, inspect.Parameter], bool]:
    try:
        parameters = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):
        return {}, True
    kinds = inspect.Parameter
    named = {p.name: p for p in parameters[1:] if p.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)}
    return named, any(p.kind is kinds.VAR_KEYWORD for p in parameters)


def knobs_of(values: Mapping[str, Any], lr_name: str | None) -> dict[str, float | None]:
    return {
        key: number(value)
        for key, value in values.items()
        if key not in ("params", lr_name, "initial_lr") and (value is None or number(value) is not None)
    }
