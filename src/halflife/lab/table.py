"""A table as read, before anything is learned from it: numbers, words and a target, whatever the format was."""

import hashlib
import json
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import numpy as np

from halflife._errors import BadData

Array = Any
"""A NumPy array."""

LARGEST = 1e150
"""Numbers beyond it have squares that float64 cannot add up, so they have no variance."""

TARGET_NAMES = ("target", "label", "class", "y")
"""A column of one of these names, in any case, is the target unless another is asked for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Features and target of all rows.

    Attributes:
        name: the data set's name.
        numbers: float64 [rows, numeric columns]; NaN where a value is missing.
        number_names: one a numeric column.
        words: str objects [rows, columns of categories]; NaN where a value is missing.
        word_names: one a column of categories.
        target: float64 [rows, targets], or str objects [rows, 1].
        target_name: what the target is called.
        labels: the names of the classes 0, 1, ...; empty when the target's own values are their names.
        task: "classification" or "regression" where the source settles it, else None.
    """

    name: str
    numbers: Array
    number_names: tuple[str, ...]
    words: Array = field(default_factory=lambda: np.empty((0, 0), dtype=object))
    word_names: tuple[str, ...] = ()
    target: Array
    target_name: str
    labels: tuple[str, ...] = ()
    task: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no model could learn from.

        Raises:
            BadData: no rows, no feature columns, infinite or huge numbers, a target with missing values.
        """
        if len(self.target) == 0:
            raise BadData(f"{self.name} has no rows under its header: at least 5 are needed.")
        if not self.number_names and not self.word_names:
            raise BadData(f"{self.name} has no feature columns beside its target {self.target_name!r}.")
        _refuse_beyond(self.numbers, self.number_names, f"{self.name}: column")
        if self.target.dtype == object:
            missing = [isinstance(value, float) for value in self.target[:, 0]]
        else:
            missing = np.isnan(self.target).any(axis=1)
        if np.any(missing):
            raise BadData(
                f"the target {self.target_name!r} of {self.name} is missing or NaN in {np.sum(missing)} of "
                f"{len(missing)} rows, first in row {np.argmax(missing) + 1}: every row needs one."
            )
        if self.target.dtype != object:
            _refuse_beyond(self.target, (self.target_name,) * self.target.shape[1], f"{self.name}: target")

    def digest(self) -> Any:
        """A SHA-256 of the table, the same on every machine; more may be added to it."""
        digest = hashlib.sha256()
        for part in (self.numbers, self.words, self.target):
            digest.update(json.dumps([str(part.dtype.kind), part.shape]).encode())
            digest.update(json.dumps(part.tolist()).encode() if part.dtype == object else part.astype("<f8").tobytes())
        names = [self.number_names, self.word_names, self.target_name, self.labels]
        digest.update(json.dumps(names).encode())
        return digest


def from_frame(frame: Any, *, name: str, target: str | None) -> Table:
    """The table in a pandas frame whose column names are distinct strings.

    Numbers and truth values are numbers, everything else is a category by its text. A target of truth values is
    read as categories.

    Raises:
        BadData: see `Table` and `target_column`.
    """
    from pandas.api.types import is_bool_dtype

    chosen = target_column(list(frame.columns), target, name)
    aim, features = frame[[chosen]], frame.drop(columns=chosen)
    numeric = _numeric(features)
    others = features.drop(columns=numeric.columns)
    return Table(
        name=name,
        numbers=_as_numbers(numeric),
        number_names=tuple(numeric.columns),
        words=_as_words(others),
        word_names=tuple(others.columns),
        target=_as_numbers(aim) if _numeric(aim).shape[1] and not is_bool_dtype(aim.dtypes.iloc[0]) else _as_words(aim),
        target_name=chosen,
    )


def target_column(columns: list[str], target: str | None, name: str) -> str:
    """The column to predict: the one asked for; else the only one called target, label, class or y; else the last.

    Raises:
        BadData: no such column (the nearest names are given), or several are called like a target.
    """
    if target is not None:
        if target in columns:
            return target
        nearest = get_close_matches(target, columns, n=3, cutoff=0.5)
        shown = [*map(repr, columns[:10]), *["..."][: len(columns) > 10]]
        hint = f"did you mean {' or '.join(map(repr, nearest))}?" if nearest else f"columns: {', '.join(shown)}."
        raise BadData(f"{name} has no column {target!r} for a target: {hint}")
    called = [column for column in columns if column.strip().lower() in TARGET_NAMES]
    if len(called) > 1:
        raise BadData(
            f"{name} has several columns that could be the target, {', '.join(map(repr, called))}: name one as target."
        )
    return called[0] if called else columns[-1]


def _numeric(frame: Any) -> Any:
    return frame.select_dtypes(include=["number", "bool"], exclude=["timedelta", "complex"])


def _as_numbers(frame: Any) -> Array:
    return float64(frame.to_numpy(dtype=np.float64, na_value=np.nan))


def float64(numbers: Array) -> Array:
    """The numbers as float64, with one kind of NaN and one zero, whatever bits the file had for them."""
    with np.errstate(all="ignore"):
        wide = numbers.astype(np.float64) + 0.0
        return np.where(np.isnan(wide), np.nan, wide)


def _as_words(frame: Any) -> Array:
    words = np.empty(frame.shape, dtype=object)
    for place, column in enumerate(frame.columns):
        series = frame[column]
        pairs = zip(series.astype(object), series.isna(), strict=True)
        words[:, place] = [np.nan if missing else str(value) for value, missing in pairs]
    return words


def _refuse_beyond(numbers: Array, names: tuple[str, ...], what: str) -> None:
    beyond = np.abs(numbers) > LARGEST
    if beyond.any():
        row, column = np.argwhere(beyond)[0]
        raise BadData(
            f"{what} {names[column]!r} holds {numbers[row, column]} in row {row + 1}: "
            f"values must be finite, and at most {LARGEST:g} in size."
        )
