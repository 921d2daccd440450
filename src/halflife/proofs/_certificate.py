"""A certificate that no decay can do what a penalty does: two situations that demand two different α.

    adam, lr 1/10, λ = 1/2:
      w = 1, g = −1/2   the penalty cancels the gradient, so w must stay; the twin without it moves by lr: α = 1/10
      w = 2, g = −1     the same with a weight twice as large: α = 1/20

In each situation a twin with λ and a twin with α have walked the same path, on the same gradients; the demand is the
one α that lets the second land where the first does in the last step. α may depend on the step, lr, λ and every
hyperparameter, but these are the same in both situations: so no α serves both.

To check one, nothing is used but the rule itself and exact arithmetic: neither algebra, nor what found it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from halflife.proofs._exact import Exact, Late
from halflife.rules import Order, Rule, State, update


@dataclass(frozen=True, kw_only=True)
class Situation:
    """One weight, the gradients that it meets, and the α that they demand in the last step.

    Attributes:
        weight: w before the first step.
        gradients: of the error without penalty, one a step.
        demand: the α of the last step.
        settings: the hyperparameters that this weight has of its own.
        memory: for a twin at rest, what it remembers of the gradient that will not change any more.
    """

    weight: Fraction
    gradients: tuple[Fraction, ...]
    demand: Exact
    settings: Mapping[str, Fraction] = field(default_factory=dict)
    memory: Mapping[str, Exact] | None = None


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """Two situations that agree in all that α may depend on, and still demand two different α.

    Attributes:
        rule: whose three lines are run.
        lr: η, in every step.
        l2: λ of the first twin.
        settings: the hyperparameters shared by all weights.
        order: when the decay acts.
        situations: the two.
    """

    rule: Rule
    lr: Fraction
    l2: Fraction
    settings: Mapping[str, Fraction]
    order: Order | None
    situations: tuple[Situation, Situation]

    def check(self) -> bool:
        """Whether both demands come out as written, and differ."""
        first, second = self.situations
        allowed = self.rule.hyperparameters
        if not (self.lr > 0 and self.l2 > 0 and len(first.gradients) == len(second.gradients)):
            return False
        if set(self.settings) | set(first.settings) != set(allowed) or set(first.settings) != set(second.settings):
            return False
        if any(not allowed[name].per_weight for name in first.settings):
            return False
        for name, value in (*self.settings.items(), *first.settings.items(), *second.settings.items()):
            if not allowed[name].low <= value < allowed[name].high:
                return False
        try:
            demands = [
                demand(
                    self.rule,
                    situation.weight,
                    situation.gradients,
                    lr=self.lr,
                    l2=self.l2,
                    settings={**self.settings, **situation.settings},
                    order=self.order,
                    memory=situation.memory,
                )
                for situation in self.situations
            ]
        except ArithmeticError:
            return False
        return demands == [first.demand, second.demand] and demands[0] != demands[1]

    def lines(self) -> list[str]:
        """The certificate in words, one line a fact."""
        settings = "".join(f", {name} {value}" for name, value in self.settings.items())
        order = f", decay {self.order.value}" if self.order else ""
        return [f"{self.rule.name} with lr {self.lr}, λ = {self.l2}{settings}{order}"] + [
            f"w = {s.weight}"
            + "".join(f", {name} {value}" for name, value in s.settings.items())
            + f", {'at rest under gradient' if s.memory is not None else 'gradients'} "
            + f"{', '.join(map(str, s.gradients))}: "
            + f"{'α' if s.memory is not None else f'α in step {len(s.gradients)}'} must be {s.demand}"
            + ("" if s.demand.is_rational else f" (about {float(s.demand):.6g})")
            for s in self.situations
        ]

    def to_json(self) -> dict[str, Any]:
        """Everything needed to check it elsewhere, exact numbers as text."""
        return {
            "rule": self.rule.name,
            "lr": str(self.lr),
            "l2": str(self.l2),
            "settings": {name: str(value) for name, value in self.settings.items()},
            "order": (self.order or self.rule.decay_order).value,
            "situations": [
                {
                    "weight": str(s.weight),
                    "gradients": [str(g) for g in s.gradients],
                    "settings": {name: str(value) for name, value in s.settings.items()},
                    "memory": None if s.memory is None else {name: str(value) for name, value in s.memory.items()},
                    "demand": str(s.demand),
                    "about": float(s.demand),
                }
                for s in self.situations
            ],
        }


def demand(
    rule: Rule,
    weight: Fraction,
    gradients: tuple[Fraction, ...],
    *,
    lr: Fraction,
    l2: Fraction,
    settings: Mapping[str, Fraction],
    order: Order | None = None,
    memory: Mapping[str, Exact] | None = None,
) -> Exact:
    """The α of the last step that lands the twin without penalty where the twin with it lands.

    Args:
        rule: whose three lines are run.
        weight: w before the first step.
        gradients: one a step.
        lr: η of every step.
        l2: λ.
        settings: every hyperparameter of the rule.
        order: when the decay acts; None means as the rule does it.
        memory: if given, both twins are at rest, and this is what the twin without penalty remembers.

    Raises:
        ArithmeticError: there is no such α, or it is not a sum of rational multiples of square roots.
    """
    exact = {name: Exact(value) for name, value in settings.items()}
    here = Exact(weight)
    with_l2 = rule.initial_state(here)
    without: State = rule.initial_state(here) if memory is None else dict(memory)
    required = Exact(0)
    for number, gradient in enumerate(gradients, 1):
        common: dict[str, Any] = {
            "step": number if memory is None else Late(),
            "lr": Exact(lr),
            "order": order,
            **exact,
        }
        there, with_l2 = update(rule, here, Exact(gradient), with_l2, l2=Exact(l2), **common)
        kept, after = update(rule, here, Exact(gradient), without, **common)
        gone, _ = update(rule, here, Exact(gradient), without, decay=Exact(1), **common)
        required = (there - kept) / (gone - kept)
        if memory is not None and (there != here or after != without):
            raise ArithmeticError("a twin that should be at rest moves")
        here, without = there, after
    return required
