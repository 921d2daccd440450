"""`halflife report`: one self-contained page of a study or a search."""

import json
from typing import Annotated

import typer

from halflife.cli import app

EXAMPLES = """
Examples:

    halflife report halflife-digits-8f466b17.db

    halflife report study.db -o report.html --json
"""


@app.command(epilog=EXAMPLES)
def report(
    study: Annotated[str, typer.Argument(help="The file of a study or a search.")],
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="The page to write; default: beside the file, ending in .html.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the page of a study or a search: one HTML file that needs no network.

    Its pictures are in it, and the tables behind them.
    """
    from halflife.cli import _pages
    from halflife.report import report as write

    page = write(study, out)
    if as_json:
        typer.echo(json.dumps({"report": str(page)}))
    else:
        _pages.tell(page)
