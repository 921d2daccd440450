"""What is proved of twins is held against what the lab measures, rule by rule."""

from dataclasses import replace

import pytest

from halflife.lab import Network, Regime, load, twins
from halflife.lab.foresight import Foresight, foresee
from halflife.lab.grid import MIDDLE_LR
from halflife.rules import RULES

RECIPE = Regime(network=Network(sizes=(4, 5, 3), error="softmax_cross_entropy"), epochs=6, batch_size=16)


@pytest.mark.parametrize("rule", RULES)
def test_proof_and_measurement_agree(rule):
    """For every rule the theorem foresees whether more precision brings the twins together."""
    foresight = foresee(rule)
    pairs = twins(load("iris"), RECIPE, rule=rule, lr=MIDDLE_LR[rule], l2=0.01, seed=0)
    assert all(foresight.agrees(pair) for pair in pairs)
    assert {pair.verdict for pair in pairs} <= {"rounding", "real"}


@pytest.mark.parametrize(
    ("rule", "same"), [("sgd", True), ("preconditioned", True), ("momentum", False), ("adam", False)]
)
def test_the_foresight_is_of_the_hyperparameters_trained_with(rule, same):
    """A condition such as μ = 0 is decided at the values that the lab uses."""
    assert foresee(rule).same_here is same


def test_a_wrong_theorem_is_noticed():
    """A verdict turned round no longer agrees with the measurement."""
    (pair,) = twins(load("iris"), RECIPE, rule="sgd", lr=0.1, l2=0.01, seed=0)
    right = foresee("sgd")
    assert right.agrees(pair)
    assert not replace(right, same_here=False).agrees(pair)


def test_a_wrong_measurement_is_noticed():
    """A gap that is called real where the theorem says rounding does not agree."""
    (pair,) = twins(load("iris"), RECIPE, rule="sgd", lr=0.1, l2=0.01, seed=0)
    assert not foresee("sgd").agrees(replace(pair, verdict="real"))
    assert Foresight(verdict="NOT EQUIVALENT", condition="", same_here=False).agrees(replace(pair, verdict="real"))
