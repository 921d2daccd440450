"""A user's own models: trained as the lab's networks are, and refused in one sentence where they cannot be."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import halflife
from halflife import BadInput
from halflife.lab import Network, Regime, Setting, load, train
from halflife.rules import Law
from halflife.tune._jax_model import jax_model
from halflife.tune._torch_model import torch_model

DATA = load("wine", seed=1)
OURS = Network(sizes=(13, 5, 3), error="softmax_cross_entropy", activation="tanh")
SETTINGS = [
    Setting(rule="adam", law=Law.L2, lr=0.01, strength=0.0),
    Setting(rule="adam", law=Law.L2, lr=0.01, strength=0.1),
    Setting(rule="adam", law=Law.INDEPENDENT, lr=0.02, strength=0.01),
]
SEED = 3


def in_jax():
    def init(key):
        return [(layer["weights"], layer["biases"][:, 0]) for layer in OURS.initial(SEED)]

    def apply(params, x):
        (w1, b1), (w2, b2) = params
        return jnp.tanh(x @ w1.T + b1) @ w2.T + b2

    return init, apply


class InTorch(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(13, 5), torch.nn.Linear(5, 3)

    def reset_parameters(self):
        for part, layer in zip((self.first, self.second), OURS.initial(SEED), strict=True):
            part.weight.data = torch.tensor(layer["weights"], dtype=torch.float64)
            part.bias.data = torch.tensor(layer["biases"][:, 0], dtype=torch.float64)

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


def trained(network, trainer=train):
    return trainer(DATA, Regime(network=network, epochs=4, batch_size=16, precision="float64"), SETTINGS, seed=SEED)


@pytest.fixture(scope="module")
def judge():
    return trained(OURS)


def agree(found, judge, *, tolerance):
    for name in ("train", "valid", "test", "valid_score", "norm", "penalty"):
        assert found.curves[name] == pytest.approx(judge.curves[name], rel=tolerance, abs=tolerance), name
    assert found.final["train"] == pytest.approx(judge.final["train"], rel=tolerance)
    effect = np.abs(judge.curves["norm"][-1, 1:] / judge.curves["norm"][-1, 0] - 1).min()
    assert effect > 10 * tolerance


def test_a_jax_model_is_trained_as_the_labs_network_is(judge):
    model = jax_model(in_jax(), shape=(13,), targets=3, error="softmax_cross_entropy")
    agree(trained(model), judge, tolerance=1e-6)


def test_a_torch_module_is_trained_as_the_labs_network_is(judge):
    model = torch_model(InTorch(), shape=(13,), targets=3, error="softmax_cross_entropy")
    agree(trained(model, model.train), judge, tolerance=1e-6)


@pytest.mark.parametrize(("data", "error"), [("diabetes", "squared"), ("wine", "logistic_cross_entropy")])
def test_a_torch_module_is_measured_as_the_labs_network_is(data, error):
    rows = load(data, seed=1, train_size=60)
    ours = Network(sizes=(rows.train.x.shape[1], rows.train.y.shape[1]), error=error)

    class Layer(torch.nn.Linear):
        def reset_parameters(self):
            (layer,) = ours.initial(SEED)
            self.weight.data = torch.tensor(layer["weights"], dtype=torch.float64)
            self.bias.data = torch.tensor(layer["biases"][:, 0], dtype=torch.float64)

    model = torch_model(Layer(*ours.sizes), shape=ours.sizes[:1], targets=ours.sizes[1], error=error)
    regimes = (Regime(network=each, epochs=2, batch_size=16, precision="float64") for each in (ours, model))
    judge, found = (by(rows, of, SETTINGS, seed=SEED) for by, of in zip((train, model.train), regimes, strict=True))
    agree(found, judge, tolerance=1e-6)
    assert found.final["train_score"] == pytest.approx(judge.final["train_score"], rel=1e-6)


@pytest.mark.parametrize("break_", ["l2", "decay", "lr"])
def test_a_torch_training_with_a_broken_step_does_not_agree(judge, break_, monkeypatch):
    from halflife.tune import _torch_training

    right = _torch_training.update

    def wrong(*arguments, **options):
        return right(*arguments, **options | {break_: options[break_] * 0.9})

    monkeypatch.setattr(_torch_training, "update", wrong)
    model = torch_model(InTorch(), shape=(13,), targets=3, error="softmax_cross_entropy")
    with pytest.raises(AssertionError):
        agree(trained(model, model.train), judge, tolerance=1e-6)


def test_members_of_a_torch_population_that_diverge_touch_no_other():
    model = torch_model(InTorch(), shape=(13,), targets=3, error="softmax_cross_entropy")
    regime = Regime(network=model, epochs=3, batch_size=16, precision="float64")
    wild = Setting(rule="sgd", law=Law.L2, lr=1e9, strength=1.0)
    tame = Setting(rule="sgd", law=Law.L2, lr=0.01, strength=0.1)
    together = model.train(DATA, regime, [tame, wild], seed=SEED)
    alone = model.train(DATA, regime, [tame], seed=SEED)
    assert together.diverged[0] == 0 < together.diverged[1]
    assert together.curves["valid"][:, 0] == pytest.approx(alone.curves["valid"][:, 0], rel=1e-12)


SEARCH = {"folds": 2, "seeds": 1, "epochs": 2, "grid": {"lr": (0.01,), "l2": (0.1,), "decay": ()}}


def flax_net():
    import flax.linen as nn

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(3)(nn.relu(nn.Dense(4)(x)))

    return Net()


def equinox_net():
    import equinox as eqx

    def init(key):
        return eqx.filter(eqx.nn.MLP(13, 3, 4, 1, key=key), eqx.is_array)

    static = eqx.partition(eqx.nn.MLP(13, 3, 4, 1, key=jax.random.key(0)), eqx.is_array)[1]
    return init, lambda params, x: jax.vmap(eqx.combine(params, static))(x)


@pytest.mark.parametrize("model", [flax_net, equinox_net, InTorch], ids=["flax", "equinox", "torch"])
def test_models_of_each_kind_are_tuned(model, tmp_path):
    found = halflife.tune("wine", model=model(), **SEARCH, out=tmp_path / "own.db")
    assert found.trainings > 0
    assert np.isfinite(found.best.error.mean)


def test_arrays_of_images_reach_the_model_in_their_shape(tmp_path):
    random = np.random.default_rng(0)
    x = random.standard_normal((40, 1, 6, 6))
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(32, 2))
    found = halflife.tune((x, x[:, 0, 0, 0] > 0), model=net, **SEARCH, out=tmp_path / "images.db")
    assert found.score == "accuracy"


REFUSED = {
    "wrong shape": (torch.nn.Linear(13, 4), r"answers with \(2, 4\) for 2 rows: it must be \(2, 3\)"),
    "wrong inputs": (torch.nn.Linear(12, 3), "cannot be called on x of shape"),
    "batch norm": (
        torch.nn.Sequential(torch.nn.BatchNorm1d(13), torch.nn.Linear(13, 3)),
        "keeps batch statistics in 0",
    ),
    "nothing to train": (torch.nn.Identity(), "no parameters to train"),
    "no model": (3, "the model is a int"),
    "jax, wrong shape": ((lambda key: jnp.zeros((2, 2)), lambda p, x: x), r"answers with \(2, 13\)"),
    "jax, whole numbers": ((lambda key: jnp.arange(3), lambda p, x: x[:, :3] * p), "parameter of int32"),
    "jax, nothing to train": ((lambda key: [], lambda p, x: x[:, :3]), "has no parameters"),
    "jax, raises": ((lambda key: jnp.zeros(3), lambda p, x: x @ p[:, None]), "cannot be called"),
}


@pytest.mark.parametrize(("model", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_trained_is_refused_in_one_sentence(model, sentence, tmp_path):
    with pytest.raises(BadInput, match=sentence):
        halflife.tune("wine", model=model, **SEARCH, out=tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


def test_flax_models_with_state_are_refused(tmp_path):
    import flax.linen as nn

    with pytest.raises(BadInput, match="keeps batch_stats beside its parameters"):
        halflife.tune("wine", model=nn.BatchNorm(use_running_average=False), **SEARCH, out=tmp_path / "none.db")
