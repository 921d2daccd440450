"""The command line that asks what a call in Python asks."""

import inspect
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_UNTOLD = ("out", "progress")
"""Arguments that take no part in the question."""


def command_line(verb: Callable[..., Any], chosen: Mapping[str, Any]) -> str:
    """The verb with the arguments that differ from their defaults; nothing where one is no word, as an array.

    Args:
        verb: the function, whose first argument is the data, and which is called like its verb.
        chosen: the arguments of the call, all of them.
    """
    data, *options = inspect.signature(verb).parameters.values()
    different = {o.name: chosen[o.name] for o in options if o.name not in _UNTOLD and chosen[o.name] is not o.default}
    told = dict(_options(different))
    if not all(map(_is_word, (chosen[data.name], *told.values()))):
        return ""
    words = [] if chosen[data.name] is None else [str(chosen[data.name])]
    defaults = {o.name: o.default for o in options}
    for name, value in told.items():
        if value != defaults.get(name):
            flag = f"--{name.replace('_', '-')}"
            words += [flag] if value is True else [flag, ",".join(map(str, value)) if _several(value) else str(value)]
    return shlex.join(["halflife", verb.__name__, *words])


def _options(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What the command line has as options of their own, such as the parts of a grid."""
    for name, value in arguments.items():
        if name == "grid" and isinstance(value, Mapping):
            yield from value.items()
        elif value is not None and value != {}:
            yield name, value


def _several(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_word(value: Any) -> bool:
    if _several(value):
        return len(value) > 0 and all(map(_is_word, value))
    return value is None or isinstance(value, str | Path | int | float)
