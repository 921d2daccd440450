"""The classifier: classes in, logits inside, classes and probabilities out."""

from typing import Any, Self

import numpy as np
from scipy.special import expit, log_expit, log_softmax, softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight

from halflife._errors import BadInput
from halflife.sklearn._estimator import NeuralNetwork, positive_weights

Array = Any


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
        early_stopping: whether to hold out rows, stop when their score stops rising, and keep the best weights.
        validation_fraction: share of rows held out for it.
        beta_1: share of the running mean kept, by Adam and its like.
        beta_2: share of the running square kept.
        epsilon: added to the root of the corrected square.
        n_iter_no_change: epochs without improvement before training stops; None to train for all of max_iter.
        class_weight: {class: weight}, "balanced", or None for 1; multiplies sample_weight.
        precision: float32, float64, or "auto" for that of X.

    Attributes:
        classes_: the classes, in the order of probabilities.
        coefs_: weights of every layer, [inputs, outputs].
        intercepts_: biases of every layer, [outputs].
        n_iter_: epochs of the last fit.
        loss_curve_: error and penalty after each epoch, those of earlier partial fits first.
        loss_: the last of them.
        validation_scores_: accuracy on held-out rows after each epoch, or None.
        best_validation_score_: the best of them, or None.
        out_activation_: softmax or logistic.
        n_layers_: layers, inputs and outputs counted.
        n_outputs_: outputs of the network.
    """

    _task = "classification"
    classes_: Array
    _multilabel: bool

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
        class_weight: Any = None,
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
        self.class_weight = class_weight
        self.precision = precision

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Train on rows X [rows, features] and their classes y [rows], or labels of 0 and 1 [rows, labels].

        A row of weight 0 is as if it were not there; the others count within their batch.

        Raises:
            ValueError: arrays or arguments that cannot be learned from; one sentence says why.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def partial_fit(self, X: Array, y: Array, sample_weight: Array | None = None, classes: Array | None = None) -> Self:
        """Train for one more epoch on these rows; the first call names all classes there will ever be.

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
        """The most likely class of each row, or the labels [rows, labels] of 0 and 1."""
        outputs = self._outputs(X)
        if self._multilabel:
            return (outputs > 0).astype(int)
        return self.classes_[_codes(outputs)]

    def predict_proba(self, X: Array) -> Array:
        """The probability of each class, [rows, classes], or of each label."""
        return self._probabilities(X, softmax, expit)

    def predict_log_proba(self, X: Array) -> Array:
        """The logarithm of `predict_proba`."""
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
