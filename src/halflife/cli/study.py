"""`halflife study`: the seed question on real data."""

import json
from typing import Annotated

import typer

from halflife.cli import _options, _screen, app
from halflife.cli._training import (
    DATA,
    Activation,
    AsJson,
    BatchSize,
    Error,
    Hidden,
    Initialization,
    LabelNoise,
    Memory,
    Page,
    Ray,
    Schedule,
    Target,
)


@app.command()
def study(
    data: Annotated[
        str | None,
        typer.Argument(
            help=f"{DATA} "
            "Default: 300 rows of digits, two fifths of them mislabelled, so that there is overfitting to see.",
            show_default=False,
        ),
    ] = None,
    target: Target = None,
    rules: Annotated[str | None, typer.Option(help="Rules, comma-separated, for twins and grid.")] = None,
    lr: Annotated[str | None, typer.Option(help="Learning rates of the grid, comma-separated.")] = None,
    strength: Annotated[
        str | None, typer.Option(help="λ of the grid, comma-separated; decay is tried at α = lr·λ.")
    ] = None,
    epochs: Annotated[int, typer.Option(help="How often each training row is seen.")] = 50,
    hidden: Hidden = "64",
    activation: Activation = "relu",
    initialization: Initialization = "he",
    error: Error = None,
    output: Annotated[str, typer.Option(help="Activation of the output layer, for the squared errors.")] = "identity",
    batch_size: BatchSize = 32,
    schedule: Schedule = "constant",
    seeds: Annotated[int, typer.Option(help="Seeds for every setting.")] = 3,
    seed: Annotated[int, typer.Option(help="The first of them; decides the split of the rows, too.")] = 0,
    precision: Annotated[
        str, typer.Option(help="float32 or float64, for the grid; twins always use both.")
    ] = "float32",
    regularize_biases: Annotated[
        bool, typer.Option("--regularize-biases", help="Both doors act on biases too.")
    ] = False,
    train_size: Annotated[str | None, typer.Option(help="Rows to learn from: a count or a share.")] = None,
    label_noise: LabelNoise = None,
    memory: Memory = "1GiB",
    ray: Ray = None,
    out: Annotated[str | None, typer.Option(help="The study file; default: halflife-NAME-HASH.db here.")] = None,
    page: Page = True,
    details: Annotated[
        bool, typer.Option("--details", help="Print the twins, every setting and what is not shown, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Are L2 regularization and weight decay the same here, and how much does it matter?

    Trains twins (same start, same batches, one with a penalty, one with decay) in two precisions, then a grid of
    about a thousand networks, and answers from the numbers. Ctrl-C keeps what is finished; the same command goes on.

    Examples:

        halflife study

        halflife study wine --rules sgd,adam --seeds 5

        halflife study houses.csv --target price --hidden 100,50 --json
    """  # noqa: D412 - Typer shows the examples as they stand
    from halflife import lab
    from halflife.cli import _pages
    from halflife.cli._progress import Bar
    from halflife.report import report, study_screen

    with Bar() as bar:
        result = lab.study(
            data,
            rules=_options.names(rules),
            lr=_options.numbers("--lr", lr),
            strength=_options.numbers("--strength", strength),
            epochs=epochs,
            hidden=_options.counts("--hidden", hidden) or (),
            activation=activation,
            initialization=initialization,
            error=error,
            output=output,
            batch_size=batch_size,
            schedule=schedule,
            seeds=seeds,
            seed=seed,
            precision=precision,
            regularize_biases=regularize_biases,
            target=target,
            train_size=None if train_size is None else _options.size("--train-size", train_size),
            label_noise=label_noise,
            memory=_options.memory(memory),
            ray=ray,
            out=out,
            progress=bar.study,
        )
    written = report(result) if page else None
    if as_json:
        typer.echo(json.dumps(result.to_dict() | ({"report": str(written)} if written else {}), ensure_ascii=False))
    else:
        _screen.show(study_screen.study(result, details=details))
        if written:
            _pages.tell(written)
