"""From a table to matrices that a network can be fed, everything learned from the training rows alone."""

from typing import Any

import numpy as np

from halflife._errors import BadData
from halflife.lab.table import Array, Table

FEW = 20
"""A target of at most so many different whole numbers is taken for classes."""

BEYOND = 1e30
"""Standardized values past it would be infinite in float32 soon after."""


def task_of(table: Table, task: str | None) -> str:
    """Classification or regression.

    What is asked for; else what the source settles (a shipped data set, IDX labels); else classification if the target
    is text or truth values, or at most 20 different whole numbers with three rows each on average; else regression.

    Raises:
        BadData: another task is asked for, or regression on text.
    """
    if task not in (None, "classification", "regression"):
        raise BadData(f"task is {task!r}: it must be classification or regression.")
    words = table.target.dtype == object
    if words and task == "regression":
        raise BadData(
            f"task is regression, but the target {table.target_name!r} holds {table.target[0, 0]!r}: not a number."
        )
    if task == "classification" and table.target.shape[1] > 1:
        raise BadData(f"task is classification, but the target has {table.target.shape[1]} columns: it must have one.")
    if task or table.task:
        return str(task or table.task)
    if words:
        return "classification"
    different = len(np.unique(table.target))
    few = different <= FEW and 3 * different <= len(table.target)
    whole = table.target.shape[1] == 1 and (table.target == np.rint(table.target)).all()
    return "classification" if few and whole else "regression"


def classes_of(table: Table) -> tuple[tuple[str, ...], Array]:
    """The names of the classes in rising order, and the class 0, 1, ... of each row.

    Raises:
        BadData: one class only, or one with fewer than three rows.
    """
    values, codes = np.unique(table.target[:, 0], return_inverse=True)
    words = table.target.dtype == object
    names = tuple(value if words else _label(value, table.labels) for value in values)
    if len(names) == 1:
        raise BadData(
            f"the target {table.target_name!r} of {table.name} has the single class {names[0]!r}: 2 are needed."
        )
    counts = np.bincount(codes)
    if counts.min() < 3:
        rare = names[int(counts.argmin())]
        raise BadData(
            f"class {rare!r} of target {table.target_name!r} has {counts.min()} of {len(codes)} rows: each class "
            "needs at least 3, one for training, validation and test (or is this a regression?)."
        )
    return names, codes


def _label(value: float, labels: tuple[str, ...]) -> str:
    if labels:
        return labels[int(value)]
    return str(int(value)) if value == int(value) else repr(float(value))


def refuse_large(table: Table, outputs: int, memory: int) -> None:
    """Refuse a table that would not fit once its categories are one-hot.

    Args:
        table: features of all rows.
        outputs: classes or targets.
        memory: the most bytes that the matrices may take.

    Raises:
        BadData: they would take more; the widest column of categories is named.
    """
    rows = len(table.target)
    widths = [len(set(table.words[:, place].tolist())) for place in range(len(table.word_names))]
    columns = len(table.number_names) + sum(widths)
    needed = 8 * rows * (columns + outputs)
    if needed > memory:
        widest = f"; {table.word_names[int(np.argmax(widths))]!r} alone has {max(widths)} categories" if widths else ""
        raise BadData(
            f"{table.name} would be {rows} rows by {columns} columns and {outputs} outputs, {needed:,} bytes: "
            f"memory allows {memory:,}{widest}."
        )


def features_of(table: Table, train: Array) -> tuple[tuple[str, ...], Array]:
    """The features of all rows, learned from the training rows.

    Numbers: the median for missing values, then mean 0 and standard deviation 1 (a constant becomes 0). Categories: the
    most frequent for missing values, then one-hot; a category that training never saw is all zeros. A column with no
    value in the training rows is left out.

    Args:
        table: the table.
        train: the training rows.

    Returns:
        Names, and float64 [rows, features]; a feature of a category is called column=category.

    Raises:
        BadData: no column is left, or a value is too far from the training rows for float32.
    """
    from pandas import DataFrame, concat
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    words = table.words.reshape(len(table.target), len(table.word_names))
    numeric = np.flatnonzero(~np.isnan(table.numbers[train]).all(axis=0))
    missing = np.array([[isinstance(value, float) for value in row] for row in words[train]], dtype=bool)
    categorical = (
        np.flatnonzero(~missing.reshape(len(train), -1).all(axis=0)) if words.size else np.array([], dtype=int)
    )
    if not len(numeric) + len(categorical):
        raise BadData(f"{table.name} has no feature column with a value in the {len(train)} training rows.")
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float64)
    transformer = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), list(range(len(numeric)))),
            (
                "words",
                make_pipeline(SimpleImputer(strategy="most_frequent"), encoder),
                list(range(len(numeric), len(numeric) + len(categorical))),
            ),
        ]
    )
    frame = concat([DataFrame(table.numbers[:, numeric]), DataFrame(words[:, categorical], dtype=object)], axis=1)
    frame.columns = [f"column {place}" for place in range(frame.shape[1])]
    transformer.fit(frame.iloc[train])
    x = np.ascontiguousarray(transformer.transform(frame), dtype=np.float64)
    names = [table.number_names[place] for place in numeric]
    if len(categorical):
        kinds = transformer.named_transformers_["words"][-1].categories_
        names += [f"{table.word_names[at]}={kind}" for at, of in zip(categorical, kinds, strict=True) for kind in of]
    refuse_far(x, names)
    return tuple(names), x


def refuse_far(values: Array, names: Any) -> None:
    """Refuse standardized values that float32 could not hold.

    Raises:
        BadData: one is past 1e30, or not a number.
    """
    far = ~(np.abs(values) < BEYOND)
    if far.any():
        row, column = np.argwhere(far)[0]
        raise BadData(
            f"column {names[column]!r} is {values[row, column]:g} standard deviations from its training mean in row "
            f"{row + 1}: at most {BEYOND:g} is allowed."
        )
