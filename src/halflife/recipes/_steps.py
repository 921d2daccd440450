"""The steps that a recipe declares, by `rules.update` in float64: what every framework is held against.

A rule has one place for lr and for ε; a recipe may have others, which are carried by numbers that change as it goes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from halflife.recipes._recipe import EpsPlace, Recipe, Where
from halflife.rules import RULES, Law, LrPlace, Order, State, update

Array = np.ndarray
Gradients = Callable[[int, list[Array]], Sequence[Array]]


def walk(
    recipe: Recipe, start: Sequence[Array], gradients: Gradients, shares: Sequence[float]
) -> Iterator[list[Array]]:
    """The weights after each step.

    Args:
        recipe: what says the steps.
        start: the tensors before the first; those of fewer than two dimensions are no weights.
        gradients: (step from 1, weights) to the gradient of the loss at each tensor.
        shares: for each step, lr over the peak lr.
    """
    rule = RULES[recipe.rule]
    inside = recipe.lr_place is LrPlace.BUFFER
    if inside and recipe.linear:
        rule = replace(rule, lr_place=LrPlace.BUFFER)
    weights, states = list(start), [rule.initial_state(tensor) for tensor in start]
    lrs = [recipe.lr * share for share in shares]
    for step, lr in enumerate(lrs, start=1):
        numbers: dict[str, Any] = recipe.numbers
        if inside and not recipe.linear and step > 1 and lr:  # a buffer of lr·d is lr times one that shrinks as lr does
            numbers["momentum"] = np.asarray(numbers["momentum"] * lrs[step - 2] / lr)
        for place, (weight, g) in enumerate(zip(weights, gradients(step, weights), strict=True)):
            regularized = recipe.where is Where.ALL or weight.ndim >= 2
            l2, decay = recipe.l2 if regularized else 0.0, 0.0
            if recipe.law not in (Law.L2, Law.NONE) and regularized:
                decay = float(recipe.law.decay(recipe.strength, lr=lr, peak_lr=recipe.lr))
            weights[place], states[place] = update(
                rule,
                weight,
                g,
                states[place],
                step=step,
                lr=lr,
                l2=l2,
                decay=decay,
                order=Order.AFTER if recipe.order is Order.AFTER else Order.JOINT,
                **numbers | _eps(recipe, step, g + l2 * weight, states[place]),
            )
        yield list(weights)


def _eps(recipe: Recipe, step: int, gradient: Array, state: State) -> dict[str, Any]:
    """The ε of a rule that does what the recipe's does in its own place."""
    numbers, place = recipe.numbers, recipe.eps_place
    eps = numbers.get("eps", 0.0)
    if place in (EpsPlace.BEFORE_CORRECTION, EpsPlace.AFTER_CORRECTION):
        root = np.sqrt(1 - numbers["beta2"] ** step)
        return {"eps": np.asarray(eps / root if place is EpsPlace.BEFORE_CORRECTION else eps * root)}
    if place is EpsPlace.UNDER_ROOT and recipe.rule == "adagrad":
        return {"initial_accumulator": numbers["initial_accumulator"] + eps, "eps": 0.0}
    if place is EpsPlace.UNDER_ROOT:
        s = numbers["smoothing"]
        square = s * state["square"] + (1 - s) * gradient**2
        if recipe.rule == "rmsprop_centred":
            square -= (s * state["mean"] + (1 - s) * gradient) ** 2
        return {"eps": np.sqrt(square + eps) - np.sqrt(square)}
    return {}
