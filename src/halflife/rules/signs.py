"""Directions that keep only the sign of what they are given: every weight moves by lr."""

from halflife.rules._operations import Array, sign
from halflife.rules._rule import Hyperparameter, Rule, State
from halflife.rules.adam import BETA1


def _sign(gradient: Array, state: State, *, step: Array) -> tuple[Array, State]:
    return sign(gradient), state


def _lion(gradient: Array, state: State, *, step: Array, beta1: Array, beta2: Array) -> tuple[Array, State]:
    d = sign(beta1 * state["m"] + (1 - beta1) * gradient)
    return d, {"m": beta2 * state["m"] + (1 - beta2) * gradient}


SIGN = Rule(
    name="sign",
    direction=_sign,
    formula="d = sign(g)",
    reference="Bernstein et al. 2018, signSGD",
)

LION = Rule(
    name="lion",
    direction=_lion,
    formula="d = sign(β₁·m + (1−β₁)·g); m ← β₂·m + (1−β₂)·g",
    reference="Chen et al. 2023, algorithm 2",
    hyperparameters={
        "beta1": BETA1,
        "beta2": Hyperparameter(default=0.99, low=0.0, high=1.0, meaning="share of the running mean kept"),
    },
    initial={"m": 0},
)
