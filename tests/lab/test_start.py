"""Training that begins elsewhere, in another order, with weights of rows, or ends early."""

import os
from dataclasses import replace

import jax
import numpy as np
import pytest

from halflife.lab import Network, Regime, Setting, compiler, train
from halflife.lab.training import Start
from halflife.rules import RULES, Law
from trained_by_others import small_data

RECIPE = Regime(network=Network(sizes=(3, 4, 3), error="softmax_cross_entropy"), epochs=6, batch_size=8)
DATA = small_data()


def _settings(rule="adam"):
    return [Setting(rule=rule, law=Law.L2, lr=lr, strength=0.1) for lr in (0.01, 0.03)]


def _weights(trained):
    return np.concatenate([a.ravel() for layer in trained.parameters for a in layer.values()])


@pytest.mark.parametrize("rule", RULES)
def test_two_halves_are_bitwise_the_whole(rule):
    """Going on from weights, states and steps ends where one run ends; without states it does not, if there are any."""
    orders = [np.random.default_rng(epoch).permutation(len(DATA.train)) for epoch in range(6)]
    whole = train(DATA, RECIPE, _settings(rule), seed=1, order=lambda epoch: orders[epoch])
    half = replace(RECIPE, epochs=3)
    first = train(DATA, half, _settings(rule), seed=1, order=lambda epoch: orders[epoch])
    start = Start(parameters=first.parameters, states=first.states, steps=9)
    second = train(DATA, half, _settings(rule), seed=1, order=lambda epoch: orders[epoch + 3], start=start)
    np.testing.assert_array_equal(_weights(second), _weights(whole))
    forgetful = replace(start, states=None, steps=0)
    apart = _weights(train(DATA, half, _settings(rule), seed=1, order=lambda e: orders[e + 3], start=forgetful))
    assert (np.abs(apart - _weights(whole)).max() > 1e-4) == bool(RULES[rule].initial)


@pytest.mark.parametrize("soon", [False, True])
def test_training_ends_when_it_is_enough(soon):
    """Told about the second of the epochs of one call that it is enough, training ends as it does after two epochs."""
    asked, weights = [], []

    def enough(curves):
        asked.append(curves["train"])
        return len(asked) == 2

    trained = train(DATA, RECIPE, _settings(), seed=1, enough=enough, soon=soon)
    train(DATA, RECIPE, _settings(), seed=1, after_epoch=lambda _, layers: weights.append(layers[0]["weights"]))
    assert len(trained.curves["train"]) == len(asked) == 2
    np.testing.assert_array_equal(asked, trained.curves["train"])
    np.testing.assert_allclose(trained.parameters[0]["weights"], weights[1], rtol=1e-5)
    assert np.abs(weights[2] - weights[1]).max() > 1e-3


def test_a_compiler_without_the_older_emitters_compiles_as_ever(monkeypatch):
    """Where XLA does not know the option that compiles sooner, a program is compiled without; other errors are told."""
    for options, says in (({"xla_of_another_year": True}, None), ({"xla_backend_optimization_level": "much"}, "much")):
        monkeypatch.setattr(compiler, "_OLDER_EMITTERS", options)
        doubled = compiler.to_compile_soon(lambda x, by: x * by, ["by"])
        if says:
            with pytest.raises(Exception, match=says):
                doubled(np.float32(3), by=2)
        else:
            assert doubled(np.float32(3), by=2) == 6


def test_a_cpu_of_one_thread_trains_to_the_same_weights():
    """It is another device than JAX's own, and a training on it is the same training."""
    device = compiler.one_thread()
    assert device not in jax.devices()
    alone = train(DATA, RECIPE, _settings(), seed=1, device=device)
    np.testing.assert_allclose(_weights(alone), _weights(train(DATA, RECIPE, _settings(), seed=1)), rtol=1e-5)
    assert jax.device_put(np.ones(3)).devices() == {jax.devices()[0]}


def test_a_device_that_was_chosen_is_kept():
    """Where somebody has set JAX's default device there is no other."""
    with jax.default_device(jax.devices()[0]):
        assert compiler.one_thread() is None


@pytest.mark.parametrize("before", [None, "3"])
def test_without_such_a_cpu_there_is_none(monkeypatch, before):
    """A jaxlib that makes no clients gives none, and the size of the pool that others get is as it was."""
    monkeypatch.delenv("NPROC", raising=False) if before is None else monkeypatch.setenv("NPROC", before)
    monkeypatch.delattr("jaxlib.xla_client.make_cpu_client")
    assert compiler._cpu_of_one_thread.__wrapped__() is None
    assert os.environ.get("NPROC") == before


def test_without_rows_to_measure_on_there_are_no_numbers():
    """Without validation and test rows their curves are NaN, and training is bitwise what it was."""
    none = replace(DATA.valid, x=DATA.valid.x[:0], y=DATA.valid.y[:0])
    trained = train(replace(DATA, valid=none, test=none), RECIPE, _settings(), seed=1)
    assert np.isnan(trained.curves["valid"]).all()
    assert np.isnan(trained.curves["test_score"]).all()
    np.testing.assert_array_equal(_weights(trained), _weights(train(DATA, RECIPE, _settings(), seed=1)))


def test_one_output_is_one_class_against_the_other():
    """With a single logit, accuracy is the share of rows whose logit has the sign of their class."""
    one = {part: replace(getattr(DATA, part), y=getattr(DATA, part).y[:, :1]) for part in ("train", "valid", "test")}
    regime = replace(RECIPE, network=Network(sizes=(3, 4, 1), error="logistic_cross_entropy"))
    trained = train(replace(DATA, **one), regime, _settings(), seed=1)
    outputs = np.asarray(regime.network.outputs(trained.parameters, np.float32(DATA.valid.x)))[:, 0]
    right = (outputs > 0) == (DATA.valid.y[:, 0] > 0)
    np.testing.assert_allclose(trained.curves["valid_score"][-1], right.mean(axis=1), rtol=1e-6)
    assert 0 < right.mean() < 1
