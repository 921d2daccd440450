"""How every verb speaks to people: laid out for this terminal's width, in letters that it has, and then printed."""

import sys
from copy import copy
from typing import TYPE_CHECKING

from halflife.cli._letters import spelled

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text


def say(text: str) -> None:
    """Print plain text, its long lines broken where words end."""
    from halflife.report._lines import wrapped

    sys.stdout.write(f"{wrapped(spelled(text))}\n")


def line(text: str, style: str = "") -> None:
    """Print a line that is never broken, so that the file in it can be copied."""
    from rich.console import Console

    Console().print(spelled(text), style=style, soft_wrap=True, highlight=False, markup=False)


def show(what: "RenderableType", *, widest: int | None = None) -> None:
    """Print what Rich draws; lines that may not be wrapped stand as they are.

    Args:
        what: text, a table, or several of them, one below the other.
        widest: no line of words is longer, however wide the terminal is.
    """
    from rich.console import Console

    console = Console()
    console.width = min(console.width, widest or console.width)
    console.print(_in_its_letters(what), highlight=False, crop=False)


def _in_its_letters(what: "RenderableType") -> "RenderableType":
    """The same in letters that can be printed, before anything is laid out: ``lambda`` takes more room than ``λ``."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    match what:
        case str():
            return spelled(what)
        case Text():
            return _letters_of(what)
        case Padding():
            return Padding(_in_its_letters(what.renderable), (what.top, what.right, what.bottom, what.left))
        case Group():
            return Group(*map(_in_its_letters, what.renderables))
        case Table():
            table = copy(what)
            table.title = _in_its_letters(what.title) if what.title else None  # type: ignore[assignment]
            table.columns = [copy(column) for column in what.columns]
            for column in table.columns:
                column.header = _in_its_letters(column.header)
                column._cells = list(map(_in_its_letters, column._cells))
            return table
    return what


def _letters_of(text: "Text") -> "Text":
    from rich.text import Text

    plain = spelled(text.plain)
    if plain == text.plain:
        return text
    return Text(plain, style=text.style, justify=text.justify, overflow=text.overflow, no_wrap=text.no_wrap)
