"""An estimator of halflife.sklearn is read as the setting that it trains by."""

import numpy as np
import pytest
import sklearn.neural_network

import halflife
from halflife.recipes import Grade, Where
from halflife.rules import Law
from halflife.sklearn import MLPClassifierCV, MLPRegressor, RegularizationPath

_random = np.random.default_rng(4)
X = _random.normal(size=(60, 4))
Y = X[:, 0] + 0.1 * _random.normal(size=60)


@pytest.mark.parametrize(
    ("arguments", "rule", "law", "strength"),
    [
        ({"optimizer": "adam", "decay": 1e-3}, "adam", Law.INDEPENDENT, 1e-3),
        ({"optimizer": "nesterov", "l2": 0.02, "momentum": 0.8}, "nesterov", Law.L2, 0.02),
        ({"optimizer": "sgd", "half_life": 100}, "sgd", Law.INDEPENDENT, 1 - 0.5**0.01),
        ({"optimizer": "lion"}, "lion", Law.NONE, 0.0),
    ],
)
def test_its_arguments_are_its_setting(arguments: dict[str, object], rule: str, law: Law, strength: float) -> None:
    """The rule, the door and the strength are those of the arguments, on weights alone."""
    result = halflife.translate(MLPRegressor((5,), batch_size=20, schedule="cosine", **arguments), to="torch")
    source = result.source
    assert (source.rule, source.law, source.strength) == (rule, law, pytest.approx(strength))
    assert (source.batch, source.schedule) == (20, "cosine")
    assert not strength or source.where is Where.WEIGHTS
    assert result.read_from is None


def test_what_is_read_trains_scikit_learns_the_same() -> None:
    """Its text for scikit-learn, fitted on the same rows, gives the same weights; without alpha it does not."""
    ours = MLPRegressor((5,), optimizer="nesterov", l2=0.3, batch_size=20, learning_rate_init=0.02, max_iter=6)
    ours.set_params(random_state=1, n_iter_no_change=None, activation="logistic")
    (answer,) = halflife.translate(ours, to="sklearn")
    assert answer.grade is Grade.EXACT
    names = {"sklearn": sklearn}
    exec(answer.recipe.replace("MLPClassifier", "MLPRegressor"), names)  # noqa: S102 - text that halflife wrote
    theirs = names["model"].set_params(hidden_layer_sizes=(5,), activation="logistic", max_iter=6, random_state=1)
    theirs.set_params(n_iter_no_change=99)
    gaps = []
    for alpha in (theirs.alpha, 0.0):
        with pytest.warns(sklearn.exceptions.ConvergenceWarning):
            theirs.set_params(alpha=alpha).fit(X, Y)
        gaps.append(np.abs(theirs.coefs_[0] - ours.fit(X, Y).coefs_[0]).max())
    assert gaps[0] < 1e-6
    assert gaps[1] > 1e-3


def test_a_fitted_one_tells_its_steps_and_its_roots() -> None:
    """After a fit the run's steps are known; under Adam, the decay that its penalty amounts to just now."""
    model = MLPRegressor((5,), optimizer="adam", l2=0.05, batch_size=20, max_iter=7, n_iter_no_change=None).fit(X, Y)
    assert halflife.translate(model, to="torch").source.steps == 21
    (answer,) = halflife.translate(model, to="torch", law="DECOUPLED")
    assert answer.grade is Grade.IMPOSSIBLE
    taken = total = 0.0
    for weights, state in zip(model.coefs_, model._states, strict=True):
        root = np.sqrt(np.asarray(state["weights"]["s"][0]).T / (1 - 0.999**21)) + 1e-8
        taken, total = taken + float((weights * 1e-3 * 0.05 * weights / root).sum()), total + float((weights**2).sum())
    assert answer.setting.decay == pytest.approx(taken / total, rel=1e-4)
    assert len(answer.layers) == 2


def test_what_cannot_be_read_is_one_sentence() -> None:
    """A search before it is fitted has no setting yet, and a path has many."""
    with pytest.raises(halflife.BadInput, match="fit it first"):
        halflife.translate(MLPClassifierCV(), to="torch")
    curves = ("strengths", "norm", "train_error", "valid_error", "effective_parameters")
    path = RegularizationPath(door="l2", lr=0.1, **dict.fromkeys(curves, np.ones(2)))
    with pytest.raises(halflife.BadInput, match="RegularizationPath cannot be read"):
        halflife.translate(path, to="torch")
    with pytest.raises(halflife.BadInput, match="set one of them"):
        halflife.translate(MLPRegressor(l2=0.1, decay=0.1), to="torch")
