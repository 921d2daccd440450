"""Wrong twins of `update` and of the rules: each has one mistake that a careful person could make.

A twin that a test of the rules does not catch is a hole in that test.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from typing import Any

from halflife.rules import RULES, LrPlace, Order, Rule, update
from halflife.rules._operations import sqrt

UpdateTwin = Callable[..., Any]


def _changed(change: Callable[..., dict[str, Any]]) -> UpdateTwin:
    def twin(*arguments: Any, lr: Any, l2: Any, decay: Any, **others: Any) -> Any:
        return update(*arguments, **{**others, "lr": lr, "l2": l2, "decay": decay, **change(lr, l2, decay)})

    return twin


WRONG_L2: dict[str, UpdateTwin] = {
    "no penalty": _changed(lambda lr, l2, decay: {"l2": 0.0}),
    "penalty of flipped sign": _changed(lambda lr, l2, decay: {"l2": -l2}),
    "penalty without its half": _changed(lambda lr, l2, decay: {"l2": 2 * l2}),
    "penalty times lr twice": _changed(lambda lr, l2, decay: {"l2": lr * l2}),
    "penalty without lr": _changed(lambda lr, l2, decay: {"l2": l2 / lr}),
}
"""Mistakes at door 1."""

OTHER_DOOR: UpdateTwin = _changed(lambda lr, l2, decay: {"l2": decay / lr, "decay": lr * l2})
"""The strength goes through the door that was not asked for: before the direction instead of after, or the reverse."""

WRONG_DECAY: dict[str, UpdateTwin] = {
    "no decay": _changed(lambda lr, l2, decay: {"decay": 0.0}),
    "decay of flipped sign": _changed(lambda lr, l2, decay: {"decay": -decay}),
    "decay times lr twice": _changed(lambda lr, l2, decay: {"decay": lr * decay}),
    "decay without lr": _changed(lambda lr, l2, decay: {"decay": decay / lr}),
    "decay after the step": _changed(lambda lr, l2, decay: {"order": Order.AFTER}),
}
"""Mistakes at door 2."""

WRONG_STEP: dict[str, UpdateTwin] = {
    "step times lr twice": _changed(lambda lr, l2, decay: {"lr": lr * lr}),
    "step without lr": _changed(lambda lr, l2, decay: {"lr": 1.0}),
    "step uphill": _changed(lambda lr, l2, decay: {"lr": -lr}),
}
"""Mistakes in the step itself."""


def _retimed(rule: Rule, time: Callable[[int], int]) -> Rule:
    def direction(gradient: Any, state: Any, *, step: int, **hyperparameters: Any) -> Any:
        return rule.direction(gradient, state, step=time(step), **hyperparameters)

    return replace(rule, direction=direction)


def _ahead(rule: Rule) -> Rule:
    return _retimed(rule, lambda step: step + 1)


def _forgetful(rule: Rule) -> Rule:
    def direction(gradient: Any, state: Any, **hyperparameters: Any) -> Any:
        d, _ = rule.direction(gradient, rule.initial_state(gradient), **hyperparameters)
        return d, state

    return replace(rule, direction=direction)


def _adam_of(rule: Rule, *, correct_mean: bool = True, correct_square: bool = True, eps_inside: bool = False) -> Rule:
    def direction(gradient: Any, state: Any, *, step: int, beta1: Any, beta2: Any, eps: Any) -> Any:
        m = beta1 * state["m"] + (1 - beta1) * gradient
        s = beta2 * state["s"] + (1 - beta2) * gradient * gradient
        mean = m / (1 - beta1**step) if correct_mean else m
        square = s / (1 - beta2**step) if correct_square else s
        root = sqrt(square + eps) if eps_inside else sqrt(square) + eps
        return mean / root, {"m": m, "s": s}

    return replace(rule, direction=direction)


def _swapped_betas(rule: Rule) -> Rule:
    def direction(gradient: Any, state: Any, *, step: int, beta1: Any, beta2: Any) -> Any:
        return rule.direction(gradient, state, step=step, beta1=beta2, beta2=beta1)

    return replace(rule, direction=direction)


def _updated_too_early(rule: Rule) -> Rule:
    def direction(gradient: Any, state: Any, *, step: int, smoothing: Any, eps: Any) -> Any:
        _, new = rule.direction(gradient, state, step=step, smoothing=smoothing, eps=eps)
        return rule.direction(gradient, {**state, "moved": new["moved"]}, step=step, smoothing=smoothing, eps=eps)

    return replace(rule, direction=direction)


def _lr_elsewhere(rule: Rule) -> Rule:
    return replace(rule, lr_place=LrPlace.BUFFER if rule.lr_place is LrPlace.STEP else LrPlace.STEP)


def _as(name: str) -> Callable[[Rule], Rule]:
    return lambda rule: replace(rule, direction=RULES[name].direction, initial=RULES[name].initial)


@dataclass(frozen=True)
class WrongRule:
    """A mistake in a direction.

    Attributes:
        make: from the rule to its wrong twin.
        rules: the names of the rules for which it is a mistake.
        needs: a hyperparameter that must not be at its default for the mistake to show; empty for none.
    """

    make: Callable[[Rule], Rule]
    rules: Set[str]
    needs: str = ""


_CORRECTED = frozenset({"adam", "amsgrad", "adamax", "nadam", "radam"})
_STATEFUL = frozenset(name for name, rule in RULES.items() if rule.initial)

WRONG_RULES = {
    "no bias correction": WrongRule(lambda rule: _retimed(rule, lambda step: 10**6), _CORRECTED),
    "bias correction one step ahead": WrongRule(_ahead, _CORRECTED),
    "bias correction of the mean alone": WrongRule(lambda rule: _adam_of(rule, correct_square=False), {"adam"}),
    "bias correction of the square alone": WrongRule(lambda rule: _adam_of(rule, correct_mean=False), {"adam"}),
    "eps under the root": WrongRule(lambda rule: _adam_of(rule, eps_inside=True), {"adam"}),
    "no memory": WrongRule(_forgetful, _STATEFUL),
    "lr on the other side of the buffer": WrongRule(_lr_elsewhere, _STATEFUL),
    "first gradient dampened": WrongRule(_ahead, {"momentum"}, needs="dampening"),
    "no gradient dampened": WrongRule(lambda rule: _retimed(rule, lambda step: 1), {"momentum"}, needs="dampening"),
    "lr decay one step ahead": WrongRule(_ahead, {"adagrad"}, needs="lr_decay"),
    "betas swapped": WrongRule(_swapped_betas, {"lion"}),
    "moved square updated too early": WrongRule(_updated_too_early, {"adadelta"}),
    "no look-ahead": WrongRule(_as("momentum_lr_inside"), {"nesterov"}),
    "look-ahead": WrongRule(_as("nesterov"), {"momentum_lr_inside"}),
    "not centred": WrongRule(_as("rmsprop"), {"rmsprop_centred"}),
    "centred": WrongRule(_as("rmsprop_centred"), {"rmsprop"}),
    "square may fall": WrongRule(_as("adam"), {"amsgrad"}),
    "square may not fall": WrongRule(_as("amsgrad"), {"adam"}),
    "never rectified": WrongRule(_as("adam"), {"radam"}),
    "no sign": WrongRule(_as("sgd"), {"sign"}),
}
"""Mistakes in a direction, by name."""
