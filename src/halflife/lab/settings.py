"""What members of a population differ in: a rule, a law, a learning rate, a strength, and the rule's own numbers."""

import math
from dataclasses import dataclass
from typing import Any

from halflife._errors import BadInput
from halflife.rules import Law, rule

Array = Any


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One way to train.

    Attributes:
        rule: the name of a rule.
        law: how regularization enters: L2, or a law that acts on the weights by a share of its own.
        lr: peak learning rate.
        strength: λ under L2, otherwise what the law calls wd.
        hyperparameters: the rule's own numbers, all of them, by name.

    Raises:
        UnknownName: there is no such rule or hyperparameter.
        BadInput: a negative or infinite number, or a law that the lab cannot train.
    """

    rule: str
    law: Law
    lr: float
    strength: float
    hyperparameters: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        complete = rule(self.rule).settings(**dict(self.hyperparameters))
        object.__setattr__(self, "hyperparameters", tuple(sorted(complete.items())))
        if not 0 < self.lr < math.inf:
            raise BadInput(f"lr is {self.lr}: it must be a positive, finite number.")
        if not 0 <= self.strength < math.inf:
            raise BadInput(f"the strength is {self.strength}: it must be a finite number, 0 or more.")
        if self.law is not Law.L2:
            self.law.decay(self.strength, lr=self.lr, peak_lr=self.lr)

    @property
    def l2(self) -> float:
        """λ, the coefficient of (λ/2)‖w‖² in the error."""
        return self.strength if self.law is Law.L2 else 0.0

    def decay(self, lr: Array) -> Array:
        """α, the share of the weights removed in a step at each of these learning rates."""
        if self.law is Law.L2:
            return lr * 0
        return self.law.decay(self.strength, lr=lr, peak_lr=self.lr)
