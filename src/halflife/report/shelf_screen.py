"""The studies of a folder on a terminal: a row each, long names folded."""

from collections.abc import Iterable

from rich.markup import escape
from rich.table import Table

from halflife.lab.shelf import StudyFile


def shelf(studies: Iterable[StudyFile]) -> Table:
    """What each file holds, how much of it is done, and its lowest validation error."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("file", "by", "data", "rules"):
        table.add_column(heading, overflow="fold")
    for heading in ("done", "best error"):
        table.add_column(heading, justify="right", no_wrap=True)
    for study in studies:
        best = "" if study.best is None else f"{study.best:.4g}"
        row = (str(study.path), study.kind, study.data, ", ".join(study.rules), f"{study.done}/{study.total}", best)
        table.add_row(*map(escape, row))
    return table
