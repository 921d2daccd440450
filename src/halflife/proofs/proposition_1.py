"""Proposition 1: for SGD, decay and penalty are one thing, with α = ηλ step by step.

The proof is an induction of one step. The witness runs 200 steps of both twins on noisy gradients with a cosine
schedule; the counterexample does so with half the decay.
"""

from halflife.proofs._runs import apart, noisy, run
from halflife.proofs._theorem import Measurement, Step, Theorem
from halflife.proofs._twins import LETTERS
from halflife.proofs.same_steps import HYPOTHESES
from halflife.rules import RULES, schedule, update

ABOUT = ("sgd",)
STEPS, L2, PEAK_LR = 200, 0.3, 0.1


def theorem(share: float = 1) -> Theorem:
    """The proposition, with α = share·ηλ: true for the share 1 alone."""
    w, g, lr, l2 = LETTERS.w, LETTERS.g, LETTERS.eta_t, LETTERS.lamda
    decay = share * lr * l2
    with_l2, _ = update(RULES["sgd"], w, g, {}, step=LETTERS.t, lr=lr, l2=l2)
    with_decay, _ = update(RULES["sgd"], w, g, {}, step=LETTERS.t, lr=lr, decay=LETTERS.alpha_t)
    return Theorem(
        name="proposition-1",
        title="Proposition 1: SGD",
        statement="SGD with a penalty λ and SGD with a decay αₜ take the same steps iff αₜ = ηₜ·λ.",
        hypotheses=HYPOTHESES,
        reference="Loshchilov & Hutter 2019, proposition 1",
        proof=(
            Step(
                says="A step with the penalty, from any weight with any gradient:",
                left=with_l2,
                right=w - lr * (g + l2 * w),
            ),
            Step(says="A step with decay:", left=with_decay, right=w - lr * g - LETTERS.alpha_t * w),
            Step(
                says="If the twins agree before the step, they disagree after it by",
                left=with_l2 - with_decay,
                right=(LETTERS.alpha_t - lr * l2) * w,
            ),
            Step(
                says="which vanishes for all w iff αₜ = ηₜ·λ; they start alike, so they agree for ever.",
                left=(with_l2 - with_decay).subs(LETTERS.alpha_t, decay),
                right=0 * w,
            ),
        ),
        witnesses=(
            Measurement(
                says=f"{STEPS} noisy steps with a cosine schedule, αₜ = ηₜ·λ: the twins differ by",
                measure=lambda: _gap(share),
                at_most=1e-12,
            ),
        ),
        counterexamples=(
            Measurement(says="the same with half of that decay", measure=lambda: _gap(share / 2), at_least=1e-2),
        ),
        rules=ABOUT,
    )


def _gap(share: float) -> float:
    start, gradient = noisy(seed=1)
    cosine = schedule.cosine(STEPS)

    def lr(step: int) -> float:
        return PEAK_LR * cosine(step - 1)

    sgd = RULES["sgd"]
    with_l2 = run(sgd, start, gradient, STEPS, lr=lr, l2=L2)
    with_decay = run(sgd, start, gradient, STEPS, lr=lr, decay=lambda step: share * lr(step) * L2)
    return apart(with_l2, with_decay)
