import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife import BadInput, half_life, remaining, timescale
from halflife.rules import decay_from_half_life, rule, schedule, update

shares = st.floats(1e-12, 1 - 1e-9)
few = settings(deadline=None, derandomize=True, max_examples=60)


@few
@given(decay=shares)
def test_half_life_halves(decay: float) -> None:
    """After a half-life of steps half of an untouched weight is left."""
    assert half_life(decay) * math.log1p(-decay) == pytest.approx(-math.log(2), rel=1e-12)


@few
@given(decay=shares)
def test_decay_from_half_life_is_the_inverse(decay: float) -> None:
    """From decay to half-life and back is the same decay."""
    assert decay_from_half_life(half_life(decay)) == pytest.approx(decay, rel=1e-9)


@few
@given(steps=st.floats(0.1, 1e12))
def test_half_life_is_the_inverse(steps: float) -> None:
    """From half-life to decay and back is the same half-life."""
    assert half_life(decay_from_half_life(steps)) == pytest.approx(steps, rel=1e-9)


def test_known_half_life() -> None:
    """AdamW at lr 1e-3 and weight_decay 0.01 halves an untouched weight in 69,314 steps."""
    assert round(half_life(1e-5)) == 69_314
    assert timescale(1e-5) == pytest.approx(100_000)
    assert remaining([1e-5] * 3000) == pytest.approx(0.97, abs=0.001)


def test_ends_of_the_scale() -> None:
    """Without decay nothing ever halves; with a decay of 1 all is gone at once."""
    assert half_life(0) == timescale(0) == math.inf
    assert half_life(1) == 0
    assert timescale(1) == 1
    assert decay_from_half_life(math.inf) == 0
    assert remaining([]) == 1
    assert remaining([0.5, 1, 0.5]) == 0


@few
@given(decays=st.lists(st.floats(0, 0.9), max_size=50))
def test_remaining_is_the_product(decays: list[float]) -> None:
    """The share that is left is the product of 1 − α over the steps."""
    assert remaining(decays) == pytest.approx(float(np.prod([1 - decay for decay in decays])), rel=1e-12)


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "lion"])
def test_remaining_is_what_update_leaves(name: str) -> None:
    """A weight without gradient keeps just that share through door 2, whatever the optimizer."""
    decays = [0.01 * schedule.cosine(50)(step) for step in range(50)]
    chosen = rule(name)
    weight, state = 1.0, chosen.initial_state(1.0)
    for step, decay in enumerate(decays, start=1):
        weight, state = update(chosen, weight, 0.0, state, step=step, lr=0.1, decay=decay)
    assert weight == pytest.approx(remaining(decays), rel=1e-12)
    assert 1 - weight > 0.1


@pytest.mark.parametrize("steps", [1, 2, 10, 1000])
def test_cosine_sum(steps: int) -> None:
    """A cosine from lr to zero over T steps sums to lr·(T+1)/2."""
    total = math.fsum(0.3 * schedule.cosine(steps)(step) for step in range(steps))
    assert total == pytest.approx(0.3 * (steps + 1) / 2, rel=1e-12)


def test_remaining_over_a_schedule_is_nearly_an_exponential() -> None:
    """Over a schedule an untouched weight keeps nearly exp(−wd·Σlr), from below, to second order in the decay."""
    lr, wd, steps = 1e-3, 0.5, 2000
    left = remaining(lr * schedule.cosine(steps)(step) * wd for step in range(steps))
    estimate = math.exp(-wd * lr * (steps + 1) / 2)
    assert left == pytest.approx(estimate, rel=wd * wd * lr * lr * steps)
    assert left < estimate
    assert estimate < 0.7


@pytest.mark.parametrize("decay", [-1e-9, 1 + 1e-9, math.nan, math.inf, -math.inf, 2])
@pytest.mark.parametrize("function", [half_life, timescale, lambda decay: remaining([0.1, decay])])
def test_decay_must_be_a_share(function, decay: float) -> None:
    """A decay outside [0, 1] is bad input, and the message names it."""
    with pytest.raises(BadInput, match=f"decay is {decay} per step.*\\[0, 1\\]"):
        function(decay)


@pytest.mark.parametrize("steps", [0, -1, math.nan, -math.inf])
def test_half_life_must_be_positive(steps: float) -> None:
    """A half-life that is not positive is bad input, and the message names it."""
    with pytest.raises(BadInput, match=f"half-life is {steps} steps"):
        decay_from_half_life(steps)
