"""How much to regularize: estimators that find their own strength and lr by cross-validation, all at once."""

from abc import abstractmethod
from typing import Any, Self, cast

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from halflife._errors import BadInput
from halflife.lab import Network, Regime
from halflife.lab.compiler import keep_compiled_programs
from halflife.lab.grid import default_lrs, default_strengths
from halflife.rules import rule
from halflife.sklearn import _folds, _search, _settings
from halflife.sklearn._classifier import MLPClassifier
from halflife.sklearn._described import described
from halflife.sklearn._estimator import ERRORS, NeuralNetwork, rows_to_learn
from halflife.sklearn._path import RegularizationPath
from halflife.sklearn._regressor import MLPRegressor

Array = Any


class NeuralNetworkCV(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """A network whose strength of regularization and lr are found by cross-validation.

    All folds × strengths × learning rates × seeds are trained as populations of the lab, for all of max_iter epochs.
    Then a network with the best of them is trained on all rows; it answers as `best_estimator_`. Rows that are held
    out count alike whatever their sample_weight, and R² is that of all targets together.

    Args:
        hidden_layer_sizes: units of every hidden layer.
        activation: of hidden layers.
        optimizer: the name of a rule.
        l2s: the λs to try; with neither these nor decays, 0 and nine from 1e-4 to 1.
        decays: the αs to try in place of λs.
        learning_rates: the peak lrs to try; six round the rule's middle one by default.
        n_seeds: starts and orders of rows for each point of the grid; scores are means over them.
        cv: folds, as everywhere in scikit-learn.
        scoring: "score" for accuracy or R², "error" for the error trained on.
        one_standard_error: whether to take the strongest regularization within one standard error of the best.
        refit: whether to train the best on all rows.
        schedule: of lr over max_iter epochs.
        batch_size: rows a step; "auto" is 200.
        max_iter: epochs.
        shuffle: whether rows are put in a new order for each epoch.
        random_state: of seeds, and of folds where cv leaves them open.
        precision: float32, float64, or "auto" for that of X; float32 trains about twice as fast.

    Attributes:
        cv_results_: as GridSearchCV's, besides the mean error and norm of the weights of each point.
        best_index_: the place of the chosen point in it.
        best_params_: its strength and learning_rate_init.
        best_score_: its mean score.
        best_estimator_: the network trained on all rows with them.
        n_iter_: epochs of `best_estimator_`.
        n_splits_: folds.
        seeds_: the seeds; the first is the random_state of `best_estimator_`.
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: str = "relu",
        *,
        optimizer: str = "adam",
        l2s: Any = None,
        decays: Any = None,
        learning_rates: Any = None,
        n_seeds: int = 1,
        cv: Any = None,
        scoring: str = "score",
        one_standard_error: bool = False,
        refit: bool = True,
        schedule: str = "constant",
        batch_size: Any = "auto",
        max_iter: int = 100,
        shuffle: bool = True,
        random_state: Any = None,
        precision: str = "auto",
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.optimizer = optimizer
        self.l2s = l2s
        self.decays = decays
        self.learning_rates = learning_rates
        self.n_seeds = n_seeds
        self.cv = cv
        self.scoring = scoring
        self.one_standard_error = one_standard_error
        self.refit = refit
        self.schedule = schedule
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.precision = precision

    @abstractmethod
    def _estimator(self, **chosen: Any) -> NeuralNetwork:
        """The estimator that a point of the grid describes."""

    def fit(self, X: Array, y: Array, sample_weight: Array | None = None) -> Self:
        """Search, and train the best on all rows.

        Example:
            >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.1, 1.9, 3.0]
            >>> search = MLPRegressorCV((), l2s=[0, 1], learning_rates=[0.01, 0.05], cv=2, random_state=0).fit(X, y)
            >>> search.best_params_, len(search.cv_results_["mean_test_score"])
            ({'l2': 0.0, 'learning_rate_init': 0.05}, 4)

        Raises:
            ValueError: arrays, folds or a grid that cannot be learned from; one sentence says why.
        """
        door, candidates = self._grid()
        template = self._estimator(learning_rate_init=1.0)
        rows, targets, weights = template._prepare(X, y, sample_weight, incremental=False)
        if targets.shape[1] > 1 and getattr(template, "_multilabel", False):
            raise BadInput(f"y has {targets.shape[1]} columns of labels: the search takes one class a row.")
        settings = [_settings.setting(template.get_params() | candidate) for candidate in candidates]
        classes = _folds.codes(template, targets)
        folds = _folds.drawn(self.cv, X, y, sample_weight, classifier=classes is not None)
        _folds.require_every_class(template, classes, folds)
        draw = check_random_state(self.random_state)
        self.seeds_ = [int(seed) for seed in draw.randint(2**31 - 1, size=self.n_seeds)]
        keep_compiled_programs()
        scores = _search.cross_validate(
            rows,
            targets,
            weights,
            folds,
            [self._regime(template, rows[learn], targets) for learn, _ in folds],
            settings,
            self.seeds_,
            task=template._task,
            shuffle=self.shuffle,
        )
        watched = scores.score if self.scoring == "score" else -scores.error
        strengths = np.array([candidate[door] for candidate in candidates])
        self.cv_results_ = _search.results(candidates, scores, watched)
        self.best_index_ = _search.best(watched, strengths, one_standard_error=self.one_standard_error)
        self.best_params_ = candidates[self.best_index_]
        self.best_score_ = float(self.cv_results_["mean_test_score"][self.best_index_])
        self.n_splits_ = len(folds)
        for name in ("n_features_in_", "feature_names_in_", "classes_"):
            if hasattr(template, name):
                setattr(self, name, getattr(template, name))
        if self.refit:
            self.best_estimator_ = self._estimator(**self.best_params_, random_state=self.seeds_[0])
            self.best_estimator_.fit(X, y, sample_weight=sample_weight)
            self.n_iter_ = self.best_estimator_.n_iter_
        return self

    def predict(self, X: Array) -> Array:
        """What `best_estimator_` predicts.

        Example:
            >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.1, 1.9, 3.0]
            >>> search = MLPRegressorCV((), l2s=[0, 1], learning_rates=[0.01, 0.05], cv=2, random_state=0).fit(X, y)
            >>> bool((search.predict(X) == search.best_estimator_.predict(X)).all())
            True
        """
        return self._best().predict(X)

    def regularization_path(self, X: Array, y: Array, sample_weight: Array | None = None) -> RegularizationPath:
        """What becomes of the network along the strengths, at the chosen learning rate.

        One network a strength is trained on all these rows, as one population; the errors on held-out rows are those
        of the search. Along l2 a Jacobian [rows·outputs, weights] is decomposed for each, so rows are best few.

        Example:
            >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.1, 1.9, 3.0]
            >>> search = MLPRegressorCV((), l2s=[0.01, 1], learning_rates=[0.05], cv=2, random_state=0).fit(X, y)
            >>> path = search.regularization_path(X, y)
            >>> path.strengths.tolist(), bool(path.norm[0] > path.norm[1])
            ([0.01, 1.0], True)

        Raises:
            NotFittedError: `fit` comes first.
        """
        check_is_fitted(self, "best_params_")
        door, candidates = self._grid()
        lr = self.best_params_["learning_rate_init"]
        places = [place for place, c in enumerate(candidates) if c["learning_rate_init"] == lr]
        places.sort(key=lambda place: candidates[place][door])
        strengths = np.array([candidates[place][door] for place in places])
        template = self._estimator(learning_rate_init=lr)
        rows, targets, weights = template._prepare(X, y, sample_weight, incremental=False)
        regime = self._regime(template, rows, targets)
        network = cast("Network", regime.network)
        trained = _search.one_by_one(
            rows_to_learn(rows, targets, template._task),
            regime,
            [_settings.setting(template.get_params() | candidates[place]) for place in places],
            self.seeds_[0],
            trainer=_search.trainer(network, shuffle=self.shuffle, row_weights=weights),
        )
        return RegularizationPath.of(
            trained,
            network,
            rows,
            door=door,
            strengths=strengths,
            lr=lr,
            valid_error=self.cv_results_["mean_test_error"][places],
        )

    def _grid(self) -> tuple[str, list[dict[str, float]]]:
        if self.l2s is not None and self.decays is not None:
            raise BadInput("l2s and decays are both given: search one of them, for each regularizes by itself.")
        if self.scoring not in ("score", "error"):
            raise BadInput(f"scoring is {self.scoring!r}: it must be 'score' or 'error'.")
        if not _settings.whole(self.n_seeds) or self.n_seeds < 1:
            raise BadInput(f"n_seeds is {self.n_seeds!r}: it must be a whole number, 1 or more.")
        rule(self.optimizer)
        lrs = default_lrs(self.optimizer) if self.learning_rates is None else self.learning_rates
        if self.decays is not None:
            return "decay", _search.grid("decay", self.decays, lrs)
        return "l2", _search.grid("l2", (0.0, *default_strengths()) if self.l2s is None else self.l2s, lrs)

    def _shared(self, chosen: dict[str, Any]) -> dict[str, Any]:
        names = ("hidden_layer_sizes", "activation", "optimizer", "schedule", "batch_size", "max_iter", "shuffle")
        shared = {name: getattr(self, name) for name in names}
        return shared | {"precision": self.precision, "n_iter_no_change": None} | chosen

    def _regime(self, template: NeuralNetwork, rows: Array, targets: Array) -> Regime:
        _settings.require_stopping(template.get_params())
        sizes = (rows.shape[1], *_settings.hidden_layers(self.hidden_layer_sizes), targets.shape[1])
        return Regime(
            network=Network(sizes=sizes, error=ERRORS[template.out_activation_], activation=self.activation),
            epochs=self.max_iter,
            batch_size=_settings.batch_rows(self.batch_size, len(rows)),
            schedule=self.schedule,
            precision=rows.dtype.name,
        )

    def _best(self) -> Any:
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_


@described
class MLPClassifierCV(ClassifierMixin, NeuralNetworkCV):  # type: ignore[misc] # scikit-learn ships no types
    """`MLPClassifier` that finds its strength and lr by cross-validation; folds are stratified.

    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> search = MLPClassifierCV((8,), l2s=[0, 0.1, 1], learning_rates=[0.01, 0.03], random_state=0).fit(X, y)
        >>> sorted(search.best_params_), len(search.cv_results_["params"]), bool(search.best_score_ > 0.9)
        (['l2', 'learning_rate_init'], 6, True)

    Attributes:
        classes_: the classes, in the order of probabilities.
    """

    def predict_proba(self, X: Array) -> Array:
        """The probability of each class, [rows, classes], in the order of `classes_`.

        Example:
            >>> X, y = [[0.0], [0.2], [0.8], [1.0]], ["low", "low", "high", "high"]
            >>> search = MLPClassifierCV((), l2s=[0, 1], learning_rates=[0.1], cv=2, random_state=0).fit(X, y)
            >>> search.classes_.tolist(), search.predict_proba([[-9.0], [9.0]]).round().tolist()
            (['high', 'low'], [[0.0, 1.0], [1.0, 0.0]])
        """
        return self._best().predict_proba(X)

    def predict_log_proba(self, X: Array) -> Array:
        """The logarithm of `predict_proba`."""
        return self._best().predict_log_proba(X)

    def _estimator(self, **chosen: Any) -> NeuralNetwork:
        return MLPClassifier(**self._shared(chosen))


@described
class MLPRegressorCV(RegressorMixin, NeuralNetworkCV):  # type: ignore[misc] # scikit-learn ships no types
    """`MLPRegressor` that finds its strength and lr by cross-validation.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> X, y = load_diabetes(return_X_y=True)
        >>> X, y = X[:100] * 20, y[:100] / 100
        >>> search = MLPRegressorCV((4,), l2s=[0, 0.1], learning_rates=[0.01], cv=2, random_state=0).fit(X, y)
        >>> path = search.regularization_path(X, y)
        >>> bool(path.norm[1] < path.norm[0]), bool(path.effective_parameters[1] < path.effective_parameters[0])
        (True, True)
    """

    def _estimator(self, **chosen: Any) -> NeuralNetwork:
        return MLPRegressor(**self._shared(chosen))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
