"""The regressor: numbers in, numbers out, as many targets as y has columns."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import _check_sample_weight

from halflife.sklearn._described import described
from halflife.sklearn._estimator import NeuralNetwork, positive_weights

Array = Any


@described
class MLPRegressor(RegressorMixin, NeuralNetwork):  # type: ignore[misc] # scikit-learn ships no types
    """A network that predicts numbers, trained on half the squared error summed over the targets.

    Targets are taken as they are: standardize them (scikit-learn's TransformedTargetRegressor does) where they are
    far from 1. What is said of scikit-learn at `MLPClassifier` holds here too.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> X, y = load_diabetes(return_X_y=True)
        >>> model = MLPRegressor((8,), half_life=500, learning_rate_init=0.02, n_iter_no_change=None, random_state=0)
        >>> bool(model.fit(X, y / 100).score(X, y / 100) > 0.4)
        True
    """

    _task = "regression"

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Train on rows X [rows, features] and their targets y [rows] or [rows, targets].

        A row of weight 0 is as if it were not there; the others count within their batch.

        Example:
            >>> model = MLPRegressor((), optimizer="sgd", learning_rate_init=0.3, n_iter_no_change=None)
            >>> [round(float(w), 2) for w in model.fit([[0.0], [1.0]], [1.0, 3.0]).coefs_[0].ravel()]
            [2.0]

        Raises:
            ValueError: arrays or arguments that cannot be learned from; one sentence says why.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def partial_fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Train for one more epoch on these rows.

        Example:
            >>> model = MLPRegressor((), optimizer="sgd", learning_rate_init=0.3)
            >>> for _ in range(200):
            ...     model = model.partial_fit([[0.0], [1.0]], [1.0, 3.0])
            >>> model.n_iter_, len(model.loss_curve_), model.predict([[2.0]]).round(2).tolist()
            (1, 200, [5.0])

        Raises:
            ValueError: as `fit`.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Array) -> Array:
        """The targets of each row, [rows], or [rows, targets] if there are several.

        Example:
            >>> model = MLPRegressor((), optimizer="sgd", learning_rate_init=0.3, n_iter_no_change=None)
            >>> model.fit([[0.0], [1.0]], [[1.0, 0.0], [3.0, 1.0]]).predict([[2.0]]).round(2).tolist()
            [[5.0, 2.0]]
        """
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _prepare(
        self, X: Array, y: Array, sample_weight: Array | None, *, incremental: bool
    ) -> tuple[Array, Array, Array | None]:
        X, y = self._check_rows(X, y, reset=self._fresh(incremental))
        y = y.reshape(len(y), -1).astype(X.dtype)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
            kept = positive_weights(sample_weight)
            X, y, sample_weight = X[kept], y[kept], sample_weight[kept]
        self.out_activation_ = "identity"
        return X, y, sample_weight

    def _score_on(self, outputs: Array, targets: Array, sample_weight: Array | None) -> float:
        if not np.isfinite(outputs).all():
            return float("-inf")
        return float(r2_score(targets, outputs, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
