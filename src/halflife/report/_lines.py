"""Text on a terminal: long lines broken where words end, what follows indented under its beginning."""

import textwrap

from rich.console import Console

WIDEST = 100
"""No line of words is longer, however wide the terminal is."""


def wrapped(text: str, width: int | None = None) -> str:
    """Every line within the terminal's width, 80 where there is none.

    Args:
        text: lines; the indentation of each is that of its continuation, two spaces deeper.
        width: to keep to, instead of the terminal's.
    """
    room = width or min(WIDEST, Console().width)
    return "\n".join(_wrapped(line, room) for line in text.splitlines())


def _wrapped(line: str, room: int) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(line, room, subsequent_indent=indent, break_on_hyphens=False) if len(line) > room else line
