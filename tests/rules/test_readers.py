"""One definition, many readers: each kind of number and array gets the same steps out of the same function."""

from fractions import Fraction
from functools import partial
from typing import Any

import jax
import numpy as np
import pytest
import sympy
import torch

from halflife.rules import RULES, Order, update
from judges import START, STEPS, TOLERANCE, gradient_at, lr_at

L2, WD = 0.3, 0.2
RATIONAL = [
    "sgd",
    "momentum",
    "momentum_lr_inside",
    "nesterov",
    "mccaffrey",
    "preconditioned",
    "adamax",
    "lion",
    "sign",
]
"""The rules without a root: exact on fractions."""

CHOSEN: dict[str, dict[str, Any]] = {
    "momentum": {"momentum": 0.8, "dampening": 0.25},
    "rmsprop": {"momentum": 0.5},
    "adagrad": {"lr_decay": 0.05, "initial_accumulator": 0.5},
    "preconditioned": {"scale": 0.5},
    "adam": {"beta2": 0.75},
}
"""Hyperparameters away from their defaults, so that each of them takes part."""


def run(name: str, weights: Any, gradients: list[Any], *, kind: Any = lambda x: x, step_function: Any = update) -> Any:
    """The weights after as many steps as there are gradients, lr and hyperparameters converted by `kind`."""
    rule = RULES[name]
    settings = {key: kind(value) for key, value in rule.settings(**CHOSEN.get(name, {})).items()}
    state = rule.initial_state(weights)
    for step, gradient in enumerate(gradients, start=1):
        lr = kind(lr_at(step))
        weights, state = step_function(
            rule, weights, gradient, state, step=step, lr=lr, l2=kind(L2), decay=lr * kind(WD), **settings
        )
    return weights


GRADIENTS = [gradient_at(step, START) for step in range(1, 9)]


@pytest.mark.parametrize("name", RULES)
def test_numbers_and_arrays_agree(name: str) -> None:
    """Plain numbers, NumPy, JAX, compiled JAX and torch take the same eight steps to 1e-12."""
    ours = run(name, START, GRADIENTS)
    assert np.abs(ours - START).max() > 1e3 * TOLERANCE
    numbers = [run(name, float(w), [float(g[i]) for g in GRADIENTS]) for i, w in enumerate(START)]
    np.testing.assert_allclose(numbers, ours, rtol=TOLERANCE)
    tensors = run(name, torch.tensor(START), [torch.tensor(g) for g in GRADIENTS])
    assert tensors.dtype == torch.float64
    np.testing.assert_allclose(tensors.numpy(), ours, rtol=TOLERANCE)
    with jax.enable_x64(True):
        arrays = run(name, jax.numpy.array(START), [jax.numpy.array(g) for g in GRADIENTS])
        np.testing.assert_allclose(np.asarray(arrays), ours, rtol=TOLERANCE)
        compiled = jax.jit(partial(update, RULES[name]))
        arrays = run(
            name,
            jax.numpy.array(START),
            [jax.numpy.array(g) for g in GRADIENTS],
            step_function=lambda rule, *arguments, **others: compiled(*arguments, **others),
        )
        np.testing.assert_allclose(np.asarray(arrays), ours, rtol=TOLERANCE)


@pytest.mark.parametrize("name", RULES)
def test_symbols_agree(name: str) -> None:
    """Traced with symbols and then given numbers, three steps come to what three steps of numbers come to."""
    w, *g = sympy.symbols("w g1:4", real=True)
    values = {w: float(START[1])} | {symbol: float(GRADIENTS[i][1]) for i, symbol in enumerate(g)}
    traced = run(name, w, g)
    assert traced.free_symbols <= set(values)
    assert w in traced.free_symbols
    expected = run(name, values[w], [values[symbol] for symbol in g])
    assert float(traced.subs(values)) == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize("name", RATIONAL)
def test_fractions_are_exact(name: str) -> None:
    """A rule without roots maps fractions to fractions, equal to SymPy's rationals, and floats are near them."""
    weight, gradients = Fraction(3, 7), [Fraction(5, 3), Fraction(-2, 9), Fraction(1, 4)]

    def fraction(x: float) -> Fraction:
        return Fraction(x).limit_denominator(1000)

    def rational(x: Any) -> sympy.Rational:
        return sympy.Rational(fraction(x).numerator, fraction(x).denominator)

    exact = run(name, weight, gradients, kind=fraction)
    assert isinstance(exact, Fraction)
    symbols = run(name, rational(weight), [rational(g) for g in gradients], kind=rational)
    assert symbols == sympy.Rational(exact.numerator, exact.denominator)
    floats = run(name, float(weight), [float(g) for g in gradients], kind=lambda x: float(fraction(x)))
    assert floats == pytest.approx(float(exact), rel=TOLERANCE)


@pytest.mark.parametrize("name", RULES)
def test_members_at_once_equal_single_runs(name: str) -> None:
    """Members with settings of their own, run as one array, end bitwise where each ends alone."""
    rule, members = RULES[name], 5
    random = np.random.default_rng(7)
    settings = {
        key: np.clip(value * random.uniform(0.8, 1.0, (members, 1)), 1e-8, None)
        for key, value in rule.settings(**CHOSEN.get(name, {})).items()
    }
    settings |= {"lr": random.uniform(0.01, 0.1, (members, 1)), "l2": random.uniform(0.1, 1, (members, 1))}
    settings |= {"decay": random.uniform(0.001, 0.01, (members, 1))}
    start = np.tile(START, (members, 1))

    def train(weights: np.ndarray, chosen: dict[str, np.ndarray]) -> np.ndarray:
        state = rule.initial_state(weights)
        for step in range(1, STEPS + 1):
            gradient = np.stack([gradient_at(step, member) for member in weights])
            weights, state = update(rule, weights, gradient, state, step=step, **chosen)
        return weights

    together = train(start, settings)
    alone = [train(start[[i]], {key: value[[i]] for key, value in settings.items()})[0] for i in range(members)]
    np.testing.assert_array_equal(together, np.stack(alone))
    assert len({tuple(row) for row in together}) == members


@pytest.mark.parametrize("name", RULES)
def test_update_is_pure(name: str) -> None:
    """A step leaves its arguments as they were and, asked again, gives the same answer."""
    rule = RULES[name]
    weights, gradient = START.copy(), GRADIENTS[0].copy()
    state = rule.initial_state(weights)
    before = {key: value.copy() for key, value in state.items()}
    first, new = update(rule, weights, gradient, state, step=1, lr=0.1, l2=L2, decay=0.01)
    again, _ = update(rule, weights, gradient, state, step=1, lr=0.1, l2=L2, decay=0.01)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(weights, START)
    np.testing.assert_array_equal(gradient, GRADIENTS[0])
    assert set(new) == set(state)
    for key, value in before.items():
        np.testing.assert_array_equal(state[key], value)


@pytest.mark.parametrize("name", RULES)
def test_order_none_is_the_rules_own(name: str) -> None:
    """Without an order, decay acts when the rule says."""
    rule = RULES[name]
    ends = {
        order: update(rule, 1.0, 0.5, rule.initial_state(1.0), step=1, lr=1.0, decay=0.2, order=order)[0]
        for order in (None, *Order)
    }
    assert ends[None] == ends[rule.decay_order]
    assert ends[Order.BEFORE] == ends[Order.JOINT]
    assert abs(ends[Order.AFTER] - ends[Order.JOINT]) > 1e-4


def test_fractions_have_an_exact_root_or_none() -> None:
    """A root that is rational is taken exactly; one that is not is refused, never rounded."""
    rule, half = RULES["adagrad"], Fraction(1, 2)
    settings = {"lr_decay": Fraction(0), "initial_accumulator": Fraction(0), "eps": Fraction(0)}
    ends, _ = update(rule, half, Fraction(3, 4), rule.initial_state(half), step=1, lr=half, l2=Fraction(1), **settings)
    assert ends == 0
    with pytest.raises(ArithmeticError, match="2 has no rational square root"):
        update(rule, half, half, {"total": Fraction(7, 4)}, step=1, lr=half, **settings)
