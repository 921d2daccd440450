"""Proposition 3: with a fixed preconditioner, decay is a penalty that weighs each weight by its own s.

For M = diag(1/s) the penalty is (λ′/2)‖w ⊙ √s‖² with λ′ = α/η. The paper's main text prints the constant λ′/(2·lr)
beside λ′ = decay/lr, dividing by lr twice; its appendix has λ′/2. Both are tried here, and only the appendix's
reproduces the iterates.
"""

import numpy as np
import sympy

from halflife.proofs._runs import Weights, apart, noisy, run
from halflife.proofs._theorem import Measurement, Step, Theorem
from halflife.proofs._twins import LETTERS
from halflife.rules import RULES, update

ABOUT = ("preconditioned",)
LR, DECAY = 0.05, 0.02
S = np.array([0.5, 1.0, 2.0, 4.0])


def constant(*, misprinted: bool) -> sympy.Expr:
    """What multiplies ‖w ⊙ √s‖²: λ′/2 as in the appendix, or λ′/(2·lr) as in the main text, with λ′ = α/η."""
    scaled = LETTERS.alpha / LETTERS.eta
    return scaled / (2 * LETTERS.eta) if misprinted else scaled / 2


def theorem(*, misprinted: bool = False) -> Theorem:
    """The proposition; with the misprinted constant it does not check."""
    w, g, s, lr, decay = LETTERS.w, LETTERS.g, LETTERS.s, LETTERS.eta, LETTERS.alpha
    chosen = constant(misprinted=misprinted)
    penalty = chosen * (w * sympy.sqrt(s)) ** 2
    rule = RULES["preconditioned"]
    with_penalty, _ = update(rule, w, g + sympy.diff(penalty, w), {}, step=1, lr=lr, scale=1 / s)
    with_decay, _ = update(rule, w, g, {}, step=1, lr=lr, decay=decay, scale=1 / s)
    wrong = constant(misprinted=not misprinted) * (w * sympy.sqrt(s)) ** 2
    with_wrong, _ = update(rule, w, g + sympy.diff(wrong, w), {}, step=1, lr=lr, scale=1 / s)
    return Theorem(
        name="proposition-3",
        title="Proposition 3: a fixed preconditioner",
        statement="For M = diag(1/s) a decay α takes the steps of the penalty (λ′/2)·‖w ⊙ √s‖² with λ′ = α/η.",
        hypotheses=("lr > 0", "s > 0 is fixed: it depends neither on the weights nor on the step", "any error"),
        reference=(
            "Loshchilov & Hutter 2019, proposition 3; the main text prints λ′/(2·lr) where the appendix has λ′/2, "
            "and only the latter is right"
        ),
        proof=(
            Step(says="For each weight the penalty is", left=penalty, right=chosen * w**2 * s),
            Step(
                says="and adds to the gradient",
                left=sympy.Derivative(LETTERS.R, w),
                right=decay / lr * s * w,
                where=({LETTERS.R: penalty},),
            ),
            Step(says="Its twin without decay moves to", left=with_penalty, right=w - lr * g / s - decay * w),
            Step(
                says="which is where the decay moves its twin. The difference is",
                left=with_penalty - with_decay,
                right=0 * w,
            ),
            Step(
                says="The constant λ′/(2·lr) of the main text leaves a difference, zero only for η = 1:",
                left=with_wrong - with_decay,
                right=decay * w * (1 - 1 / lr),
            ),
        ),
        witnesses=(
            Measurement(
                says="100 noisy steps, the appendix's constant: the twins differ by",
                measure=lambda: _gap(chosen),
                at_most=1e-12,
            ),
        ),
        counterexamples=(
            Measurement(
                says="the same with the main text's constant",
                measure=lambda: _gap(constant(misprinted=not misprinted)),
                at_least=0.1,
            ),
        ),
        rules=ABOUT,
    )


def _gap(chosen: sympy.Expr) -> float:
    start, gradient = noisy(seed=3)
    rule = RULES["preconditioned"]
    coefficient = float(chosen.subs({LETTERS.alpha: DECAY, LETTERS.eta: LR}))

    def penalized(w: Weights, step: int) -> Weights:
        return gradient(w, step) + 2 * coefficient * S * w

    with_penalty = run(rule, start, penalized, 100, lr=LR, scale=1 / S)
    with_decay = run(rule, start, gradient, 100, lr=LR, decay=DECAY, scale=1 / S)
    return apart(with_penalty, with_decay)
