"""The three lines, once: what is proved is what is run."""

from halflife._errors import UnknownName
from halflife.rules import schedule
from halflife.rules._rule import Direction, Hyperparameter, LrPlace, Order, Rule, State
from halflife.rules.adam import ADAM, ADAMAX, AMSGRAD, NADAM, RADAM
from halflife.rules.law import Law, LawFacts
from halflife.rules.momentum import HEAVY_BALL, MCCAFFREY, MOMENTUM_LR_INSIDE, NESTEROV, PRECONDITIONED, SGD
from halflife.rules.shrink import decay_from_half_life, half_life, remaining, timescale
from halflife.rules.signs import LION, SIGN
from halflife.rules.squares import ADADELTA, ADAGRAD, RMSPROP, RMSPROP_CENTRED
from halflife.rules.update import update

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        SGD,
        HEAVY_BALL,
        MOMENTUM_LR_INSIDE,
        NESTEROV,
        MCCAFFREY,
        PRECONDITIONED,
        RMSPROP,
        RMSPROP_CENTRED,
        ADAGRAD,
        ADADELTA,
        ADAM,
        AMSGRAD,
        ADAMAX,
        NADAM,
        RADAM,
        LION,
        SIGN,
    )
}
"""Every rule by its name."""


def rule(name: str) -> Rule:
    """The rule of that name.

    Raises:
        UnknownName: there is none; the message names the nearest.
    """
    if name not in RULES:
        raise UnknownName("rule", name, RULES)
    return RULES[name]


__all__ = [
    "RULES",
    "Direction",
    "Hyperparameter",
    "Law",
    "LawFacts",
    "LrPlace",
    "Order",
    "Rule",
    "State",
    "decay_from_half_life",
    "half_life",
    "remaining",
    "rule",
    "schedule",
    "timescale",
    "update",
]
