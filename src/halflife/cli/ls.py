"""`halflife ls`: the studies in a folder."""

import json
from typing import Annotated

import typer

from halflife.cli import _screen, app

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
    from halflife.report import shelf_screen

    found = shelf.studies(folder)
    if as_json:
        typer.echo(json.dumps([vars(study) | {"path": str(study.path)} for study in found]))
        return
    if found:
        _screen.show(shelf_screen.shelf(found))
    else:
        _screen.line(f"no studies in {folder}")
