"""scikit-learn's MLP and SGD estimators, made to take planned gradients by data that have just these gradients.

One linear layer has any gradient that is wanted: by the targets of a batch whose rows are the unit vectors (squared
error), or by the length of rows that point along it (logistic loss). So the estimator's own `partial_fit`
is what is probed, its penalty divided by the rows of the batch included.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.optimize import brentq
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from halflife._errors import BadInput
from halflife.probe._subject import Floats, Shape, Subject, cannot_be_built

FEATURES = 12
"""Weights of the layer; the bias comes after them."""
MOST = 1e6
SMALLEST = 1e-30
SHAPES: tuple[Shape, ...] = ((1, FEATURES), (1,))


class MlpRun:
    """An MLP of one linear layer, one `partial_fit` a step."""

    def __init__(self, estimator: Any, weights: Floats, batches: int):
        self._estimator, self._batches = estimator, batches
        self._classifies = hasattr(estimator, "predict_proba")
        self._fit(np.eye(FEATURES), np.arange(FEATURES) % 2.0)
        del estimator._optimizer  # so that the first planned step is its first
        estimator.t_ = 0
        self.put(weights)

    def step(self, gradient: Floats | None) -> None:
        """A batch with that gradient in the layer; the bias of a classifier has none, else takes what follows."""
        if gradient is None:
            raise NotImplementedError("scikit-learn has no missing gradients")
        weights, bias, planned = self.weights()[:FEATURES], self.weights()[FEATURES], gradient[:FEATURES]
        if self._classifies:
            row, lift = _row(planned, weights), -bias * weights / max(float(weights @ weights), SMALLEST)
            rows = np.stack([row + lift, lift - row] * (FEATURES // 2))
            self._fit(rows, np.arange(FEATURES) % 2.0)
        else:
            self._fit(np.eye(FEATURES), weights + bias - FEATURES * planned)

    def _fit(self, rows: Any, targets: Any) -> None:
        labels = {"classes": [0.0, 1.0]} if self._classifies else {}
        rows, targets = np.tile(rows, (self._batches, 1)), np.tile(targets, self._batches)
        self._estimator.partial_fit(rows, targets, **labels)

    def weights(self) -> Floats:
        """The layer, then the bias."""
        return np.concatenate([self._estimator.coefs_[0].ravel(), self._estimator.intercepts_[0]])

    def put(self, weights: Floats) -> None:
        """Overwrite both in place: the optimizer holds on to the arrays."""
        self._estimator.coefs_[0][:] = weights[:FEATURES, None]
        self._estimator.intercepts_[0][:] = weights[FEATURES:]

    def scale_lr(self, factor: float) -> None:
        """Change lr between two calls."""
        self._estimator._optimizer.learning_rate_init *= factor
        self._estimator._optimizer.learning_rate *= factor

    def set_strength(self, value: float) -> None:
        """Change it between two calls."""
        self._estimator.set_params(alpha=value)


def _row(gradient: Floats, weights: Floats) -> Floats:
    """The row r = c·g of which the logistic loss of class 0 has the gradient g: c·logistic(c·g·w) = 1.

    With its opposite in class 1, and both shifted to where the bias is made up for, the bias has no gradient.

    Raises:
        ArithmeticError: there is none, since the loss falls too slowly for a gradient so far against the weights.
    """
    slope = float(gradient @ weights)

    def excess(length: float) -> float:
        return float(length / (1 + np.exp(-length * slope)) - 1)

    edge = 1.0
    while excess(edge) < 0:
        edge *= 1.1
        if edge > MOST:
            raise ArithmeticError("the loss of a classifier has no such gradient")
    row: Floats = float(brentq(excess, 0.0, edge, xtol=1e-15, rtol=1e-14)) * gradient
    return row


class SgdRun:
    """A linear SGD estimator, one sample a step: the row is the gradient, the target makes the loss's slope 1."""

    def __init__(self, estimator: Any, weights: Floats):
        self._estimator = estimator
        self._classifies = hasattr(estimator, "classes_") or "Classifier" in type(estimator).__name__
        self._labels = {"classes": [0, 1]} if self._classifies else {}
        estimator.partial_fit(np.zeros((1, FEATURES)), [0], **self._labels)
        estimator.t_ = 1.0
        self.put(weights)

    def step(self, gradient: Floats | None) -> None:
        """One sample; a zero gradient is an empty row."""
        if gradient is None:
            raise NotImplementedError("scikit-learn has no missing gradients")
        row = gradient[None, :FEATURES]
        at = float(row[0] @ self.weights()[:FEATURES] + self.weights()[FEATURES])
        target = 0 if self._classifies else at - 1  # hinge loss: any row above its margin has slope 1
        self._estimator.partial_fit(row, [target])

    def weights(self) -> Floats:
        """The coefficients, then the intercept."""
        return np.concatenate([self._estimator.coef_.ravel(), self._estimator.intercept_.ravel()])

    def put(self, weights: Floats) -> None:
        """Overwrite both."""
        self._estimator.coef_.ravel()[:] = weights[:FEATURES]
        self._estimator.intercept_.ravel()[:] = weights[FEATURES:]

    def scale_lr(self, factor: float) -> None:
        """Change lr between two calls."""
        self._estimator.eta0 *= factor

    def set_strength(self, value: float) -> None:
        """Change it between two calls."""
        self._estimator.set_params(alpha=value)


@dataclass(frozen=True, kw_only=True)
class SklearnSubject(Subject):
    """An estimator that can be cloned and started afresh.

    Attributes:
        estimator: it.
        batches: how many times each row of a batch stands in it.
    """

    estimator: Any
    batches: int = 1

    def built(
        self,
        shapes: Sequence[Shape],  # noqa: ARG002 - the layer has one shape
        weights: Floats,
        changes: dict[str, Any],
        dtype: str,
    ) -> MlpRun | SgdRun:
        """Clone it and give it these weights."""
        self.only_double(dtype)
        fresh = clone(self.estimator).set_params(**changes)
        if self.lr_name == "eta0":
            return SgdRun(fresh, weights)
        return MlpRun(fresh.set_params(batch_size=FEATURES * self.batches), weights, self.batches)

    def with_larger_batch(self) -> Self | None:
        """None where a step takes one sample."""
        return None if self.lr_name == "eta0" else replace(self, batches=2 * self.batches)

    def session(self) -> AbstractContextManager[None]:
        """Everything is run inside this."""
        return _session()


@contextmanager
def _session() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore")
        yield


def from_estimator(target: Any, arguments: Mapping[str, Any], name: str) -> SklearnSubject:
    """A subject from an MLP or linear SGD estimator, class or instance.

    Raises:
        BadInput: it is another kind of estimator, or refuses its arguments.
    """
    try:
        estimator = target(**arguments) if isinstance(target, type) else clone(target).set_params(**arguments)
    except (TypeError, ValueError) as error:
        raise cannot_be_built(name, error) from error
    parameters = estimator.get_params()
    alpha = float(parameters.get("alpha", 0.0))
    if {"hidden_layer_sizes", "learning_rate_init", "solver"} <= parameters.keys():
        if parameters["solver"] == "lbfgs":
            raise BadInput(f"{name} with solver='lbfgs' takes no single steps: only 'sgd' and 'adam' can be probed.")
        estimator.set_params(hidden_layer_sizes=(), batch_size=FEATURES, shuffle=False, random_state=0)
        estimator.set_params(warm_start=False)
        lr_name = "learning_rate_init"
    elif {"eta0", "alpha", "penalty", "loss", "learning_rate"} <= parameters.keys() and hasattr(
        estimator, "partial_fit"
    ):
        regression = "epsilon" in parameters and type(estimator).__name__.endswith("Regressor")
        estimator.set_params(loss="squared_error" if regression else "hinge")
        if not parameters["eta0"]:
            estimator.set_params(eta0=0.01)
        if parameters["penalty"] not in ("l2", None):
            raise BadInput(f"{name} has the penalty {parameters['penalty']!r}: only 'l2' can be probed.")
        lr_name = "eta0"
    else:
        raise BadInput(f"{name} is no MLP or linear SGD estimator: only these take gradient steps.")
    # its own schedule, when it stops and what it makes of unequal classes are no part of the law
    estimator.set_params(learning_rate="constant", early_stopping=False)
    if "class_weight" in parameters:
        estimator.set_params(class_weight=None)
    return SklearnSubject(
        name=name,
        estimator=estimator,
        lr_name=lr_name,
        lr=float(estimator.get_params()[lr_name]),
        strength=alpha,
        strength_name="alpha",
        dtypes=(),
        shapes=SHAPES,
        # the losses of classifiers have no gradient that points far away from the weights
        loudness=1e-3 if "Classifier" in type(estimator).__name__ else 1.0,
        knobs={"alpha": alpha},
    )
