"""The regressor: numbers in, numbers out, as many targets as y has columns."""

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import _check_sample_weight

from halflife.sklearn._estimator import NeuralNetwork, positive_weights

Array = Any


class MLPRegressor(RegressorMixin, NeuralNetwork):  # type: ignore[misc] # scikit-learn ships no types
    """A network that predicts numbers, trained on half the squared error summed over the targets.

    Targets are taken as they are: standardize them (scikit-learn's TransformedTargetRegressor does) where they are
    far from 1. What is said of scikit-learn at `MLPClassifier` holds here too.

    Args:
        hidden_layer_sizes: units of every hidden layer; () is a linear model.
        activation: of hidden layers: relu, tanh, logistic, gelu or identity.
        optimizer: the name of a rule, as in `halflife.rules.RULES`: sgd, momentum, nesterov, adam, rmsprop, lion, ...
        l2: λ of the penalty (λ/2)‖w‖² in the error, biases excluded; at most one of l2, decay and half_life.
        decay: α at the peak of lr, the share of the weights removed in one step, following the schedule.
        half_life: the same as steps in which a weight without gradient halves.
        schedule: of lr over max_iter epochs: constant, linear, cosine, cosine-restarts, step or warmup-cosine.
        batch_size: rows a step; "auto" is 200. Never more than there are.
        learning_rate_init: the peak lr.
        max_iter: the most epochs.
        shuffle: whether rows are put in a new order for each epoch.
        random_state: of first weights, held-out rows and order.
        tol: an epoch improves if the error falls, or the validation score rises, by so much.
        warm_start: whether `fit` goes on from the weights of the fit before.
        momentum: share of the buffer kept, by rules that have one.
        early_stopping: whether to hold out rows, stop when their R² stops rising, and keep the best weights.
        validation_fraction: share of rows held out for it.
        beta_1: share of the running mean kept, by Adam and its like.
        beta_2: share of the running square kept.
        epsilon: added to the root of the corrected square.
        n_iter_no_change: epochs without improvement before training stops; None to train for all of max_iter.
        precision: float32, float64, or "auto" for that of X.

    Attributes:
        coefs_: weights of every layer, [inputs, outputs].
        intercepts_: biases of every layer, [outputs].
        n_iter_: epochs of the last fit.
        loss_curve_: error and penalty after each epoch, those of earlier partial fits first.
        loss_: the last of them.
        validation_scores_: R² on held-out rows after each epoch, or None.
        best_validation_score_: the best of them, or None.
        out_activation_: identity.
        n_layers_: layers, inputs and outputs counted.
        n_outputs_: targets.
    """

    _task = "regression"

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        optimizer: str = "adam",
        l2: float = 0.0,
        decay: float = 0.0,
        half_life: float | None = None,
        schedule: str = "constant",
        batch_size: Any = "auto",
        learning_rate_init: float = 0.001,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        warm_start: bool = False,
        momentum: float = 0.9,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int | None = 10,
        precision: str = "auto",
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.l2 = l2
        self.decay = decay
        self.half_life = half_life
        self.schedule = schedule
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.warm_start = warm_start
        self.momentum = momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.precision = precision

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Train on rows X [rows, features] and their targets y [rows] or [rows, targets].

        A row of weight 0 is as if it were not there; the others count within their batch.

        Raises:
            ValueError: arrays or arguments that cannot be learned from; one sentence says why.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def partial_fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Train for one more epoch on these rows.

        Raises:
            ValueError: as `fit`.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Array) -> Array:
        """The targets of each row, [rows], or [rows, targets] if there are several."""
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
