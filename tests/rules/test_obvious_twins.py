"""What no framework has, held against loops over single weights that follow the published programs line by line."""

from dataclasses import replace

import numpy as np
import pytest

from halflife.rules import RULES, LrPlace, Order
from judges import Disagreement, by_halflife, judge, lr_at, walk
from mutants.wrong_rules import WRONG_DECAY, WRONG_L2

SCALE = np.array([0.2, 1.0, 3.0, 0.5])
STRENGTHS = [pytest.param({"l2": 0.3}, id="l2"), pytest.param({"wd": 0.3}, id="wd")]


def classic_program(*, l2: float = 0.0, wd: float = 0.0) -> np.ndarray:
    """McCaffrey's: add the delta, add momentum times the delta of the time before, then take the decay off."""
    previous = [0.0] * 4

    def take_step(step: int, weights: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        new = weights.tolist()
        for i in range(4):
            delta = -lr_at(step) * (gradient[i] + l2 * new[i])
            new[i] += delta
            new[i] += 0.9 * previous[i]
            new[i] -= lr_at(step) * wd * new[i]
            previous[i] = delta
        return np.array(new)

    return walk(take_step)


def diagonal_program(*, l2: float = 0.0, wd: float = 0.0) -> np.ndarray:
    """Gradient descent with a step size of its own for each weight."""

    def take_step(step: int, weights: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        new = []
        for w, g, m in zip(weights, gradient, SCALE, strict=True):
            new.append(w - lr_at(step) * m * (g + l2 * w) - lr_at(step) * wd * w)
        return np.array(new)

    return walk(take_step)


def decayed_momentum(order: Order) -> np.ndarray:
    """Heavy ball, the decay taken off before the step, with it, or after it; the gradient is from before either."""
    buffer = np.zeros(4)

    def take_step(step: int, weights: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        nonlocal buffer
        buffer = 0.9 * buffer + gradient
        lr, keep = lr_at(step), 1 - lr_at(step) * 0.3
        if order is Order.BEFORE:
            return weights * keep - lr * buffer
        if order is Order.JOINT:
            return weights - (lr * buffer + (1 - keep) * weights)
        return (weights - lr * buffer) * keep

    return walk(take_step)


@pytest.mark.parametrize("strength", STRENGTHS)
def test_mccaffrey_is_the_classic_program(strength) -> None:
    """The rule is the program: lr inside, momentum on the bare previous step, decay after the step."""
    judge(by_halflife("mccaffrey", **strength), classic_program(**strength), classic_program())


@pytest.mark.parametrize("strength", STRENGTHS)
def test_preconditioned_is_the_diagonal_program(strength) -> None:
    """A fixed diagonal multiplies the gradient, penalty included, and not the decay."""
    ours = by_halflife("preconditioned", scale=SCALE, **strength)
    judge(ours, diagonal_program(**strength), diagonal_program())


@pytest.mark.parametrize("order", Order)
def test_orders_of_decay(order: Order) -> None:
    """BEFORE and JOINT take the same path; AFTER takes its own; each is what its words say."""
    ours = by_halflife("momentum", wd=0.3, order=order)
    judge(ours, decayed_momentum(order), by_halflife("momentum"))
    if order is not Order.AFTER:
        with pytest.raises(Disagreement):
            judge(ours, decayed_momentum(Order.AFTER), by_halflife("momentum"))


@pytest.mark.parametrize("name", [*WRONG_L2, *WRONG_DECAY])
@pytest.mark.parametrize(("rule", "program"), [("mccaffrey", classic_program), ("preconditioned", diagonal_program)])
def test_wrong_update_is_caught(rule: str, program, name: str) -> None:
    """The wrong twins of `update` do not pass for the published programs either."""
    strength = {"l2": 0.3} if name in WRONG_L2 else {"wd": 0.3}
    settings = {"scale": SCALE} if rule == "preconditioned" else {}
    if (rule, name) == ("mccaffrey", "decay after the step"):
        twin = {"order": Order.JOINT}  # this program decays after the step: here the other order is the mistake
    else:
        twin = {"step_function": {**WRONG_L2, **WRONG_DECAY}[name]}
    with pytest.raises(Disagreement):
        judge(by_halflife(rule, **strength, **settings, **twin), program(**strength), program())


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(replace(RULES["mccaffrey"], lr_place=LrPlace.STEP), id="lr outside"),
        pytest.param(
            replace(RULES["mccaffrey"], direction=RULES["nesterov"].direction, initial={"v": 0}), id="nesterov"
        ),
        pytest.param(replace(RULES["momentum_lr_inside"], decay_order=Order.AFTER), id="momentum of all steps"),
    ],
)
def test_wrong_classic_program_is_caught(wrong) -> None:
    """What resembles the classic program is not taken for it."""
    with pytest.raises(Disagreement):
        judge(by_halflife(wrong, wd=0.3), classic_program(wd=0.3), classic_program())


def test_wrong_scale_is_caught() -> None:
    """A diagonal applied twice, or not at all, is not taken for the diagonal."""
    for scale in (SCALE**2, np.ones(4)):
        with pytest.raises(Disagreement):
            judge(by_halflife("preconditioned", scale=scale, l2=0.3), diagonal_program(l2=0.3), diagonal_program())
