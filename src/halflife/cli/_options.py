"""What several verbs read the same way."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from halflife._errors import BadInput

_T = TypeVar("_T")
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def numbers(name: str, text: str | None) -> tuple[float, ...] | None:
    """Comma-separated numbers."""
    return _separated(name, text, float, "numbers such as 0.01,0.1")


def counts(name: str, text: str | None) -> tuple[int, ...] | None:
    """Comma-separated whole numbers."""
    return _separated(name, text, int, "whole numbers such as 64,32")


def names(text: str | None) -> tuple[str, ...] | None:
    """Comma-separated names."""
    return tuple(part.strip() for part in text.split(",")) if text else None


def size(name: str, text: str) -> int | float:
    """A count (300) or a share (0.6)."""
    try:
        return int(text) if re.fullmatch(r"-?\d+", text.strip()) else float(text)
    except ValueError:
        raise BadInput(f"{name} is {text!r}: it must be a count such as 300 or a share such as 0.6.") from None


def memory(text: str) -> int:
    """Bytes, with a unit: 2GB, 512MiB.

    Raises:
        BadInput: it is not a size.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", text.strip())
    if not match or match[2].upper() not in _UNITS or not Fraction(match[1]):
        raise BadInput(f"--memory is {text!r}: it must be a size such as 2GB or 512MiB.")
    return int(Fraction(match[1]) * _UNITS[match[2].upper()])


def _separated(name: str, text: str | None, read: Callable[[str], _T], example: str) -> tuple[_T, ...] | None:
    if text is None:
        return None
    try:
        return tuple(read(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"{name} is {text!r}: it must be {example}.") from None
