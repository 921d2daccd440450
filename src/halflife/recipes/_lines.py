"""Argument lines as data: `--lr 0.1 --opt-betas 0.9 0.999` becomes names and values, and back."""

import shlex
from collections.abc import Mapping
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls


def is_line(text: str) -> bool:
    """Whether a text is a command line: it has a word that begins with two dashes, and no parenthesis."""
    return "(" not in text and any(word.startswith("--") for word in text.split())


def parse(text: str) -> dict[str, Any]:
    """The arguments of a line by their names, dashes within them as underscores; what comes before them is left out.

    Raises:
        BadInput: its quotes do not close.
    """
    try:
        words = shlex.split(text.replace("\\\n", " "), comments=True)
    except ValueError as error:
        raise BadInput(f"the argument line cannot be read: {error}.") from None
    found: dict[str, list[Any]] = {}
    name = ""
    for word in words:
        if word.startswith("--"):
            name, given, value = word[2:].partition("=")
            name = name.replace("-", "_")
            found[name] = [_value(value)] if given else []
        elif name:
            found[name].append(_value(word))
    return {name: values[0] if len(values) == 1 else values or True for name, values in found.items()}


def write(arguments: Mapping[str, Any], *, dash: str = "-") -> str:
    """The line of these arguments, underscores in their names as `dash`."""
    words = []
    for name, value in arguments.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        words.append(" ".join([f"--{name.replace('_', dash)}", *map(show, values)]))
    return " ".join(words)


def show(value: Any) -> str:
    """One word of a line."""
    return _calls.digits(value) if isinstance(value, float) else str(value)


def _value(word: str) -> Any:
    try:
        return float(word)
    except ValueError:
        return {"True": True, "true": True, "False": False, "false": False}.get(word, word)
