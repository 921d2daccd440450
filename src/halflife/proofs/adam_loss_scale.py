"""Adam, the scale of the loss: it is invisible to AdamW, and changes what a penalty does.

Multiply the loss by 1000, as a sum over a batch instead of a mean does. Adam alone does not notice, nor does decay;
but a penalty is now a thousandth of what it was beside the loss, and only λ·1000 restores the path.
"""

from typing import Any

import sympy

from halflife.proofs._letters import Letters
from halflife.proofs._runs import Weights, apart, noisy, run
from halflife.proofs._theorem import Measurement, Step, Theorem
from halflife.proofs.adam_without_gradient import scaled_steps
from halflife.rules import RULES, update

ABOUT = ("adam",)
POSITIVE = Letters(positive=True)
LR, L2, DECAY, STEPS, SCALE = 0.02, 0.5, 0.01, 200, 1000.0


def theorem() -> Theorem:
    """The loss times c, for either door."""
    c, l2, w, g = POSITIVE.c, POSITIVE.lamda, POSITIVE.w, POSITIVE.g
    return Theorem(
        name="adam-loss-scale",
        title="Adam and the scale of the loss",
        statement=(
            "Multiplying the loss by c > 0 leaves the path of AdamW as it is (ε → 0), and changes that of Adam with a "
            "penalty λ > 0, unless λ is multiplied by c too."
        ),
        hypotheses=("ε = 0, and no gradient so far was zero throughout",),
        reference="Kingma & Ba 2015, section 2.1, on the scale of gradients; Loshchilov & Hutter 2019, section 2",
        proof=(
            *scaled_steps("c"),
            Step(
                says="The decay does not look at gradients, so AdamW's steps stay too. The penalty joins the gradient:",
                left=POSITIVE.g_t,
                right=c * g + l2 * w,
                where=({POSITIVE.g_t: _received(c * g, l2)},),
            ),
            Step(
                says="which is c times the old one at the same weight iff λ is multiplied by c:",
                left=POSITIVE.g_t,
                right=c * _received(g, l2),
                where=({POSITIVE.g_t: _received(c * g, c * l2)},),
            ),
        ),
        witnesses=(
            Measurement(
                says=f"{STEPS} noisy steps of AdamW, the loss times 1000: the paths differ by",
                measure=lambda: apart(_path(decay=DECAY), _path(SCALE, decay=DECAY)),
                at_most=1e-10,
            ),
            Measurement(
                says="Adam with λ, both times 1000",
                measure=lambda: apart(_path(l2=L2), _path(SCALE, l2=SCALE * L2)),
                at_most=1e-10,
            ),
        ),
        counterexamples=(
            Measurement(
                says="Adam with λ, the loss alone times 1000",
                measure=lambda: apart(_path(l2=L2), _path(SCALE, l2=L2)),
                at_least=1e-2,
            ),
        ),
        rules=ABOUT,
    )


def _received(gradient: sympy.Expr, l2: sympy.Expr) -> sympy.Expr:
    """The gradient that reaches a direction, seen through one that passes it on at lr 1."""
    w = POSITIVE.w
    moved, _ = update(RULES["sgd"], w, gradient, {}, step=1, lr=1, l2=l2)
    return w - moved


def _path(scale: float = 1.0, **door: Any) -> Weights:
    start, gradient = noisy(seed=7)
    return run(RULES["adam"], start, lambda w, step: scale * gradient(w, step), STEPS, lr=LR, eps=0.0, **door)
