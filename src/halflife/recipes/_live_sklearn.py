"""A live estimator of scikit-learn: its parameters are its setting, and a fitted one tells the rows and the roots."""

import math
from collections.abc import Callable
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _rows, scikit_learn
from halflife.recipes._parts import Live
from halflife.recipes._recipe import Recipe, Where
from halflife.recipes._uniform import adaptive, uniform
from halflife.rules import Law

CLOSED: dict[str, Callable[[dict[str, Any]], str]] = {
    "Ridge": lambda p: f"over n rows it is λ = 2·alpha/n = {2 * p['alpha']:g}/n beside the mean squared error",
    "LogisticRegression": lambda p: f"over n rows it is λ = 1/(n·C) = {1 / p['C']:g}/n beside the mean cross-entropy",
}
"""Estimators that solve their problem and take no steps, and what their strength is all the same."""


def read(estimator: Any) -> list[Live]:
    """The setting of an estimator that trains by steps.

    Raises:
        BadInput: it does not, or by a solver, a schedule or a penalty that a recipe cannot hold.
    """
    name, given = type(estimator).__name__, estimator.get_params()
    if name in scikit_learn.CLASSES:
        return [_perceptron(estimator, given)]
    if name in ("SGDClassifier", "SGDRegressor"):
        return [Live(recipe=_one_row_a_step(name, given))]
    if name in CLOSED:
        raise BadInput(
            f"{name} solves its problem and takes no steps to translate: {CLOSED[name](given)}. Write that λ into a "
            "halflife.Recipe with a rule and an lr."
        )
    known = ", ".join((*scikit_learn.CLASSES, "SGDClassifier", "SGDRegressor"))
    raise BadInput(f"scikit-learn's {name} cannot be read: give one of {known}.")


def _perceptron(estimator: Any, given: dict[str, Any]) -> Live:
    if given["solver"] == "lbfgs":
        raise BadInput("the solver is 'lbfgs', whose steps no rule of halflife takes: it must be 'sgd' or 'adam'.")
    rows = round(estimator.t_ / estimator.n_iter_) if getattr(estimator, "n_iter_", 0) else None
    auto = given["batch_size"] == "auto"
    batch = min(scikit_learn.AUTO, rows or scikit_learn.AUTO) if auto else int(given["batch_size"])
    known = {key for form in scikit_learn.FORMS for key in _rows.arguments_of(form)}
    recipe = _rows.read(
        scikit_learn.FORMS,
        scikit_learn.CLASSES[0],
        {key: value for key, value in given.items() if key in known},
        strength=given["alpha"] / batch,
        batch=batch,
        rows=rows,
        where=Where.WEIGHTS,
    )
    recipe = _rows.with_remark(recipe, scikit_learn.ASSUMED) if auto and rows is None else recipe
    measured, layers = uniform(recipe, _roots(estimator, recipe)) if adaptive(recipe) else (None, ())
    return Live(recipe=recipe, measured=measured, layers=layers)


def _roots(estimator: Any, recipe: Recipe) -> list[tuple[str, Any, Any]]:
    """Of the weights alone: the first half of Adam's squares."""
    adam = getattr(estimator, "_optimizer", None)
    if adam is None or not getattr(adam, "t", 0):
        return []
    correction = math.sqrt(1 - recipe.numbers["beta2"] ** adam.t)
    return [
        (f"coefs_[{place}]", weights.astype(float), (squares.astype(float) ** 0.5 + recipe.numbers["eps"]) / correction)
        for place, (weights, squares) in enumerate(zip(estimator.coefs_, adam.vs, strict=False))
    ]


def _one_row_a_step(name: str, given: dict[str, Any]) -> Recipe:
    for argument, allowed in (("penalty", "l2"), ("learning_rate", "constant"), ("average", False)):
        if given[argument] != allowed:
            raise BadInput(f"{argument} of {name} is {given[argument]!r}: only {allowed!r} is read.")
    return Recipe(
        rule="sgd", lr=given["eta0"], law=Law.DECOUPLED, strength=given["alpha"], where=Where.WEIGHTS, batch=1
    )
