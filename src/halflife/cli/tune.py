"""`halflife tune`."""

import json
from typing import Annotated

import typer

from halflife.cli import _options, app


@app.command()
def tune(
    data: Annotated[
        str,
        typer.Argument(help="digits, breast_cancer, wine, iris, diabetes, or a CSV, TSV, NPZ, IDX or Parquet file."),
    ],
    target: Annotated[str | None, typer.Option(help="What to predict: a column of the file.")] = None,
    task: Annotated[str | None, typer.Option(help="classification or regression; found out by default.")] = None,
    rule: Annotated[str, typer.Option(help="The optimizer: sgd, momentum, adam, lion, ...")] = "adam",
    lr: Annotated[str | None, typer.Option(help="Learning rates to search, comma-separated.")] = None,
    l2: Annotated[str | None, typer.Option(help="λ to search, comma-separated.")] = None,
    decay: Annotated[
        str | None, typer.Option(help="Decay per step to search, comma-separated, at the middle lr; it moves with lr.")
    ] = None,
    search: Annotated[str, typer.Option(help="grid (coarse, then fine), random, or optuna.")] = "grid",
    trainings: Annotated[int | None, typer.Option(help="The most networks to train.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Begin nothing more after so many minutes.")] = None,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.")] = 5,
    epochs: Annotated[int, typer.Option(help="How often a network that is not dropped early sees each row.")] = 50,
    hidden: Annotated[str, typer.Option(help="Units of each hidden layer, comma-separated.")] = "64",
    activation: Annotated[str, typer.Option(help="relu, tanh, logistic, gelu or identity.")] = "relu",
    initialization: Annotated[str, typer.Option(help="he, glorot, torch or normal.")] = "he",
    error: Annotated[
        str | None,
        typer.Option(help="softmax_cross_entropy, logistic_cross_entropy, squared (½Σ) or mean_squared."),
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Rows a step.")] = 32,
    schedule: Annotated[
        str, typer.Option(help="constant, linear, cosine, cosine-restarts, step or warmup-cosine.")
    ] = "constant",
    seeds: Annotated[int, typer.Option(help="Starts of each finalist.")] = 3,
    seed: Annotated[int, typer.Option(help="The first of them; decides the folds, too.")] = 0,
    precision: Annotated[str, typer.Option(help="float32 or float64.")] = "float32",
    rows: Annotated[str | None, typer.Option(help="Rows to use: a count or a share.")] = None,
    label_noise: Annotated[float, typer.Option(help="Share of the training labels to replace.")] = 0.0,
    memory: Annotated[str, typer.Option(help="What training may take, such as 2GB.")] = "1GiB",
    out: Annotated[str | None, typer.Option(help="The file; default: halflife-tune-NAME-HASH.db here.")] = None,
    optuna_storage: Annotated[
        str | None, typer.Option(help="Write the trials there for Optuna's dashboard, such as sqlite:///optuna.db.")
    ] = None,
    ray: Annotated[str | None, typer.Option(help="Train on a Ray cluster: HOST:PORT, auto or local.")] = None,
    page: Annotated[bool, typer.Option("--report/--no-report", help="Write a page beside the file.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How much should I regularize, by which door, and what does it gain?

    Trains networks without regularization, with L2 and with decay over lr and strength, every setting on all folds;
    hands back the best setting for torch, Keras, Optax and scikit-learn, and says whether its gain is real. Ctrl-C
    keeps what is finished; the same command goes on.

    Examples:

        halflife tune wine

        halflife tune houses.csv --target price --rule momentum --hidden 100,50 --minutes 2

        halflife tune digits --rows 300 --label-noise 0.4 --json
    """  # noqa: D412 - Typer shows the examples as they stand
    from rich.console import Console

    from halflife.cli import _pages
    from halflife.cli._progress import Bar
    from halflife.report import report, tuning
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
            label_noise=label_noise,
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
        Console().print(tuning.tuning(result))
        if written:
            _pages.tell(written)
