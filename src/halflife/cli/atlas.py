"""`halflife atlas`: everything installed, probed."""

from pathlib import Path
from typing import Annotated

import typer

from halflife._errors import BadInput
from halflife.cli import _pages, app


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
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from halflife.probe import _atlas
    from halflife.report import atlas_screen

    errors = Console(stderr=True)
    with errors.status("looking for optimizers"):
        names = [name for name in _atlas.targets() if not only or any(part in name for part in only)]
    if not names:
        raise BadInput(f"no optimizer that is installed has {' or '.join(map(repr, only or []))} in its name.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("probing", total=len(names))

        def advance(name: str) -> None:
            bar.update(task, description=name, advance=1)

        rows = _atlas.survey(names, advance)
    if markdown is not None:
        try:
            markdown.write_text(_atlas.as_markdown(rows), encoding="utf-8")
        except OSError as error:
            raise BadInput(f"{str(markdown)!r} cannot be written: {error.strerror}.") from error
    if page is not None:
        from halflife.report._report import write
        from halflife.report.atlas_page import atlas_page

        write(page, atlas_page(_atlas.HEADINGS, [row.cells for row in rows]))
    if as_json:
        typer.echo(_atlas.as_json(rows))
    elif markdown is None:
        Console().print(atlas_screen.atlas([row.cells for row in rows]), highlight=False)
    if page is not None and not as_json:
        _pages.tell(page)
