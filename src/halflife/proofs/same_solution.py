"""Same solution or not: other paths, same end. Whether some decay makes a rule rest where a penalty makes it rest.

Momentum cannot take the same steps with decay, yet it rests at the same weights: a larger α does it, since the buffer
adds up 1/(1−μ) gradients before they reach the weights and the decay reaches them at once. Adam has no such α: at rest
its direction is a sign, and does not grow with the weight as the decay does.

Nothing about any rule is written here: the memory at rest is solved for, and the α that it demands is compared for all
weights. That both twins reach their rest is not part of the claim; momentum's bounds are in `momentum_rates`.
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

import sympy

from halflife.proofs._certificate import Certificate, Situation, demand
from halflife.proofs._elimination import condition_text, conditions
from halflife.proofs._exact import Exact, Late
from halflife.proofs._letters import Letters, listed, unicode
from halflife.proofs._rest import decay_at_rest, resting_memory
from halflife.proofs._search import L2, LR, OWN_SETTINGS, WEIGHTS, exact_settings, fractions
from halflife.proofs._theorem import Step, Theorem, Verdict
from halflife.proofs._twins import LETTERS, coefficients, signed_kindly, suffixes, trace
from halflife.rules import Order, Rule, State, update
from halflife.rules import rule as rule_named

HYPOTHESES = (
    "lr > 0 and α constant in time; the gradient is taken on all of the data",
    "at rest neither the weights nor what the rule remembers changes any more",
)
_POSITIVE = Letters(positive=True)


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
    resting = [_Rest(rule, known, suffix, sign, order) for suffix, sign in product(suffixes(rule), (1, -1))]
    first, *others = resting
    proof = first.proof()
    if first.memory is None:
        return _theorem(rule, order, Verdict.NOT_EQUIVALENT, "the memory has no rest", "", proof, None)
    if any(rest.has_no_value() for rest in resting):
        says = "the direction at rest is 0/0"
        return _theorem(rule, order, Verdict.UNDECIDED, says, "", [Step(says=says)], None)
    certificate = _certificate(rule, fixed, order)
    text = f"α = {unicode(first.demand)}"
    ways = conditions(rule, [e for other in [first, *others] for e in first.unlike(other)], [LETTERS.eta])
    if not ways:
        proof.append(Step(says="It changes with the weight, so no α serves all errors."))
        return _theorem(rule, order, Verdict.NOT_EQUIVALENT, "α would change with the weight", "", proof, certificate)
    if not ways[0]:
        proof.append(Step(says="It is the same for all weights of either sign.", test=lambda _: certificate is None))
        return _theorem(rule, order, Verdict.EQUIVALENT, text, text, proof, None)
    condition = listed(map(condition_text, ways), by="or")
    proof.append(Step(says=f"It is the same for all weights iff {condition}."))
    return _theorem(rule, order, Verdict.EQUIVALENT_IFF, condition, text, proof, certificate)


class _Rest:
    """One weight at rest, in letters that stand for positive numbers: its memory, and the α that it demands."""

    def __init__(self, rule: Rule, known: Mapping[str, sympy.Expr], suffix: str, sign: int, order: Order | None):
        self.rule, self.order = rule, order
        self.weight = sign * getattr(_POSITIVE, f"w{suffix}")
        self.gradient = -_POSITIVE.lamda * self.weight
        self.settings = _POSITIVE.hyperparameters(rule, suffix) | dict(known)
        self.memory = resting_memory(
            rule, self.weight, self.gradient, lr=_POSITIVE.eta, settings=self.settings, order=order, tidy=_tidy
        )
        if self.memory is not None:
            self.demand = signed_kindly(_tidy(self._raw_demand(self.memory)))

    def _raw_demand(self, memory: State) -> sympy.Expr:
        return decay_at_rest(
            self.rule,
            self.weight,
            self.gradient,
            memory,
            lr=_POSITIVE.eta,
            settings=self.settings,
            order=self.order,
        )

    def _step(self, memory: State, l2: sympy.Expr = sympy.S.Zero) -> tuple[sympy.Expr, State]:
        return update(
            self.rule,
            self.weight,
            self.gradient,
            memory,
            step=Late(),
            lr=_POSITIVE.eta,
            l2=l2,
            order=self.order,
            **self.settings,
        )

    def has_no_value(self) -> bool:
        """Whether one of the twins divides by zero at rest, as Adam does when ε = 0."""
        stays, _ = self._step(self.rule.initial_state(self.weight), l2=_POSITIVE.lamda)
        return any(sympy.sympify(e).has(sympy.nan, sympy.zoo) for e in (stays, self.demand))

    def unlike(self, other: "_Rest") -> list[sympy.Expr]:
        """What must vanish for both to demand the same α, whatever the weights."""
        mine, its = sympy.symbols("here there", positive=True)
        gap = self.demand.subs(abs(self.weight), mine) - other.demand.subs(abs(other.weight), its)
        plain = gap.xreplace({letter: sympy.Symbol(letter.name) for letter in gap.free_symbols})
        return coefficients(plain, [sympy.Symbol("here"), sympy.Symbol("there")]) if sympy.simplify(plain) != 0 else []

    def proof(self) -> list[Step]:
        """Both twins at rest, as equations about one more step through the update."""
        moved = sympy.Symbol("Delta")
        stays, _ = self._step(self.rule.initial_state(self.weight), l2=_POSITIVE.lamda)
        steps = [
            Step(
                says="The twin with the penalty stays where ∇E(w) = −λw: no gradient reaches the rule. It moves by",
                left=moved,
                right=sympy.S.Zero,
                where=({moved: stays - self.weight},),
            )
        ]
        if self.memory is None:
            says = "Under that gradient the memory of the twin with decay has no rest: it grows without bound."
            return [*steps, Step(says=says)]
        _, after = self._step(self.memory)
        steps += [
            Step(
                says=f"The twin with decay meets that gradient for ever; at rest its memory `{name}` is",
                left=sympy.Symbol(name),
                right=value,
                where=({sympy.Symbol(name): after[name]},),
            )
            for name, value in self.memory.items()
        ]
        says = "It stays there too iff its decay undoes its step:"
        where = ({LETTERS.alpha: self._raw_demand(self.memory)},)
        return [*steps, Step(says=says, left=LETTERS.alpha, right=self.demand, where=where)]


def _tidy(expression: Any) -> sympy.Expr:
    exact = sympy.sympify(expression)
    exact = sympy.nsimplify(exact, rational=True) if exact.has(sympy.Float) else exact
    if exact.has(sympy.Max, sympy.Abs, sympy.Piecewise) or any(not p.exp.is_Integer for p in exact.atoms(sympy.Pow)):
        exact = sympy.simplify(exact)
    return sympy.factor(exact)


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
    order: Order | None,
    verdict: Verdict,
    condition: str,
    map_: str,
    proof: list[Step],
    certificate: Certificate | None,
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
        hypotheses=(*HYPOTHESES, f"{rule.formula}; the decay acts {(order or rule.decay_order).value}"),
        reference=rule.reference,
        proof=tuple(proof),
        rules=(rule.name,),
        verdict=verdict,
        condition=condition,
        map=map_,
        certificate=certificate,
    )
