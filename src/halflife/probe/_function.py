"""A plain function `(weights, gradient, state) → (weights, state)` on NumPy arrays, one call a tensor and step."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from halflife.probe._dials import Place, dials, turned
from halflife.probe._subject import (
    FALLBACK_LR,
    Floats,
    Shape,
    Subject,
    numbers_in,
    refuse_unknown,
    split,
)

LR_NAMES = ("lr", "learning_rate", "eta", "step_size")
ARGUMENTS = 3


class FunctionRun:
    """The function with the state of each tensor."""

    def __init__(self, subject: "FunctionSubject", shapes: Sequence[Shape], weights: Floats, changes: dict[str, Any]):
        self._subject, self._changes, self._shapes = subject, changes, list(shapes)
        self._call = subject.bound(changes)
        self._weights: list[Any] = split(weights.copy(), shapes)
        self._states: list[Any] = [None] * len(self._weights)

    def step(self, gradient: Floats | None) -> None:
        """One call a tensor."""
        if gradient is None:
            raise NotImplementedError("a function is always given a gradient")
        for i, part in enumerate(split(gradient, self._shapes)):
            self._weights[i], self._states[i] = self._call(self._weights[i].copy(), part.copy(), self._states[i])

    def weights(self) -> Floats:
        """All tensors end to end."""
        return np.concatenate([np.asarray(part, dtype=np.float64).ravel() for part in self._weights])

    def put(self, weights: Floats) -> None:
        """Overwrite the tensors."""
        self._weights = split(weights.copy(), self._shapes)

    def scale_lr(self, factor: float) -> None:
        """Change the lr, which is an argument or a number that the function closed over."""
        name = self._subject.lr_name
        if name is None or self._subject.lr is None:
            raise NotImplementedError("it has no lr to change")
        self._changes[name] = self._changes.get(name, self._subject.lr) * factor
        self._call = self._subject.bound(self._changes)

    def set_strength(self, value: float) -> None:
        """Change that argument or number."""
        self._changes[str(self._subject.strength_name)] = value
        self._call = self._subject.bound(self._changes)


@dataclass(frozen=True, kw_only=True)
class FunctionSubject(Subject):
    """A function that can be called afresh.

    Attributes:
        function: it.
        arguments: what it is called with besides weights, gradient and state.
        places: where the numbers are that it holds inside, by name.
    """

    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)

    def built(self, shapes: Sequence[Shape], weights: Floats, changes: dict[str, Any], dtype: str) -> FunctionRun:
        """Begin with no state."""
        self.only_double(dtype)
        return FunctionRun(self, shapes, weights, changes)

    def bound(self, changes: Mapping[str, Any]) -> Callable[..., Any]:
        """The function with these arguments and inner numbers."""
        inside = {place: changes[key] for key in changes if key in self.places for place in self.places[key]}
        further = {key: value for key, value in changes.items() if key not in self.places}
        return partial(turned(self.function, inside), **{**self.arguments, **further})


def is_step_function(value: Any) -> bool:
    """Whether it is a function of three required arguments: weights, gradient and state."""
    if isinstance(value, type) or not callable(value):
        return False
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return len([p for p in positional if p.default is p.empty]) == ARGUMENTS


def from_function(function: Callable[..., Any], arguments: Mapping[str, Any], name: str) -> FunctionSubject:
    """A subject from a step function; its further arguments, and numbers that it closed over, can be varied.

    Raises:
        BadInput: an argument that it does not take.
    """
    parameters = list(inspect.signature(function).parameters.values())[ARGUMENTS:]
    further = {p.name: p.default for p in parameters if p.kind is not p.VAR_KEYWORD}
    if len(further) == len(parameters):
        refuse_unknown(name, arguments, further)
    given = {key: value for key, value in {**further, **arguments}.items() if value is not inspect.Parameter.empty}
    lr_name = next((key for key in LR_NAMES if key in further or key in given), None)
    if lr_name is not None:
        given.setdefault(lr_name, FALLBACK_LR)
    inside = {key: found for key, found in dials(function).items() if key not in given}
    if lr_name is None:
        lr_name = next((key for key in LR_NAMES if key in inside), None)
    lr = given.get(lr_name, inside[lr_name][1] if lr_name in inside else None) if lr_name else None
    if lr_name is None:
        lr_name = lr_dial(inside, lambda name, value: _first_step(function, given, inside, {name: value}))
        lr = inside[lr_name][1] if lr_name else None
    numbers = {**{key: number for key, (_, number) in inside.items()}, **given}
    return FunctionSubject(
        name=name,
        function=function,
        arguments=given,
        lr=None if lr is None else float(lr),
        lr_name=lr_name,
        dtypes=(),
        knobs=numbers_in(numbers, besides=(lr_name,)),
        places={key: places for key, (places, _) in inside.items()},
    )


def lr_dial(inside: Mapping[str, tuple[Any, float]], step: Callable[[str, float], Floats | None]) -> str | None:
    """The number that doubles the first step of weights at zero, where nothing can decay."""
    for name, (_, value) in inside.items():
        plain, doubled = step(name, value), step(name, 2 * value)
        if plain is None or doubled is None or not value or not abs(plain).max():
            continue
        if np.allclose(doubled, 2 * plain, rtol=1e-6, atol=0):
            return name
    return None


def _first_step(
    function: Callable[..., Any], given: Mapping[str, Any], inside: Mapping[str, Any], changes: dict[str, float]
) -> Floats | None:
    gradient = np.linspace(-0.3, 0.5, 16)
    places = {place: value for name, value in changes.items() for place in inside[name][0]}
    try:
        moved, _ = turned(function, places)(0 * gradient, gradient, None, **given)
    except Exception:
        return None
    return np.asarray(moved, dtype=np.float64)
