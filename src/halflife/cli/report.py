"""`halflife report`: one self-contained page of a study."""

import json
from pathlib import Path
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
    study: Annotated[str, typer.Argument(help="The study file.")],
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="The page to write; default: beside the study, ending in .html.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the page of a study: one HTML file that needs no network, with its pictures and the tables behind them."""
    from halflife import lab
    from halflife.cli import _pages

    page = _pages.of_study(lab.read(study), Path(out) if out else None)
    typer.echo(json.dumps({"report": str(page)}) if as_json else f"page in {page}")
