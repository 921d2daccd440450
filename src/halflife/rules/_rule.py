"""What distinguishes one optimizer from another, as data: read this file and you can read every family beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from halflife._errors import BadInput, UnknownName
from halflife.rules._operations import Array

State = dict[str, Array]
"""What a rule remembers between steps, by name; each entry has the shape of the weights."""


Direction = Callable[..., tuple[Array, State]]
"""What an optimizer makes of a gradient before lr.

Called as `direction(gradient, state, step=t, **hyperparameters)`, t counted from 1; returns d and the new state.
"""


class Order(Enum):
    """When decay acts, the gradient having been taken at the weights before either.

    BEFORE and JOINT are the same number; AFTER also shrinks the new step, so it differs by α·η·d.
    """

    BEFORE = "before the step"
    JOINT = "joint with the step"
    AFTER = "after the step"


class LrPlace(Enum):
    """Where lr multiplies: it matters when lr changes, for a buffer keeps what was multiplied before."""

    STEP = "the step"
    BUFFER = "the gradient, before the buffer"


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """A number that a direction takes besides lr, with the half-open interval [low, high) that it lives in.

    Attributes:
        default: what it is if nothing is said.
        low: the smallest value allowed.
        high: the bound that it stays under.
        meaning: what it is, in words.
        per_weight: whether each weight has one of its own; the others are shared by all weights, as α is.
    """

    default: float
    low: float
    high: float
    meaning: str
    per_weight: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One optimizer: its direction, and what the three lines need to know about it.

    Attributes:
        name: the name used in code, output and docs.
        direction: the pure function that makes the direction.
        formula: the direction as mathematics, in plain text.
        reference: where the rule was published.
        hyperparameters: what the direction takes besides the gradient, by name.
        initial: what each entry of the state holds before the first step.
        lr_place: where lr multiplies.
        decay_order: when door 2 acts, unless `update` is told otherwise.
    """

    name: str
    direction: Direction
    formula: str
    reference: str
    hyperparameters: Mapping[str, Hyperparameter] = field(default_factory=dict)
    initial: Mapping[str, float] = field(default_factory=dict)
    lr_place: LrPlace = LrPlace.STEP
    decay_order: Order = Order.JOINT

    def initial_state(self, weights: Array) -> State:
        """The state before the first step, in the kind and shape of the weights."""
        return {name: weights * 0 + value for name, value in self.initial.items()}

    def settings(self, **chosen: Array) -> dict[str, Array]:
        """The hyperparameters with their defaults where none is chosen.

        Raises:
            UnknownName: the rule has no such hyperparameter.
            BadInput: a plain number lies outside its interval; arrays and symbols are not looked into.
        """
        for name, value in chosen.items():
            if name not in self.hyperparameters:
                raise UnknownName(f"hyperparameter of {self.name}", name, self.hyperparameters)
            allowed = self.hyperparameters[name]
            if isinstance(value, (int, float)) and not allowed.low <= value < allowed.high:
                raise BadInput(f"{name} of {self.name} is {value}: it must be in [{allowed.low}, {allowed.high}).")
        return {name: h.default for name, h in self.hyperparameters.items()} | chosen
