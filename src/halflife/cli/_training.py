"""Options of the verbs that train: named, read and explained once."""

from typing import Annotated

import typer

DATA = "digits, breast_cancer, wine, iris, diabetes, or a CSV, TSV, NPZ, IDX or Parquet file."

Target = Annotated[str | None, typer.Option(help="What to predict: a column of the file.")]
Hidden = Annotated[str, typer.Option(help="Units of each hidden layer, comma-separated.")]
Activation = Annotated[str, typer.Option(help="relu, tanh, logistic, gelu or identity.")]
Initialization = Annotated[str, typer.Option(help="he, glorot, torch or normal.")]
Error = Annotated[
    str | None, typer.Option(help="softmax_cross_entropy, logistic_cross_entropy, squared (½Σ) or mean_squared.")
]
BatchSize = Annotated[int, typer.Option(help="Rows a step.")]
Schedule = Annotated[str, typer.Option(help="constant, linear, cosine, cosine-restarts, step or warmup-cosine.")]
LabelNoise = Annotated[float | None, typer.Option(help="Share of the training labels to replace.")]
Memory = Annotated[str, typer.Option(help="What training may take, such as 2GB.")]
Ray = Annotated[str | None, typer.Option(help="Train on a Ray cluster: local, auto, or HOST:PORT of its head.")]
Page = Annotated[bool, typer.Option("--report/--no-report", help="Write a page beside the file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
