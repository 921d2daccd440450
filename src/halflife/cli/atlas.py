"""`halflife atlas`: everything installed, probed."""

from pathlib import Path
from typing import Annotated

import typer

from halflife._errors import BadInput
from halflife.cli import _pages, _screen, app


@app.command(
    epilog="Example: halflife atlas --markdown docs/atlas.md",
    short_help="Probe every optimizer that is installed; one table.",
)
def atlas(
    only: Annotated[list[str] | None, typer.Argument(help="Only names that contain one of these.")] = None,
    page: Annotated[Path | None, typer.Option("--report", help="Write an HTML page to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of JSON objects.")] = False,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write the docs page to this file.")] = None,
) -> None:
    """Probe every optimizer that is installed: torch, Optax, Keras, scikit-learn, and libraries that require torch."""
    for path in (markdown, page):
        if path is not None:
            _pages.writable(path)
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from halflife.probe._atlas import HEADINGS, survey
    from halflife.probe._installed import targets
    from halflife.report import atlas_screen
    from halflife.report._report import write
    from halflife.report.atlas_page import atlas_page

    errors = Console(stderr=True)
    with errors.status("looking for optimizers"):
        names = [name for name in targets() if not only or any(part in name for part in only)]
    if not names:
        raise BadInput(f"no optimizer that is installed has {' or '.join(map(repr, only or []))} in its name.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("probing", total=len(names))
        found = survey(names, lambda name: bar.update(task, description=name, advance=1))
    cells = [row.cells for row in found.rows]
    written = []
    if markdown is not None:
        written.append(write(markdown, found.to_markdown()))
    if page is not None:
        written.append(write(page, atlas_page(HEADINGS, cells)))
    if as_json:
        typer.echo(found.to_json())
        return
    if markdown is None:
        _screen.show(atlas_screen.atlas(cells))
    for path in written:
        _pages.tell(path)
