"""Momentum, where it ends: other paths, the same ridge solution, when the decay is 1/(1−μ) times as large.

On a quadratic error ½wᵀHw − bᵀw, in coordinates that make H diagonal, each weight has a fixed point of its own, found
here by solving the update for it. The naive α = ηλ ends at a solution regularized 1−μ times too weakly. McCaffrey's
classic program, which decays after its step, has a constant of its own.
"""

import numpy as np
import sympy

from halflife.proofs._runs import apart, quadratic, run
from halflife.proofs._theorem import Measurement, Step, Theorem
from halflife.proofs._twins import LETTERS
from halflife.rules import RULES, Order, Rule, update

ABOUT = ("momentum", "momentum_lr_inside", "nesterov", "mccaffrey")
LR, L2, MOMENTUM, DAMPENING = 0.05, 0.3, 0.8, 0.25
STEPS = 4000


def theorem() -> Theorem:
    """The fixed points of momentum's twins, and of three relatives."""
    lr, l2, decay, mu, tau = LETTERS.eta, LETTERS.lamda, LETTERS.alpha, LETTERS.mu, LETTERS.tau
    effective = decay * (1 - mu) / (lr * (1 - tau))
    heavy_ball, mccaffrey, sgd = RULES["momentum"], RULES["mccaffrey"], RULES["sgd"]
    required = lr * l2 * (1 - tau) / (1 - mu)
    return Theorem(
        name="momentum-solution",
        title="Momentum: the same solution",
        statement=(
            "On any quadratic, SGD with momentum μ and dampening τ ends at (H + λI)⁻¹b with the penalty, and at "
            "(H + λ′I)⁻¹b with decay, λ′ = α·(1−μ)/(η·(1−τ)): at the same solution iff α = η·λ·(1−τ)/(1−μ)."
        ),
        hypotheses=(
            "the error is ½wᵀHw − bᵀw, and its gradient is taken on all of the data",
            "lr and α are constant and small enough for both twins to converge: see momentum-rates",
            "the decay acts joint with the step, but for McCaffrey's program and where it is said",
        ),
        reference="the fixed points of rules.update; McCaffrey 2014 for the last but one",
        proof=(
            _ends("With the penalty a weight with curvature h ends at", heavy_ball, l2, l2=l2),
            _ends("With decay it ends at", heavy_ball, effective, decay=decay),
            Step(
                says="The two are one iff",
                left=decay,
                right=required,
                where=({decay: sympy.solve(effective - l2, decay)[0]},),
            ),
            _ends("With lr inside the buffer", RULES["momentum_lr_inside"], decay * (1 - mu) / lr, decay=decay),
            _ends("With Nesterov's momentum", RULES["nesterov"], decay * (1 - mu) / lr, decay=decay),
            _ends("With McCaffrey's program", mccaffrey, decay / ((1 - decay) * lr * (1 + mu)), decay=decay),
            _ends(
                "Plain SGD with the decay after the step",
                sgd,
                decay / ((1 - decay) * lr),
                decay=decay,
                order=Order.AFTER,
            ),
        ),
        witnesses=(
            Measurement(
                says=f"{STEPS} steps with α = η·λ·(1−τ)/(1−μ): the end differs from the ridge solution by",
                measure=lambda: _distance(heavy_ball, LR * L2 * (1 - DAMPENING) / (1 - MOMENTUM), L2),
                at_most=1e-10,
            ),
            Measurement(
                says="McCaffrey's program, from the ridge solution with λ = α/((1−α)·η·(1+μ))",
                measure=lambda: _distance(mccaffrey, 0.02, 0.02 / (0.98 * LR * (1 + MOMENTUM))),
                at_most=1e-10,
            ),
            Measurement(
                says="plain SGD with the decay after the step, from the ridge solution with λ = α/((1−α)·η)",
                measure=lambda: _distance(sgd, 0.02, 0.02 / (0.98 * LR), Order.AFTER),
                at_most=1e-10,
            ),
        ),
        counterexamples=(
            Measurement(
                says="the naive α = η·λ, from the ridge solution",
                measure=lambda: _distance(heavy_ball, LR * L2, L2),
                at_least=1e-2,
            ),
        ),
        rules=ABOUT,
    )


def _ends(
    says: str,
    rule: Rule,
    effective: sympy.Expr,
    *,
    l2: sympy.Expr = sympy.S.Zero,
    decay: sympy.Expr = sympy.S.Zero,
    order: Order | None = None,
) -> Step:
    """The fixed point of the update on one weight of a quadratic, claimed to be b/(h + effective)."""
    w, h, b = LETTERS.w, LETTERS.h, LETTERS.b
    memory = {name: sympy.Symbol(name) for name in rule.initial}
    after, remembered = update(
        rule,
        w,
        h * w - b,
        memory,
        step=LETTERS.t,
        lr=LETTERS.eta,
        l2=l2,
        decay=decay,
        order=order,
        **LETTERS.hyperparameters(rule),
    )
    equations = [after - w, *(remembered[name] - memory[name] for name in memory)]
    (fixed,) = sympy.solve(equations, [w, *memory.values()], dict=True)
    return Step(says=says, left=w, right=b / (h + effective), where=({w: fixed[w]},))


def _distance(rule: Rule, decay: float, ridge: float, order: Order | None = None) -> float:
    hessian, b = quadratic(seed=5)
    chosen = {"momentum": MOMENTUM, "dampening": DAMPENING}
    settings = {name: value for name, value in chosen.items() if name in rule.hyperparameters}
    path = run(rule, 0 * b, lambda w, _: hessian @ w - b, STEPS, lr=LR, decay=decay, order=order, **settings)
    return apart(path[-1], np.linalg.solve(hessian + ridge * np.eye(len(b)), b))
