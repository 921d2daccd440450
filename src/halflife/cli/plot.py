"""`halflife plot`: the pictures of a study or a search as files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from halflife._errors import BadInput, UnknownName
from halflife.cli import _options, _screen, app

EXAMPLES = """
Examples:

    halflife plot study.db

    halflife plot study.db --only twins,maps-adam -o figures
"""


@app.command(epilog=EXAMPLES)
def plot(
    study: Annotated[str, typer.Argument(help="The file of a study or a search.")],
    out: Annotated[str, typer.Option("--out", "-o", help="The folder to write to; made if there is none.")] = ".",
    only: Annotated[str | None, typer.Option(help="Names of the only pictures to write, comma-separated.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the pictures of a study or a search, each as SVG and as PNG.

    Of a study: twins, maps, paths and weights; of a search: strengths.
    """
    from halflife.report import _drawing
    from halflife.report._figures import figures
    from halflife.report._report import read, write

    drawn = figures(read(study))
    for name in _options.names(only) or ():
        if name not in drawn:
            raise UnknownName("picture", name, drawn)
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{out!r} cannot be made a folder ({error.strerror}): name another with --out.") from None
    written = []
    for name in _options.names(only) or tuple(drawn):
        figure = drawn[name]()
        for ending, content in (("svg", _drawing.as_svg(figure)), ("png", _drawing.as_png(figure))):
            written.append(str(write(Path(out) / f"{name}.{ending}", content)))
    if as_json:
        typer.echo(json.dumps({"files": written}))
    else:
        _screen.line("\n".join(written))
