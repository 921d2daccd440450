"""What is found, as a recipe in canonical form, in the words of four frameworks, and beside what it was found on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from halflife.lab.data import Data
from halflife.lab.regime import Regime
from halflife.recipes import Recipe, Translations, Where, translate
from halflife.rules import Law
from halflife.tune._point import Door, Point

FRAMEWORKS = ("torch", "keras", "optax", "sklearn")
"""Those that the winning setting is written for."""


def recipe(rule: str, numbers: Mapping[str, float], point: Point, rows: int, regime: Regime) -> Recipe:
    """A point in canonical form.

    Args:
        rule: of the search.
        numbers: its hyperparameters.
        point: the setting.
        rows: that a network is trained on.
        regime: how.
    """
    batch = min(regime.batch_size, rows)
    laws = {Door.NONE: Law.NONE, Door.L2: Law.L2, Door.DECAY: Law.INDEPENDENT}
    return Recipe(
        rule=rule,
        lr=point.lr,
        law=laws[point.door],
        strength=point.strength,
        hyperparameters=tuple(numbers.items()),
        where=Where.WEIGHTS,
        schedule=regime.schedule,
        steps=regime.epochs * -(-rows // batch),
        batch=batch,
        rows=rows,
    )


def written(found: Recipe, task: str) -> Translations:
    """The recipe for each framework; scikit-learn's classifier and regressor take the same arguments."""
    answers = translate(found, to=FRAMEWORKS)
    if task == "classification":
        return answers
    changed = (replace(a, recipe=a.recipe.replace("MLPClassifier", "MLPRegressor")) for a in answers)
    return replace(answers, answers=tuple(changed))


def describe(sets: Sequence[Data]) -> str:
    """The data set of these folds in one line."""
    of = sets[0]
    rows = len(of.train) + len(of.valid)
    return (
        replace(of, train=of.train, valid=of.valid)
        .describe()
        .replace(
            f"{len(of.train)} + {len(of.valid)} + 0 rows (training, validation, test)",
            f"{rows} rows in {len(sets)} folds",
        )
    )
