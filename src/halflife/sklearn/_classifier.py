"""The classifier: classes in, logits inside, classes and probabilities out."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight

from halflife._errors import BadInput
from halflife.sklearn._described import described
from halflife.sklearn._estimator import NeuralNetwork, positive_weights

Array = Any


@described
@dataclass(eq=False, repr=False, kw_only=True)
class MLPClassifier(ClassifierMixin, NeuralNetwork):  # type: ignore[misc] # scikit-learn ships no types
    """A network that classifies, trained by the lab under any rule, regularized by either door.

    Two classes take one output and the logistic cross-entropy, more take the softmax; a y of 0 and 1 with several
    columns is taken for several labels a row. Given the same `random_state`, first weights and batches are those of
    scikit-learn's MLPClassifier, and with `optimizer="nesterov"` (its "sgd") or "adam" so are the weights after
    training, to rounding, where the regularization is the same:

    - scikit-learn's `alpha` is λ times the rows of the batch, so l2 = alpha/batch_size. In a smaller last batch its λ
      is larger, while l2 is one λ for all steps; choose a batch size that divides the rows to have the same.
    - its Adam adds epsilon before correcting the square for its start at 0, this one after, as the paper's algorithm 1
      and PyTorch do: at step t its epsilon amounts to epsilon/√(1 − β₂ᵗ) here.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> model = MLPClassifier((8,), l2=0.01, learning_rate_init=0.02, max_iter=100, n_iter_no_change=None)
        >>> bool(model.set_params(random_state=0).fit(X, y).score(X, y) > 0.9)
        True

    Args:
        class_weight: {class: weight}, "balanced", or None for 1; multiplies sample_weight.

    Attributes:
        classes_: the classes, in the order of probabilities.
    """

    class_weight: Any = None

    _task = "classification"

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Train on rows X [rows, features] and their classes y [rows], or labels of 0 and 1 [rows, labels].

        A row of weight 0 is as if it were not there; the others count within their batch.

        Example:
            >>> X, y = [[0.0], [0.2], [0.8], [1.0]], ["low", "low", "high", "high"]
            >>> MLPClassifier((4,), max_iter=5, n_iter_no_change=None).fit(X, y).classes_.tolist()
            ['high', 'low']

        Raises:
            ValueError: arrays or arguments that cannot be learned from; one sentence says why.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def partial_fit(self, X: Array, y: Array, sample_weight: Array | None = None, classes: Array | None = None) -> Self:
        """Train for one more epoch on these rows; the first call names all classes there will ever be.

        Example:
            >>> model = MLPClassifier((4,), batch_size=2)
            >>> model = model.partial_fit([[0.0], [1.0]], ["a", "b"], classes=["a", "b", "c"])
            >>> model.partial_fit([[2.0], [2.1]], ["c", "c"]).predict_proba([[1.0]]).shape
            (1, 3)

        Raises:
            ValueError: as `fit`; no classes at the first call, or others later.
        """
        if isinstance(self.class_weight, str):
            raise BadInput(
                f"class_weight is {self.class_weight!r}: partial_fit does not see all rows, so it must be a dictionary "
                "or None."
            )
        first = not hasattr(self, "classes_")
        if first and classes is None:
            raise BadInput("classes is None: it must be passed on the first call to partial_fit.")
        if classes is not None and not first and not np.array_equal(np.unique(classes), self.classes_):
            raise BadInput(f"classes is {classes}: earlier calls to partial_fit learned {self.classes_}.")
        return self._fit(X, y, sample_weight, incremental=True, classes=classes if first else None)

    def predict(self, X: Array) -> Array:
        """The most likely class of each row, or the labels [rows, labels] of 0 and 1.

        Example:
            >>> X, y = [[0.0], [0.2], [0.8], [1.0]], ["low", "low", "high", "high"]
            >>> model = MLPClassifier((4,), learning_rate_init=0.1, n_iter_no_change=None, random_state=0).fit(X, y)
            >>> model.predict([[0.1], [0.9]]).tolist()
            ['low', 'high']
        """
        outputs = self._outputs(X)
        if self._multilabel:
            return (outputs > 0).astype(int)
        return self.classes_[_codes(outputs)]

    def predict_proba(self, X: Array) -> Array:
        """The probability of each class, [rows, classes], in the order of `classes_`, or of each label.

        Example:
            >>> X, y = [[0.0], [0.2], [0.8], [1.0]], ["low", "low", "high", "high"]
            >>> model = MLPClassifier((4,), learning_rate_init=0.1, n_iter_no_change=None, random_state=0).fit(X, y)
            >>> model.classes_.tolist(), model.predict_proba([[0.1], [0.9]]).round().tolist()
            (['high', 'low'], [[0.0, 1.0], [1.0, 0.0]])
        """
        return self._probabilities(X, softmax, expit)

    def predict_log_proba(self, X: Array) -> Array:
        """The logarithm of `predict_proba`, finite where that rounds to 0.

        Example:
            >>> model = MLPClassifier((), optimizer="sgd", learning_rate_init=1.0, n_iter_no_change=None)
            >>> model = model.fit([[0.0], [1.0]], ["low", "high"])
            >>> model.predict_proba([[1e6]]).tolist(), bool(model.predict_log_proba([[1e6]]).min() < -1e6)
            ([[1.0, 0.0]], True)
        """
        return self._probabilities(X, log_softmax, log_expit)

    def _probabilities(self, X: Array, of_classes: Any, of_label: Any) -> Array:
        outputs = self._outputs(X)
        if self.out_activation_ == "softmax":
            return of_classes(outputs, axis=1)
        if self._multilabel:
            return of_label(outputs)
        return np.hstack([of_label(-outputs), of_label(outputs)])

    def _prepare(
        self, X: Array, y: Array, sample_weight: Array | None, *, incremental: bool, classes: Any = None
    ) -> tuple[Array, Array, Array | None]:
        fresh = self._fresh(incremental)
        X, y = self._check_rows(X, y, reset=fresh)
        y = y.toarray() if hasattr(y, "toarray") else y
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        check_classification_targets(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
            kept = positive_weights(sample_weight)
            X, y, sample_weight = X[kept], y[kept], sample_weight[kept]
        self._learn_classes(y, classes, fresh)
        if self.class_weight is not None:
            of_class = compute_sample_weight(self.class_weight, y)
            sample_weight = of_class if sample_weight is None else sample_weight * of_class
            kept = positive_weights(sample_weight)
            X, y, sample_weight = X[kept], y[kept], sample_weight[kept]
        return X, self._targets(y).astype(X.dtype), sample_weight

    def _learn_classes(self, y: Array, classes: Any, fresh: bool) -> None:
        multilabel = type_of_target(y).startswith("multilabel")
        if y.ndim == 2 and not multilabel:
            raise BadInput(f"y has {y.shape[1]} columns of classes: it must have one, or columns of 0 and 1.")
        found = np.arange(y.shape[1]) if multilabel else np.unique(y)
        if not fresh:
            unknown = np.setdiff1d(found, self.classes_)
            if len(unknown) or multilabel != self._multilabel or (self.warm_start and len(found) != len(self.classes_)):
                raise BadInput(f"y has the classes {found} and the fit before had {self.classes_}: they must be those.")
            return
        known = found if classes is None else np.unique(classes)
        if len(unknown := np.setdiff1d(found, known)):
            raise BadInput(f"y has the classes {unknown}, which are not among the classes {known}.")
        if len(known) < 2 and not multilabel:
            raise BadInput(f"y has one class, {known.tolist()[0]!r}: at least 2 classes are needed.")
        self.classes_, self._multilabel = known, multilabel
        self.out_activation_ = "logistic" if multilabel or len(known) == 2 else "softmax"

    def _targets(self, y: Array) -> Array:
        if self._multilabel:
            return y
        codes: Array = np.searchsorted(self.classes_, y)
        return codes[:, None] if len(self.classes_) == 2 else np.eye(len(self.classes_))[codes]

    def _score_on(self, outputs: Array, targets: Array, sample_weight: Array | None) -> float:
        if self._multilabel:
            right = ((outputs > 0) == (targets > 0)).all(axis=1)
        else:
            right = _codes(outputs) == _codes(targets - 0.5)
        return float(np.average(right, weights=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _codes(outputs: Array) -> Array:
    """The place of the likeliest class; a single output is one class against the other."""
    return (outputs[:, 0] > 0).astype(int) if outputs.shape[1] == 1 else outputs.argmax(axis=1)
