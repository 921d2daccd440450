"""Rest: what a rule remembers, and where its twins stay, when the gradient does not change any more.

A twin with penalty λ rests at w when ∇E(w) = −λw: what reaches the optimizer is zero. A twin with decay α meets that
same gradient −λw for ever; it rests there too iff its step, undone by the decay, leaves w in place. So the two have the
same resting points, whatever the error, iff one α does that for all w.
"""

from collections.abc import Callable, Mapping
from typing import Any

from halflife.proofs._exact import Late
from halflife.rules import Order, Rule, State, update

Number = Any
_SWEEPS = 6


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
