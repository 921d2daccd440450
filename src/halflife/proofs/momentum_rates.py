"""Momentum, how fast: when the twins converge, when they oscillate, and how slow the slow part is.

With curvature h and penalty λ, x = η(h+λ) is all that counts: the weights obey a recurrence of second order, whose
roots say everything. A penalty raises x, and so can make a weight oscillate that decay would have led home quietly.
"""

import math
from typing import Any

import numpy as np
import sympy

from halflife.proofs._runs import Weights, run
from halflife.proofs._theorem import Measurement, Step, Theorem
from halflife.proofs._twins import LETTERS
from halflife.rules import RULES, update

ABOUT = ("momentum",)
MOMENTUM = 0.81
EDGE = (1 - math.sqrt(MOMENTUM)) ** 2
"""Where the roots stop being real: x = 0.01."""


def theorem() -> Theorem:
    """The recurrence, its bounds and its slow root."""
    x, mu, q, r = LETTERS.x, LETTERS.mu, LETTERS.q, LETTERS.r
    l2, decay, lr, h, w = LETTERS.lamda, LETTERS.alpha, LETTERS.eta, LETTERS.h, LETTERS.w
    polynomial = r**2 - (1 + mu - x) * r + mu
    slow = ((1 + mu - x) + sympy.sqrt((1 + mu - x) ** 2 - 4 * mu)) / 2
    claimed = x / (1 - mu) + mu * x**2 / (1 - mu) ** 3
    return Theorem(
        name="momentum-rates",
        title="Momentum: stability, oscillation, rate",
        statement=(
            "With x = η·(h+λ) momentum with the penalty converges iff 0 < x < 2·(1+μ), without oscillation iff "
            "x ≤ (1−√μ)², and its slow part shrinks by 1−δ a step, δ = x/(1−μ) + μ·x²/(1−μ)³ + …. "
            "Decay alone never oscillates."
        ),
        hypotheses=("0 ≤ μ < 1, no dampening, lr constant", "a quadratic error with curvature h, full batch"),
        reference="Polyak 1964, section 2, for the recurrence; the series is derived here",
        proof=(
            Step(
                says="Two steps of the update with the penalty, b = 0, x for η·(h+λ): the weight after them is",
                left=LETTERS.w_2,
                right=(1 + mu - lr * (h + l2)) * LETTERS.w_1 - mu * w,
                where=(_two_steps(l2=l2),),
            ),
            Step(
                says="Its characteristic polynomial is positive at 1 iff x > 0:",
                left=polynomial.subs(r, 1),
                right=x,
            ),
            Step(
                says="and positive at −1 iff x < 2·(1+μ); with |μ| < 1 these are Jury's conditions for stability:",
                left=polynomial.subs(r, -1),
                right=2 * (1 + mu) - x,
            ),
            Step(
                says="With √μ = q its discriminant vanishes at (1−q)² and (1+q)²: below the first the roots are real.",
                left=sympy.discriminant(polynomial, r).subs(mu, q**2),
                right=(x - (1 - q) ** 2) * (x - (1 + q) ** 2),
            ),
            Step(
                says="The larger root is 1−δ, to second order in x",
                left=LETTERS.delta,
                right=claimed,
                where=({LETTERS.delta: _series(slow, x)},),
            ),
            Step(
                says="With decay instead of the penalty and no curvature the roots are real: two steps give",
                left=LETTERS.w_2,
                right=(1 - decay + mu) * LETTERS.w_1 - mu * (1 - decay) * w,
                where=(_two_steps(decay=decay, h=sympy.S.Zero),),
            ),
            Step(
                says="whose polynomial has the roots 1−α and μ",
                left=r**2 - (1 - decay + mu) * r + mu * (1 - decay),
                right=(r - (1 - decay)) * (r - mu),
            ),
        ),
        witnesses=(
            Measurement(
                says="sign changes in 2000 steps at 0.98 of the edge (1−√μ)²",
                measure=lambda: _turns(0.98 * EDGE),
                at_most=0,
            ),
            Measurement(
                says="the same as decay α = 4 times the edge", measure=lambda: _turns(0.0, 4 * EDGE), at_most=0
            ),
            Measurement(
                says="size after 3000 steps at 0.99 of the bound 2·(1+μ)", measure=lambda: _size(0.99), at_most=1e-3
            ),
            Measurement(says="relative error of δ at x = 10⁻⁴", measure=_rate_error, at_most=1e-4),
        ),
        counterexamples=(
            Measurement(says="sign changes at 4 times the edge", measure=lambda: _turns(4 * EDGE), at_least=10),
            Measurement(says="size at 1.01 of the bound", measure=lambda: _size(1.01), at_least=1e3),
            Measurement(says="relative error of x/(1−μ) alone", measure=lambda: _rate_error(terms=1), at_least=1e-3),
        ),
        rules=ABOUT,
    )


def _two_steps(
    *, h: sympy.Expr = LETTERS.h, l2: sympy.Expr = sympy.S.Zero, decay: sympy.Expr = sympy.S.Zero
) -> dict[sympy.Expr, sympy.Expr]:
    """w₁ and w₂ of the update on a quadratic, the memory before the first step being v."""
    rule, before = RULES["momentum"], LETTERS.w
    common: dict[str, Any] = {"step": LETTERS.t, "lr": LETTERS.eta, "l2": l2, "decay": decay}
    common |= {"momentum": LETTERS.mu, "dampening": 0}
    first, state = update(rule, before, h * before, {"v": LETTERS.v}, **common)
    second, _ = update(rule, first, h * first, state, **common)
    return {LETTERS.w_2: second, LETTERS.w_1: first}


def _series(root: sympy.Expr, x: sympy.Symbol) -> sympy.Expr:
    """1 − root to second order in x; 1−μ is written as a positive letter, so that its square has one root."""
    rest = sympy.Symbol("p", positive=True)
    series = sympy.series(1 - root.subs(LETTERS.mu, 1 - rest), x, 0, 3).removeO()
    return series.subs(rest, 1 - LETTERS.mu)


def _path(x: float, decay: float = 0.0, steps: int = 2000) -> Weights:
    return run(
        RULES["momentum"], np.ones(1), lambda w, _: 0 * w, steps, lr=0.1, l2=x / 0.1, decay=decay, momentum=MOMENTUM
    )[:, 0]


def _turns(x: float, decay: float = 0.0) -> float:
    path = _path(x, decay)
    path = path[np.abs(path) > 1e-200]
    return float(np.sum(path[1:] * path[:-1] < 0))


def _size(share: float) -> float:
    return float(np.max(np.abs(_path(share * 2 * (1 + MOMENTUM), steps=3000)[-2:])))


def _rate_error(terms: int = 2, x: float = 1e-4) -> float:
    path = _path(x, steps=4000)
    measured = float(1 - path[-1] / path[-2])
    claimed = sum((x / (1 - MOMENTUM), MOMENTUM * x**2 / (1 - MOMENTUM) ** 3)[:terms])
    return abs(measured / claimed - 1)
