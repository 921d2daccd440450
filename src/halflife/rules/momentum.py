"""Directions that are linear in the gradients seen so far: SGD, its momenta, and a fixed preconditioner.

They are the ones for which "are the doors the same?" has an answer by algebra alone.
"""

from halflife.rules._operations import Array, where
from halflife.rules._rule import Hyperparameter, LrPlace, Order, Rule, State

MOMENTUM = Hyperparameter(default=0.9, low=0.0, high=1.0, meaning="share of the buffer kept from step to step")
DAMPENING = Hyperparameter(default=0.0, low=0.0, high=1.0, meaning="share of each gradient kept out of the buffer")


def _identity(gradient: Array, state: State, *, step: Array) -> tuple[Array, State]:
    return gradient, state


def _heavy_ball(
    gradient: Array, state: State, *, step: Array, momentum: Array, dampening: Array
) -> tuple[Array, State]:
    v = momentum * state["v"] + (1 - where(step == 1, 0, dampening)) * gradient
    return v, {"v": v}


def _buffered(gradient: Array, state: State, *, step: Array, momentum: Array) -> tuple[Array, State]:
    v = momentum * state["v"] + gradient
    return v, {"v": v}


def _nesterov(gradient: Array, state: State, *, step: Array, momentum: Array) -> tuple[Array, State]:
    v = momentum * state["v"] + gradient
    return gradient + momentum * v, {"v": v}


def _previous_step(gradient: Array, state: State, *, step: Array, momentum: Array) -> tuple[Array, State]:
    return gradient + momentum * state["previous"], {"previous": gradient}


def _scaled(gradient: Array, state: State, *, step: Array, scale: Array) -> tuple[Array, State]:
    return scale * gradient, state


SGD = Rule(
    name="sgd",
    direction=_identity,
    formula="d = g",
    reference="Robbins & Monro 1951, A stochastic approximation method",
)

HEAVY_BALL = Rule(
    name="momentum",
    direction=_heavy_ball,
    formula="v ← μ·v + (1−τ)·g (the first time v ← g); d = v",
    reference="Polyak 1964; in this form torch.optim.SGD",
    hyperparameters={"momentum": MOMENTUM, "dampening": DAMPENING},
    initial={"v": 0},
)

MOMENTUM_LR_INSIDE = Rule(
    name="momentum_lr_inside",
    direction=_buffered,
    formula="v ← μ·v + η·g; the step is v",
    reference="Loshchilov & Hutter 2019, algorithm 1; Keras and Caffe SGD",
    hyperparameters={"momentum": MOMENTUM},
    initial={"v": 0},
    lr_place=LrPlace.BUFFER,
)

NESTEROV = Rule(
    name="nesterov",
    direction=_nesterov,
    formula="v ← μ·v + g; d = g + μ·v",
    reference="Sutskever et al. 2013, section 2; in this form torch.optim.SGD(nesterov=True)",
    hyperparameters={"momentum": MOMENTUM},
    initial={"v": 0},
)

MCCAFFREY = Rule(
    name="mccaffrey",
    direction=_previous_step,
    formula="u ← η·g; the step is u + μ·(u of the step before); then w ← w − α·w",
    reference="McCaffrey 2014, neural network programs with momentum and decay",
    hyperparameters={"momentum": MOMENTUM},
    initial={"previous": 0},
    lr_place=LrPlace.BUFFER,
    decay_order=Order.AFTER,
)

PRECONDITIONED = Rule(
    name="preconditioned",
    direction=_scaled,
    formula="d = M·g with a fixed diagonal M",
    reference="Loshchilov & Hutter 2019, proposition 3",
    hyperparameters={
        "scale": Hyperparameter(
            default=1.0, low=0.0, high=float("inf"), meaning="the diagonal of M, one entry a weight", per_weight=True
        )
    },
)
