"""torch optimizers: a class, or a factory that makes one."""

import copy
import inspect
import io
import math
import random
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any

import numpy as np
import torch

from halflife._errors import BadInput
from halflife.probe._bench import Floats, Setting, Shape

LR_NAMES = ("lr", "learning_rate", "alpha", "eta", "step_size")
FALLBACKS = {"lr": 1e-3, "learning_rate": 1e-3, "momentum": 0.9}
"""Given to a factory that demands one of them when the caller names none."""

DENSE, SPARSE, DIFFERENTIABLE = "dense", "sparse", "differentiable"
_GRADIENTS: dict[str, Callable[[Any, Any], Any]] = {
    DENSE: lambda p, planned: planned,  # noqa: ARG005 - all three have one signature
    SPARSE: lambda p, planned: planned.to_sparse(),  # noqa: ARG005 - all three have one signature
    # the planned value, and an identity for its Hessian
    DIFFERENTIABLE: lambda p, planned: planned + (p - p.detach()),
}

Make = Callable[[list[dict[str, Any]], Mapping[str, Any]], torch.optim.Optimizer]
"""Builds an optimizer on parameter groups, with some arguments changed."""


class TorchRun:
    """One torch optimizer on its fresh parameters."""

    def __init__(
        self,
        optimizer: Any,
        parameters: list[torch.Tensor],
        *,
        lr_name: str | None,
        strength_name: str | None,
        kind: str,
    ):
        self.optimizer = optimizer
        self.parameters = parameters
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
        """Change lr in every group, as torch's schedulers do."""
        for group in self.optimizer.param_groups:
            assign(group, self._lr_name, group[self._lr_name] * factor)

    def set_strength(self, value: float) -> None:
        """Change it in every group."""
        for group in self.optimizer.param_groups:
            if self._strength_name not in group:
                raise NotImplementedError("its strength is no setting of its groups")
            assign(group, self._strength_name, value)


@dataclass(frozen=True, kw_only=True)
class TorchSubject:
    """A torch optimizer that can be built again and again; see `Subject` for what the attributes mean."""

    name: str
    make: Make
    lr: float | None
    lr_name: str | None
    strength: float | None = None
    strength_name: str | None = None
    dtypes: tuple[str, ...] = ("float32", "bfloat16", "float16")
    grouped: bool = True
    peak_lr: float | None = None
    knobs: Mapping[str, float | None] = field(default_factory=dict)
    kind: str = DENSE
    widest: str = "float64"
    shapes: tuple[Shape, ...] | None = None

    def start(
        self,
        shapes: Sequence[Shape],
        weights: Floats,
        *,
        lr: Setting = None,
        strength: Setting = None,
        dtype: str = "float64",
        knobs: Mapping[str, float] | None = None,
    ) -> TorchRun:
        """Build it on fresh parameters; two settings make two groups, the first half of the tensors and the rest."""
        kind = getattr(torch, self.widest if dtype == "float64" else dtype)
        flat = torch.from_numpy(weights).to(kind)
        parts = flat.split([math.prod(shape) for shape in shapes])
        parameters = [
            torch.nn.Parameter(part.reshape(shape).clone()) for part, shape in zip(parts, shapes, strict=True)
        ]
        shared: dict[str, Any] = dict(knobs or {})
        groups: list[dict[str, Any]] = [{"params": parameters}]
        if isinstance(lr, tuple) or isinstance(strength, tuple):
            half = (len(parameters) + 1) // 2
            groups = [{"params": parameters[:half]}, {"params": parameters[half:]}]
        for name, setting in ((self.lr_name, lr), (self.strength_name, strength)):
            if isinstance(setting, tuple):
                for group, value in zip(groups, setting, strict=True):
                    group[str(name)] = value
            elif setting is not None and name is not None:
                shared[name] = setting
        # an optimizer that draws numbers must draw the same ones in both twins
        torch.manual_seed(0)
        np.random.seed(0)
        random.seed(0)
        optimizer = self.make(groups, shared)
        return TorchRun(optimizer, parameters, lr_name=self.lr_name, strength_name=self.strength_name, kind=self.kind)

    def with_strength(self, name: str) -> "TorchSubject":
        """The same optimizer, that argument taken for its strength."""
        return replace(self, strength_name=name, strength=self.knobs[name] or 0.0)

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
    unknown = [key for key in given if key not in accepted and not takes_any]
    if unknown:
        raise BadInput(f"{name} takes no argument {unknown[0]!r}: it takes {', '.join(accepted) or 'none'}.")
    missing = {key: value for key, value in FALLBACKS.items() if key in accepted and key not in given}
    missing_lr = {key: value for key, value in missing.items() if number(accepted[key].default) is None}
    choices = [given | missing_lr, given, given | missing]
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
        if any(key in inside and key not in accepted for group in groups for key in group):
            raise NotImplementedError("an object outside the groups holds this setting")
        for key in changes.keys() - known.keys() - inside.keys():
            for each in optimizer.param_groups:
                assign(each, key, changes[key])
        return optimizer

    held = {key: getattr({**defaults, **fixed}[holder], key) for key, holder in inside.items()}
    values = {**{k: v for k, v in defaults.items() if k not in group}, **held, **group, **fixed}
    lr_name: str | None = next((n for n in LR_NAMES if n in group), None)
    return TorchSubject(
        name=name,
        make=make,
        lr=number(group.get(lr_name)) if lr_name else None,
        lr_name=lr_name,
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


def assign(group: dict[str, Any], name: str | None, value: Any) -> None:
    old = group.get(str(name))
    group[str(name)] = torch.full_like(old, float(value)) if isinstance(old, torch.Tensor) else value


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
    first: Exception | None = None
    for arguments in choices:
        try:
            with quiet():
                return _built(factory, [{"params": [torch.nn.Parameter(torch.ones(4, 3))]}], arguments), arguments
        except Exception as error:
            first = first or error
    raise BadInput(f"{name} cannot be built on fresh parameters: {_sentence(first)}") from first


def _built(factory: Callable[..., Any], groups: list[dict[str, Any]], arguments: Mapping[str, Any]) -> Any:
    """Built on plain parameters, or on groups where there are several or where it insists on them."""
    if len(groups) > 1:
        return factory(groups, **arguments)
    try:
        return factory(groups[0]["params"], **arguments)
    except Exception:
        try:
            return factory(groups, **arguments)
        except Exception:  # noqa: S110 - the error about plain parameters says more
            pass
        raise


def accepted_by(factory: Callable[..., Any]) -> tuple[dict[str, inspect.Parameter], bool]:
    try:
        parameters = list(inspect.signature(factory).parameters.values())
    except (TypeError, ValueError):
        return {}, True
    kinds = inspect.Parameter
    named = {p.name: p for p in parameters[1:] if p.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)}
    return named, any(p.kind is kinds.VAR_KEYWORD for p in parameters)


@contextmanager
def quiet() -> Iterator[None]:
    """One thread, which is fastest for a few small tensors; no warnings, no output; the caller's random states kept."""
    threads, numpy_state, python_state = torch.get_num_threads(), np.random.get_state(), random.getstate()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_num_threads(threads)
        np.random.set_state(numpy_state)
        random.setstate(python_state)


def number(value: Any) -> float | None:
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return float(value)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def knobs_of(values: Mapping[str, Any], lr_name: str | None) -> dict[str, float | None]:
    return {
        key: number(value)
        for key, value in values.items()
        if key not in ("params", lr_name, "initial_lr") and (value is None or number(value) is not None)
    }


def _sentence(error: BaseException | None) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
