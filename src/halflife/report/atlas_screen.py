"""An atlas on a terminal: the answer in a sentence, then a table a package within 80 columns, notes below their row."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from halflife.report._atlas_rows import NO_LAW, lead, packages
from halflife.report._lines import wrapped

_FITS = 16
"""Letters of what the strength is multiplied by; more of them are a note."""

_NAME, _LAW, _ORDER, _COEFFICIENT, _TIMES, _ARGUMENT, _NOTES = range(7)


def atlas(rows: Sequence[Sequence[str]]) -> RenderableType:
    """Every optimizer with its law.

    Args:
        rows: name, law, order, coefficient, times, argument and notes of each, as text.
    """
    return Group(Text(lead(rows), style="bold"), *_tables(rows))


def _tables(rows: Sequence[Sequence[str]]) -> Iterator[RenderableType]:
    cells = [_columns(row) for row in rows]
    widths = [max(map(len, column), default=0) for column in zip(*cells, strict=True)]
    for module, members in packages(rows).items():
        yield Padding(Text(module, style="bold"), (1, 0, 0, 0))
        short = [row[_NAME].partition(":")[2] or row[_NAME] for row in members]
        name_width = max(map(len, short))
        for name, row in zip(short, members, strict=True):
            columns = "  ".join(cell.ljust(width) for cell, width in zip(_columns(row), widths, strict=True)).rstrip()
            yield Text.assemble((f"  {name.ljust(name_width)}  ", ""), (columns, "dim" if row[_LAW] == NO_LAW else ""))
            if notes := _notes(row):
                yield Text(wrapped(f"      {notes}"), style="dim")


def _columns(row: Sequence[str]) -> tuple[str, str, str]:
    times = "" if len(row[_TIMES]) > _FITS else row[_TIMES]
    return f"{row[_LAW]} {row[_ORDER]}".rstrip(), times, row[_ARGUMENT]


def _notes(row: Sequence[str]) -> str:
    odd = f"coefficient {row[_COEFFICIENT]}" if row[_COEFFICIENT] not in ("", "1") else ""
    times = f"times {row[_TIMES]}" if len(row[_TIMES]) > _FITS else ""
    return "; ".join(filter(None, (odd, times, row[_NOTES])))
