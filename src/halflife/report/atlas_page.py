"""The page of an atlas: of one family with the page of a study."""

from collections.abc import Sequence

from halflife.report._atlas_rows import lead, optimizers, packages
from halflife.report._page import Table, of_family


def atlas_page(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """How every optimizer that is installed regularizes, a table a package.

    Args:
        headings: of the columns; the first two are the optimizer's dotted name and its law.
        rows: of cells.
    """
    tables = [
        (
            name,
            Table(
                caption=f"{name}: {optimizers(len(members))}", headings=tuple(headings), rows=tuple(map(tuple, members))
            ),
        )
        for name, members in packages(rows).items()
    ]
    title = "How does each optimizer regularize?"
    return of_family("atlas.html.j2", title, "halflife atlas, by experiment", lead=lead(rows), packages=tables)
