"""Which rows are for training, which for validation, which for the test: by seed, each class in its share."""

import math
from typing import Any

import numpy as np

from halflife._errors import BadData
from halflife.lab.table import Array

TRAIN_SHARE = 0.6
OTHER_SHARE = 0.2

Size = int | float | None
"""A count of rows, a share of them between 0 and 1, or None for the default."""


def sizes(rows: int, train: Size, valid: Size, test: Size) -> tuple[int, int, int]:
    """How many rows each part has.

    Without any size: 60 %, 20 %, 20 %. With `train` alone: what is left is halved, the odd row being for the test.
    With `train` and another: the third gets what is left. Without `train`: it gets what is left.

    Args:
        rows: how many there are.
        train: rows for training.
        valid: rows for validation.
        test: rows for the test.

    Raises:
        BadData: a size is neither a count nor a share, or a part would have no row, or more than there are.
    """
    counts = [_count(name, size, rows) for name, size in (("train", train), ("valid", valid), ("test", test))]
    match counts:
        case [None, None, None]:
            chosen = round(TRAIN_SHARE * rows)
            counts = [chosen, (rows - chosen) // 2, rows - chosen - (rows - chosen) // 2]
        case [None, some, other]:
            default = round(OTHER_SHARE * rows)
            some, other = default if some is None else some, default if other is None else other
            counts = [rows - some - other, some, other]
        case [chosen, None, None]:
            counts = [chosen, (rows - chosen) // 2, rows - chosen - (rows - chosen) // 2]
        case [chosen, None, other]:
            counts = [chosen, rows - chosen - other, other]
        case [chosen, some, None]:
            counts = [chosen, some, rows - chosen - some]
    if min(counts) < 1 or sum(counts) > rows:
        raise BadData(
            f"{rows} rows cannot be split into {counts[0]} for training, {counts[1]} for validation and {counts[2]} "
            f"for the test: each part needs at least one, and together at most {rows}."
        )
    return counts[0], counts[1], counts[2]


def _count(name: str, size: Size, rows: int) -> Any:
    if size is None:
        return None
    if isinstance(size, (int, float, np.integer, np.floating)) and not isinstance(size, bool):
        if 0 < size < 1:
            return max(1, round(float(size) * rows))
        is_count = isinstance(size, (int, np.integer)) or (math.isfinite(size) and size > 1 and size == int(size))
        if is_count and 1 <= size <= rows:
            return int(size)
    raise BadData(
        f"{name}_size is {size!r}: it must be a count from 1 to {rows}, or a share of the rows above 0 and under 1."
    )


def split(strata: Array, parts: tuple[int, int, int], rng: Any) -> tuple[Array, Array, Array]:
    """The rows of each part, in rising order.

    Args:
        strata: the class of each row, 0, 1, ...; all 0 where there are none.
        parts: rows for training, validation and test.
        rng: a NumPy generator.

    Returns:
        Three arrays of row numbers. Each part holds each class in its share of the rows, to within one row.

    Raises:
        BadData: the training rows are too few to hold every class.
    """
    per_class = np.bincount(strata)
    cells = _rounded(per_class, np.array([*parts, len(strata) - sum(parts)]), rng)
    if not cells[:, 0].all():
        raise BadData(
            f"train_size is {parts[0]} rows: too few to hold each of the {len(per_class)} classes in its share of "
            f"{len(strata)} rows, the rarest having {per_class.min()}."
        )
    chosen: list[list[Array]] = [[], [], []]
    for stratum, counts in enumerate(cells):
        shuffled = rng.permutation(np.flatnonzero(strata == stratum))
        pieces = np.split(shuffled, np.cumsum(counts)[:3])
        for part, piece in zip(chosen, pieces[:3], strict=True):
            part.append(piece)
    train, valid, test = (np.sort(np.concatenate(part)) for part in chosen)
    return train, valid, test


def _rounded(per_class: Array, per_part: Array, rng: Any) -> Array:
    """The table of shares [classes, parts], each rounded up or down, rows and columns summing to what they must.

    Which are rounded up is a transportation problem: its vertices are whole, and a random cost picks one of them. A
    class that would have no row in a part is worth a lot in training and something in validation and test.
    """
    from scipy.optimize import linprog
    from scipy.sparse import eye, kron, vstack

    products = np.outer(per_class, per_part)
    rows = per_class.sum()
    low = products // rows
    classes, parts = low.shape
    cost = rng.random(low.shape) - (low == 0) * np.array([100.0, 2.0, 2.0, 0.0])
    sums = vstack([kron(eye(classes), np.ones((1, parts))), kron(np.ones((1, classes)), eye(parts))])
    up = linprog(
        cost.ravel(),
        A_eq=sums.tocsr(),
        b_eq=np.concatenate([per_class - low.sum(axis=1), per_part - low.sum(axis=0)]),
        bounds=np.stack([np.zeros(low.size), (products % rows > 0).ravel()], axis=1),
        method="highs-ds",
    )
    return low + np.rint(up.x).astype(np.int64).reshape(low.shape)
