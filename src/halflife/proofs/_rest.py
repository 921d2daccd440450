"""Rest: what a rule remembers, and where its twins stay, when the gradient does not change any more.

A twin with penalty λ rests at w when ∇E(w) = −λw: what reaches the optimizer is zero. A twin with decay α meets that
same gradient −λw for ever; it rests there too iff its step, undone by the decay, leaves w in place. So the two have the
same resting points, whatever the error, iff one α does that for all w.
"""

from collections.abc import Callable, Mapping
from typing import Any

import sympy

from halflife.proofs._exact import Late
from halflife.proofs._letters import Letters
from halflife.proofs._theorem import Step
from halflife.proofs._twins import LETTERS, coefficients, signed_kindly
from halflife.rules import Order, Rule, State, update

Number = Any
_SWEEPS = 6
_POSITIVE = Letters(positive=True)


def resting_memory(
    rule: Rule,
    weight: Number,
    gradient: Number,
    *,
    lr: Number,
    settings: Mapping[str, Number],
    order: Order | None = None,
    tidy: Callable[[Number], Number] = lambda x: x,
) -> State | None:
    """The state that one more step under this gradient leaves as it is; None if there is none, as for a growing sum.

    One entry after another is set to the fixed point of the line through its images of 0 and 1, or to its image of 0
    where that is fixed, as for a running maximum; a few sweeps settle entries that depend on each other in a row.
    """

    def after(state: State) -> State:
        _, new = update(rule, weight, gradient, state, step=Late(), lr=lr, order=order, **settings)
        return {name: tidy(value) for name, value in new.items()}

    state = dict.fromkeys(rule.initial, weight * 0)
    for _ in range(_SWEEPS):
        for name in state:
            at_zero, at_one = (after(state | {name: weight * 0 + x})[name] for x in (0, 1))
            slope = tidy(at_one - at_zero)
            if tidy(after(state | {name: at_zero})[name] - at_zero) == 0:
                state[name] = at_zero
            elif tidy(slope - 1) != 0:
                state[name] = tidy(at_zero / (1 - slope))
        if all(tidy(value - state[name]) == 0 for name, value in after(state).items()):
            return state
    return None


def decay_at_rest(
    rule: Rule,
    weight: Number,
    gradient: Number,
    memory: State,
    *,
    lr: Number,
    settings: Mapping[str, Number],
    order: Order | None = None,
) -> Number:
    """The α that leaves the weight in place under this gradient and memory."""
    common = {"step": Late(), "lr": lr, "order": order, **settings}
    kept, _ = update(rule, weight, gradient, memory, **common)
    gone, _ = update(rule, weight, gradient, memory, decay=1, **common)
    return (weight - kept) / (gone - kept)


class Rest:
    """One weight at rest, in letters that stand for positive numbers: its memory, and the α that it demands."""

    def __init__(self, rule: Rule, known: Mapping[str, sympy.Expr], suffix: str, sign: int, order: Order | None):
        self.rule, self.order, self.suffix = rule, order, suffix
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

    def decay(self, lr: float, l2: float) -> float:
        """The demand in numbers, free hyperparameters at their defaults."""
        free = _POSITIVE.hyperparameters(self.rule, self.suffix)
        numbers = {letter: self.rule.hyperparameters[name].default for name, letter in free.items()}
        return float(self.demand.subs(numbers | {_POSITIVE.eta: lr, _POSITIVE.lamda: l2}))

    def has_no_value(self) -> bool:
        """Whether one of the twins divides by zero at rest, as Adam does when ε = 0."""
        stays, _ = self._step(self.rule.initial_state(self.weight), l2=_POSITIVE.lamda)
        return any(sympy.sympify(e).has(sympy.nan, sympy.zoo) for e in (stays, self.demand))

    def unlike(self, other: "Rest") -> list[sympy.Expr]:
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
