"""An audit on a terminal: the answer first, then the groups, then what was found; within 80 columns."""

from collections.abc import Iterator, Sequence
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from halflife.audit._finding import Finding, Severity
from halflife.audit._result import Audit
from halflife.audit._rows import fixes, gathered, group_rows, parameter_rows, places
from halflife.audit._words import several

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
ROOM = 80
WORDS = ("group", "law", "kind")
"""Headings of words, which may be wrapped; numbers are set to the right."""


def screen(audit: Audit, *, by_parameter: bool = False) -> RenderableType:
    """The whole report; code to paste is never wrapped."""
    return Group(*_parts(audit, by_parameter))


def as_text(audit: Audit, *, by_parameter: bool = False, width: int = 80) -> str:
    """The same without colour, as plain text."""
    out = StringIO()
    console = Console(file=out, width=width, color_system=None, force_terminal=False, force_jupyter=False)
    console.print(screen(audit, by_parameter=by_parameter), crop=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _parts(audit: Audit, by_parameter: bool) -> Iterator[RenderableType]:
    plan = f", {several(audit.steps, 'step')} planned" if audit.steps else ""
    yield Text(f"{audit.optimizer}, {several(len(audit.groups), 'parameter group')}{plan}", style="dim")
    for number, sentence in enumerate(audit.answer):
        yield Text(sentence, style="" if number else "bold")
    yield Text()
    yield _table(*group_rows(audit))
    yield Text()
    for group in audit.groups if by_parameter else ():
        if group.members:
            yield _table(*parameter_rows(group))
            yield Text()
    for same in gathered(audit.findings):
        yield from _finding(same)
        yield Text()
    counts = [several(sum(f.severity is each for f in audit.findings), str(each)) for each in Severity]
    yield Text(", ".join(counts) + ".")
    for skipped in audit.skipped:
        yield Text(str(skipped), style="dim")


def _finding(same: Sequence[Finding]) -> Iterator[RenderableType]:
    first = same[0]
    yield Text.assemble((f"{first.severity} {first.code}", STYLES[first.severity]), f" {first.title}")
    for line in places(same):
        yield Padding(Text(line), (0, 0, 0, 2))
    for heading, words in (("why", first.why), ("do", first.advice)):
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=5)
        grid.add_column()
        grid.add_row(Text(f"  {heading}", style="dim"), Text(words, style="dim" if heading == "why" else ""))
        yield grid
    for line in fixes(same):
        yield Text(f"      {line}", style="green", no_wrap=True, overflow="ignore")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    wide = sum(max(len(row[i]) for row in (headings, *rows)) + 2 for i in range(len(headings)))
    table = Table(box=None, padding=(0, 2 if wide <= ROOM else 1, 0, 0), pad_edge=False, header_style="dim")
    for place, heading in enumerate(headings):
        words = not place or heading in WORDS
        table.add_column(heading, justify="left" if words else "right", overflow="fold", no_wrap=not words)
    for row in rows:
        table.add_row(*map(Text, row))
    return table
