"""`halflife ls`: the studies in a folder."""

import json
from typing import Annotated

import typer

from halflife.cli import app

EXAMPLES = """
Examples:

    halflife ls

    halflife ls results --json
"""


@app.command(epilog=EXAMPLES)
def ls(
    folder: Annotated[str, typer.Argument(help="Where the study files are.")] = ".",
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of JSON objects.")] = False,
) -> None:
    """List the studies in a folder: data, rules, how much of each is done."""
    from halflife.lab import shelf

    found = shelf.studies(folder)
    if as_json:
        typer.echo(json.dumps([vars(study) | {"path": str(study.path)} for study in found]))
        return
    for study in found:
        best = "" if study.best is None else f"best validation error {study.best:.4g}"
        done = f"{study.done}/{study.total}"
        typer.echo("  ".join((str(study.path), study.kind, study.data, ",".join(study.rules), done, best)).rstrip())
    if not found:
        typer.echo(f"no studies in {folder}")
