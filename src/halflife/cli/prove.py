"""`halflife prove`: the derivation and the theorems."""

import json
import sys
from typing import Annotated

import typer

from halflife._errors import BadInput
from halflife.cli import _screen, app

EXAMPLES = """
Examples:

    halflife prove                      every rule: same steps? same solution? by which certificate?

    halflife prove adam                 one rule, in full

    halflife prove adam --short         on one screen: the answers, the statements, the certificate

    halflife prove momentum momentum=0.5 dampening=0

    halflife prove derivation --latex   the update with a penalty and with decay, from the error by calculus
"""


@app.command(epilog=EXAMPLES)
def prove(
    name: Annotated[str | None, typer.Argument(help="A rule or a theorem; all of them if left out.")] = None,
    fixed: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="Hyperparameters of the rule to fix.")
    ] = None,
    steps: Annotated[int, typer.Option(help="How many steps the symbolic twins run, from 1 to 4.")] = 3,
    short: Annotated[bool, typer.Option("--short", help="One rule on one screen, without its proofs.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of JSON objects, one a rule.")] = False,
) -> None:
    """Prove where a penalty and decay are the same, and certify where they are not."""
    from halflife import proofs
    from halflife.report import proofs_screen

    if latex and as_json:
        raise BadInput("--latex and --json given together: choose one.")
    result = proofs.prove(name, steps=steps, **dict(map(_setting, fixed or [])))
    if as_json:
        data = result.to_json()
        typer.echo(json.dumps(data if isinstance(data, list) else [data], ensure_ascii=False, indent=2))
        return
    if not result.check():
        sys.stderr.write("halflife: a theorem does not hold for the code that was run; see `checked` in --json.\n")
        raise typer.Exit(1)
    if latex:
        typer.echo(result.latex)
    elif isinstance(result, proofs.Proofs):
        _screen.show(proofs_screen.proofs(result))
    elif isinstance(result, proofs.Proof) and short:
        _screen.show(proofs_screen.proof(result))
    else:
        _screen.say(str(result))


def _setting(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        return (name, float(value))
    except ValueError:
        wrong = f"{value!r} is no number" if equals else "there is no ="
        raise BadInput(f"{text!r} does not fix a hyperparameter, {wrong}: write NAME=VALUE.") from None
