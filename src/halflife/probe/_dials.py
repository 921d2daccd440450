"""The numbers that a built object of functions holds on to, as dials that an experiment can turn.

An Optax transformation is a pair of functions that has swallowed its lr and its strength. Both are still there, in
the variables that the functions closed over; a plain function has them among its constants and its module's globals.
Here such functions are built again with another number in one of those places; what a number does is then found out
by turning it, and the user's object stays as it is.
"""

import types
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

CONSTANT, GLOBAL = "constant", "global"
Place = tuple[Any, ...]
"""Where a number is: the steps from the object to it."""


def dials(value: Any) -> dict[str, tuple[tuple[Place, ...], float]]:
    """Every number inside with the places that share it, by the name of its variable, numbered if it comes again."""
    shared: dict[Any, list[Place]] = {}
    numbers: dict[Any, float] = {}
    for holder, place, number in _numbers(value, (), None, frozenset()):
        shared.setdefault(holder, []).append(place)
        numbers[holder] = number
    found: dict[str, tuple[tuple[Place, ...], float]] = {}
    for holder, places in shared.items():
        name = next((_name(step) for step in reversed(places[0]) if _name(step)), "value")
        unique, again = name, 2
        while unique in found:
            unique, again = f"{name}_{again}", again + 1
        found[unique] = (tuple(places), numbers[holder])
    return found


def _name(step: Any) -> str:
    if isinstance(step, tuple):
        return "number" if step[0] == CONSTANT else str(step[1])
    return step if isinstance(step, str) else ""


def turned(value: Any, settings: Mapping[Place, Any]) -> Any:
    """The object built again with other numbers in these places."""
    here = {place: number for place, number in settings.items() if not place}
    if here:
        return here[()]
    if not settings:
        return value
    steps: dict[Any, dict[Place, Any]] = {}
    for (step, *rest), number in settings.items():
        steps.setdefault(step, {})[tuple(rest)] = number
    parts = {step: turned(_part(value, step), deeper) for step, deeper in steps.items()}
    if isinstance(value, types.FunctionType):
        return _rebuilt(value, parts)
    if isinstance(value, partial):
        return partial(value.func, *value.args, **{**value.keywords, **parts})
    if isinstance(value, dict):
        return {**value, **parts}
    items = [parts.get(index, item) for index, item in enumerate(value)]
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


def _rebuilt(value: types.FunctionType, parts: Mapping[Any, Any]) -> types.FunctionType:
    cells = tuple(
        types.CellType(parts[name]) if name in parts else cell
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True)
    )
    constants = tuple(parts.get((CONSTANT, i), constant) for i, constant in enumerate(value.__code__.co_consts))
    outer = {step[1]: part for step, part in parts.items() if isinstance(step, tuple) and step[0] == GLOBAL}
    again = types.FunctionType(
        value.__code__.replace(co_consts=constants),
        {**value.__globals__, **outer} if outer else value.__globals__,
        value.__name__,
        value.__defaults__,
        cells,
    )
    again.__kwdefaults__ = value.__kwdefaults__
    return again


def _numbers(value: Any, place: Place, holder: Any, above: frozenset[int]) -> Iterator[tuple[Any, Place, float]]:
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        yield holder, place, float(value)
    elif isinstance(value, (types.FunctionType, partial, dict, tuple, list)) and id(value) not in above:
        for step in _steps(value):
            try:
                part = _part(value, step)
            except ValueError:  # a variable that was never filled
                continue
            within = (id(value), step)
            if isinstance(value, types.FunctionType) and isinstance(step, str):
                within = (id(_cell(value, step)), "")
            yield from _numbers(part, (*place, step), within, above | {id(value)})


def _cell(function: types.FunctionType, name: str) -> Any:
    return (function.__closure__ or ())[function.__code__.co_freevars.index(name)]


def _steps(value: Any) -> list[Any]:
    if isinstance(value, types.FunctionType):
        code = value.__code__
        constants = [(CONSTANT, i) for i, constant in enumerate(code.co_consts) if isinstance(constant, (float, tuple))]
        outer = [(GLOBAL, name) for name in code.co_names if isinstance(value.__globals__.get(name), float)]
        return [*code.co_freevars, *constants, *outer]
    if isinstance(value, partial):
        return list(value.keywords)
    return list(value) if isinstance(value, dict) else list(range(len(value)))


def _part(value: Any, step: Any) -> Any:
    if isinstance(value, types.FunctionType):
        if isinstance(step, tuple):
            kind, which = step
            return value.__code__.co_consts[which] if kind == CONSTANT else value.__globals__[which]
        return _cell(value, step).cell_contents
    if isinstance(value, partial):
        return value.keywords[step]
    return value[step]
