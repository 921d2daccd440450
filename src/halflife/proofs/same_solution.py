"""Same solution or not: other paths, same end. Whether some decay makes a rule rest where a penalty makes it rest.

Momentum cannot take the same steps with decay, yet it rests at the same weights: a larger α does it, since the buffer
adds up 1/(1−μ) gradients before they reach the weights and the decay reaches them at once. Adam has no such α: at rest
its direction is a sign, and does not grow with the weight as the decay does. Adadelta does have one, though it needs
some 1/((1−ρ)·ε) steps to get there.

Nothing about any rule is written here: the memory at rest is solved for, and the α that it demands is compared for all
weights. Reaching it is measured, not proved; for momentum the bounds are in `momentum_rates`.
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import sympy

from halflife.proofs._certificate import Certificate, Situation, demand
from halflife.proofs._elimination import condition_text, conditions
from halflife.proofs._exact import Exact
from halflife.proofs._letters import listed, unicode
from halflife.proofs._rest import Rest, resting_memory
from halflife.proofs._runs import apart, quadratic, run
from halflife.proofs._search import L2, LR, OWN_SETTINGS, WEIGHTS, exact_settings, fractions
from halflife.proofs._theorem import Measurement, Step, Theorem, Verdict
from halflife.proofs._twins import LETTERS, suffixes, trace
from halflife.rules import Order, Rule
from halflife.rules import rule as rule_named

HYPOTHESES = (
    "lr > 0 and α constant in time; the gradient is taken on all of the data",
    "at rest neither the weights nor what the rule remembers changes any more",
)
STEPS = 3000


def same_solution(name: str | Rule, *, order: Order | None = None, **chosen: float | Fraction) -> Theorem:
    """Whether the twins of a rule can rest at the same weights, and with which decay.

    Args:
        name: a rule, or the name of one.
        order: when the decay acts; None means as the rule does it.
        chosen: hyperparameters to fix; the others are free where the rule is rational in its gradients, and at their
            defaults where it is not.

    Raises:
        UnknownName: there is no such rule or hyperparameter.
        BadInput: a hyperparameter lies outside its domain.
    """
    rule = name if isinstance(name, Rule) else rule_named(name)
    fixed = fractions(rule, chosen)
    known = {key: sympy.Rational(value) for key, value in fixed.items()}
    if trace(rule, known, steps=1, order=order).coordinates is None:
        known = {key: sympy.Rational(value) for key, value in exact_settings(rule, fixed).items()}
    acts = f"{rule.formula}; the decay acts {(order or rule.decay_order).value}"
    given = (*HYPOTHESES, acts, *(f"{key} = {value}" for key, value in known.items()))
    resting = [Rest(rule, known, suffix, sign, order) for suffix, sign in product(suffixes(rule), (1, -1))]
    first, *others = resting
    proof = first.proof()
    if first.memory is None:
        return _theorem(rule, given, Verdict.NOT_EQUIVALENT, "the memory has no rest", "", proof, None)
    if any(rest.has_no_value() for rest in resting):
        says = "the direction at rest is 0/0"
        return _theorem(rule, given, Verdict.UNDECIDED, says, "", [Step(says=says)], None)
    certificate = _certificate(rule, fixed, order)
    text = f"α = {unicode(first.demand)}"
    ways = conditions(rule, [e for other in [first, *others] for e in first.unlike(other)], [LETTERS.eta])
    if not ways:
        proof.append(Step(says="It changes with the weight, so no α serves all errors."))
        return _theorem(rule, given, Verdict.NOT_EQUIVALENT, "α would change with the weight", "", proof, certificate)
    if not ways[0]:
        proof.append(Step(says="It is the same for all weights of either sign.", test=lambda _: certificate is None))
        if first.decay(float(LR), float(L2)) >= 1:
            proof.append(Step(says="It must be a share of the weight, below 1."))
            condition = f"{unicode(first.demand)} < 1"
            return _theorem(rule, given, Verdict.EQUIVALENT_IFF, condition, text, proof, None)
        reached = _reached(rule, fixed, order, first)
        if reached.holds():
            return _theorem(rule, given, Verdict.EQUIVALENT, text, text, proof, None, reached)
        slow = f"{text}; not reached in {STEPS} steps"
        return _theorem(rule, given, Verdict.EQUIVALENT, slow, text, proof, None)
    condition = listed(map(condition_text, ways), by="or")
    proof.append(Step(says=f"It is the same for all weights iff {condition}."))
    return _theorem(rule, given, Verdict.EQUIVALENT_IFF, condition, text, proof, certificate)


def _reached(rule: Rule, fixed: Mapping[str, Fraction], order: Order | None, rest: Rest) -> Measurement:
    """Whether the twin with decay arrives: a quadratic, a small lr, from zero."""
    lr, l2 = 0.02, 0.3
    hessian, b = quadratic(seed=5)
    settings: dict[str, Any] = {name: float(value) for name, value in fixed.items()}

    def distance() -> float:
        decay = rest.decay(lr, l2)
        with np.errstate(all="ignore"):
            path = run(rule, 0 * b, lambda w, _: hessian @ w - b, STEPS, lr=lr, decay=decay, order=order, **settings)
            return apart(path[-1], np.linalg.solve(hessian + l2 * np.eye(len(b)), b))

    says = f"{STEPS} steps on a quadratic with that decay: the end differs from the solution with the penalty by"
    return Measurement(says=says, measure=distance, at_most=1e-6)


def _certificate(rule: Rule, fixed: Mapping[str, Fraction], order: Order | None) -> Certificate | None:
    shared = exact_settings(rule, fixed)
    own = [name for name, allowed in rule.hyperparameters.items() if allowed.per_weight and name not in fixed]
    found = []
    for weight, values in product((*WEIGHTS, -WEIGHTS[0]), product(OWN_SETTINGS, repeat=len(own))):
        settings = dict(zip(own, values, strict=True))
        exact = {name: Exact(value) for name, value in {**shared, **settings}.items()}
        gradient = -L2 * weight
        try:
            memory = resting_memory(rule, Exact(weight), Exact(gradient), lr=Exact(LR), settings=exact, order=order)
            required = demand(
                rule, weight, (gradient,), lr=LR, l2=L2, settings={**shared, **settings}, order=order, memory=memory
            )
        except ArithmeticError:
            continue
        found.append(Situation(weight=weight, gradients=(gradient,), demand=required, settings=settings, memory=memory))
    if not found:
        return None
    low, high = min(found, key=lambda s: s.demand), max(found, key=lambda s: s.demand)
    if low.demand == high.demand:
        return None
    return Certificate(rule=rule, lr=LR, l2=L2, settings=shared, order=order, situations=(high, low))


def _theorem(
    rule: Rule,
    hypotheses: tuple[str, ...],
    verdict: Verdict,
    condition: str,
    map_: str,
    proof: list[Step],
    certificate: Certificate | None,
    *witnesses: Measurement,
) -> Theorem:
    sentences = {
        Verdict.EQUIVALENT: f"The twins of {rule.name} rest at the same weights iff {map_}.",
        Verdict.EQUIVALENT_IFF: f"One α makes the twins of {rule.name} rest alike iff {condition}: {map_}.",
        Verdict.NOT_EQUIVALENT: f"No decay makes {rule.name} rest where a penalty does ({condition}).",
        Verdict.UNDECIDED: f"Whether the twins of {rule.name} rest at the same weights is not decided: {condition}",
    }
    return Theorem(
        name=f"same-solution-{rule.name}",
        title=f"Same solution: {rule.name}",
        statement=sentences[verdict],
        hypotheses=hypotheses,
        reference=rule.reference,
        proof=tuple(proof),
        witnesses=witnesses,
        rules=(rule.name,),
        verdict=verdict,
        condition=condition,
        map=map_,
        certificate=certificate,
    )
