"""The twins, run with symbols: one with a penalty λ, one with free decays α₁, α₂, ..., both through `rules.update`.

As long as the twins agree they meet the same gradients, whatever the error, the batches and the schedule; so the
gradients and learning rates are free letters too. The twins agree for all of them only if the coefficient of every
product of weights and gradients in their difference vanishes: polynomial equations in λ, η, α and the hyperparameters.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import sympy

from halflife.proofs._letters import Letters
from halflife.proofs._theorem import vanishes
from halflife.rules import Order, Rule, State, update

LETTERS = Letters()


@dataclass(frozen=True, kw_only=True)
class Coordinate:
    """One weight with the letters of its gradients, and the gap between the twins after each step."""

    weight: sympy.Symbol
    gradients: list[sympy.Symbol]
    gaps: list[sympy.Expr]


@dataclass(frozen=True, kw_only=True)
class Traced:
    """What some steps of the twins left; `coordinates` is None where the rule is not rational in its gradients."""

    lrs: list[sympy.Symbol]
    decays: list[sympy.Symbol]
    coordinates: list[Coordinate] | None

    def equations(self) -> list[sympy.Expr]:
        """What must vanish for the twins to agree, all weights and gradients being free."""
        found = {
            coefficient
            for coordinate in self.coordinates or []
            for gap in coordinate.gaps
            for coefficient in coefficients(gap, [coordinate.weight, *coordinate.gradients])
        }
        return sorted(found, key=sympy.default_sort_key)


def suffixes(rule: Rule) -> tuple[str, ...]:
    """The coordinates to look at: two where weights differ in a hyperparameter of their own, one where they do not."""
    return ("_1", "_2") if any(h.per_weight for h in rule.hyperparameters.values()) else ("",)


def settings_of(
    rule: Rule,
    chosen: Mapping[str, sympy.Expr],
    suffix: str = "",
    given: Mapping[sympy.Symbol, sympy.Expr] | None = None,
) -> dict[str, sympy.Expr]:
    """The hyperparameters of one coordinate: a letter each but for those chosen, or given by a condition."""
    letters = LETTERS.hyperparameters(rule, suffix)
    return {name: chosen.get(name, letter.subs(given or {})) for name, letter in letters.items()}


def trace(rule: Rule, chosen: Mapping[str, sympy.Expr], *, steps: int, order: Order | None = None) -> Traced:
    """Run the twins for some steps with everything free but the hyperparameters chosen."""
    lrs, decays = LETTERS.many("eta", steps), LETTERS.many("alpha", steps)
    coordinates = []
    for suffix in suffixes(rule):
        weight, gradients = getattr(LETTERS, f"w{suffix}"), LETTERS.many(f"g{suffix}", steps)
        settings = settings_of(rule, chosen, suffix)
        gaps: list[sympy.Expr] = []
        there = here = weight
        with_l2 = without = rule.initial_state(weight)
        for number, (lr, decay, gradient) in enumerate(zip(lrs, decays, gradients, strict=True), 1):
            common: dict[str, Any] = {"step": number, "lr": lr, "order": order, **settings}
            there, with_l2 = update(rule, there, gradient, with_l2, l2=LETTERS.lamda, **common)
            here, without = update(rule, here, gradient, without, decay=decay, **common)
            gap = there - here
            if not gap.is_rational_function(weight, *gradients):
                return Traced(lrs=lrs, decays=decays, coordinates=None)
            gaps.append(gap)
        coordinates.append(Coordinate(weight=weight, gradients=gradients, gaps=gaps))
    return Traced(lrs=lrs, decays=decays, coordinates=coordinates)


def one_step(
    rule: Rule,
    chosen: Mapping[str, sympy.Expr],
    *,
    first: bool,
    given: Mapping[sympy.Symbol, sympy.Expr],
    order: Order | None = None,
) -> sympy.Expr | None:
    """The α that keeps agreeing twins agreed for one more step, all weights alike; None if there is none.

    The first step starts from the rule's initial state. Any later one starts from states of which only that is known
    which every step preserves: the entries on which both twins agree. Of these α may depend on those that only count.
    `given` says which letters a condition replaces.
    """
    found: list[sympy.Expr] = []
    for suffix in suffixes(rule):
        weight, gradient = getattr(LETTERS, f"w{suffix}"), getattr(LETTERS, f"g{suffix}")
        settings = settings_of(rule, chosen, suffix, given)
        agreed = set(rule.initial)
        while True:
            if first:
                with_l2 = without = rule.initial_state(weight)
                remembered: list[sympy.Symbol] = []
            else:
                with_l2 = {name: sympy.Symbol(f"memory_{name}{suffix}") for name in rule.initial}
                without = {name: s if name in agreed else sympy.Symbol(f"{s}'") for name, s in with_l2.items()}
                remembered = sorted({*with_l2.values(), *without.values()}, key=str)
            common: dict[str, Any] = {
                "step": 1 if first else LETTERS.t,
                "lr": LETTERS.eta_1 if first else LETTERS.eta_t,
                "order": order,
                **settings,
            }
            there, new_with_l2 = update(rule, weight, gradient, with_l2, l2=LETTERS.lamda, **common)
            here, new_without = update(rule, weight, gradient, without, decay=LETTERS.alpha_t, **common)
            still = {name for name in agreed if vanishes(new_with_l2[name] - new_without[name])}
            if first or still == agreed:
                break
            agreed = still
        data = {weight, gradient, *remembered} - _clocks(agreed, with_l2, new_without, {weight, gradient})
        solution = _solve(coefficients(there - here, sorted(data, key=str)), LETTERS.alpha_t)
        if solution is None:
            return None
        found.append(solution)
    *others, last = found
    return last if all(sympy.simplify(other - last) == 0 for other in others) else None


def _clocks(agreed: Set[str], state: State, after: State, data: Set[sympy.Symbol]) -> set[sympy.Symbol]:
    """The letters of those entries that no weight and no gradient ever enters, such as a count of steps."""
    clocks = set(agreed)
    while True:
        tainted = data | {letter for name, letter in state.items() if name not in clocks}
        clean = {name for name in clocks if not sympy.sympify(after[name]).free_symbols & tainted}
        if clean == clocks:
            return {state[name] for name in clocks if isinstance(state[name], sympy.Symbol)}
        clocks = clean


def coefficients(gap: sympy.Expr, free: list[sympy.Symbol]) -> list[sympy.Expr]:
    """The coefficients of all products of the free letters in a rational function that must vanish."""
    numerator, _ = sympy.fraction(sympy.together(sympy.expand(gap)))
    return [c for c in sympy.Poly(numerator, *free).coeffs() if c != 0]


def _solve(equations: list[sympy.Expr], unknown: sympy.Symbol) -> sympy.Expr | None:
    """The one value that solves all of these equations, each of which is linear in it."""
    pivots = [e for e in equations if e.has(unknown)]
    if not pivots:
        return None
    slope = sympy.diff(pivots[0], unknown)
    value = signed_kindly(sympy.factor(-pivots[0].subs(unknown, 0) / slope))
    return value if all(sympy.simplify(e.subs(unknown, value)) == 0 for e in equations) else None


def signed_kindly(expression: sympy.Expr) -> sympy.Expr:
    """A product with 1 − μ where it has μ − 1: −a·(τ − 1) becomes a·(1 − τ)."""
    sign, factors = 1, []
    for factor in sympy.Mul.make_args(expression):
        base, power = factor.as_base_exp()
        if base.is_Add and power.is_Integer and base.as_coeff_Add()[0] < 0:
            sign, factor = sign * (-1) ** abs(int(power)), sympy.Pow(sympy.expand(-base), power)
        factors.append(factor)
    return sympy.Mul(sign, *factors)
