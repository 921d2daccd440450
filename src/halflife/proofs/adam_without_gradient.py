"""Adam, no loss gradient: the strength of the penalty does not matter at all; decay shrinks exactly as it says.

Adam divides the gradient by its own size. Where the penalty is all the gradient there is, λ cancels: a weight that no
data speaks of moves by lr a step whether λ is 0.001 or 10. Under AdamW it keeps 1 − lr·wd of itself in each step.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy

from halflife.proofs._letters import Letters, unicode
from halflife.proofs._runs import Weights, apart, run
from halflife.proofs._theorem import Measurement, Step, Theorem
from halflife.proofs._twins import LETTERS
from halflife.rules import RULES, update

ABOUT = ("adam",)
POSITIVE = Letters(positive=True)
LR, STEPS = 0.01, 200


def scaled_steps(factor: str) -> tuple[Step, ...]:
    """Adam with ε = 0 on gradients times a factor: its memory scales, its direction does not."""
    adam, c = RULES["adam"], getattr(POSITIVE, factor)
    g, m, s = LETTERS.g, LETTERS.m, POSITIVE.s
    settings = {"beta1": POSITIVE.beta_1, "beta2": POSITIVE.beta_2, "eps": 0}
    direction, after = adam.direction(g, {"m": m, "s": s}, step=POSITIVE.t, **settings)
    scaled, scaled_after = adam.direction(c * g, {"m": c * m, "s": c**2 * s}, step=POSITIVE.t, **settings)
    shown = sympy.Symbol(f"d_{factor}"), sympy.Symbol("d")
    power: Mapping[str, int] = {"m": 1, "s": 2}
    return (
        *(
            Step(
                says=f"Had the gradients so far been {unicode(c)} times as large, `{name}` would now be",
                left=sympy.Symbol(f"{name}_{factor}"),
                right=c ** power[name] * sympy.Symbol(name),
                where=({sympy.Symbol(f"{name}_{factor}"): scaled_after[name], sympy.Symbol(name): after[name]},),
            )
            for name in ("m", "s")
        ),
        Step(
            says="and the direction stays as it is:",
            left=shown[0],
            right=shown[1],
            where=({shown[0]: scaled, shown[1]: direction},),
        ),
    )


def theorem() -> Theorem:
    """A weight that the loss does not depend on."""
    w, decay = LETTERS.w, LETTERS.alpha
    adam = RULES["adam"]
    kept, memory = update(
        adam,
        w,
        0 * w,
        {"m": sympy.S.Zero, "s": sympy.S.Zero},
        step=POSITIVE.t,
        lr=LETTERS.eta,
        decay=decay,
        beta1=POSITIVE.beta_1,
        beta2=POSITIVE.beta_2,
        eps=POSITIVE.varepsilon,
    )
    return Theorem(
        name="adam-without-gradient",
        title="Adam without a loss gradient",
        statement=(
            "Where the loss gradient is zero, the path under Adam with a penalty does not depend on λ (ε → 0); with "
            "decay exactly (1−α)ᵗ of the weight is left, α = lr·wd for AdamW."
        ),
        hypotheses=(
            "the loss gradient of the weight is zero in every step",
            "λ > 0; ε = 0 for the penalty, any ε > 0 for the decay",
        ),
        reference="rules.update; Loshchilov & Hutter 2019, section 2, on weights with small gradients",
        proof=(
            *scaled_steps("lamda"),
            Step(
                says="With the penalty alone the gradient is λ·w. So while the weights agree, all λ move them alike.",
                left=LETTERS.g_t,
                right=LETTERS.lamda * w,
                where=({LETTERS.g_t: _gradient_received()},),
            ),
            Step(says="With decay the memory stays empty", left=memory["m"] + memory["s"], right=sympy.S.Zero),
            Step(says="and each step leaves", left=LETTERS.w_t, right=(1 - decay) * w, where=({LETTERS.w_t: kept},)),
        ),
        witnesses=(
            Measurement(
                says=f"{STEPS} steps with λ from 0.001 to 10: the paths differ by", measure=_spread, at_most=1e-4
            ),
            Measurement(says="AdamW's path, from (1−lr·wd)ᵗ", measure=_decay_error, at_most=1e-12),
        ),
        counterexamples=(
            Measurement(says="the same λ under SGD", measure=lambda: _spread("sgd"), at_least=0.1),
            Measurement(
                says="the same λ under Adam with ε = 1", measure=lambda: _spread("adam", eps=1.0), at_least=0.1
            ),
        ),
        rules=ABOUT,
    )


def _gradient_received() -> sympy.Expr:
    """What reaches the direction of any rule, seen through one that passes it on: −(new w − w) at lr 1."""
    w = LETTERS.w
    moved, _ = update(RULES["sgd"], w, 0 * w, {}, step=1, lr=1, l2=LETTERS.lamda)
    return w - moved


def _path(rule: str, **given: Any) -> Weights:
    start = np.array([1.0, -3.0, 5.0])
    return run(RULES[rule], start, lambda w, _: 0 * w, STEPS, lr=LR, **given)


def _spread(rule: str = "adam", **settings: Any) -> float:
    middle = _path(rule, l2=0.1, **settings)
    return max(apart(_path(rule, l2=l2, **settings), middle) for l2 in (1e-3, 1e-2, 1.0, 10.0))


def _decay_error() -> float:
    path = _path("adam", decay=0.02)
    return apart(path, 0.98 ** np.arange(STEPS + 1)[:, None] * path[0])
