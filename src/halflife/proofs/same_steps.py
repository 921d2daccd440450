"""Same steps or not: whether some decay makes a rule take the very steps that a penalty makes it take.

Nothing about any rule is written here. For a rule that is rational in its gradients the verdict comes out of algebra:
run the twins with free decays, eliminate these, factor what is left; then prove by induction that each way out is one
for ever. For any other rule two situations are searched that demand two different decays. A new rule has its verdict
with no new proof.

The verdict is about a rule in all its settings: EQUIVALENT in all, EQUIVALENT IFF a condition on them holds, or NOT
EQUIVALENT: with no λ that regularizes. Hyperparameters may be fixed instead of free.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache

import sympy

from halflife.proofs._certificate import Certificate
from halflife.proofs._elimination import Condition, condition_text, conditions, eliminate, solve
from halflife.proofs._letters import listed, unicode
from halflife.proofs._search import fractions, search
from halflife.proofs._theorem import Step, Theorem, Verdict, vanishes
from halflife.proofs._twins import LETTERS, Traced, one_step, trace
from halflife.rules import Order, Rule
from halflife.rules import rule as rule_named

NEVER = "α would change with the weights and the gradients"
HYPOTHESES = (
    "lr > 0 in every step, any schedule",
    "any error, any order of batches: the gradients are free",
    "α may depend on the step, lr, λ and the hyperparameters, not on weights or gradients",
)


def same_steps(name: str | Rule, *, steps: int = 3, order: Order | None = None, **chosen: float | Fraction) -> Theorem:
    """Whether the twins of a rule can take the same steps.

    Args:
        name: a rule, or the name of one.
        steps: how many steps of the twins are run with symbols, and how long the situations of a certificate may be.
        order: when the decay acts; None means as the rule does it.
        chosen: hyperparameters to fix; the others stay free where the rule is rational in its gradients, and are at
            their defaults in a certificate.

    Raises:
        UnknownName: there is no such rule or hyperparameter.
        BadInput: a hyperparameter lies outside its domain.
    """
    rule = name if isinstance(name, Rule) else rule_named(name)
    fixed = fractions(rule, chosen)
    certificate = search(rule, fixed, steps=steps, order=order)
    symbols = {key: sympy.Rational(value) for key, value in fixed.items()}
    traced = trace(rule, symbols, steps=steps, order=order)
    if traced.coordinates is None:
        return _by_certificate(rule, order, certificate)
    left = eliminate(traced)
    ways = conditions(rule, left, traced.lrs)
    maps = [_induction(rule, symbols, order, way) for way in ways]
    proof = [*_gaps(traced), *_eliminated(traced, left)]
    if not ways:
        proof.append(Step(says="With lr and λ positive one of these cannot vanish: no decays exist."))
        return _theorem(rule, order, Verdict.NOT_EQUIVALENT, NEVER, "", proof, certificate)
    proved = [m for m in maps if m is not None]
    if len(proved) < len(maps):
        says = f"{steps} steps leave a way that does not go on for ever: look further with more steps."
        return _theorem(rule, order, Verdict.UNDECIDED, says, "", [*proof, Step(says=says)], certificate)
    for way, (first, later) in zip(ways, proved, strict=True):
        proof += _inductive(rule, symbols, order, way, first, later)
    text = _map_text(*proved[0])
    if not ways[0]:
        proof.append(Step(says="No two situations contradict it.", test=lambda _: certificate is None))
        return _theorem(rule, order, Verdict.EQUIVALENT, text, text, proof, None)
    condition = listed([*map(condition_text, ways), "λ = 0"], by="or")
    return _theorem(rule, order, Verdict.EQUIVALENT_IFF, condition, text, proof, certificate)


def agree_with(name: str | Rule, decay: Callable[..., sympy.Expr], *, steps: int = 3) -> bool:
    """Whether one decay, claimed in advance, makes the twins of a rule take the same steps.

    Args:
        name: a rule, or the name of one.
        decay: α as a function of `lr`, `l2` and the rule's hyperparameters, all of them symbols: called by these names.
        steps: how many steps are compared; a single disagreement refutes the claim.
    """
    rule = name if isinstance(name, Rule) else rule_named(name)
    traced = trace(rule, {}, steps=steps)
    letters = LETTERS.hyperparameters(rule)
    claimed = {
        free: decay(lr=lr, l2=LETTERS.lamda, **letters) for free, lr in zip(traced.decays, traced.lrs, strict=True)
    }
    return traced.coordinates is not None and all(vanishes(e.subs(claimed)) for e in traced.equations())


def _by_certificate(rule: Rule, order: Order | None, certificate: Certificate | None) -> Theorem:
    if certificate is None:
        says = "no two situations were found that contradict each other: look further with more steps."
        return _theorem(rule, order, Verdict.UNDECIDED, says, "", [Step(says=says)], None)
    first, second = certificate.situations
    proof = [
        Step(says="The direction is not rational in the gradients, so two situations decide."),
        Step(says="Both demands come out of the update in exact arithmetic.", test=lambda _: certificate.check()),
        Step(
            says="They differ, though everything that α may depend on is the same in both.",
            test=lambda _: first.demand != second.demand,
        ),
    ]
    return _theorem(rule, order, Verdict.NOT_EQUIVALENT, NEVER, "", proof, certificate)


def _theorem(
    rule: Rule,
    order: Order | None,
    verdict: Verdict,
    condition: str,
    map_: str,
    proof: Sequence[Step],
    certificate: Certificate | None,
) -> Theorem:
    sentences = {
        Verdict.EQUIVALENT: f"The twins of {rule.name} take the same steps iff {map_}.",
        Verdict.EQUIVALENT_IFF: f"The twins of {rule.name} can take the same steps iff {condition}; then by {map_}.",
        Verdict.NOT_EQUIVALENT: f"No decay makes {rule.name} take the steps that a penalty makes it take.",
        Verdict.UNDECIDED: f"Whether the twins of {rule.name} can take the same steps is not decided: {condition}",
    }
    return Theorem(
        name=f"same-steps-{rule.name}",
        title=f"Same steps: {rule.name}",
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


def _gaps(traced: Traced) -> list[Step]:
    coordinate = (traced.coordinates or [])[0]
    free = [coordinate.weight, *coordinate.gradients]
    return [
        Step(
            says=f"After step {number} the twins differ by",
            left=(gap := sympy.Symbol(f"Delta_{number}")),
            right=sympy.collect(sympy.expand(value), free, sympy.factor),
            where=({gap: value},),
        )
        for number, value in enumerate(coordinate.gaps[:2], 1)
    ]


def _eliminated(traced: Traced, left: Sequence[sympy.Expr]) -> list[Step]:
    equations = traced.equations()
    says = f"The {len(equations)} coefficients must vanish. Eliminating the decays from them leaves"
    if not left:
        return [Step(says=f"{says} nothing: the decays can follow.", test=lambda _: not eliminate(traced))]

    @cache
    def basis() -> sympy.GroebnerBasis:
        letters = sorted(set().union(*(e.free_symbols for e in equations)), key=str)
        return sympy.groebner(equations, *letters, order="grevlex")

    def follows(step: Step) -> bool:
        return bool(basis().contains(sympy.expand(step.difference)))

    shortest = sorted(left, key=sympy.count_ops)[:3]
    return [
        Step(says=says if n == 0 else "and", left=polynomial, right=sympy.S.Zero, test=follows)
        for n, polynomial in enumerate(shortest)
    ]


Maps = tuple[sympy.Expr, sympy.Expr]
"""The decay of the first step, and of any later one."""


def _induction(rule: Rule, chosen: Mapping[str, sympy.Expr], order: Order | None, way: Condition) -> Maps | None:
    given = solve(way)
    if given is None:
        return None
    first = one_step(rule, chosen, first=True, given=given, order=order)
    later = one_step(rule, chosen, first=False, given=given, order=order)
    return None if first is None or later is None else (first, later)


def _inductive(
    rule: Rule,
    chosen: Mapping[str, sympy.Expr],
    order: Order | None,
    way: Condition,
    first: sympy.Expr,
    later: sympy.Expr,
) -> list[Step]:
    def again(index: int) -> Callable[[Step], bool]:
        def test(step: Step) -> bool:
            found = _induction(rule, chosen, order, way)
            return found is not None and sympy.simplify(found[index] - step.right) == 0

        return test

    given = f"With {condition_text(way)} the" if way else "The"
    return [
        Step(says=f"{given} first step agrees iff", left=LETTERS.alpha_1, right=first, test=again(0)),
        Step(
            says="If the twins agree so far, whatever else they remember, the next step agrees iff",
            left=LETTERS.alpha_t,
            right=later,
            test=again(1),
        ),
    ]


def _map_text(first: sympy.Expr, later: sympy.Expr) -> str:
    always = f"{unicode(LETTERS.alpha_t)} = {unicode(later)}"
    if sympy.simplify(first.subs(LETTERS.eta_1, LETTERS.eta_t) - later) == 0:
        return always
    return f"{unicode(LETTERS.alpha_1)} = {unicode(first)} and {always} from then on"
