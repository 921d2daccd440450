"""The page of an atlas: of one family with the page of a study."""

from collections import Counter
from collections.abc import Sequence

from halflife.report._page import Table, of_family

_NO_LAW = "-"


def atlas_page(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """How every optimizer that is installed regularizes, a table a package.

    Args:
        headings: of the columns; the first two are the optimizer's dotted name and its law.
        rows: of cells.
    """
    packages: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        packages.setdefault(row[0].partition(":")[0].partition(".")[0], []).append(tuple(row))
    tables = [
        (name, Table(caption=_optimizers(len(members)), headings=tuple(headings), rows=tuple(members)))
        for name, members in packages.items()
    ]
    title = "How does each optimizer regularize?"
    return of_family("atlas.html.j2", title, "halflife atlas, by experiment", lead=_lead(rows), packages=tables)


def _lead(rows: Sequence[Sequence[str]]) -> str:
    laws = Counter(row[1] for row in rows)
    lost = laws.pop(_NO_LAW, 0)
    said = ", ".join(f"{law} {count}" for law, count in laws.most_common())
    unknown = f"; {lost} could not be probed, and their notes say why" if lost else ""
    return f"{_optimizers(len(rows))} by their law: {said or 'none'}{unknown}."


def _optimizers(count: int) -> str:
    return f"{count} optimizer{'' if count == 1 else 's'}"
