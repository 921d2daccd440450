"""Schedules: what is left of an untouched weight depends on the sum of the learning rates, and on little else.

Decay as frameworks write it removes lr·wd of a weight a step. Over a run that leaves Π(1 − ηₜ·wd), which is close to
exp(−wd·Σηₜ): a cosine from η to 0 removes half of what a constant η removes, whatever its shape on the way.
"""

import math

import numpy as np
import sympy

from halflife.proofs._runs import run
from halflife.proofs._theorem import Measurement, Step, Theorem
from halflife.proofs._twins import LETTERS
from halflife.rules import RULES, schedule, update

ABOUT = ("sgd", "adam")
LR, STRENGTH, STEPS = 0.001, 0.1, 1000


def theorem() -> Theorem:
    """What a schedule leaves of a weight without gradient."""
    w, strength, x = LETTERS.w, sympy.Symbol("wd"), LETTERS.x
    steps = 4
    rates = LETTERS.many("eta", steps)
    left = w
    for number, lr in enumerate(rates, 1):
        left, _ = update(RULES["sgd"], left, 0 * w, {}, step=number, lr=lr, decay=lr * strength)
    t, total = sympy.symbols("t T", positive=True, integer=True)
    share = (1 + sympy.cos(sympy.pi * t / total)) / 2
    return Theorem(
        name="schedules",
        title="Schedules and decay",
        statement=(
            "A weight without gradient keeps Π(1 − ηₜ·wd) ≈ exp(−wd·Σηₜ) of itself; for a cosine from η to 0 over T "
            "steps Σηₜ = η·(T+1)/2."
        ),
        hypotheses=("decay α = ηₜ·wd, as torch.optim.AdamW has it", "ηₜ·wd is small beside 1, for the exponential"),
        reference="rules.update; Loshchilov & Hutter 2017, equation 5, for the cosine",
        proof=(
            Step(
                says=f"Each step multiplies the weight by 1 − ηₜ·wd; after {steps}:",
                left=sympy.Symbol(f"w_{steps}"),
                right=w * sympy.Mul(*(1 - lr * strength for lr in rates)),
                where=({sympy.Symbol(f"w_{steps}"): left},),
            ),
            Step(
                says="log(1 − x) is −x to first order, so the product is exp(−wd·Σηₜ) but for Σ(ηₜ·wd)²/2 above:",
                left=sympy.series(sympy.log(1 - x), x, 0, 3).removeO(),
                right=-x - x**2 / 2,
            ),
            Step(
                says="In a cosine the steps t and T−t add up to one full lr:",
                left=share + share.subs(t, total - t),
                right=sympy.S.One,
            ),
            Step(
                says="and step 0, which has no partner, is a full one: the T−1 others add up to half their number.",
                left=share.subs(t, 0) + (total - 1) / 2,
                right=(total + 1) / 2,
            ),
        ),
        witnesses=(
            Measurement(
                says=f"{STEPS} steps of AdamW with a cosine: what is left, from exp(−wd·η·(T+1)/2)",
                measure=lambda: abs(_left(LR) / math.exp(-STRENGTH * LR * (STEPS + 1) / 2) - 1),
                at_most=1e-5,
            ),
            Measurement(
                says="the sum of the cosine schedule, from (T+1)/2",
                measure=lambda: abs(sum(map(schedule.cosine(STEPS), range(STEPS))) - (STEPS + 1) / 2),
                at_most=1e-9,
            ),
        ),
        counterexamples=(
            Measurement(
                says="a constant lr, from the cosine's exponential",
                measure=lambda: abs((1 - LR * STRENGTH) ** STEPS / math.exp(-STRENGTH * LR * (STEPS + 1) / 2) - 1),
                at_least=1e-2,
            ),
            Measurement(
                says="a cosine with η·wd = 1/2, not small: from its exponential",
                measure=lambda: abs(_left(5.0, steps=20) / math.exp(-STRENGTH * 5.0 * 21 / 2) - 1),
                at_least=0.1,
            ),
        ),
        rules=ABOUT,
    )


def _left(lr: float, steps: int = STEPS) -> float:
    """The share left after a cosine, by the update of Adam with decay."""
    share = schedule.cosine(steps)
    path = run(
        RULES["adam"],
        np.ones(1),
        lambda w, _: 0 * w,
        steps,
        lr=lambda step: lr * share(step - 1),
        decay=lambda step: lr * share(step - 1) * STRENGTH,
    )
    return float(path[-1, 0])
