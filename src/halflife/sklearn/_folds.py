"""Which rows a search learns from and which it holds out."""

from typing import Any

import numpy as np
from sklearn.model_selection import check_cv
from sklearn.utils.validation import _check_sample_weight

from halflife._errors import BadInput
from halflife.sklearn._estimator import NeuralNetwork

Array = Any


def drawn(cv: Any, X: Array, y: Array, sample_weight: Any, *, classifier: bool) -> list[tuple[Array, Array]]:
    """Rows to learn from and rows held out, of all rows, as places among those of weight above 0."""
    y = np.asarray(y)
    folds = check_cv(cv, y, classifier=classifier).split(X, y)
    kept = np.ones(len(y), bool) if sample_weight is None else _check_sample_weight(sample_weight, X) > 0
    place = np.cumsum(kept) - 1
    return [(place[learn[kept[learn]]], place[valid[kept[valid]]]) for learn, valid in folds]


def codes(template: NeuralNetwork, targets: Array) -> Array | None:
    """The place of each row's class among the classes; None for a regressor."""
    if template._task != "classification":
        return None
    codes: Array = targets[:, 0].astype(int) if targets.shape[1] == 1 else targets.argmax(axis=1)
    return codes


def require_every_class(template: Any, classes: Array | None, folds: list[tuple[Array, Array]]) -> None:
    """Refuse folds in which some class has no row to learn from."""
    if classes is None:
        return
    for fold, (learn, _) in enumerate(folds):
        missing = np.setdiff1d(classes, classes[learn])
        if len(missing):
            name = template.classes_.tolist()[missing[0]]
            raise BadInput(
                f"fold {fold} has no row of class {name!r} to learn from: use fewer or "
                "stratified folds, or give more rows of it."
            )
