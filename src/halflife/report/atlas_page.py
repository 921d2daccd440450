"""The page of an atlas: of one family with the page of a study."""

from collections.abc import Sequence

from halflife.report._page import Table, of_family


def atlas_page(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """How every optimizer that is installed regularizes, a row each."""
    table = Table(
        caption=f"{len(rows)} optimizers, as measured", headings=tuple(headings), rows=tuple(tuple(row) for row in rows)
    )
    return of_family("table.html.j2", "How does each optimizer regularize?", "halflife atlas", tables=[table])
