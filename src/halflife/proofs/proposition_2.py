"""Proposition 2: with a preconditioner that treats weights differently, no penalty does what decay does.

Adam divides each gradient by a root of its own; for a moment that is a matrix M, and w ← w − ηM∇E. The penalty passes
through M, the decay does not: equality for all w needs αw = ηλMw, so M must be a multiple of the identity. The way out
is a penalty of its own for each weight.
"""

import numpy as np
import sympy

from halflife.proofs._runs import Weights, apart, noisy, run
from halflife.proofs._theorem import Measurement, Step, Theorem
from halflife.proofs._twins import LETTERS
from halflife.rules import RULES, Rule, update

ABOUT = ("preconditioned", "rmsprop", "adagrad", "adadelta", "adam", "amsgrad", "adamax", "nadam", "radam")
LR, DECAY = 0.05, 0.02
SCALE = np.array([0.5, 1.0, 2.0, 4.0])


def theorem() -> Theorem:
    """The proposition, for two weights and any 2 × 2 matrix M."""
    m = sympy.Matrix(2, 2, sympy.symbols("M_11 M_12 M_21 M_22"))
    w, g = sympy.Matrix(sympy.symbols("w_1 w_2")), sympy.Matrix(sympy.symbols("g_1 g_2"))
    lr, l2, decay = LETTERS.eta, LETTERS.lamda, LETTERS.alpha
    rule = Rule(
        name="matrix",
        direction=lambda gradient, state, **_: (m * gradient, state),
        formula="d = M·g",
        reference="Loshchilov & Hutter 2019, proposition 2",
    )
    with_l2, _ = update(rule, w, g, {}, step=1, lr=lr, l2=l2)
    with_decay, _ = update(rule, w, g, {}, step=1, lr=lr, decay=decay)
    gap = sympy.expand(with_l2 - with_decay)
    entries = [gap[row].coeff(w[column]) for row in (0, 1) for column in (0, 1)]

    def follows(step: Step) -> bool:
        basis = sympy.groebner(entries, decay, *m, lr, l2, order="lex")
        return bool(basis.contains(sympy.expand(step.difference)))

    own, _ = update(RULES["preconditioned"], w[0], g[0], {}, step=1, lr=lr, l2=decay / (lr * m[0]), scale=m[0])
    decayed, _ = update(RULES["preconditioned"], w[0], g[0], {}, step=1, lr=lr, decay=decay, scale=m[0])
    consequences = (lr * l2 * m[0, 1], lr * l2 * m[1, 0], lr * l2 * (m[0, 0] - m[1, 1]))
    return Theorem(
        name="proposition-2",
        title="Proposition 2: a preconditioner",
        statement="For w ← w − ηM∇E with M not a multiple of the identity no penalty λ reproduces a decay α > 0.",
        hypotheses=(
            "lr > 0, λ > 0",
            "any error: weights and gradients are free",
            "two weights; more have all their pairs",
        ),
        reference="Loshchilov & Hutter 2019, proposition 2",
        proof=(
            *(
                Step(
                    says=f"After a step from the same weights the twins differ in weight {row + 1} by",
                    left=gap[row],
                    right=decay * w[row] - lr * l2 * (m[row, 0] * w[0] + m[row, 1] * w[1]),
                )
                for row in (0, 1)
            ),
            *(
                Step(
                    says="These vanish for all w only if" if n == 0 else "and",
                    left=polynomial,
                    right=sympy.S.Zero,
                    test=follows,
                )
                for n, polynomial in enumerate(consequences)
            ),
            Step(
                says="So M is a multiple of the identity. With one penalty a weight, λᵢ = α/(η·Mᵢᵢ) does it:",
                left=own - decayed,
                right=0 * lr,
            ),
        ),
        witnesses=(
            Measurement(
                says="100 noisy steps with a diagonal M, λᵢ = α/(η·Mᵢᵢ): the twins differ by",
                measure=lambda: _gap(DECAY / (LR * SCALE)),
                at_most=1e-12,
            ),
        ),
        counterexamples=(
            Measurement(
                says="the same with the best single λ of 101",
                measure=lambda: min(_gap(x * DECAY / LR) for x in np.geomspace(0.1, 10, 101)),
                at_least=1e-2,
            ),
        ),
        rules=ABOUT,
    )


def _gap(l2: Weights | float) -> float:
    start, gradient = noisy(seed=2)
    rule = RULES["preconditioned"]
    with_l2 = run(rule, start, gradient, 100, lr=LR, l2=l2, scale=SCALE)
    with_decay = run(rule, start, gradient, 100, lr=LR, decay=DECAY, scale=SCALE)
    return apart(with_l2, with_decay)
