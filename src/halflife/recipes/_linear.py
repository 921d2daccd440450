"""What a penalty does under the rules that are linear in the gradients, in closed form.

With x = lr·λ, a weight without other gradient follows a recurrence of second order. Its slow root is 1 − δ, where
δ² − (B₀ + B₁·x)·δ + C₁·x = 0. Three numbers a rule therefore say how fast a penalty shrinks a weight, which penalty
shrinks it at a given rate, and by C₁/B₀, how large a step the rule makes of a gradient that lasts (theorems 5, 6, 13).
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

Numbers = Mapping[str, float]


class Recurrence(NamedTuple):
    """The coefficients of the equation for δ."""

    b0: float
    b1: float
    c1: float


RULES: dict[str, Callable[[Numbers], Recurrence]] = {
    "sgd": lambda _: Recurrence(1.0, 1.0, 1.0),
    "momentum": lambda n: Recurrence(1 - n["momentum"], 1 - n["dampening"], 1 - n["dampening"]),
    "nesterov": lambda n: Recurrence(1 - n["momentum"], 1 + n["momentum"], 1.0),
    "mccaffrey": lambda n: Recurrence(1.0, 1.0, 1 + n["momentum"]),
}
"""The recurrence of each rule."""


def gain(rule: str, numbers: Numbers) -> float:
    """How many times lr a gradient that stays the same moves the weights in one step."""
    b0, _, c1 = RULES[rule](numbers)
    return c1 / b0


def rate(rule: str, x: float, numbers: Numbers) -> float:
    """The share of an untouched weight that a penalty removes in one step, once the fast root has died out.

    Args:
        rule: a name in `RULES`.
        x: lr·λ.
        numbers: the rule's hyperparameters.

    Returns:
        δ (1/step); where the roots are complex, the share by which the amplitude of the oscillation falls.
    """
    b0, b1, c1 = RULES[rule](numbers)
    linear, constant = b0 + b1 * x, c1 * x
    inside = linear * linear - 4 * constant
    if inside < 0:
        return 1 - math.sqrt(1 - linear + constant)
    return 2 * constant / (linear + math.sqrt(inside))


def penalty(rule: str, share: float, numbers: Numbers) -> float:
    """The x = lr·λ whose rate is this share: the inverse of `rate`."""
    b0, b1, c1 = RULES[rule](numbers)
    return share * (b0 - share) / (c1 - b1 * share)


def oscillates(rule: str, x: float, numbers: Numbers) -> bool:
    """Whether the penalty makes an untouched weight oscillate, as decay never does."""
    b0, b1, c1 = RULES[rule](numbers)
    return (b0 + b1 * x) ** 2 < 4 * c1 * x * (1 - 1e-12)  # sgd touches equality at x = 1
