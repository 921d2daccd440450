"""From the coefficient equations to the condition: eliminate the decays, factor what is left, look at the domain.

Momentum leaves η₁·η₂·λ·μ = 0, among others: lr and λ are not zero, so μ is. A factor that cannot vanish in the domain
of its hyperparameter, such as 1 + μ, is no way out; if an equation has no way out, no decay is possible.
"""

from collections.abc import Sequence
from itertools import product

import sympy

from halflife.proofs._letters import unicode
from halflife.proofs._twins import LETTERS, Traced, suffixes
from halflife.rules import Rule

Condition = frozenset[sympy.Expr]
"""Polynomials that must all vanish."""


def eliminate(traced: Traced) -> tuple[sympy.Expr, ...]:
    """What the equations say about lr, λ and the hyperparameters alone, the decays eliminated."""
    equations = traced.equations()
    if not equations:
        return ()
    letters = sorted(set().union(*(e.free_symbols for e in equations)) - set(traced.decays), key=str)
    decays = list(reversed(traced.decays))
    basis = sympy.groebner(equations, *decays, *letters, order="lex")
    return tuple(sympy.factor(p) for p in basis.exprs if not p.free_symbols & set(decays))


def conditions(rule: Rule, left: Sequence[sympy.Expr], lrs: Sequence[sympy.Symbol]) -> list[Condition]:
    """The ways in which all that is left can vanish with λ and lr not zero: the smallest sets of factors.

    Returns:
        One entry a way; an empty set means that nothing needs to vanish, an empty list that there is no way.
    """
    ways: list[list[sympy.Expr]] = []
    for polynomial in left:
        factors = [factor for factor, _ in sympy.factor_list(polynomial)[1]]
        ways.append([f for f in factors if f not in (LETTERS.lamda, *lrs) and _can_vanish(rule, f)])
    sets = {frozenset(choice) for choice in product(*_minimal(ways))}
    return sorted((s for s in sets if not any(other < s for other in sets)), key=str)


def solve(condition: Condition) -> dict[sympy.Symbol, sympy.Expr] | None:
    """Values of hyperparameters that fulfil a condition; None where SymPy finds no single solution."""
    if not condition:
        return {}
    letters = sorted(set().union(*(f.free_symbols for f in condition)), key=str)
    solutions = sympy.solve(list(condition), letters, dict=True)
    return solutions[0] if len(solutions) == 1 else None


def condition_text(condition: Condition) -> str:
    """The condition in letters: μ = 0."""
    solution = solve(condition)
    pairs = solution.items() if solution else [(factor, sympy.S.Zero) for factor in sorted(condition, key=str)]
    return " and ".join(f"{unicode(left)} = {unicode(right)}" for left, right in pairs)


def _minimal(ways: list[list[sympy.Expr]]) -> list[list[sympy.Expr]]:
    """Leave out an equation that vanishes whenever another one does: its factors include the other's."""
    kept: list[list[sympy.Expr]] = []
    for way in sorted(ways, key=len):
        if not any(set(other) <= set(way) for other in kept):
            kept.append(way)
    return kept


def _can_vanish(rule: Rule, factor: sympy.Expr) -> bool:
    """Whether a factor has a root in the domain of its hyperparameter; with several letters, it may."""
    if len(factor.free_symbols) != 1:
        return True
    (letter,) = factor.free_symbols
    for suffix in suffixes(rule):
        for name, symbol in LETTERS.hyperparameters(rule, suffix).items():
            if symbol == letter:
                allowed = rule.hyperparameters[name]
                return any(allowed.low <= root < allowed.high for root in sympy.real_roots(factor, letter))
    return False
