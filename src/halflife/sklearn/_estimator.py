"""What the classifier and the regressor share: one member of the lab, in scikit-learn's manners."""

import warnings
from abc import ABC, abstractmethod
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any, Self

import jax
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from halflife._errors import BadInput
from halflife.lab import Data, Network, Regime, Rows, train
from halflife.lab.compiler import keep_compiled_programs, one_thread
from halflife.lab.model import Parameters
from halflife.lab.training import Start
from halflife.sklearn import _files, _settings, _start
from halflife.sklearn._arguments import Arguments
from halflife.sklearn._patience import Patience

Array = Any

ERRORS = {"identity": "squared", "softmax": "softmax_cross_entropy", "logistic": "logistic_cross_entropy"}
"""The error that goes with each activation of the outputs."""

_ROWS_AT_ONCE = 4096
_SOON_DONE = 1e10
"""Weights × rows × epochs that are trained in about a second, so that the time to compile counts."""

_SMALL_STEP = 1e7
"""Weights × rows of a batch below which a step has too little work for two threads."""


class NeuralNetwork(BaseEstimator, Arguments, ABC):  # type: ignore[misc] # scikit-learn ships no types
    """A fully connected network, one member of the lab.

    Attributes:
        coefs_: weights of every layer, [inputs, outputs].
        intercepts_: biases of every layer, [outputs].
        n_iter_: epochs of the last fit.
        loss_curve_: error and penalty after each epoch, those of earlier partial fits first.
        loss_: the last of them.
        validation_scores_: accuracy or R² on held-out rows after each epoch, or None.
        best_validation_score_: the best of them, or None.
        out_activation_: softmax, logistic or identity.
        n_layers_: layers, inputs and outputs counted.
        n_outputs_: outputs of the network.
    """

    _task: str
    _multilabel: bool
    classes_: Array
    coefs_: list[Array]
    intercepts_: list[Array]
    loss_curve_: list[float]
    out_activation_: str

    @abstractmethod
    def _prepare(
        self, X: Array, y: Array, sample_weight: Array | None, *, incremental: bool
    ) -> tuple[Array, Array, Array | None]:
        """Checked rows, targets [rows, outputs] and weights above 0; settles the classes and `out_activation_`."""

    @abstractmethod
    def _score_on(self, outputs: Array, targets: Array, sample_weight: Array | None) -> float:
        """How well these outputs do, the more the better."""

    def save(self, path: str | Path) -> None:
        """Write the fitted estimator as plain arrays, in safetensors if the path ends so, else as NPZ; see `load`.

        Example:
            >>> import tempfile
            >>> from halflife.sklearn import MLPRegressor
            >>> model = MLPRegressor((2,), l2=0.01, max_iter=3, n_iter_no_change=None).fit([[0.0], [1.0]], [0.0, 1.0])
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     model.save(f"{folder}/model.npz")
            ...     again = MLPRegressor.load(f"{folder}/model.npz")
            >>> again.l2, bool((again.predict([[0.5]]) == model.predict([[0.5]])).all())
            (0.01, True)

        Raises:
            NotFittedError: there is nothing to write yet.
            BadInput: an argument or a class that is neither text nor number.
        """
        check_is_fitted(self)
        _files.write(path, self)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The estimator that `save` wrote; nothing in the file is run.

        Example:
            >>> from halflife.sklearn import MLPClassifier
            >>> MLPClassifier.load("absent.npz")
            Traceback (most recent call last):
            ...
            halflife._errors.BadInput: 'absent.npz' cannot be read as a saved MLPClassifier: [Errno 2] No such file ...

        Raises:
            BadInput: another kind of file, or of another estimator.
        """
        estimator: Self = _files.read(path, cls)
        return estimator

    def _network(self) -> Network:
        sizes = (len(self.coefs_[0]), *(len(biases) for biases in self.intercepts_))
        return Network(sizes=sizes, error=ERRORS[self.out_activation_], activation=self.activation)

    def _outputs(self, X: Array) -> Array:
        """What the outputs are before their activation, [rows, outputs]."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=self.coefs_[0].dtype)
        return outputs_of(self._network(), _start.member(self.coefs_, self.intercepts_), X)

    def _check_rows(self, X: Array, y: Array, *, reset: bool) -> tuple[Array, Array]:
        if self.precision not in ("auto", "float32", "float64"):
            raise BadInput(f"precision is {self.precision!r}: it must be auto, float32 or float64.")
        dtype = (np.float64, np.float32) if self.precision == "auto" else np.dtype(self.precision)
        checked: tuple[Array, Array] = validate_data(self, X, y, multi_output=True, dtype=dtype, reset=reset)
        return checked

    def _fresh(self, incremental: bool) -> bool:
        return not hasattr(self, "coefs_") or not (self.warm_start or incremental)

    def _fit(self, X: Array, y: Array, sample_weight: Array | None, *, incremental: bool, **more: Any) -> Self:
        prepared = self._prepare(X, y, sample_weight, incremental=incremental, **more)
        return self._learn(*prepared, incremental=incremental)

    def _learn(self, X: Array, y: Array, sample_weight: Array | None, *, incremental: bool) -> Self:
        """Train on checked rows, weights above 0 and targets [rows, outputs], whose activation is settled."""
        given = self.get_params()
        setting = _settings.setting(given)
        _settings.require_stopping(given)
        if incremental and (self.early_stopping or self.schedule != "constant"):
            name = "early_stopping" if self.early_stopping else "schedule"
            raise BadInput(
                f"{name} is {given[name]!r}: partial_fit takes one epoch at a time and cannot know the length of the "
                "run, so early_stopping must be False and schedule 'constant'."
            )
        random = check_random_state(self.random_state)
        sizes = (X.shape[1], *_settings.hidden_layers(self.hidden_layer_sizes), y.shape[1])
        network = Network(sizes=sizes, error=ERRORS[self.out_activation_], activation=self.activation)
        start = self._begin(network, setting.rule, random, incremental)
        valid = None
        if self.early_stopping:
            X, valid, y, y_valid, sample_weight, valid_weight = self._held_out(X, y, sample_weight, random)
        regime = Regime(
            network=network,
            epochs=1 if incremental else self.max_iter,
            batch_size=_settings.batch_rows(self.batch_size, len(X)),
            schedule=self.schedule,
            precision=X.dtype.name,
        )
        patience = Patience(
            tol=self.tol,
            epochs=self.n_iter_no_change,
            score=None
            if valid is None
            else lambda parameters: self._score_on(outputs_of(network, parameters, valid), y_valid, valid_weight),
        )
        may_stop = not incremental and (self.early_stopping or self.n_iter_no_change is not None)
        keep_compiled_programs()
        trained = train(
            rows_to_learn(X, y, self._task),
            regime,
            [setting],
            seed=0,
            start=start,
            order=_start.reshuffled(len(X), deepcopy(random)) if self.shuffle else _start.unshuffled(len(X)),
            row_weights=sample_weight,
            last_look=False,
            after_epoch=patience.looks if may_stop else None,
            enough=patience.enough if may_stop else None,
            soon=network.parameters * len(X) * regime.epochs < _SOON_DONE,
            device=one_thread() if network.parameters * regime.batch_size < _SMALL_STEP else None,
        )
        if trained.diverged[0]:
            raise BadInput(
                f"training diverged in epoch {trained.diverged[0]} at learning_rate_init {self.learning_rate_init:g}: "
                "choose a smaller one, or standardize the columns of X."
            )
        self.coefs_, self.intercepts_ = _start.of_member(patience.best or trained.parameters)
        losses = (trained.curves["train"] + trained.curves["penalty"])[:, 0].tolist()
        self.n_iter_ = len(losses)
        if self.shuffle and random is self.random_state:
            _start.skip(len(X), random, epochs=self.n_iter_)
        self.loss_curve_ = (self.loss_curve_ if start.steps else []) + losses
        self.loss_ = losses[-1]
        self.n_layers_, self.n_outputs_ = len(sizes), y.shape[1]
        self.validation_scores_ = patience.scores if self.early_stopping else None
        self.best_validation_score_ = max(patience.scores) if self.early_stopping else None
        self._states, self._rule = trained.states, setting.rule
        self._steps = start.steps + len(losses) * -(-len(X) // regime.batch_size)
        if may_stop and not patience.ended and self.schedule == "constant":
            warnings.warn(
                f"{self.max_iter} epochs (max_iter) were not enough for training to stop improving.",
                ConvergenceWarning,
                stacklevel=4,
            )
        return self

    def _begin(self, network: Network, rule: str, random: np.random.RandomState, incremental: bool) -> Start:
        """New weights, or those of the fit before; with `partial_fit` the rule also remembers its last step."""
        if self._fresh(incremental):
            return Start(parameters=_start.member(*_start.drawn(network.sizes, network.activation, random)))
        before = self._network().sizes
        if before != network.sizes:
            raise BadInput(
                f"the fitted network has layers of {before} units and this one {network.sizes}: they must be the same "
                "for training to go on, or set warm_start=False."
            )
        parameters = _start.member(self.coefs_, self.intercepts_)
        if incremental and getattr(self, "_rule", None) == rule:
            return Start(parameters=parameters, states=self._states, steps=self._steps)
        return Start(parameters=parameters)

    def _held_out(self, X: Array, y: Array, sample_weight: Array | None, random: np.random.RandomState) -> list[Array]:
        """Training and validation rows, in turn: X, y and weights, which stay None where there are none."""
        arrays = [X, y] if sample_weight is None else [X, y, sample_weight]
        stratify = y if self._task == "classification" and y.shape[1] == 1 else None
        parts = train_test_split(*arrays, test_size=self.validation_fraction, random_state=random, stratify=stratify)
        if len(parts[1]) < 2:
            raise BadInput(
                f"validation_fraction is {self.validation_fraction} of {len(X)} rows, and leaves {len(parts[1])} to "
                "validate on: at least 2 are needed."
            )
        return [*parts, None, None][:6]


def rows_to_learn(X: Array, y: Array, task: str, *, valid: tuple[Array, Array] | None = None) -> Data:
    """Checked arrays as the lab takes them; there are no test rows, and validation rows only where given."""
    none = Rows(x=X[:0], y=y[:0])
    return Data(
        name="X",
        task=task,
        target="y",
        classes=(),
        features=(),
        train=Rows(x=X, y=y),
        valid=none if valid is None else Rows(x=valid[0], y=valid[1]),
        test=none,
        target_mean=np.zeros(y.shape[1]),
        target_scale=np.ones(y.shape[1]),
        label_noise=0.0,
        seed=0,
        fingerprint="",
    )


def outputs_of(network: Network, parameters: Parameters, X: Array) -> Array:
    """What a population of one answers, [rows, outputs], in blocks of few different sizes: each is compiled once."""
    answers = []
    with jax.enable_x64(X.dtype == np.float64):
        for first in range(0, len(X), _ROWS_AT_ONCE):
            block = X[first : first + _ROWS_AT_ONCE]
            missing = (1 << max(5, (len(block) - 1).bit_length())) - len(block)
            padded = np.pad(np.asarray(block), ((0, missing), (0, 0)))
            answers.append(np.asarray(_compiled_outputs(network, parameters, padded))[0, :, : len(block)].T)
    return np.concatenate(answers)


@partial(jax.jit, static_argnums=0)
def _compiled_outputs(network: Network, parameters: Parameters, rows: Array) -> Array:
    return network.outputs(parameters, rows)


def positive_weights(sample_weight: Array) -> Array:
    """Which rows count at all.

    Raises:
        BadInput: a negative weight, or none above 0.
    """
    if sample_weight.min() < 0 or sample_weight.max() <= 0:
        raise BadInput(
            f"sample_weight lies in [{sample_weight.min():g}, {sample_weight.max():g}]: weights must be 0 or more, and "
            "at least one above 0."
        )
    return sample_weight > 0
