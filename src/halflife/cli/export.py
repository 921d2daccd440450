"""`halflife export`: the numbers of a study for other tools."""

import json
from typing import Annotated

import typer

from halflife.cli import _screen, app

EXAMPLES = """
Examples:

    halflife export halflife-digits-8f466b17.db -o trainings.csv

    halflife export study.db -o curves.parquet --curves
"""


@app.command(epilog=EXAMPLES)
def export(
    study: Annotated[str, typer.Argument(help="The study file.")],
    out: Annotated[str, typer.Option("--out", "-o", help="A .csv or .parquet file to write.")],
    curves: Annotated[bool, typer.Option("--curves", help="A row an epoch instead of a row a training.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the trainings of a study as a table."""
    from halflife.lab import shelf

    rows = shelf.export(study, out, curves=curves)
    if as_json:
        typer.echo(json.dumps({"rows": rows, "out": out}))
    else:
        _screen.line(f"{rows} rows in {out}")
