"""The answer sheet for Optax, Keras, scikit-learn, plain functions, and small torch libraries."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch
from torch.optim.optimizer import required

import halflife
from halflife import BadInput, Law
from halflife.probe import Defect
from halflife.rules import Order

OPTAX = [
    (optax.adamw, Law.DECOUPLED),
    (optax.lion, Law.DECOUPLED),
    (optax.lamb, Law.TRUST_RATIO),
    (optax.lars, Law.TRUST_RATIO),
    (optax.adadelta, Law.L2),
    (optax.adafactor, Law.CONSTANT),
    (optax.novograd, Law.PRECONDITIONED),
    (optax.adam, Law.NONE),
]
CHAINS = [
    (optax.chain(optax.add_decayed_weights(0.01), optax.adam(1e-3)), Law.L2),
    (
        optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(0.01), optax.scale_by_learning_rate(1e-3)),
        Law.DECOUPLED,
    ),
    (optax.chain(optax.adam(1e-3), optax.add_decayed_weights(0.01)), Law.GROWTH),
    (optax.adamw(1e-3, weight_decay=0.01), Law.DECOUPLED),
]


@pytest.mark.parametrize(("factory", "law"), OPTAX)
def test_optax_factories(factory, law):
    """Each has the law of the answer sheet, with coefficient 1 where the law has one."""
    report = halflife.probe(factory)
    assert report.law is law, report
    assert report.coefficient is None or report.coefficient == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize(("transformation", "law"), CHAINS)
def test_optax_transformations_that_are_already_built(transformation, law):
    """Where the decay stands in a chain decides the law; after a complete optimizer it is a sign error."""
    report = halflife.probe(transformation)
    assert report.law is law, report
    assert report.lr == pytest.approx(1e-3)
    assert (Defect.GROWTH in report.defects) is (law is Law.GROWTH)


KERAS = ["Adagrad", "Adam", "AdamW", "Ftrl", "Lamb", "Lion", "Muon", "RMSprop", "SGD", "ScheduleFreeAdamW"]


@pytest.mark.parametrize("name", KERAS)
def test_keras_weight_decay_is_decoupled_in_every_optimizer(name):
    """Keras' Adam with weight_decay is AdamW, its SGD is SGDW; lr being float32 there, the coefficient is 1 to 1e-3.

    FTRL makes the weights anew from its memory, schedule-free steps average them: what was taken before the step is
    then another share after it, and the one that was taken is found all the same, and that it comes back. LAMB's step
    goes with the norm of the weights, so before it and after it are one.
    """
    report = halflife.probe(f"keras.optimizers:{name}")
    assert (report.law, report.order) == (Law.DECOUPLED, None if name == "Lamb" else Order.BEFORE), report
    assert report.coefficient == pytest.approx(1.0, rel=1e-3)
    assert not report.enters_momentum
    comes_back = [seen for seen in report.evidence if "most of it is back" in seen.outcome]
    assert bool(comes_back) is (report.decay is None) is (name in ("Ftrl", "ScheduleFreeAdamW"))


def test_keras_variables_without_gradient_are_told_from_the_one_that_is_lent_zeros():
    """Keras steps only if one variable has a gradient; that one is decayed, and says nothing about the others."""
    import keras

    class Everything(keras.optimizers.SGD):
        def _apply_weight_decay(self, variables):
            super()._apply_weight_decay(self._trainable_variables)

    assert halflife.probe(keras.optimizers.SGD(1e-2, weight_decay=0.1)).none_gradient == "not decayed"
    assert halflife.probe(Everything(1e-2, weight_decay=0.1)).none_gradient == "decayed"


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("Regressor", {"solver": "sgd"}),
        ("Regressor", {"solver": "adam", "early_stopping": True}),
        ("Classifier", {"solver": "adam", "warm_start": True}),
        ("Classifier", {"solver": "sgd", "learning_rate": "invscaling"}),
    ],
)
def test_scikit_learn_mlp_divides_alpha_by_the_rows_of_the_batch(kind, arguments):
    """Alpha is a penalty that enters momentum, is divided by the batch's rows (12 here), and spares biases.

    Its own schedule and what it stops by do not change that.
    """
    report = halflife.probe(f"sklearn.neural_network:MLP{kind}", **arguments)
    assert report.law is Law.L2, report
    assert report.coefficient == pytest.approx(1 / 12, rel=1e-6)
    assert report.multiplied_by[-1] == "1/batch rows"
    assert ("1/(1−μ)" in report.multiplied_by) == (arguments["solver"] == "sgd")
    assert report.enters_momentum
    assert report.spares_vectors


@pytest.mark.parametrize("kind", ["Regressor", "Classifier"])
def test_scikit_learn_sgd_decays_before_each_sample(kind):
    """Alpha times lr of the weights is removed before the sample's step; the intercept is left alone."""
    report = halflife.probe(f"sklearn.linear_model:SGD{kind}", learning_rate="adaptive", eta0=0.01, early_stopping=True)
    assert (report.law, report.order) == (Law.DECOUPLED, Order.BEFORE), report
    assert report.spares_vectors


def heavy_ball(weights, gradient, state, lr=0.1, wd=0.01):
    buffer = 0.9 * (0 if state is None else state) + gradient + wd * weights
    return weights - lr * buffer, buffer


def shrinking(lr, wd):
    def step(weights, gradient, state):
        return weights - lr * gradient - wd * weights, state

    return step


def momentum_with_numbers_inside(weights, gradient, state):
    lr, wd = 0.1, 0.01
    buffer = 0.9 * (0 if state is None else state) + gradient + wd * weights
    return weights - lr * buffer, buffer


def test_plain_functions():
    """A function's own arguments, the numbers that it closed over, or those in its text, are what is turned."""
    assert halflife.probe(momentum_with_numbers_inside).law is Law.L2
    assert halflife.probe(lambda w, g, s: (w - 0.1 * g - 0.001 * w, s)).law is Law.CONSTANT
    assert halflife.probe(lambda w, g, s: (w - 0.1 * g, s)).law is Law.NONE
    assert halflife.probe(heavy_ball).law is Law.L2
    assert halflife.probe(shrinking(0.1, 0.01)).law is Law.CONSTANT


def test_optimi_in_its_three_modes():
    """The same optimizer obeys three laws by its flags."""
    optimi = pytest.importorskip("optimi")
    assert halflife.probe(optimi.Adam, lr=1e-2, weight_decay=0.1).law is Law.L2
    assert halflife.probe(optimi.Adam, lr=1e-2, weight_decay=0.1, decouple_wd=True).law is Law.DECOUPLED
    assert halflife.probe(optimi.Adam, lr=1e-2, weight_decay=0.1, decouple_lr=True).law is Law.INDEPENDENT


def test_lion_pytorch_and_schedulefree():
    """lion-pytorch has a flag for independent decay; schedule-free decay acts on one of several copies."""
    lion = pytest.importorskip("lion_pytorch").Lion
    assert halflife.probe(lion, lr=1e-3, weight_decay=0.1).law is Law.DECOUPLED
    assert halflife.probe(lion, lr=1e-3, weight_decay=0.1, decoupled_weight_decay=True).law is Law.INDEPENDENT
    schedulefree = pytest.importorskip("schedulefree")
    assert halflife.probe(schedulefree.AdamWScheduleFree, lr=1e-2, weight_decay=0.1).law is Law.DECOUPLED
    assert halflife.probe(schedulefree.SGDScheduleFree, lr=1e-2, weight_decay=0.1).law is Law.L2
    rectified = halflife.probe(schedulefree.RAdamScheduleFree, lr=1e-2, weight_decay=0.1)
    assert rectified.law is Law.DECOUPLED
    assert rectified.averaged
    assert "a factor of time" in rectified.multiplied_by


class Wary(torch.optim.Optimizer):
    """AdamW as one writes it who lets nobody be mistaken about its strength."""

    def __init__(self, params, lr=1e-3, weight_decay=0.0, *, roof=0.05):
        if not 0 <= weight_decay < roof:
            raise ValueError(f"{weight_decay} is no weight decay")
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(p.grad, alpha=group["lr"])


def test_an_optimizer_that_takes_small_strengths_alone():
    """Where the usual strength is refused, a smaller one is tried, and the law is what it is there."""
    report = halflife.probe(Wary, weight_decay=0.01)
    assert (report.law, report.order, report.defects) == (Law.DECOUPLED, Order.BEFORE, ()), report
    assert report.coefficient == pytest.approx(1.0, rel=1e-6)


class Demanding(Wary):
    """Its arguments have no default, or torch's word for none."""

    def __init__(self, params, roof, lr=required, depth=required):
        super().__init__(params, lr, roof=roof)


@pytest.mark.parametrize(
    ("target", "arguments", "said"),
    [
        (Demanding, {}, "has no value for roof, depth: give one, as in Demanding roof="),
        (Demanding, {"roof": 0.5}, "has no value for depth: give one"),
        ("torch.optim:Nothing", {}, r"has no 'Nothing'\.$"),
        ("torch.optim:AdamX", {}, "has no 'AdamX': did you mean .*Adam"),
        ("nowhere.to:Go", {}, "cannot be imported"),
        ("AdamW", {}, "names nothing to import"),
        ("os:path", {}, "not an optimizer"),
        ("torch.optim:AdamW", {"speed": 1}, "takes no argument 'speed'"),
        ("torch.optim:AdamW", {"lr": -1}, "cannot be built"),
        ("torch.optim:LBFGS", {}, "needs a closure"),
        (np.eye(2), {}, "not an optimizer"),
    ],
)
def test_bad_input_is_one_sentence(target, arguments, said):
    """What cannot be probed is refused with the reason, on one line."""
    with pytest.raises(BadInput, match=said) as caught:
        halflife.probe(target, **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "arguments",
    [{}, {"relative_step": False, "scale_parameter": False, "lr": 1e-3}, {"relative_step": False, "lr": 1e-3}],
)
def test_adafactor_of_transformers(arguments):
    """Its decay is times the step size that it uses, its own or the lr that it is given."""
    adafactor = pytest.importorskip("transformers.optimization").Adafactor
    report = halflife.probe(adafactor, weight_decay=0.1, **arguments)
    assert report.law is Law.DECOUPLED, report
    assert ("lr" in report.multiplied_by) is ("lr" in arguments)
    assert not report.defects


def test_optax_updates_that_ask_for_the_loss():
    """MoMo wants the value of the loss with each update; its decay is w/(1 + lr·wd)."""
    report = halflife.probe(optax.contrib.momo_adam, learning_rate=0.1, weight_decay=0.1)
    assert report.law is Law.PROXIMAL, report
    assert report.coefficient == pytest.approx(1.0, rel=1e-3)


def test_an_optimizer_at_lr_zero_is_probed_at_another():
    """What moves nothing as configured still has a law."""
    report = halflife.probe("torch.optim:AdamW", lr=0.0, weight_decay=0.1)
    assert (report.law, report.decay) == (Law.DECOUPLED, 0.0), report


def _single(learning_rate=1e-2, weight_decay=0.1):
    """Its state is float32 whatever its weights are, which JAX refuses under float64."""

    def update(gradient, state, parameters):
        def turn(g, momentum):
            turned = 0.9 * momentum + g
            return jax.lax.cond(jnp.sum(g) > 0, lambda: turned, lambda: turned.astype(jnp.float32))

        state = jax.tree.map(turn, gradient, state)
        return jax.tree.map(lambda m, p: -learning_rate * (m + weight_decay * p), state, parameters), state

    def init(parameters):
        return jax.tree.map(lambda p: jnp.zeros(p.shape, jnp.float32), parameters)

    return optax.GradientTransformation(init, update)


def test_an_optax_optimizer_that_refuses_float64_is_probed_in_float32():
    """The law is the same, no precision above its own is spoken of, and JAX is left as it was."""
    before = jnp.ones(1).dtype
    report = halflife.probe(_single)
    assert report.law is Law.DECOUPLED, report
    assert report.coefficient == pytest.approx(1.0, rel=1e-3)
    assert "float64" not in report.precision
    assert report.precision["float32"] == pytest.approx(1.0)
    assert jnp.ones(1).dtype == before
