"""`halflife tune`."""

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
def tune(
    data: Annotated[
        str,
        typer.Argument(help=DATA),
    ],
    target: Target = None,
    task: Annotated[str | None, typer.Option(help="classification or regression; found out by default.")] = None,
    rule: Annotated[str, typer.Option(help="The optimizer: sgd, momentum, adam, lion, ...")] = "adam",
    lr: Annotated[str | None, typer.Option(help="Learning rates to search, comma-separated.")] = None,
    l2: Annotated[str | None, typer.Option(help="λ to search, comma-separated.")] = None,
    decay: Annotated[
        str | None, typer.Option(help="Decay per step to search, comma-separated, at the middle lr; it moves with lr.")
    ] = None,
    search: Annotated[str, typer.Option(help="grid (coarse, then fine), random, optuna, or optuna:SAMPLER.")] = "grid",
    trainings: Annotated[int | None, typer.Option(help="Budget in whole trainings, two a fold at least.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Time that the search may take; it is sized to fit.")] = None,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.")] = 5,
    epochs: Annotated[int, typer.Option(help="How often a network that is not dropped early sees each row.")] = 50,
    hidden: Hidden = "64",
    activation: Activation = "relu",
    initialization: Initialization = "he",
    error: Error = None,
    batch_size: BatchSize = 32,
    schedule: Schedule = "constant",
    seeds: Annotated[int, typer.Option(help="Splits into folds, each with another start, for every finalist.")] = 3,
    seed: Annotated[int, typer.Option(help="Of the first split and start.")] = 0,
    precision: Annotated[str, typer.Option(help="float32 or float64.")] = "float32",
    rows: Annotated[str | None, typer.Option(help="Rows to use: a count or a share.")] = None,
    label_noise: LabelNoise = None,
    memory: Memory = "1GiB",
    out: Annotated[str | None, typer.Option(help="The file; default: halflife-tune-NAME-HASH.db here.")] = None,
    optuna_storage: Annotated[
        str | None, typer.Option(help="Write the trials there for Optuna's dashboard, such as sqlite:///optuna.db.")
    ] = None,
    ray: Ray = None,
    page: Page = True,
    as_json: AsJson = False,
) -> None:
    """How much should I regularize, by which door, and what does it gain?

    Trains networks without regularization, with L2 and with decay over lr and strength, the folds side by side; hands
    back the best setting for torch, Keras, Optax and scikit-learn, and says whether its gain is real. Ctrl-C keeps what
    is finished; the same command goes on.

    Examples:

        halflife tune wine

        halflife tune houses.csv --target price --rule momentum --hidden 100,50 --minutes 2

        halflife tune digits --rows 300 --label-noise 0.4 --json
    """  # noqa: D412 - Typer shows the examples as they stand
    from halflife.cli import _pages
    from halflife.cli._progress import Bar
    from halflife.report import report, tuning_screen
    from halflife.tune import tune as find

    grid = {
        name: values
        for name, values in (
            ("lr", _options.numbers("--lr", lr)),
            ("l2", _options.numbers("--l2", l2)),
            ("decay", _options.numbers("--decay", decay)),
        )
        if values is not None
    }
    with Bar() as bar:
        result = find(
            data,
            target=target,
            task=task,
            rule=rule,
            grid=grid,
            search=search,
            trainings=trainings,
            minutes=minutes,
            folds=folds,
            epochs=epochs,
            hidden=_options.counts("--hidden", hidden) or (),
            activation=activation,
            initialization=initialization,
            error=error,
            batch_size=batch_size,
            schedule=schedule,
            seeds=seeds,
            seed=seed,
            precision=precision,
            rows=None if rows is None else _options.size("--rows", rows),
            label_noise=label_noise or 0.0,
            memory=_options.memory(memory),
            out=out,
            optuna_storage=optuna_storage,
            ray=ray,
            progress=bar.tune,
        )
    written = report(result) if page else None
    if as_json:
        typer.echo(json.dumps(result.to_dict() | ({"report": str(written)} if written else {}), ensure_ascii=False))
    else:
        _screen.show(tuning_screen.tuning(result))
        if written:
            _pages.tell(written)
