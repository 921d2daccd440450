"""Heavy ball at another momentum: there decay is a penalty, step for step, and the two doors are one again.

At the same momentum no decay takes the steps of a penalty. But a buffer that also holds wd·w, as the one of the twin
with a penalty does, moves the weights as the decay and the bare buffer do together; it only forgets faster, by the
share that the decay removes. The way back needs real roots: a
penalty that makes a weight oscillate is no decay at any momentum.

Nesterov's momentum and McCaffrey's program have no such exchange: their answer to a single gradient is another one,
whatever the learning rate, the momentum and the penalty.
"""

from functools import cache
from typing import Any

import numpy as np
import sympy

from halflife.proofs._runs import apart, noisy
from halflife.proofs._theorem import Measurement, Step, Theorem, Verdict, vanishes
from halflife.proofs._twins import LETTERS
from halflife.rules import RULES, Order, Rule, schedule, update

ABOUT = ("momentum", "momentum_lr_inside", "nesterov", "mccaffrey")
STEPS, PEAK_LR, STRENGTH, MOMENTUM = 200, 0.1, 0.5, 0.9
LAMDA, MU = LETTERS.lamda, LETTERS.mu_2
"""The penalty and the momentum of the other twin."""


def theorem(share: float = 1) -> Theorem:
    """The exchange, with `share` of its penalty: true for the share 1 alone."""
    mu, tau, alpha, eta = LETTERS.mu, LETTERS.tau, LETTERS.alpha, LETTERS.eta
    x, r = LETTERS.x, LETTERS.r
    return Theorem(
        name="other-momentum",
        title="At another momentum",
        statement=(
            "Heavy ball with decay αₜ takes the steps of heavy ball with the penalty λₜ = (αₜ/ηₜ − μ·αₜ₋₁/ηₜ₋₁)/(1−τ) "
            "and momentum μ·(1−αₜ₋₁), its buffer holding (αₜ/ηₜ)·w more. So αₜ = ηₜ·wd is the constant penalty "
            "λ = wd·(1−μ)/(1−τ), and with constant lr the constant momentum μ·(1−α)."
        ),
        hypotheses=(
            "any error, any order of batches, any lr > 0 and αₜ < 1, which may change from step to step",
            "the decay acts joint with the step, but where it is said",
            "from the first step on if τ = 0 and the buffer starts at wd·w/(1−α), or at wd·w with μ in the first step; "
            "from an empty buffer the first step lacks α·μ·w, and the twins end alike where training converges",
        ),
        reference="derived here from rules.update",
        proof=(
            *_induction(share),
            *_start(),
            Step(
                says="With constant lr, μ₂ = μ·(1−α) and x = η·λ·(1−τ) = α·(1−μ). The way back: 1−α and μ are the two "
                "roots of momentum-rates, real iff x ≤ (1−√μ₂)²; a penalty that makes a weight oscillate is no decay.",
                left=r**2 - (1 + MU - x) * r + MU,
                right=(r - (1 - alpha)) * (r - mu),
                where=({MU: mu * (1 - alpha), x: alpha * (1 - mu)},),
            ),
            Step(
                says="Where training converges, λ is that of momentum-solution:",
                left=LAMDA,
                right=alpha * (1 - mu) / (eta * (1 - tau)),
                where=({LAMDA: (alpha / eta - mu * alpha / eta) / (1 - tau)},),
            ),
            _after(),
            *_inside(),
            *(_no_exchange(name, says) for name, says in _OTHERS.items()),
        ),
        witnesses=(
            Measurement(
                says=f"{STEPS} noisy steps with a cosine schedule, αₜ = ηₜ·wd: the twins differ by",
                measure=lambda: _gap(share=share),
                at_most=1e-12,
            ),
            Measurement(
                says="constant lr, momentum μ·(1−α) in every step, the buffer starting at wd·w/(1−α)",
                measure=lambda: _gap(share=share, constant=True),
                at_most=1e-12,
            ),
        ),
        counterexamples=(
            Measurement(says="the momentum unchanged", measure=lambda: _gap(slower=False), at_least=1e-2),
            Measurement(says="the penalty wd, not wd·(1−μ)", measure=lambda: _gap(share=10), at_least=1e-2),
            Measurement(says="an empty buffer at the start", measure=lambda: _gap(filled=False), at_least=1e-3),
        ),
        rules=ABOUT,
        verdict=Verdict.EQUIVALENT_IFF,
        condition="heavy ball: momentum μ·(1 − α) with λ = α·(1 − μ)/(η·(1 − τ))",
    )


def _step(rule: str, weight: Any, gradient: Any, memory: Any, lr: Any, **given: Any) -> tuple[Any, Any]:
    momentum = {"momentum": LETTERS.mu} | ({"dampening": LETTERS.tau} if rule == "momentum" else {})
    after, state = update(RULES[rule], weight, gradient, {"v": memory}, step=LETTERS.t, lr=lr, **momentum | given)
    return after, state["v"]


def _induction(share: float) -> tuple[Step, ...]:
    """Two steps of the twin with decay, the second of which the twin with the penalty takes from the fuller buffer."""
    w, v, mu, tau = LETTERS.w, LETTERS.v, LETTERS.mu, LETTERS.tau
    (lr_1, lr_2), (decay_1, decay_2) = LETTERS.many("eta", 2), LETTERS.many("alpha", 2)
    g_1, g_2 = LETTERS.many("g", 2)
    here, buffer_1 = _step("momentum", w, g_1, v, lr_1, decay=decay_1)
    full_1 = buffer_1 + decay_1 / lr_1 * w
    there, buffer_2 = _step("momentum", here, g_2, buffer_1, lr_2, decay=decay_2)
    full_2 = buffer_2 + decay_2 / lr_2 * here
    l2 = share * (decay_2 / lr_2 - mu * decay_1 / lr_1) / (1 - tau)
    weight, buffer = _step("momentum", here, g_2, full_1, lr_2, l2=l2, momentum=mu * (1 - decay_1))
    n_1, n_2, w_1, gap = sympy.symbols("n_1 n_2 w_1 Delta")
    return (
        Step(
            says="A step with decay, n₁ being its buffer after that step and (α₁/η₁)·w:",
            left=w_1,
            right=w - lr_1 * n_1,
            where=({w_1: here, n_1: full_1},),
        ),
        Step(
            says="The next step makes of it n₂ in the same way: a buffer of smaller momentum, with a penalty.",
            left=n_2,
            right=mu * (1 - decay_1) * n_1 + (1 - tau) * g_2 + (decay_2 / lr_2 - mu * decay_1 / lr_1) * w_1,
            where=({n_2: full_2, n_1: full_1, w_1: here},),
        ),
        Step(
            says="The update with the penalty, from n₁ at the same weight with the same gradient, has the buffer",
            left=sympy.Symbol("v_2"),
            right=n_2,
            where=({sympy.Symbol("v_2"): buffer, n_2: full_2},),
        ),
        Step(
            says="and goes to the same weight, so the twins agree for ever once they do:",
            left=gap,
            right=0 * w,
            where=({gap: weight - there},),
        ),
        Step(
            says="With αₜ = ηₜ·wd the penalty is the same in every step, whatever the schedule:",
            left=LAMDA,
            right=sympy.Symbol("wd") * (1 - mu) / (1 - tau),
            where=({LAMDA: l2.subs({decay_1: lr_1 * sympy.Symbol("wd"), decay_2: lr_2 * sympy.Symbol("wd")})},),
        ),
    )


def _start() -> tuple[Step, ...]:
    """The first step, with constant lr and no dampening."""
    w, g, lr, decay, mu = LETTERS.w, LETTERS.g, LETTERS.eta, LETTERS.alpha, LETTERS.mu
    here, _ = _step("momentum", w, g, 0, lr, decay=decay, dampening=0)
    penalty: dict[str, Any] = {"l2": decay * (1 - mu) / lr, "dampening": 0}
    says = (
        ("The first step agrees from the buffer (α/η)·w with the momentum μ", decay / lr * w, mu, 0),
        ("or, which is the same, from (α/η)·w/(1−α) with μ·(1−α)", decay / lr * w / (1 - decay), mu * (1 - decay), 0),
        ("From an empty buffer it lacks", 0, mu * (1 - decay), decay * mu * w),
    )
    gap = sympy.Symbol("Delta")
    return tuple(
        Step(
            says=f"{sentence}: the twins differ by" if not right else sentence,
            left=gap,
            right=right + 0 * w,
            where=({gap: _step("momentum", w, g, buffer, lr, momentum=momentum, **penalty)[0] - here},),
        )
        for sentence, buffer, momentum, right in says
    )


def _after() -> Step:
    """Decay after the step is decay joint with a smaller one."""
    w, g, v, lr, decay = LETTERS.w, LETTERS.g, LETTERS.v, LETTERS.eta, LETTERS.alpha
    after, _ = _step("momentum", w, g, v, lr, decay=decay, order=Order.AFTER)
    joint, _ = _step("momentum", w, g, v, lr * (1 - decay), decay=decay)
    says = "Decay after the step is decay joint with it at the lr η·(1−α), so all holds with that lr: the two differ by"
    gap = sympy.Symbol("Delta")
    return Step(says=says, left=gap, right=0 * w, where=({gap: after - joint},))


def _inside() -> tuple[Step, ...]:
    """The same with lr inside the buffer, which then holds αₜ·w more."""
    w, v, mu = LETTERS.w, LETTERS.v, LETTERS.mu
    (lr_1, lr_2), (decay_1, decay_2) = LETTERS.many("eta", 2), LETTERS.many("alpha", 2)
    g_1, g_2 = LETTERS.many("g", 2)
    here, buffer_1 = _step("momentum_lr_inside", w, g_1, v, lr_1, decay=decay_1)
    there, _ = _step("momentum_lr_inside", here, g_2, buffer_1, lr_2, decay=decay_2)
    l2 = (decay_2 - mu * decay_1) / lr_2
    full = buffer_1 + decay_1 * w
    weight, _ = _step("momentum_lr_inside", here, g_2, full, lr_2, l2=l2, momentum=mu * (1 - decay_1))
    gap = sympy.Symbol("Delta")
    return (
        Step(
            says="With lr inside the buffer, which then holds αₜ·w more, the penalty is (αₜ − μ·αₜ₋₁)/ηₜ; "
            "the twins then differ by",
            left=gap,
            right=0 * w,
            where=({gap: weight - there},),
        ),
    )


_OTHERS = {
    "nesterov": "Nesterov's momentum has no exchange at any lr, momentum and penalty: what one gradient does to the "
    "weights in four steps is the same only if",
    "mccaffrey": "Nor has McCaffrey's program, for the same reason:",
}


def _no_exchange(rule: str, says: str) -> Step:
    """What is left of four steps' equations when lr, momentum and penalty of the other twin are eliminated."""
    return Step(
        says=says,
        left=sympy.factor(_left_over(rule)),
        right=sympy.S.Zero,
        test=lambda step: vanishes(step.difference - _left_over(rule)),
    )


@cache
def _left_over(name: str) -> sympy.Expr:
    """Each of the first two steps is linear in one unknown, lr and λ; the resultant of the others has no μ₂."""
    rule = RULES[name]
    lr = LETTERS.eta_2
    there = _answer(rule, lr, l2=LAMDA, momentum=MU)
    here = _answer(rule, LETTERS.eta, decay=LETTERS.alpha, momentum=LETTERS.mu)
    gaps = [one - other for one, other in zip(there, here, strict=True)]
    for unknown in (lr, LAMDA):
        first, *gaps = gaps
        (value,) = sympy.solve(first, unknown)
        gaps = [sympy.fraction(sympy.cancel(gap.subs(unknown, value)))[0] for gap in gaps]
    return sympy.resultant(*gaps, MU)


def _answer(rule: Rule, lr: sympy.Expr, **given: Any) -> list[sympy.Expr]:
    """The weights after each of four steps, from zero, of a gradient of 1 in the first."""
    weight, state = sympy.S.Zero, rule.initial_state(sympy.S.Zero)
    weights = []
    for number in range(1, 5):
        gradient = sympy.Integer(number == 1)
        weight, state = update(rule, weight, gradient, state, step=number, lr=lr, **given)
        weights.append(weight)
    return weights


def _gap(*, share: float = 1, slower: bool = True, filled: bool = True, constant: bool = False) -> float:
    """How far the twins part in some steps on noisy gradients."""
    start, gradient = noisy(seed=1)
    rule, cosine = RULES["momentum"], schedule.cosine(STEPS)
    lrs = [PEAK_LR * (1 if constant else cosine(step)) for step in range(STEPS)]
    before = [PEAK_LR if constant else 0.0, *lrs]
    here = there = start
    plain, full = rule.initial_state(start), {"v": filled * STRENGTH / (1 - before[0] * STRENGTH) * start}
    paths = []
    for step, lr in enumerate(lrs, 1):
        momentum = MOMENTUM * (1 - before[step - 1] * STRENGTH) if slower else MOMENTUM
        common: dict[str, Any] = {"step": step, "lr": lr}
        decay, l2 = lr * STRENGTH, share * STRENGTH * (1 - MOMENTUM)
        here, plain = update(rule, here, gradient(here, step), plain, decay=decay, momentum=MOMENTUM, **common)
        there, full = update(rule, there, gradient(there, step), full, l2=l2, momentum=momentum, **common)
        paths.append((here, there))
    return apart(*(np.stack(path) for path in zip(*paths, strict=True)))
