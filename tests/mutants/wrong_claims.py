"""Wrong claims about the two doors: what `proofs` must refuse."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from halflife.proofs import Certificate, Situation
from halflife.proofs._certificate import demand
from halflife.proofs._exact import Exact
from halflife.rules import RULES, Rule

WRONG_DECAYS: dict[str, tuple[str, Callable[..., Any]]] = {
    "half the decay for sgd": ("sgd", lambda lr, l2: lr * l2 / 2),
    "twice the decay for sgd": ("sgd", lambda lr, l2: lr * l2 * 2),
    "the decay without lr for sgd": ("sgd", lambda lr, l2: l2),
    "lr squared for sgd": ("sgd", lambda lr, l2: lr * lr * l2),
    "growth instead of decay for sgd": ("sgd", lambda lr, l2: -lr * l2),
    "the same solution as the same steps": ("momentum", lambda lr, l2, momentum, dampening: lr * l2 / (1 - momentum)),
    "momentum as if it were sgd": ("momentum", lambda lr, l2, momentum, dampening: lr * l2),
    "nesterov as if it were sgd": ("nesterov", lambda lr, l2, momentum: lr * l2),
    "mccaffrey as if it were sgd": ("mccaffrey", lambda lr, l2, momentum: lr * l2),
    "one decay for all of a preconditioner": ("preconditioned", lambda lr, l2, scale: lr * l2 * scale),
    "adam as if it were sgd": ("adam", lambda lr, l2, beta1, beta2, eps: lr * l2),
}
"""A rule, and a decay that is claimed to take the steps of its penalty."""


def _situations(certificate: Certificate, **changes: Any) -> Certificate:
    first, second = certificate.situations
    return replace(certificate, situations=(replace(first, **changes), second))


DOCTORED: dict[str, Callable[[Certificate], Certificate]] = {
    "another demand": lambda c: _situations(c, demand=c.situations[0].demand + Exact("1/1000000000000")),
    "another weight": lambda c: _situations(c, weight=c.situations[0].weight * 3),
    "another gradient": lambda c: _situations(
        c, gradients=tuple(g + Fraction(1, 7) for g in c.situations[0].gradients)
    ),
    "demands that coincide": lambda c: replace(c, situations=(c.situations[0], c.situations[0])),
    "situations of unequal length": lambda c: _situations(c, gradients=(*c.situations[0].gradients, Fraction(1))),
    "no lr": lambda c: replace(c, lr=Fraction(0)),
    "no penalty": lambda c: replace(c, l2=Fraction(0)),
    "another penalty": lambda c: replace(c, l2=c.l2 * 2),
    "a weight of zero": lambda c: _situations(c, weight=Fraction(0)),
    "a hyperparameter of its own that is shared": lambda c: _situations(c, settings={"eps": Fraction(1)}),
}
"""What makes a good certificate a bad one."""


def _claimed(rule: str, l2: str, shared: dict[str, Fraction], *own: dict[str, Fraction]) -> Certificate:
    """Two steps on another weight each, with the demands that really come out."""
    weights, gradients = (Fraction(1), Fraction(3)), (Fraction(1, 3), Fraction(1, 5))
    arguments: dict[str, Any] = {"lr": Fraction(1, 10), "l2": Fraction(l2)}
    situations = [
        Situation(
            weight=weight,
            gradients=gradients,
            settings=settings,
            demand=demand(RULES[rule], weight, gradients, settings={**shared, **settings}, **arguments),
        )
        for weight, settings in zip(weights, own, strict=True)
    ]
    return Certificate(rule=RULES[rule], settings=shared, order=None, situations=tuple(situations), **arguments)  # type: ignore[arg-type]


_HALF, _DAMPENING = {"momentum": Fraction(1, 2)}, {"dampening": Fraction(0)}
HONEST = _claimed("momentum", "1/2", _HALF | _DAMPENING, {}, {})
MEANINGLESS: dict[str, Certificate] = {
    "a penalty below zero": _claimed("momentum", "-1/2", _HALF | _DAMPENING, {}, {}),
    "a momentum of one": _claimed("momentum", "1/2", {"momentum": Fraction(1)} | _DAMPENING, {}, {}),
    "a momentum below zero": _claimed("momentum", "1/2", {"momentum": Fraction(-1, 2)} | _DAMPENING, {}, {}),
    "a momentum for each weight": _claimed("momentum", "1/2", _DAMPENING, _HALF, {"momentum": Fraction(1, 3)}),
    "a scale that one of the two leaves out": _claimed("preconditioned", "1/2", {}, {"scale": Fraction(2)}, {}),
}
"""Certificates whose demands come out as written and differ, of things that no rule is or that no α has to serve."""


def _twice(rule: Rule) -> Rule:
    def direction(gradient: Any, state: Any, **settings: Any) -> Any:
        return rule.direction(2 * gradient, state, **settings)

    return replace(rule, direction=direction)


def _forgetful(rule: Rule) -> Rule:
    def direction(gradient: Any, state: Any, **settings: Any) -> Any:
        return rule.direction(gradient, dict.fromkeys(state, gradient * 0), **settings)

    return replace(rule, direction=direction)


def _lazy_state(rule: Rule) -> Rule:
    def direction(gradient: Any, state: Any, **settings: Any) -> Any:
        d, _ = rule.direction(gradient, state, **settings)
        return d, state

    return replace(rule, direction=direction)


PLANTED: dict[str, Rule] = {
    "sgd that steps twice as far": _twice(RULES["sgd"]),
    "momentum that forgets": _forgetful(RULES["momentum"]),
    "momentum that never fills its buffer": _lazy_state(RULES["momentum"]),
    "nesterov that forgets": _forgetful(RULES["nesterov"]),
}
"""Rules with a bug in their direction, under their old name."""
