"""The search for the strength, against the slow and obvious GridSearchCV over our own estimator."""

import subprocess
import sys

import jax
import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.utils.estimator_checks import estimator_checks_generator

from halflife import BadInput
from halflife.lab import Network
from halflife.sklearn import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV
from halflife.sklearn._path import effective_parameters
from halflife.sklearn._search import best

SMALL = {"hidden_layer_sizes": (4,), "batch_size": 16, "max_iter": 8}
LRS = [0.01, 0.05]


def _iris():
    X, y = load_iris(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), np.array(["a", "b", "c"])[y]


def _cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return (X[:90, :5] - X[:, :5].mean(axis=0)) / X[:, :5].std(axis=0), y[:90]


def _numbers():
    X, y = make_regression(70, 4, n_informative=2, noise=30, random_state=0)
    return X, y / y.std()


TWINS = {
    "3 classes, l2": (_iris, MLPClassifierCV, MLPClassifier, "l2", [0.0, 0.1, 1.0]),
    "2 classes, decay": (_cancer, MLPClassifierCV, MLPClassifier, "decay", [0.0, 0.05]),
    "numbers, l2": (_numbers, MLPRegressorCV, MLPRegressor, "l2", [0.01, 0.3]),
}


def _unweighted(estimator, X, y):
    return estimator.score(X, y)


@pytest.mark.filterwarnings("ignore:The scoring")  # that it leaves out weights, as ours does
@pytest.mark.parametrize("twin", TWINS)
def test_the_search_is_the_grid_search_it_stands_for(twin):
    """Each split's score, means, ranks, the best point and its network are those of GridSearchCV, in its format."""
    rows, search, single, door, strengths = TWINS[twin]
    X, y = rows()
    weights = np.random.default_rng(1).uniform(0.5, 2, len(X))
    arguments = {f"{door}s": strengths, "learning_rates": LRS, "cv": 3, "random_state": 5}
    found = search(**SMALL, **arguments).fit(X, y, sample_weight=weights)
    estimator = single(**SMALL, n_iter_no_change=None, random_state=found.seeds_[0])
    grid = {door: strengths, "learning_rate_init": LRS}
    slow = GridSearchCV(estimator, grid, cv=3, scoring=_unweighted).fit(X, y, sample_weight=weights)
    assert set(slow.cv_results_) <= set(found.cv_results_)
    for name, theirs in slow.cv_results_.items():
        assert type(found.cv_results_[name]) is type(theirs), name
        if name != "params":
            assert found.cv_results_[name].dtype == theirs.dtype, name
            assert found.cv_results_[name].shape == theirs.shape, name
    mine = {tuple(sorted(p.items())): place for place, p in enumerate(found.cv_results_["params"])}
    places = [mine[tuple(sorted(p.items()))] for p in slow.cv_results_["params"]]
    for name in ("split0_test_score", "split2_test_score", "mean_test_score", "std_test_score"):
        np.testing.assert_allclose(found.cv_results_[name][places], slow.cv_results_[name], rtol=1e-9)
    np.testing.assert_array_equal(found.cv_results_["rank_test_score"][places], slow.cv_results_["rank_test_score"])
    assert np.ptp(slow.cv_results_["mean_test_score"]) > 0.01
    assert found.best_score_ == pytest.approx(slow.best_score_)
    again = single(**SMALL, n_iter_no_change=None, random_state=found.seeds_[0], **found.best_params_)
    np.testing.assert_array_equal(found.predict(X), again.fit(X, y, sample_weight=weights).predict(X))


def test_seeds_are_averaged_within_a_fold():
    """With three seeds a split's score is the mean of the scores that each of the seeds has alone."""
    X, y = _iris()
    found = MLPClassifierCV(**SMALL, l2s=[0.0, 0.1], learning_rates=[0.01], n_seeds=3, cv=2, random_state=0).fit(X, y)
    single = MLPClassifier(**SMALL, n_iter_no_change=None, learning_rate_init=0.01)
    alone = [cross_val_score(clone(single).set_params(random_state=seed), X, y, cv=2)[1] for seed in found.seeds_]
    assert len(set(alone)) > 1
    assert found.cv_results_["split1_test_score"][0] == pytest.approx(np.mean(alone))


def test_one_standard_error_takes_the_strongest_that_is_as_good():
    """Of what lies within one standard error of the best, the strongest; not what lies just outside it."""
    watched = np.array([[0.90, 0.89, 0.88, 0.70, np.nan], [0.94, 0.93, 0.90, 0.72, 0.99]])
    # the best has mean .92 and standard error .02: the second (.91) is inside, the third (.89) is outside
    strengths = np.array([0.0, 0.1, 1.0, 2.0, 3.0])
    assert best(watched, strengths, one_standard_error=False) == 0
    assert best(watched, strengths, one_standard_error=True) == 1
    assert best(watched + 0 * strengths, strengths[::-1], one_standard_error=True) == 0
    # of three folds it is .02/√3 = .0115, of the spread of a sample: of all there is it were .0094
    watched = np.array([[0.90, 0.89], [0.92, 0.90], [0.94, 0.94]])
    assert best(watched, strengths[:2], one_standard_error=True) == 1
    with pytest.raises(BadInput, match="diverged"):
        best(watched * np.nan, strengths, one_standard_error=False)


def test_effective_parameters_of_a_linear_model_are_those_of_ridge():
    """Without hidden layers they are the trace of ridge regression's hat matrix with alpha = nλ, and the bias."""
    X = np.random.default_rng(0).normal(size=(30, 5)) * [1, 2, 3, 0.1, 0.2]
    network = Network(sizes=(5, 1), error="squared")
    layers = [{name: w[None] for name, w in layer.items()} for layer in network.initial(0)]
    for l2 in (0.0, 0.3, 3.0):
        hat = X @ np.linalg.solve(X.T @ X + len(X) * l2 * np.eye(5), X.T)
        assert effective_parameters(network, layers, X, l2) == pytest.approx(np.trace(hat) + 1, rel=1e-10)


@pytest.mark.parametrize(("error", "outputs"), [("softmax_cross_entropy", 3), ("logistic_cross_entropy", 1)])
def test_effective_parameters_of_a_linear_classifier_are_those_of_its_hessian(error, outputs):
    """Without hidden layers the Gauss-Newton matrix is the Hessian, and Σ h/(h + λ) is taken over its eigenvalues."""
    random = np.random.default_rng(0)
    X, l2 = random.normal(size=(20, 4)), 0.05
    network = Network(sizes=(4, outputs), error=error)
    layers = [{"weights": random.normal(size=(1, outputs, 4)), "biases": np.zeros((1, outputs, 1))}]
    y = np.eye(outputs)[random.integers(outputs, size=20)]
    with jax.enable_x64(True):

        def mean_error(flat):
            parameters = [{"weights": flat.reshape(1, outputs, 4), "biases": layers[0]["biases"]}]
            return network.row_errors(network.outputs(parameters, X), y).mean()

        h = np.linalg.eigvalsh(np.asarray(jax.hessian(mean_error)(layers[0]["weights"].ravel())))
    assert softmax(X @ layers[0]["weights"][0].T, axis=1).std() > 0 or outputs == 1
    assert effective_parameters(network, layers, X, l2) == pytest.approx((h / (h + l2)).sum() + outputs, rel=1e-8)


def test_the_path_runs_from_free_to_bound():
    """Along λ the norm and the effective parameters fall and the training error rises; the figure shows all three."""
    X, y = _numbers()
    search = MLPRegressorCV(
        (4,), max_iter=60, batch_size=35, l2s=[1.0, 0.0, 0.3], learning_rates=[0.02], cv=2, random_state=0
    ).fit(X, y)
    path = search.regularization_path(X, y)
    np.testing.assert_array_equal(path.strengths, [0.0, 0.3, 1.0])
    assert (np.diff(path.norm) < -0.1).all()
    assert (np.diff(path.train_error) > 0.01).all()
    assert (np.diff(path.effective_parameters) < -1).all()
    np.testing.assert_array_equal(path.valid_error, search.cv_results_["mean_test_error"][[1, 2, 0]])
    alone = MLPRegressor((4,), max_iter=60, batch_size=35, l2=0.3, learning_rate_init=0.02, n_iter_no_change=None)
    alone.set_params(random_state=search.seeds_[0]).fit(X, y)
    assert path.norm[1] == pytest.approx(np.sqrt(sum((w**2).sum() for w in alone.coefs_)), rel=1e-9)
    labels = [axes.get_ylabel() for axes in path.plot().axes]
    assert labels == ["error", "norm of the weights", "effective parameters"]


def test_matplotlib_is_not_needed_to_train():
    """Importing halflife.sklearn imports neither matplotlib nor torch."""
    program = "import sys, halflife.sklearn; sys.exit(any(m in sys.modules for m in ('matplotlib', 'torch')))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - a constant


BAD = {
    "a grid with one point": ({"l2s": [0.1], "learning_rates": [0.1]}, "the grid has 1 point"),
    "a grid with none": ({"l2s": []}, "the grid has 0 point"),
    "a number for a list": ({"learning_rates": 3}, "learning_rates is 3"),
    "text for a list": ({"l2s": "0.1"}, "l2s is '0.1'"),
    "nothing for a number": ({"l2s": [None, 1.0]}, "a number in l2s is None"),
    "both doors": ({"l2s": [0.1], "decays": [0.1]}, "l2s and decays"),
    "a negative strength": ({"l2s": [-1, 0.1]}, "a number in l2s is -1"),
    "a foreign optimizer": ({"optimizer": "adamm"}, "did you mean adam"),
    "a foreign scoring": ({"scoring": "auc"}, "'score' or 'error'"),
    "no seeds": ({"n_seeds": 0}, "n_seeds is 0"),
    "no epochs": ({"max_iter": 0}, "max_iter is 0"),
    "fewer rows than folds": ({"cv": 200}, "200"),
    "a fold without a class": ({"cv": KFold(3)}, "fold 0 has no row of class 'a'"),
    "everything diverges": ({"optimizer": "sgd", "learning_rates": [1e30, 1e31], "activation": "identity"}, "diverged"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_search_is_refused_in_a_sentence(case):
    """What cannot be searched raises a ValueError that says why."""
    arguments, message = BAD[case]
    search = MLPClassifierCV(**SMALL | {"cv": 3} | arguments)
    with pytest.raises(ValueError, match=message):
        search.fit(*_iris())


def test_a_search_answers_after_fit_only():
    """Prediction and path before fit, or without refit, raise NotFittedError."""
    X, y = _iris()
    with pytest.raises(NotFittedError):
        MLPClassifierCV().predict(X)
    with pytest.raises(NotFittedError):
        MLPClassifierCV().regularization_path(X, y)
    arguments = {"l2s": [0.0, 0.1], "learning_rates": [0.01], "cv": 2, "refit": False}
    with pytest.raises(NotFittedError):
        MLPClassifierCV(**SMALL, **arguments).fit(X, y).predict_proba(X)


CHECKS = {
    "check_classifier_data_not_an_array",
    "check_regressor_data_not_an_array",
    "check_non_transformer_estimators_n_iter",
    "check_sample_weight_equivalence_on_dense_data",
    "check_supervised_y_2d",
}
"""Those that a search failed once; all the others pass, too, and take minutes."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("cls", [MLPClassifierCV, MLPRegressorCV])
def test_a_search_passes_scikit_learns_checks(cls):
    """Weights as repeated rows, columns as targets, what is no array, and the number of epochs."""
    search = cls((4,), max_iter=5, l2s=[0.0, 1e-3], learning_rates=[0.01], cv=2)
    taken = set()
    for estimator, check in estimator_checks_generator(search):
        if check.func.__name__ in CHECKS:
            check(estimator)
            taken.add(check.func.__name__)
    assert len(taken) == 4


def test_rows_of_weight_0_have_a_place_in_folds():
    """Folds are counted over all rows that were given; those of weight 0 are in none of them."""
    X, y = _numbers()
    kept = np.arange(len(y)) % 5 != 0
    folds = list(KFold(2).split(X))
    place = np.cumsum(kept) - 1
    of_kept = [tuple(place[part[kept[part]]] for part in fold) for fold in folds]
    arguments = SMALL | {"l2s": [0.0, 0.3], "learning_rates": [0.01], "random_state": 0}
    masked = MLPRegressorCV(**arguments, cv=folds).fit(X, y, sample_weight=kept.astype(float))
    alone = MLPRegressorCV(**arguments, cv=of_kept).fit(X[kept], y[kept])
    np.testing.assert_array_equal(masked.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
