"""scikit-learn's conventions: its own checks, its tools, saving, and what belongs to the arguments that it lacks."""

import doctest
import pickle
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris, make_multilabel_classification, make_regression
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import check_estimator

from halflife import BadInput
from halflife.rules import decay_from_half_life
from halflife.sklearn import MLPClassifier, MLPClassifierCV, MLPRegressor, MLPRegressorCV
from halflife.sklearn._settings import batch_rows

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
NAMES = np.array(["setosa", "versicolor", "virginica"])
SMALL = {"hidden_layer_sizes": (5,), "max_iter": 20, "learning_rate_init": 0.05, "random_state": 0}
SMALL |= {"n_iter_no_change": None, "batch_size": 50}


@pytest.mark.parametrize("estimator", [MLPClassifier(max_iter=100), MLPRegressor(max_iter=100)], ids=str)
def test_scikit_learns_own_checks_pass(estimator):
    """`check_estimator` passes whole; it skips what scikit-learn itself has no environment or method for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, on_fail=None, on_skip=None)
    assert len(results) > 50
    assert [r for r in results if r["status"] not in ("passed", "skipped")] == []
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert skipped <= {
        "check_array_api_input",
        "check_classifiers_multilabel_output_format_decision_function",
    }


def test_it_works_in_scikit_learns_tools():
    """Clone, pipeline, grid search over l2, cross-validation and calibration take it as they take any estimator."""
    model = make_pipeline(StandardScaler(), MLPClassifier(**SMALL))
    search = GridSearchCV(model, {"mlpclassifier__l2": [0.0, 10.0]}, cv=3).fit(X, NAMES[Y])
    assert search.best_params_ == {"mlpclassifier__l2": 0.0}
    accuracies = search.cv_results_["mean_test_score"]
    assert accuracies[0] > 0.9
    assert accuracies[1] < 0.7
    assert cross_val_score(clone(model), X, Y, cv=3).mean() == pytest.approx(accuracies[0])
    calibrated = CalibratedClassifierCV(MLPClassifier(**SMALL), cv=2).fit(X, Y)
    assert calibrated.score(X, Y) > 0.9


FITTED = {
    "classes": lambda: (MLPClassifier(**SMALL, l2=0.01).fit(X, NAMES[Y]), MLPClassifier),
    "objects": lambda: (MLPClassifier(**SMALL).fit(X, NAMES[Y].astype(object)), MLPClassifier),
    "labels": lambda: (
        MLPClassifier(**SMALL).fit(*make_multilabel_classification(40, 4, random_state=0)),
        MLPClassifier,
    ),
    "targets": lambda: (
        MLPRegressor(**SMALL, optimizer="momentum", half_life=50).fit(X, X[:, :2] ** 2),
        MLPRegressor,
    ),
}


@pytest.mark.parametrize("kind", FITTED)
def test_what_is_saved_is_what_is_loaded(kind, tmp_path):
    """A loaded estimator predicts bitwise the same, and goes on with partial_fit bitwise the same.

    That is so from NPZ, safetensors, pickle and joblib; the first two are read without pickle.
    """
    fitted, cls = FITTED[kind]()
    fitted.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as archive:
        assert all(archive[name].dtype != object for name in archive.files)
    fitted.save(tmp_path / "model.safetensors")
    joblib.dump(fitted, tmp_path / "model.joblib")
    copies = [
        cls.load(tmp_path / "model.npz"),
        cls.load(tmp_path / "model.safetensors"),
        pickle.loads(pickle.dumps(fitted)),  # noqa: S301 - made here
        joblib.load(tmp_path / "model.joblib"),
    ]
    target = fitted.predict(X)
    for copy in copies:
        assert copy.get_params() == fitted.get_params() | {"hidden_layer_sizes": copy.hidden_layer_sizes}
        np.testing.assert_array_equal(copy.predict(X), target)
        assert copy.predict(X).dtype == target.dtype
        assert getattr(copy, "classes_", target).dtype == getattr(fitted, "classes_", target).dtype
    fitted.partial_fit(X, target)
    for copy in copies:
        copy.partial_fit(X, target)
        np.testing.assert_array_equal(copy.coefs_[0], fitted.coefs_[0])


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_each_door_does_what_it_says(optimizer):
    """A half-life is the decay that it stands for; under plain SGD decay η·λ is the penalty λ, under Adam it is not."""
    arguments = SMALL | {"optimizer": optimizer}
    penalty = MLPClassifier(**arguments, l2=0.2).fit(X, Y).coefs_[0]
    decay = MLPClassifier(**arguments, decay=0.2 * SMALL["learning_rate_init"]).fit(X, Y).coefs_[0]
    gap = np.linalg.norm(penalty - decay) / np.linalg.norm(penalty)
    assert gap < 1e-10 if optimizer == "sgd" else gap > 1e-2
    free = MLPClassifier(**arguments).fit(X, Y).coefs_[0]
    halved = MLPClassifier(**arguments, half_life=30).fit(X, Y).coefs_[0]
    same = MLPClassifier(**arguments, decay=decay_from_half_life(30)).fit(X, Y).coefs_[0]
    np.testing.assert_array_equal(halved, same)
    assert np.linalg.norm(halved) < 0.9 * np.linalg.norm(free)


def test_class_weights_multiply_row_weights():
    """Class weights are the row weights that they stand for, and rows of weight 0 are as if they were not there."""
    weights = np.where(Y == 2, 3.0, 1.0)
    by_class = MLPClassifier(**SMALL, class_weight={0: 1, 1: 1, 2: 3}).fit(X, Y).coefs_[0]
    by_row = MLPClassifier(**SMALL).fit(X, Y, sample_weight=weights).coefs_[0]
    np.testing.assert_array_equal(by_class, by_row)
    assert np.abs(MLPClassifier(**SMALL).fit(X, Y).coefs_[0] - by_row).max() > 1e-3
    kept = np.arange(len(Y)) % 3 != 0
    masked = MLPClassifier(**SMALL).fit(X, Y, sample_weight=kept.astype(float)).coefs_[0]
    np.testing.assert_array_equal(masked, MLPClassifier(**SMALL).fit(X[kept], Y[kept]).coefs_[0])


def test_balanced_classes_are_as_scikit_learn_weighs_them():
    """The class weights "balanced" are the row weights of scikit-learn's compute_sample_weight, for labels too."""
    some = np.r_[0:50, 60:70, 100:130]
    arguments = SMALL | {"batch_size": 90}
    weights = compute_sample_weight("balanced", Y[some])
    by_class = MLPClassifier(**arguments, class_weight="balanced").fit(X[some], Y[some]).coefs_[0]
    np.testing.assert_array_equal(by_class, MLPClassifier(**arguments).fit(X[some], Y[some], weights).coefs_[0])
    assert np.abs(MLPClassifier(**arguments).fit(X[some], Y[some]).coefs_[0] - by_class).max() > 1e-3


def test_row_weights_are_routed_and_columns_have_names():
    """With metadata routing a grid search in two processes hands weights on; other columns than fitted are refused."""
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    weights = np.random.default_rng(0).uniform(0.1, 3, len(Y))
    grid, single = {"l2": [0.0, 0.1]}, MLPClassifier(**SMALL)
    with config_context(enable_metadata_routing=True, transform_output="pandas"):
        asks = clone(single).set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, GridSearchCV(asks, grid, cv=2, n_jobs=2)).fit(
            frame, NAMES[Y], sample_weight=weights
        )
        best = model[-1].best_estimator_
        assert best.feature_names_in_.tolist() == ["a", "b", "c", "d"]
        with pytest.raises(ValueError, match="feature names"):
            best.predict(frame.rename(columns={"a": "z"}))
        scaled = model[:-1].transform(frame)
        weighed = clone(best).fit(scaled, NAMES[Y], sample_weight=weights)
    np.testing.assert_allclose(best.coefs_[0], weighed.coefs_[0], rtol=1e-12)
    assert np.abs(clone(best).fit(scaled, NAMES[Y]).coefs_[0] - best.coefs_[0]).max() > 1e-3


SHOWN = {
    MLPClassifier: ("", "fit", "partial_fit", "predict", "predict_proba", "predict_log_proba", "save", "load"),
    MLPRegressor: ("", "fit", "partial_fit", "predict"),
    MLPClassifierCV: ("", "fit", "predict", "predict_proba", "regularization_path"),
    MLPRegressorCV: ("",),
}


@pytest.mark.parametrize(("cls", "name"), [(cls, name) for cls, names in SHOWN.items() for name in names])
def test_a_docstring_has_an_example_that_runs(cls, name):
    """What the example of each estimator prints is what its docstring says."""
    shown = getattr(cls, name) if name else cls
    (example,) = doctest.DocTestFinder(recurse=False).find(getattr(shown, "__func__", shown), name or cls.__name__)
    assert example.examples
    options = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    assert doctest.DocTestRunner(optionflags=options).run(example).failed == 0


def test_a_docstring_tells_of_every_argument():
    """Each argument of a constructor has a line in the docstring, once."""
    for cls in (MLPClassifier, MLPRegressor, MLPClassifierCV, MLPRegressorCV):
        for name in cls().get_params():
            assert cls.__doc__.count(f"\n    {name}: ") == 1, (cls, name)


def test_precision_is_that_of_the_rows_or_as_told():
    """Weights are float32 for float32 rows or where asked for, and differ from float64 by its rounding alone."""
    exact = MLPClassifier(**SMALL).fit(X, Y)
    assert exact.coefs_[0].dtype == np.float64
    for rough in (MLPClassifier(**SMALL, precision="float32").fit(X, Y), MLPClassifier(**SMALL).fit(np.float32(X), Y)):
        assert rough.coefs_[0].dtype == np.float32
        assert 0 < np.abs(rough.coefs_[0] - exact.coefs_[0]).max() < 1e-4


def test_max_iter_reached_is_told_once():
    """Reaching max_iter while still improving warns as scikit-learn does; asked to train for all of it, it does not."""
    with pytest.warns(ConvergenceWarning, match="20 epochs"):
        MLPClassifier(**SMALL | {"n_iter_no_change": 10}).fit(X, Y)
    assert MLPClassifier(**SMALL).fit(X, Y).n_iter_ == 20


BAD = {
    "optimizer": ("adamm", "did you mean adam"),
    "activation": ("reluu", "did you mean relu"),
    "schedule": ("cosin", "did you mean cosine"),
    "hidden_layer_sizes": ((5, 0), r"\(5, 0\)"),
    "l2": (-1.0, "l2 is -1.0"),
    "decay": (1.5, r"in \[0, 1\]"),
    "half_life": (-3, "half_life is -3"),
    "learning_rate_init": (0.0, "lr is 0"),
    "batch_size": (0, "batch_size is 0"),
    "max_iter": (2.5, "max_iter is 2.5"),
    "tol": (np.nan, "tol is nan"),
    "n_iter_no_change": (0, "n_iter_no_change is 0"),
    "momentum": (1.0, "momentum"),
    "precision": ("float16", "float16"),
    "class_weight": ({0: -1}, "weight"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_argument_is_refused_in_a_sentence(name):
    """Each argument that cannot be used raises a ValueError that names the value."""
    value, message = BAD[name]
    arguments = SMALL | {"optimizer": "momentum"} | {name: value}
    with pytest.raises(ValueError, match=message):
        MLPClassifier(**arguments).fit(X, Y)


def test_a_batch_is_two_hundred_rows_unless_told_or_fewer():
    """As scikit-learn has it for "auto"; no batch has more rows than there are."""
    asked = (("auto", 250), ("auto", 150), (30, 250), (300, 250))
    assert [batch_rows(*each) for each in asked] == [200, 150, 30, 250]


class Planted:
    """What makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return self.path.touch, ()


def test_no_pickle_in_a_file_is_opened(tmp_path):
    """An array of objects runs code when it is read: it is refused before, wherever it stands."""
    path, mark = tmp_path / "model.npz", tmp_path / "ran"
    MLPClassifier(**SMALL).fit(X, Y).save(path)
    with np.load(path) as archive:
        whole = dict(archive)
    for name in ("about", "coefs_0", "more"):
        np.savez(path, **whole | {name: np.array([Planted(mark)], dtype=object)})
        with pytest.raises(BadInput, match="cannot be read"):
            MLPClassifier.load(path)
        assert not mark.exists()


def test_other_bad_input_is_refused_in_a_sentence(tmp_path):
    """Two doors at once, use before fit, one class, unknown classes, divergence, and files that are not ours."""
    with pytest.raises(BadInput, match=r"l2 is 0.1 and decay is 0.1"):
        MLPClassifier(**SMALL, l2=0.1, decay=0.1).fit(X, Y)
    with pytest.raises(NotFittedError):
        MLPClassifier().predict(X)
    with pytest.raises(NotFittedError):
        MLPClassifier().save(tmp_path / "no.npz")
    with pytest.raises(BadInput, match="one class"):
        MLPClassifier(**SMALL).fit(X, Y * 0)
    with pytest.raises(BadInput, match="first call"):
        MLPClassifier(**SMALL).partial_fit(X, Y)
    with pytest.raises(BadInput, match="not among"):
        MLPClassifier(**SMALL).partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(BadInput, match="early_stopping is True"):
        MLPRegressor(**SMALL, early_stopping=True).partial_fit(X, Y)
    with pytest.raises(BadInput, match="schedule is 'cosine'"):
        MLPRegressor(**SMALL, schedule="cosine").partial_fit(X, Y)
    with pytest.raises(BadInput, match="diverged in epoch"):
        MLPRegressor(**SMALL | {"optimizer": "sgd", "learning_rate_init": 1e9}).fit(*make_regression(random_state=0))
    with pytest.raises(BadInput, match="0 or more"):
        MLPRegressor(**SMALL).fit(X, Y, sample_weight=-np.ones(len(Y)))
    warm = MLPClassifier(**SMALL, warm_start=True).fit(X, Y)
    with pytest.raises(BadInput, match="warm_start=False"):
        warm.set_params(hidden_layer_sizes=(6,)).fit(X, Y)
    with pytest.raises(BadInput, match="cannot be written"):
        warm.save(tmp_path / "absent" / "model.npz")
    path = tmp_path / "model.npz"
    MLPClassifier(**SMALL).fit(X, Y).save(path)
    with pytest.raises(BadInput, match="holds a MLPClassifier"):
        MLPRegressor.load(path)
    with pytest.raises(BadInput, match="cannot be read"):
        MLPClassifier.load(tmp_path / "absent.npz")
    for wrong, value in {"coefs_1": np.ones((2, 3)), "intercepts_0": np.ones((5, 1)), "classes_": np.arange(4)}.items():
        with np.load(path) as archive:
            arrays = dict(archive) | {wrong: value}
        np.savez(tmp_path / "other.npz", **arrays)
        with pytest.raises(BadInput, match="cannot be read"):
            MLPClassifier.load(tmp_path / "other.npz")
    (tmp_path / "model.safetensors").write_bytes(path.read_bytes())
    with pytest.raises(BadInput, match="cannot be read"):
        MLPClassifier.load(tmp_path / "model.safetensors")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(BadInput, match="cannot be read"):
        MLPClassifier.load(path)
    with pytest.raises(BadInput, match="leaves 1 to validate on: at least 2"):
        MLPRegressor(**SMALL, early_stopping=True, validation_fraction=0.1).fit(X[:10], Y[:10])
    with pytest.raises(BadInput, match="cannot be saved"):
        MLPClassifier(**SMALL | {"random_state": np.random.RandomState(0)}).fit(X, Y).save(path)
