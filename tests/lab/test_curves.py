"""What is recorded of a training is what its weights say, computed once more in NumPy and by scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

from halflife.lab import Network, Regime, Setting, train, training
from halflife.lab.evaluation import ROWS_A_BLOCK
from halflife.lab.feed import batches
from halflife.rules import Law
from trained_by_others import ERRORS, flat, outputs_of, small_data

ROWS = 2 * ROWS_A_BLOCK + 37
DATA = {task: small_data(task, rows=ROWS) for task in ("classification", "regression")}
SETTINGS = [Setting(rule="adam", law=law, lr=0.02, strength=0.3) for law in (Law.L2, Law.DECOUPLED)]
ERROR_OF = {
    "softmax_cross_entropy": "classification",
    "logistic_cross_entropy": "classification",
    "squared": "regression",
    "mean_squared": "regression",
}


def regime(error, **options):
    network = Network(sizes=(3, 5, 3), error=error, activation="tanh", initialization="torch")
    return Regime(network=network, epochs=2, batch_size=100, precision="float64", **options)


def score(task, weights, rows, how):
    outputs = outputs_of(weights, rows.x, how)
    if task == "classification":
        return accuracy_score(rows.y.argmax(axis=1), outputs.argmax(axis=1))
    residual, spread = ((rows.y - outputs) ** 2).sum(), ((rows.y - rows.y.mean(axis=0)) ** 2).sum()
    return 1 - residual / spread


def error_of(weights, rows, how):
    return ERRORS[how.network.error][0](outputs_of(weights, rows.x, how), rows.y).mean()


@pytest.mark.parametrize("error", ERROR_OF)
def test_the_last_row_of_the_curves_is_what_the_weights_say(error):
    """Errors, scores and norm after the last epoch equal those computed from the weights, over all rows of a part."""
    task = ERROR_OF[error]
    data, how = DATA[task], regime(error)
    trained = train(data, how, SETTINGS, seed=2)
    for member in range(2):
        weights = flat(trained, member)
        norm = np.sqrt(sum((w**2).sum() for w in weights[::2]))
        expected = {
            "valid": error_of(weights, data.valid, how),
            "test": error_of(weights, data.test, how),
            "valid_score": score(task, weights, data.valid, how),
            "test_score": score(task, weights, data.test, how),
            "norm": norm,
            "penalty": SETTINGS[member].l2 * norm**2 / 2,
        }
        for name, value in expected.items():
            assert trained.curves[name][-1, member] == pytest.approx(value, rel=1e-12), name
        assert trained.final["train"][member] == pytest.approx(error_of(weights, data.train, how), rel=1e-12)
        assert trained.final["train_score"][member] == pytest.approx(score(task, weights, data.train, how), rel=1e-12)
    assert trained.curves["penalty"][-1, 0] > 0.1
    assert trained.curves["valid"][0, 0] != pytest.approx(trained.curves["valid"][-1, 0], rel=1e-3)


def test_every_row_of_the_curves_is_the_last_of_a_shorter_training():
    """Networks are looked at after every epoch: what is seen is what a training that ends there sees."""
    data, how = DATA["classification"], regime("softmax_cross_entropy")
    longer, shorter = (train(data, replace(how, epochs=epochs), SETTINGS, seed=2) for epochs in (3, 2))
    for name, curve in longer.curves.items():
        np.testing.assert_allclose(curve[:2], shorter.curves[name], rtol=1e-12, err_msg=name)


def test_unwatched_networks_are_looked_at_once(monkeypatch):
    """No block of rows is evaluated before the last epoch, and there all of them are."""
    told = []

    def watch(carry, feed, *arrays, **constants):
        told.append(feed["blocks"].tolist())
        return train_block(carry, feed, *arrays, **constants)

    train_block = training.train_block
    monkeypatch.setattr(training, "train_block", watch)
    for watched in (True, False):
        train(DATA["classification"], regime("softmax_cross_entropy"), SETTINGS, seed=2, watched=watched)
    (each, last), unwatched = told
    assert 0 < each < last
    assert unwatched == [0, last]


def test_nobody_watches_and_the_end_is_the_same():
    """Unwatched, the curves of validation and test are NaN before the last epoch; all the rest is bitwise the same."""
    data, how = DATA["classification"], regime("softmax_cross_entropy")
    seen, unseen = (train(data, how, SETTINGS, seed=2, watched=watched) for watched in (True, False))
    for name, curve in unseen.curves.items():
        if name in ("valid", "test", "valid_score", "test_score"):
            assert np.isnan(curve[:-1]).all()
            assert not np.isnan(seen.curves[name]).any()
            np.testing.assert_array_equal(curve[-1], seen.curves[name][-1])
        else:
            np.testing.assert_array_equal(curve, seen.curves[name])
    np.testing.assert_array_equal(flat(unseen, 0)[0], flat(seen, 0)[0])


def test_r2_of_one_target_is_that_of_scikit_learn():
    """With one target R² is `sklearn.metrics.r2_score`; with several it weighs them by their variance."""
    for outputs in (1, 3):
        data = small_data("regression", outputs=outputs)
        how = regime("squared")
        how = replace(how, network=replace(how.network, sizes=(3, outputs)))
        trained = train(data, how, SETTINGS, seed=2)
        answers = outputs_of(flat(trained, 0), data.test.x, how)
        expected = r2_score(data.test.y, answers, multioutput="variance_weighted")
        assert trained.curves["test_score"][-1, 0] == pytest.approx(expected, rel=1e-12)
        assert abs(expected) > 0.01


@pytest.mark.parametrize("regularize_biases", [False, True])
def test_the_penalty_is_that_of_what_is_regularized(regularize_biases):
    """The penalty holds the biases if they are regularized; the norm never does."""
    how = regime("squared", regularize_biases=regularize_biases)
    trained = train(DATA["regression"], how, SETTINGS, seed=2)
    weights = flat(trained, 0)
    alone, biases = (sum((w**2).sum() for w in weights[place::2]) for place in (0, 1))
    assert biases > 1e-3 * alone
    assert trained.curves["norm"][-1, 0] ** 2 == pytest.approx(alone, rel=1e-12)
    penalized = alone + biases * regularize_biases
    assert trained.curves["penalty"][-1, 0] == pytest.approx(0.3 * penalized / 2, rel=1e-12)
    assert (trained.curves["penalty"][:, 1] == 0).all()


def test_the_training_error_is_that_of_the_batches_as_they_were_met():
    """`train` is the mean over rows of each row's error at the weights its batch was met with, without penalty."""
    data, still = DATA["regression"], Setting(rule="sgd", law=Law.L2, lr=1e-300, strength=0.5)
    how = regime("squared")
    trained = train(data, how, [still], seed=2)
    assert trained.curves["train"][:, 0] == pytest.approx(error_of(flat(trained, 0), data.train, how), rel=1e-12)
    moving = replace(still, lr=0.05)
    one = replace(how, epochs=1, batch_size=ROWS)
    weighted = train(data, one, [moving], seed=2)
    start = train(data, one, [still], seed=2)
    assert weighted.curves["train"][0, 0] == pytest.approx(error_of(flat(start, 0), data.train, one), rel=1e-12)
    assert weighted.final["train"][0] != pytest.approx(weighted.curves["train"][0, 0], rel=1e-3)


def test_training_rows_are_looked_at_after_the_last_epoch_or_not_at_all():
    """Told not to look, or ended before the last epoch, a training says NaN of its rows; its curves do not change."""
    data, how = DATA["classification"], regime("softmax_cross_entropy")
    whole = train(data, how, SETTINGS, seed=2)
    unseen = train(data, how, SETTINGS, seed=2, last_look=False)
    ended = train(data, how, SETTINGS, seed=2, enough=lambda _curves: True)
    for name in ("train", "train_score"):
        assert np.isfinite(whole.final[name]).all()
        assert np.isnan(unseen.final[name]).all()
        assert np.isnan(ended.final[name]).all()
    for name, curve in whole.curves.items():
        assert unseen.curves[name] == pytest.approx(curve, rel=1e-12), name
        assert ended.curves[name] == pytest.approx(curve[:1], rel=1e-12), name


def test_float32_is_float64_to_its_precision():
    """The default precision ends within its rounding of the other, and its numbers are of that type."""
    how = regime("squared")
    fine, coarse = (
        train(DATA["regression"], replace(how, precision=p), SETTINGS, seed=2) for p in ("float64", "float32")
    )
    for name in ("train", "valid", "test", "norm"):
        assert coarse.curves[name].dtype == np.float32
        assert fine.curves[name].dtype == np.float64
        assert coarse.curves[name] == pytest.approx(fine.curves[name], rel=1e-4)
        assert (coarse.curves[name] != fine.curves[name]).any()


@pytest.mark.parametrize(
    ("initialization", "variance"),
    [("he", 2 / 400), ("glorot", 2 / (400 + 300)), ("torch", 1 / (3 * 400)), ("normal", 0.25)],
)
def test_initial_weights_have_their_spread(initialization, variance):
    """Weights start with the variance 2/n, 2/(n+m), 1/(3n) or σ² of their source; biases at 0, save in torch."""
    network = Network(sizes=(400, 300), error="squared", initialization=initialization, sigma=0.5)
    (layer,) = network.initial(0)
    assert layer["weights"].mean() == pytest.approx(0, abs=5 * (variance / 120_000) ** 0.5)
    assert layer["weights"].var() == pytest.approx(variance, rel=0.02)
    bound = {"glorot": 3 * variance, "torch": 3 * variance}.get(initialization)
    if bound:
        assert 0.99 * bound**0.5 < np.abs(layer["weights"]).max() <= bound**0.5
    else:
        assert np.abs(layer["weights"]).max() > 3.5 * variance**0.5
    assert (layer["biases"] != 0).any() == (initialization == "torch")


def test_batches_are_fed_whole():
    """The index of a batch names rows of the data, each weight the share of a row in the batch's mean."""
    index, weight = batches(ROWS, 100, seed=0, epoch=0)
    assert index.shape == weight.shape == (6, 100)
    assert weight.sum(axis=1) == pytest.approx(1)
