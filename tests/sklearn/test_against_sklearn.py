"""The same arguments, the same start and the same batches: scikit-learn's MLP is the judge of ours, in float64."""

import warnings

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning

from halflife.sklearn import MLPClassifier, MLPRegressor

TOLERANCE = 1e-10
POWER = 10
BATCH = 20


def _classes(count):
    return make_classification(60, 6, n_informative=4, n_classes=count, random_state=0)


def _numbers(count):
    X, y = make_regression(60, 6, n_targets=count, random_state=0)
    return X, y / 100


def _labels():
    X, y = make_multilabel_classification(60, 6, random_state=0)
    return (X - X.mean(axis=0)) / X.std(axis=0), y


TASKS = {
    "2 classes": (_classes(2), MLPClassifier, neural_network.MLPClassifier),
    "3 classes": (_classes(3), MLPClassifier, neural_network.MLPClassifier),
    "labels": (_labels(), MLPClassifier, neural_network.MLPClassifier),
    "1 target": (_numbers(1), MLPRegressor, neural_network.MLPRegressor),
    "2 targets": (_numbers(2), MLPRegressor, neural_network.MLPRegressor),
}
SOLVERS = {
    # ours, theirs
    "sgd": ({"optimizer": "sgd"}, {"solver": "sgd", "momentum": 0.0, "nesterovs_momentum": False}),
    "momentum": ({"optimizer": "momentum"}, {"solver": "sgd", "nesterovs_momentum": False}),
    "nesterov": ({"optimizer": "nesterov"}, {"solver": "sgd"}),
    # so small an epsilon is the same wherever it is added
    "adam": ({"optimizer": "adam", "epsilon": 1e-30}, {"solver": "adam", "epsilon": 1e-30}),
}
SHARED = {
    "hidden_layer_sizes": (5, 4),
    "activation": "tanh",
    "learning_rate_init": 0.02,
    "max_iter": 12,
    "random_state": 3,
    "tol": 0.0,
}


def _fitted(cls, X, y, sample_weight=None, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return cls(**SHARED | arguments).fit(X, y, sample_weight=sample_weight)


def _apart(one, other):
    flat, flat_other = (np.concatenate([w.ravel() for w in (*e.coefs_, *e.intercepts_)]) for e in (one, other))
    return np.linalg.norm(flat - flat_other) / np.linalg.norm(flat_other)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("task", TASKS)
def test_weights_are_those_of_scikit_learn(task, solver):
    """With l2 = alpha/batch_size all weights agree to rounding after 12 shuffled epochs, and l2 is seen in them."""
    (X, y), ours, theirs = TASKS[task]
    mine, others = SOLVERS[solver]
    alpha = 0.5
    judge = _fitted(theirs, X, y, alpha=alpha, batch_size=BATCH, **others)
    fitted = _fitted(ours, X, y, l2=alpha / BATCH, batch_size=BATCH, **mine)
    assert _apart(fitted, judge) <= TOLERANCE
    np.testing.assert_allclose(fitted.predict(X), judge.predict(X), rtol=1e-8)
    if hasattr(judge, "predict_proba"):
        np.testing.assert_allclose(fitted.predict_proba(X), judge.predict_proba(X), rtol=1e-8)
    wrong = _fitted(ours, X, y, l2=1.001 * alpha / BATCH, batch_size=BATCH, **mine)
    assert _apart(wrong, judge) >= POWER * TOLERANCE


@pytest.mark.parametrize("solver", ["nesterov", "adam"])
def test_a_smaller_last_batch_has_the_same_l2(solver):
    """Without a penalty a smaller last batch agrees too; with one scikit-learn's λ is larger there, and ours is not."""
    (X, y), ours, theirs = TASKS["3 classes"]
    mine, others = SOLVERS[solver]
    assert (
        _apart(_fitted(ours, X, y, batch_size=25, **mine), _fitted(theirs, X, y, alpha=0.0, batch_size=25, **others))
        <= TOLERANCE
    )
    penalized = _fitted(theirs, X, y, alpha=0.5, batch_size=25, **others)
    assert _apart(_fitted(ours, X, y, l2=0.5 / 25, batch_size=25, **mine), penalized) >= POWER * TOLERANCE


@pytest.mark.parametrize("task", ["2 classes", "3 classes", "2 targets"])
def test_early_stopping_is_that_of_scikit_learn(task):
    """The same rows are held out, training stops after the same epoch, and the weights kept are the same."""
    (X, y), ours, theirs = TASKS[task]
    mine, others = SOLVERS["nesterov"]
    stopping = {
        "early_stopping": True,
        "max_iter": 200,
        "n_iter_no_change": 3,
        "validation_fraction": 0.25,
        "batch_size": 45,
        "tol": 1e-3,
    }
    judge = _fitted(theirs, X, y, alpha=0.0, **others | stopping)
    fitted = _fitted(ours, X, y, **mine | stopping)
    assert judge.n_iter_ < 200
    assert fitted.n_iter_ == judge.n_iter_
    np.testing.assert_allclose(fitted.validation_scores_, judge.validation_scores_, rtol=1e-8)
    assert _apart(fitted, judge) <= TOLERANCE
    last = _fitted(ours, X, y, **mine | stopping | {"early_stopping": False, "n_iter_no_change": None})
    assert _apart(last, judge) >= POWER * TOLERANCE


def test_held_out_rows_count_by_their_weights_as_scikit_learn_has_it():
    """Validation scores are weighted means, and weights of another draw give others."""
    (X, y), ours, theirs = TASKS["3 classes"]
    mine, others = SOLVERS["nesterov"]
    stopping = {"early_stopping": True, "validation_fraction": 0.25, "batch_size": 45}
    weights, other = (np.random.default_rng(seed).uniform(0.2, 3, size=len(y)) for seed in (0, 1))
    judge = _fitted(theirs, X, y, weights, alpha=0.0, **others | stopping)
    fitted = _fitted(ours, X, y, weights, **mine | stopping)
    np.testing.assert_allclose(fitted.validation_scores_, judge.validation_scores_, rtol=1e-8)
    assert _apart(fitted, judge) <= TOLERANCE
    scores = _fitted(ours, X, y, other, **mine | stopping).validation_scores_
    assert np.abs(np.subtract(scores, judge.validation_scores_)).max() > 0.01


def test_training_stops_where_scikit_learn_stops():
    """Without held-out rows and penalty, training stops after the epoch in which scikit-learn's does."""
    (X, y), ours, theirs = TASKS["3 classes"]
    mine, others = SOLVERS["nesterov"]
    stopping = {"max_iter": 400, "tol": 5e-3, "n_iter_no_change": 4}
    judge = _fitted(theirs, X, y, alpha=0.0, **others | stopping)
    fitted = _fitted(ours, X, y, **mine | stopping)
    assert 20 < judge.n_iter_ < 400
    assert fitted.n_iter_ == judge.n_iter_
    np.testing.assert_allclose(fitted.loss_curve_, judge.loss_curve_, rtol=1e-8)


@pytest.mark.parametrize("task", ["3 classes", "1 target"])
def test_row_weights_are_those_of_scikit_learn(task):
    """A batch takes the weighted mean of its rows; weights that change by a thousandth would be seen."""
    (X, y), ours, theirs = TASKS[task]
    mine, others = SOLVERS["nesterov"]
    weights = np.random.default_rng(0).uniform(0.2, 3, size=len(y))
    judge = _fitted(theirs, X, y, weights, alpha=0.0, batch_size=BATCH, **others)
    assert _apart(_fitted(ours, X, y, weights, batch_size=BATCH, **mine), judge) <= TOLERANCE
    other = weights * np.where(np.arange(len(y)) % 2, 1, 1.001)
    assert _apart(_fitted(ours, X, y, other, batch_size=BATCH, **mine), judge) >= POWER * TOLERANCE


@pytest.mark.parametrize("solver", ["nesterov", "adam"])
def test_partial_fits_are_those_of_scikit_learn(solver):
    """Five partial fits agree, so buffers and the number of the step live on from call to call."""
    (X, y), ours, theirs = TASKS["3 classes"]
    mine, others = SOLVERS[solver]
    fitted, judge = ours(**SHARED | mine), theirs(**SHARED | others, alpha=0.0)
    for part in np.split(np.arange(len(y)), 5):
        fitted.partial_fit(X[part], y[part], classes=[0, 1, 2])
        judge.partial_fit(X[part], y[part], classes=[0, 1, 2])
    assert _apart(fitted, judge) <= TOLERANCE
    forgetful = ours(**SHARED | mine)
    for part in np.split(np.arange(len(y)), 5):
        forgetful.partial_fit(X[part], y[part], classes=[0, 1, 2])
        del forgetful._rule
    assert _apart(forgetful, judge) >= POWER * TOLERANCE


def test_a_warm_start_is_that_of_scikit_learn():
    """Fitting twice with warm_start goes on from the weights with a new optimizer, as scikit-learn does."""
    (X, y), ours, theirs = TASKS["2 classes"]
    mine, others = SOLVERS["adam"]
    judge = _fitted(theirs, X, y, alpha=0.0, warm_start=True, **others)
    fitted = _fitted(ours, X, y, warm_start=True, **mine)
    once = _apart(fitted, judge)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        before = fitted.coefs_
        assert _apart(fitted.fit(X, y), judge.fit(X, y)) <= TOLERANCE >= once
    assert np.abs(fitted.coefs_[0] - before[0]).max() > POWER * TOLERANCE


SHAPES = {
    "relu": {"activation": "relu"},
    "logistic": {"activation": "logistic"},
    "identity": {"activation": "identity"},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "a number": {"hidden_layer_sizes": 7},
    "as the rows come": {"shuffle": False},
    "more than there are": {"batch_size": 10**6},
    "auto": {"batch_size": "auto"},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.filterwarnings("ignore:Got `batch_size`")
def test_arguments_mean_what_they_mean_to_scikit_learn(shape):
    """Activations, layers, order and batches are scikit-learn's; another lr would be seen."""
    (X, y), ours, theirs = TASKS["3 classes"]
    mine, others = SOLVERS["nesterov"]
    arguments = {"batch_size": BATCH, "max_iter": 5} | SHAPES[shape]
    judge = _fitted(theirs, X, y, alpha=0.0, **others | arguments)
    assert _apart(_fitted(ours, X, y, **mine | arguments), judge) <= TOLERANCE
    other = _fitted(ours, X, y, **mine | arguments | {"learning_rate_init": 0.0201})
    assert _apart(other, judge) >= POWER * TOLERANCE


def test_a_generator_goes_on_as_after_scikit_learn():
    """Two fits that share a RandomState, the first of which stops early, draw from it what scikit-learn's fits draw."""
    (X, y), ours, theirs = TASKS["3 classes"]
    mine, others = SOLVERS["nesterov"]
    stopping = {"max_iter": 60, "n_iter_no_change": 3, "tol": 2e-2}
    drawn = [np.random.RandomState(7) for _ in range(2)]
    for _ in range(2):
        judge = _fitted(theirs, X, y, alpha=0.0, **others | stopping | {"random_state": drawn[0]})
        fitted = _fitted(ours, X, y, **mine | stopping | {"random_state": drawn[1]})
        assert fitted.n_iter_ == judge.n_iter_ < 60
        assert _apart(fitted, judge) <= TOLERANCE
    assert drawn[0].randint(2**31) == drawn[1].randint(2**31)
