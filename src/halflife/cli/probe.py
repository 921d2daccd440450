"""`halflife probe`: the law of one optimizer."""

from typing import Annotated

import typer

from halflife.cli import _screen, app


@app.command(
    epilog="Example: halflife probe torch.optim:AdamW lr=1e-3 weight_decay=0.01",
    short_help="Find out by experiment how an optimizer regularizes.",
)
def probe(
    target: Annotated[str, typer.Argument(help="An importable dotted name: package.module:Optimizer.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="Its arguments, each as name=value.")] = None,
    details: Annotated[bool, typer.Option("--details", help="Print the evidence with its numbers.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find out by experiment how an optimizer regularizes; its source is not read.

    Works on torch optimizers, Optax, Keras, scikit-learn's MLP and SGD, and plain functions.
    """
    from halflife.probe import probe as find
    from halflife.probe._target import parsed

    report = find(target, **parsed(arguments or []))
    if as_json:
        typer.echo(report.to_json())
    else:
        _screen.say(report.told(details=details))
