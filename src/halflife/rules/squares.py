"""Directions that divide by a running root of squared gradients, without a first moment of Adam's kind."""

from halflife.rules._operations import Array, sqrt
from halflife.rules._rule import Hyperparameter, Rule, State
from halflife.rules.momentum import MOMENTUM

INFINITY = float("inf")


def _rmsprop(
    gradient: Array, state: State, *, step: Array, smoothing: Array, eps: Array, momentum: Array
) -> tuple[Array, State]:
    square = smoothing * state["square"] + (1 - smoothing) * gradient * gradient
    v = momentum * state["v"] + gradient / (sqrt(square) + eps)
    return v, {"square": square, "v": v}


def _rmsprop_centred(
    gradient: Array, state: State, *, step: Array, smoothing: Array, eps: Array, momentum: Array
) -> tuple[Array, State]:
    square = smoothing * state["square"] + (1 - smoothing) * gradient * gradient
    mean = smoothing * state["mean"] + (1 - smoothing) * gradient
    v = momentum * state["v"] + gradient / (sqrt(square - mean * mean) + eps)
    return v, {"square": square, "mean": mean, "v": v}


def _adagrad(
    gradient: Array, state: State, *, step: Array, lr_decay: Array, initial_accumulator: Array, eps: Array
) -> tuple[Array, State]:
    total = state["total"] + gradient * gradient
    lr_share = 1 / (1 + (step - 1) * lr_decay)
    return lr_share * gradient / (sqrt(total + initial_accumulator) + eps), {"total": total}


def _adadelta(gradient: Array, state: State, *, step: Array, smoothing: Array, eps: Array) -> tuple[Array, State]:
    square = smoothing * state["square"] + (1 - smoothing) * gradient * gradient
    d = sqrt(state["moved"] + eps) / sqrt(square + eps) * gradient
    moved = smoothing * state["moved"] + (1 - smoothing) * d * d
    return d, {"square": square, "moved": moved}


_RMSPROP_HYPERPARAMETERS = {
    "smoothing": Hyperparameter(default=0.99, low=0.0, high=1.0, meaning="share of the running square kept (ρ)"),
    "eps": Hyperparameter(default=1e-8, low=0.0, high=INFINITY, meaning="added to the root"),
    "momentum": Hyperparameter(default=0.0, low=0.0, high=1.0, meaning=MOMENTUM.meaning),
}

RMSPROP = Rule(
    name="rmsprop",
    direction=_rmsprop,
    formula="s ← ρ·s + (1−ρ)·g²; v ← μ·v + g/(√s + ε); d = v",
    reference="Hinton 2012, lecture 6e; in this form torch.optim.RMSprop",
    hyperparameters=_RMSPROP_HYPERPARAMETERS,
    initial={"square": 0, "v": 0},
)

RMSPROP_CENTRED = Rule(
    name="rmsprop_centred",
    direction=_rmsprop_centred,
    formula="as rmsprop, with s − m² in place of s; m ← ρ·m + (1−ρ)·g",
    reference="Graves 2013; in this form torch.optim.RMSprop(centered=True)",
    hyperparameters=_RMSPROP_HYPERPARAMETERS,
    initial={"square": 0, "mean": 0, "v": 0},
)

ADAGRAD = Rule(
    name="adagrad",
    direction=_adagrad,
    formula="s ← s + g²; d = g/((√s + ε)·(1 + (t−1)·lr_decay))",
    reference="Duchi, Hazan & Singer 2011; in this form torch.optim.Adagrad",
    hyperparameters={
        "lr_decay": Hyperparameter(default=0.0, low=0.0, high=INFINITY, meaning="how fast lr falls with the steps"),
        "initial_accumulator": Hyperparameter(default=0.0, low=0.0, high=INFINITY, meaning="s before the first step"),
        "eps": Hyperparameter(default=1e-10, low=0.0, high=INFINITY, meaning="added to the root"),
    },
    initial={"total": 0},
)

ADADELTA = Rule(
    name="adadelta",
    direction=_adadelta,
    formula="s ← ρ·s + (1−ρ)·g²; d = √(r + ε)/√(s + ε)·g; r ← ρ·r + (1−ρ)·d²",
    reference="Zeiler 2012, algorithm 1; in this form torch.optim.Adadelta",
    hyperparameters={
        "smoothing": Hyperparameter(default=0.9, low=0.0, high=1.0, meaning="share of the running squares kept (ρ)"),
        "eps": Hyperparameter(default=1e-6, low=0.0, high=INFINITY, meaning="added under both roots"),
    },
    initial={"square": 0, "moved": 0},
)
