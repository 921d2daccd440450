"""Every row held out once: a data set as k pairs of training and validation rows, each with its own preprocessing."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from halflife._errors import BadData
from halflife.lab import readers
from halflife.lab.data import MEMORY, Data, prepared, refuse_options, told
from halflife.lab.split import Size, sizes, split
from halflife.lab.table import Array, Table

Arrays = tuple[Array, Array]
"""Features [rows, ...] and targets [rows] or [rows, targets]."""


def folds(
    source: str | Path | Arrays,
    *,
    number: int = 5,
    target: str | None = None,
    task: str | None = None,
    seed: int = 0,
    rows: Size = None,
    label_noise: float = 0.0,
    memory: int = MEMORY,
) -> tuple[Data, ...]:
    """A data set split into folds by seed: the k-th result holds out fold k for validation and has no test rows.

    What standardizes, imputes and encodes is learned anew from the training rows of each.

    Args:
        source: as for `halflife.lab.load`; or features [rows, ...] and targets as two arrays.
        number: folds, 2 or more; each class is in all of them in its share.
        target: what to predict, for files.
        task: "classification" or "regression"; found out by default.
        seed: decides folds and noise.
        rows: how many rows to use, a count or a share, drawn by seed; all by default.
        label_noise: as for `load`; validation rows keep their labels.
        memory: the most bytes that the matrices of one fold may take.

    Raises:
        BadData: it cannot be read, cannot be learned from, or has fewer rows or rows of a class than folds.
    """
    refuse_options(seed, label_noise, memory)
    table = _table(*source) if isinstance(source, tuple) else readers.read(source, target=target, memory=memory)
    task, classes, codes = told(table, task, memory)
    used = _used(len(table.target), codes, rows, seed)
    parts = _parts(used, codes, number, seed, table.name, classes)
    digest = table.digest()
    digest.update(json.dumps([task, seed, number, len(used), label_noise]).encode())
    nothing = np.array([], dtype=np.int64)
    return tuple(
        prepared(
            table,
            classes,
            codes,
            (learn, held_out, nothing),
            label_noise=label_noise,
            noise=np.random.default_rng([seed, 2, fold]),
            seed=seed,
            fingerprint=digest.hexdigest(),
        )
        for fold, (learn, held_out) in enumerate(parts)
    )


def _table(x: Array, y: Array) -> Table:
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim < 2 or len(x) != len(y) or y.ndim not in (1, 2):
        raise BadData(f"the arrays have shapes {x.shape} and {y.shape}: as many rows of features as of targets.")
    flat = x.reshape(len(x), -1)
    words = y.dtype.kind not in "fiub"
    try:
        return Table(
            name="arrays",
            numbers=flat.astype(np.float64),
            number_names=tuple(f"x{column}" for column in range(flat.shape[1])),
            target=y.reshape(len(y), -1).astype(object if words else np.float64),
            target_name="y",
        )
    except BadData:
        raise
    except (TypeError, ValueError):
        raise BadData("the features hold something that is no number.") from None


def _used(rows: int, codes: Array | None, wanted: Size, seed: int) -> Array:
    if wanted is None:
        return np.arange(rows)
    chosen = min(rows - 2, sizes(rows, wanted, None, None)[0])
    strata = np.zeros(rows, dtype=np.int64) if codes is None else codes
    return split(strata, sizes(rows, chosen, None, None), np.random.default_rng([seed, 3]))[0]


def _parts(
    used: Array, codes: Array | None, number: int, seed: int, name: str, classes: tuple[str, ...]
) -> Sequence[tuple[Array, Array]]:
    from sklearn.model_selection import KFold, StratifiedKFold

    if isinstance(number, bool) or not isinstance(number, int) or number < 2:
        raise BadData(f"folds is {number!r}: it must be a whole number, 2 or more.")
    if len(used) < 2 * number:
        raise BadData(f"{name} has {len(used)} rows for {number} folds: at least two rows a fold are needed.")
    if codes is None:
        pairs = KFold(number, shuffle=True, random_state=seed % 2**32).split(used)
    else:
        counts = np.bincount(codes[used], minlength=len(classes))
        if counts.min() < number:
            rare = classes[int(counts.argmin())]
            raise BadData(
                f"class {rare!r} of {name} has {counts.min()} rows for {number} folds: each fold needs one of every "
                "class; ask for fewer folds."
            )
        pairs = StratifiedKFold(number, shuffle=True, random_state=seed % 2**32).split(used, codes[used])
    return [(used[learn], used[held_out]) for learn, held_out in pairs]
