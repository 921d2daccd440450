"""`halflife translate`: the same setting in every framework, each with its grade."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from halflife._errors import BadInput
from halflife.cli import _options, _screen, app

_LONGEST = 1_000_000


class _QuotedLine(TyperCommand):
    """A quoted argument line, as `"--opt sgd --lr 0.1"`, is a recipe and no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        lines = [arg for arg in args if arg.startswith("--") and " " in arg.strip()]
        rest = [arg for arg in args if arg not in lines]
        return super().parse_args(ctx, [*rest, "--", *lines] if lines and "--" not in rest else args)


@app.command(cls=_QuotedLine)
def translate(
    recipe: Annotated[
        str,
        typer.Argument(
            help="A call such as torch.optim.SGD(lr=0.1), an argument line, a prototxt, a JSON, a paper's letters; "
            "a file that holds it; or - for standard input.",
            show_default=False,
        ),
    ],
    to: Annotated[str | None, typer.Option(help="Frameworks to write, comma-separated; default: all.")] = None,
    read_as: Annotated[str | None, typer.Option("--from", help="The framework of RECIPE, if it does not say.")] = None,
    law: Annotated[str | None, typer.Option(help="Change the door as well: L2, DECOUPLED, INDEPENDENT, ...")] = None,
    half_life: Annotated[
        str | None, typer.Option(help="How strong: steps or epochs for an untouched weight to halve, as 30epochs.")
    ] = None,
    timescale: Annotated[str | None, typer.Option(help="How strong: 1/α, in steps or epochs.")] = None,
    share: Annotated[
        float | None, typer.Option(help="How strong: what the run removes of an untouched weight, in (0, 1).")
    ] = None,
    normalized_decay: Annotated[
        float | None, typer.Option(help="How strong: λ_norm of the AdamW paper, appendix B.")
    ] = None,
    batch: Annotated[int | None, typer.Option(help="Rows of a mini-batch.")] = None,
    rows: Annotated[int | None, typer.Option(help="Training rows.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Epochs of the run; with --rows and --batch.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of the run.")] = None,
    schedule: Annotated[str | None, typer.Option(help="How lr moves: constant, linear, cosine, step, ...")] = None,
    where: Annotated[
        str | None, typer.Option(help="What is regularized: all, or weights (no biases, no norms).")
    ] = None,
    reduction: Annotated[str | None, typer.Option(help="The error of a mini-batch: mean or sum over rows.")] = None,
    short: Annotated[
        bool, typer.Option("--short", help="One screen: the grades, and the answers there is room for.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list, one object a framework.")] = False,
) -> None:
    """The same setting in every framework, ready to paste, each with a grade of how exact it is.

    EXACT: the same steps. FIRST ORDER: the same up to a next term, given. SAME SOLUTION: another path, the same end.
    IMPOSSIBLE: the reason and the nearest thing. The recipe is parsed, never run.

    Examples:

        halflife translate "torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=5e-4)"

        halflife translate "torch.optim.AdamW(lr=1e-3)" --to keras,optax --half-life 30epochs --rows 50000 --batch 128

        halflife translate "keras.optimizers.SGD(0.1, weight_decay=1e-4)" --to torch --law L2 --json
    """  # noqa: D412 - Typer shows the examples as they stand
    from halflife import recipes
    from halflife.report import translations_screen

    result = recipes.translate(
        _text(recipe),
        to=_options.names(to),
        read_as=read_as,
        law=law,
        half_life=half_life,
        timescale=timescale,
        share=share,
        normalized_decay=normalized_decay,
        batch=batch,
        rows=rows,
        epochs=epochs,
        steps=steps,
        schedule=schedule,
        where=where,
        reduction=reduction,
    )
    if as_json:
        typer.echo(json.dumps(result.to_dicts(), ensure_ascii=False))
    else:
        _screen.show(translations_screen.translations(result, short=short))


def _text(recipe: str) -> str:
    """The recipe itself, or what the file of that name holds."""
    if recipe == "-":
        return sys.stdin.read(_LONGEST)
    if len(recipe) < 200 and "\n" not in recipe and Path(recipe).is_file():
        try:
            return Path(recipe).read_text(encoding="utf-8")[:_LONGEST]
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"the file {recipe!r} cannot be read: {error}.") from None
    return recipe
