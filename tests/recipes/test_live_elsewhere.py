"""Live objects of Keras, Optax and scikit-learn say what their text says, and what their state makes of an L2."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import sklearn.linear_model
import sklearn.neural_network

import halflife
from halflife.recipes import Grade, Where, read
from halflife.rules import Law
from recipes.alive import alive, keras_model, same
from recipes.judges_of_tables import Specimen, specimens_of

SPECIMENS = [specimen for name in ("torch", "keras", "optax", "sklearn") for specimen in specimens_of(name)]


@pytest.mark.parametrize("specimen", SPECIMENS, ids=str)
def test_a_live_object_is_read_as_its_text(specimen: Specimen) -> None:
    """What a text makes, once alive, is the recipe of the text; schedulers of torch stay outside."""
    name = specimen.framework.name
    result = halflife.translate(alive(specimen.text), to=name)
    expected, told = read(specimen.text), {"batch": 8, "rows": None}
    told |= {"schedule": "constant", "steps": None} if name == "torch" else {}
    assert result.read_from == name
    if expected.rule == "sgd" and result.source.law in (Law.L2, Law.DECOUPLED):
        told["law"] = Law.L2  # of a flat chain nobody can tell, for it is one update (Proposition 1)
    same(replace(result.source, **told), replace(expected, **told))


def test_a_keras_optimizer_alone_says_that_it_sees_no_penalty() -> None:
    """Regularizers belong to layers: the optimizer alone is read, with the remark; clipping is remarked on too."""
    (answer,) = halflife.translate(keras.optimizers.Adam(1e-3, clipnorm=1.0), to="torch")
    assert "give the compiled model" in answer.note
    assert "clipped" in answer.note
    assert halflife.translate(keras.optimizers.AdamW(1e-3), to="torch").source.strength == pytest.approx(0.004)


def test_what_the_penalty_of_a_keras_model_amounts_to() -> None:
    """After training, the uniform decay takes from Σw² what the penalty takes through Adam's own roots."""
    model = keras_model({"optimizer": keras.optimizers.Adam(0.01), "kernel_regularizer": keras.regularizers.L2(0.05)})
    random = np.random.default_rng(1)
    for _ in range(5):
        model.train_on_batch(random.normal(size=(8, 4)), random.normal(size=(8, 1)))
    (answer,) = halflife.translate(model, to="tensorflow-addons")
    assert answer.grade is Grade.IMPOSSIBLE
    kernels = [layer.kernel for layer in model.layers]
    squares = [model.optimizer._velocities[model.optimizer._get_variable_index(kernel)] for kernel in kernels]
    taken = total = 0.0
    for kernel, square in zip(kernels, squares, strict=True):
        w, root = (
            np.asarray(keras.ops.convert_to_numpy(kernel.value), float),
            (np.sqrt(np.asarray(keras.ops.convert_to_numpy(square.value), float)) + 1e-7) / np.sqrt(1 - 0.999**5),
        )
        taken, total = taken + float((w * 0.01 * 0.1 * w / root).sum()), total + float((w * w).sum())
    assert answer.setting.decay == pytest.approx(taken / total, rel=1e-4)
    assert len(answer.layers) == 2


def test_what_alpha_amounts_to_in_a_fitted_perceptron() -> None:
    """A fitted MLP tells its rows, so its λ; and by Adam's squares the share that its L2 takes just now."""
    random = np.random.default_rng(2)
    x = random.normal(size=(60, 4))
    model = sklearn.neural_network.MLPRegressor(max_iter=7, alpha=3.0, tol=0, n_iter_no_change=99)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        model.fit(x, x[:, 0])
    result = halflife.translate(model, to="keras", law="DECOUPLED")
    (answer,) = result
    assert result.source.rows == 60
    source = halflife.translate(model, to="sklearn").source
    assert (source.l2, source.batch) == (pytest.approx(3.0 / 60), 60)
    taken = total = 0.0
    for w, square in zip(model.coefs_, model._optimizer.vs, strict=False):
        root = (np.sqrt(square) + 1e-8) / np.sqrt(1 - 0.999**model._optimizer.t)
        taken, total = taken + float((w * 1e-3 * 0.05 * w / root).sum()), total + float((w * w).sum())
    assert answer.setting.decay == pytest.approx(taken / total, rel=1e-4)
    assert max(ratio for _, ratio in answer.layers) > 1


def test_stochastic_descent_of_scikit_learn_takes_a_row_a_step() -> None:
    """SGDClassifier's alpha is a decay of lr·alpha a row; torch says the same as a penalty on weights."""
    model = sklearn.linear_model.SGDClassifier(learning_rate="constant", eta0=0.1, alpha=0.01)
    (answer,) = halflife.translate(model, to="torch")
    assert (answer.grade, answer.setting.law, answer.setting.strength) == (Grade.EXACT, Law.L2, pytest.approx(0.01))
    assert answer.setting.where is Where.WEIGHTS


UNREADABLE = [
    (lambda: sklearn.linear_model.Ridge(alpha=2.0), r"λ = 2·alpha/n = 4/n"),
    (lambda: sklearn.linear_model.LogisticRegression(C=2.0), r"1/\(n·C\) = 0.5/n"),
    (lambda: sklearn.linear_model.SGDClassifier(), "learning_rate of SGDClassifier is 'optimal'"),
    (lambda: sklearn.linear_model.Lasso(), "scikit-learn's Lasso cannot be read: give one of"),
    (lambda: sklearn.neural_network.MLPClassifier(solver="lbfgs"), "lbfgs"),
    (lambda: keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]), "compile it first"),
]


@pytest.mark.parametrize(("make", "sentence"), UNREADABLE, ids=[row[1][:25] for row in UNREADABLE])
def test_what_cannot_be_read_is_one_sentence(make: Any, sentence: str) -> None:
    """What a live object does not tell is said, with the way round it."""
    with pytest.raises(halflife.BadInput, match=sentence):
        halflife.translate(make(), to="torch")
