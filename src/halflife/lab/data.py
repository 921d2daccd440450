"""Real data, ready for training: standardized, one-hot, split by seed, with as much label noise as asked for."""

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from halflife._errors import BadData
from halflife.lab import preprocess, readers
from halflife.lab.files import one_line
from halflife.lab.split import Size, sizes, split
from halflife.lab.table import Array, Table

MEMORY = 2 * 1024**3
"""The most bytes that a data set's matrices may take, unless told otherwise."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Some rows of a data set; the arrays are read-only.

    Attributes:
        x: float64 [rows, features].
        y: float64 [rows, classes], one-hot, or [rows, targets], standardized.
    """

    x: Array
    y: Array

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, kw_only=True, eq=False)
class Data:
    """A data set, split and preprocessed.

    Attributes:
        name: the shipped name or the file's.
        task: "classification" or "regression".
        target: what is predicted.
        classes: their names, in the order of the columns of y; () in regression.
        features: names after preprocessing, in the order of the columns of x.
        train: rows to learn from; only here are labels noisy.
        valid: rows to choose settings by.
        test: rows to report on.
        target_mean: mean of the training rows' targets before noise, [targets]; zeros in classification.
        target_scale: their standard deviation, so that target = mean + scale·y; ones in classification.
        label_noise: share of training labels replaced, or standard deviations of noise added.
        seed: what the rows and the noise were drawn by.
        fingerprint: SHA-256 (hex) of the raw table, the target and all options that decide the rows and labels.
    """

    name: str
    task: str
    target: str
    classes: tuple[str, ...]
    features: tuple[str, ...]
    train: Rows
    valid: Rows
    test: Rows
    target_mean: Array
    target_scale: Array
    label_noise: float
    seed: int
    fingerprint: str

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.describe())}</p>"

    def describe(self) -> str:
        """One line: rows, features, classes, label noise."""
        rows = f"{len(self.train)} + {len(self.valid)} + {len(self.test)} rows (training, validation, test)"
        goal = f"{len(self.classes)} classes" if self.classes else f"regression on {self.train.y.shape[1]} target(s)"
        noise = f", label noise {self.label_noise:g}" if self.label_noise else ""
        return f"{self.name}: {rows}, {len(self.features)} features, {goal} ({one_line(self.target)}){noise}"


def load(
    source: str | Path,
    *,
    target: str | None = None,
    task: str | None = None,
    seed: int = 0,
    train_size: Size = None,
    valid_size: Size = None,
    test_size: Size = None,
    label_noise: float = 0.0,
    memory: int = MEMORY,
) -> Data:
    """A data set by name or from a file, split by seed and preprocessed by what the training rows teach.

    Args:
        source: digits, breast_cancer, wine, iris, diabetes (as scikit-learn ships them), or a path to CSV, TSV, NPZ,
            IDX or Parquet; see `halflife.lab.readers`.
        target: what to predict. CSV, TSV, Parquet: a column; left out, the only one called target, label, class or y
            (in any case), else the last. NPZ: an array, y by default. IDX: the labels file, by default found by name.
        task: "classification" or "regression". Left out: classification if the target is text or truth values, or at
            most 20 different whole numbers with three rows each on average; else regression.
        seed: decides rows and noise, at least 0.
        train_size: rows for training, a count or a share; 60 % by default.
        valid_size: rows for validation; by default half of what training and test leave.
        test_size: rows for the test; by default the rest.
        label_noise: in [0, 1). Classification: exactly this share (rounded) of the training labels becomes another
            class drawn evenly. Regression: normal noise of so many standard deviations joins the training targets.
        memory: the most bytes that the matrices may take, 2 GiB by default.

    Returns:
        The data set. The same arguments give bitwise the same.

    Raises:
        BadData: it cannot be read or cannot be learned from; one sentence says why, and what is allowed.
    """
    refuse_options(seed, label_noise, memory)
    table = readers.read(source, target=target, memory=memory)
    task, classes, codes = told(table, task, memory)
    parts = sizes(len(table.target), train_size, valid_size, test_size)
    rows_rng, noise_rng = (np.random.default_rng([seed, stream]) for stream in range(2))
    strata = np.zeros(len(table.target), dtype=np.int64) if codes is None else codes
    return prepared(
        table,
        classes,
        codes,
        split(strata, parts, rows_rng),
        label_noise=label_noise,
        noise=noise_rng,
        seed=seed,
        fingerprint=_fingerprint(table, task, int(seed), parts, float(label_noise)),
    )


def told(table: Table, task: str | None, memory: int) -> tuple[str, tuple[str, ...], Array | None]:
    """The task, the classes' names and the class of each row: () and None in regression.

    Raises:
        BadData: as `load`.
    """
    task = preprocess.task_of(table, task)
    classes, codes = preprocess.classes_of(table) if task == "classification" else ((), None)
    preprocess.refuse_large(table, len(classes) or table.target.shape[1], memory)
    return task, classes, codes


def prepared(
    table: Table,
    classes: tuple[str, ...],
    codes: Array | None,
    chosen: tuple[Array, Array, Array],
    *,
    label_noise: float,
    noise: np.random.Generator,
    seed: int,
    fingerprint: str,
) -> Data:
    """These rows for training, validation and test, preprocessed by what the first of them teach.

    Raises:
        BadData: as `load`.
    """
    features, x = preprocess.features_of(table, chosen[0])
    if codes is None:
        mean, scale = _target_scale(table, chosen[0])
        y = (table.target - mean) / scale
        preprocess.refuse_far(y, [table.target_name] * y.shape[1])
        y[chosen[0]] += label_noise * noise.standard_normal((len(chosen[0]), y.shape[1]))
    else:
        mean, scale = np.zeros(len(classes)), np.ones(len(classes))
        y = np.eye(len(classes))[_flip(codes, chosen[0], len(classes), label_noise, noise)]
    train, valid, test = (_frozen(x[rows], y[rows]) for rows in chosen)
    return Data(
        name=table.name,
        task="regression" if codes is None else "classification",
        target=table.target_name,
        classes=classes,
        features=features,
        train=train,
        valid=valid,
        test=test,
        target_mean=mean,
        target_scale=scale,
        label_noise=float(label_noise),
        seed=int(seed),
        fingerprint=fingerprint,
    )


def refuse_options(seed: int, label_noise: float, memory: int) -> None:
    """Refuse what no data set can be drawn by.

    Raises:
        BadData: one sentence says which, and what is allowed.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise BadData(f"seed is {seed!r}: it must be a whole number, at least 0.")
    if not isinstance(label_noise, (int, float, np.floating)) or not 0 <= label_noise < 1:
        raise BadData(f"label_noise is {label_noise!r}: it must be at least 0 and under 1.")
    if not isinstance(memory, (int, np.integer)) or memory < 1:
        raise BadData(f"memory is {memory!r}: it must be a whole number of bytes, at least 1.")


def _flip(codes: Array, train: Array, classes: int, share: float, rng: np.random.Generator) -> Array:
    """The class of each row, that share of the training rows having another."""
    flipped = rng.choice(train, size=round(share * len(train)), replace=False)
    noisy = codes.copy()
    noisy[flipped] = (codes[flipped] + rng.integers(1, classes, size=len(flipped))) % classes
    return noisy


def _target_scale(table: Table, train: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each target over the training rows."""
    target = table.target[train]
    scale = target.std(axis=0)
    constant = (target == target[0]).all(axis=0) | (scale == 0)
    if constant.any():
        raise BadData(
            f"the target {table.target_name!r} of {table.name} is constant, {target[0, constant.argmax()]:g}, in the "
            f"{len(train)} training rows: it must vary."
        )
    return target.mean(axis=0), scale


def _frozen(x: Array, y: Array) -> Rows:
    x.setflags(write=False)
    y.setflags(write=False)
    return Rows(x=x, y=y)


def _fingerprint(table: Table, task: str, seed: int, parts: tuple[int, int, int], label_noise: float) -> str:
    digest = table.digest()
    digest.update(json.dumps([task, seed, parts, label_noise]).encode())
    return str(digest.hexdigest())


__all__ = ["MEMORY", "Data", "Rows", "load"]
