"""A live estimator of `halflife.sklearn`: its arguments are halflife's own terms, and a fitted one tells the roots."""

from typing import Any

from halflife._errors import BadInput
from halflife.recipes import scikit_learn
from halflife.recipes._parts import Live
from halflife.recipes._recipe import Recipe, Where
from halflife.recipes._rows import with_remark
from halflife.recipes._uniform import adaptive, uniform

CLASSES = ("MLPClassifier", "MLPRegressor")
SEARCHES = ("MLPClassifierCV", "MLPRegressorCV")
ASSUMED = f"mini-batches have {scikit_learn.AUTO} rows, or all if there are fewer"


def read(estimator: Any) -> list[Live]:
    """The setting of an estimator, or of the best one that a search has found.

    Raises:
        BadInput: it is none of those, or a search that is not fitted, or its arguments cannot be used.
    """
    name = type(estimator).__name__
    if name in SEARCHES:
        if not hasattr(estimator, "best_estimator_"):
            raise BadInput(f"the {name} has not found a setting yet: fit it first, with refit=True.")
        return read(estimator.best_estimator_)
    if name not in CLASSES:
        raise BadInput(f"halflife's {name} cannot be read: give one of {', '.join((*CLASSES, *SEARCHES))}.")
    from halflife.sklearn._settings import setting

    given = estimator.get_params()
    chosen = setting(given)
    auto = given["batch_size"] == "auto"
    recipe = Recipe(
        rule=chosen.rule,
        lr=chosen.lr,
        law=chosen.law,
        strength=chosen.strength,
        hyperparameters=chosen.hyperparameters,
        where=Where.WEIGHTS,
        schedule=given["schedule"],
        steps=_steps(estimator, given["max_iter"]),
        batch=scikit_learn.AUTO if auto else int(given["batch_size"]),
    )
    recipe = with_remark(recipe, ASSUMED) if auto else recipe
    measured, layers = uniform(recipe, _roots(estimator, recipe)) if adaptive(recipe) else (None, ())
    return [Live(recipe=recipe, measured=measured, layers=layers)]


def _steps(estimator: Any, epochs: int) -> int | None:
    """Of the whole run, once a fit has shown how many an epoch has."""
    taken, passed = getattr(estimator, "_steps", 0), len(getattr(estimator, "loss_curve_", ()))
    return round(epochs * taken / passed) if passed else None


def _roots(estimator: Any, recipe: Recipe) -> list[tuple[str, Any, Any]]:
    """What Adam divides a gradient by, of the weights of every layer."""
    if recipe.rule != "adam" or not hasattr(estimator, "_states"):
        return []
    correction = 1 - recipe.numbers["beta2"] ** estimator._steps
    squares = [state["weights"]["s"][0].T.astype(float) for state in estimator._states]
    return [
        (f"coefs_[{place}]", weights.astype(float), (square / correction) ** 0.5 + recipe.numbers["eps"])
        for place, (weights, square) in enumerate(zip(estimator.coefs_, squares, strict=True))
    ]
