"""EXACT means the same steps: the texts are run in the real frameworks, on the same small network."""

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import pytest

from halflife.recipes import EpsPlace, Grade, Recipe, Where, translate
from halflife.rules import Law, LrPlace
from recipes.problem import BATCH, STEPS, gap
from recipes.trainers import TRAINERS

FLOAT64 = 1e-12
SCHEDULES_IN_FLOAT32 = 1e-7
"""Keras and Optax evaluate their schedules in float32."""


@dataclass(frozen=True)
class Row:
    """A setting, and the frameworks that must say it exactly."""

    rule: str
    law: Law
    exact: tuple[str, ...]
    numbers: dict[str, float] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)

    @property
    def recipe(self) -> Recipe:
        strength = {Law.L2: 0.3, Law.CONSTANT: 0.01, Law.INDEPENDENT: 0.01}.get(self.law, 0.3)
        told = {"lr": 0.03, "where": Where.WEIGHTS, "batch": BATCH} | self.others
        numbers = tuple(self.numbers.items())
        return Recipe(rule=self.rule, law=self.law, strength=strength, hyperparameters=numbers, **told)

    def __str__(self) -> str:
        others = "-".join(str(getattr(value, "name", value)) for value in self.others.values())
        return f"{self.rule}-{self.law}-{others}"


FOUR = ("torch", "keras", "optax", "sklearn")
THREE = FOUR[:3]
MOMENTUM = {"momentum": 0.8}
ADAM = {"beta1": 0.7, "beta2": 0.9, "eps": 1e-2}
HAT = {"eps_place": EpsPlace.BEFORE_CORRECTION}
UNDER = {"eps_place": EpsPlace.UNDER_ROOT}
COSINE = {"schedule": "cosine", "steps": STEPS}
LINE = {"schedule": "linear", "steps": STEPS}
ALL = {"where": Where.ALL}
INSIDE = {"lr_place": LrPlace.BUFFER}
RMSPROP = {"smoothing": 0.8, "momentum": 0.5, "eps": 1e-2}

ROWS = [
    Row("sgd", Law.L2, FOUR),
    Row("sgd", Law.L2, THREE, others=ALL),
    Row("sgd", Law.DECOUPLED, FOUR),
    Row("sgd", Law.CONSTANT, FOUR),
    Row("sgd", Law.L2, THREE, others=COSINE),
    Row("sgd", Law.INDEPENDENT, THREE, others=LINE),
    Row("momentum", Law.L2, FOUR, MOMENTUM),
    Row("momentum", Law.L2, ("torch", "optax"), MOMENTUM, others=COSINE),
    Row("momentum", Law.DECOUPLED, ("keras", "optax"), MOMENTUM),
    Row("momentum", Law.DECOUPLED, ("keras",), MOMENTUM, others=COSINE | INSIDE),
    Row("momentum", Law.CONSTANT, ("optax",), MOMENTUM, others=COSINE),
    Row("nesterov", Law.L2, FOUR, MOMENTUM),
    Row("nesterov", Law.INDEPENDENT, ("keras", "optax"), MOMENTUM),
    Row("adam", Law.L2, ("torch", "optax"), ADAM),
    Row("adam", Law.L2, ("keras", "sklearn"), ADAM, others=HAT),
    Row("adam", Law.DECOUPLED, ("torch", "optax"), ADAM, others=COSINE),
    Row("adam", Law.DECOUPLED, THREE, ADAM | {"eps": 0.0}, others=ALL),
    Row("adam", Law.INDEPENDENT, ("torch", "optax"), ADAM, others=LINE),
    Row("amsgrad", Law.L2, ("torch", "keras"), ADAM | {"eps": 0.0}),
    Row("nadam", Law.DECOUPLED, ("torch", "keras"), ADAM | {"momentum_decay": 1.0}),
    Row("radam", Law.L2, ("torch",), ADAM),
    Row("radam", Law.DECOUPLED, ("torch", "optax"), ADAM | {"eps": 0.0}),
    Row("adamax", Law.L2, ("torch", "optax"), ADAM),
    Row("adamax", Law.DECOUPLED, ("keras",), ADAM, others={"eps_place": EpsPlace.AFTER_MAXIMUM}),
    Row("rmsprop", Law.L2, ("torch", "optax"), RMSPROP),
    Row("rmsprop", Law.L2, ("keras", "optax"), RMSPROP, others=UNDER | INSIDE),
    Row("rmsprop_centred", Law.DECOUPLED, ("keras", "optax"), RMSPROP, others=UNDER),
    Row("adagrad", Law.L2, ("keras", "optax"), {"initial_accumulator": 0.2, "eps": 1e-2}, others=UNDER),
    Row("adagrad", Law.L2, THREE, {"initial_accumulator": 0.2, "eps": 0.0}),
    Row("adadelta", Law.L2, THREE, {"smoothing": 0.8, "eps": 1e-2}),
    Row("lion", Law.DECOUPLED, ("keras", "optax"), {"beta1": 0.7, "beta2": 0.8}),
    Row("sign", Law.L2, ("optax",)),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_grades_exact_where_it_is(row: Row) -> None:
    """Which frameworks can say a setting exactly is what the table says: no more and no fewer."""
    answers = translate(row.recipe, to=FOUR)
    assert {answer.framework for answer in answers if answer.grade is Grade.EXACT} == set(row.exact)


@pytest.mark.filterwarnings("ignore:Got `batch_size`:UserWarning")
@pytest.mark.parametrize("row", [row for row in ROWS if len(row.exact) > 1], ids=str)
def test_exact_pairs_take_the_same_steps(row: Row) -> None:
    """Two frameworks given one setting with the grade EXACT agree after each of 50 steps, to rounding."""
    answers = {answer.framework: answer for answer in translate(row.recipe, to=row.exact)}
    paths = {name: TRAINERS[name](answer.recipe) for name, answer in answers.items()}
    free = replace(row.recipe, strength=0.0)
    first = row.exact[0]
    effect = gap(paths[first], TRAINERS[first](translate(free, to=first)[0].recipe))
    tolerance = FLOAT64 if row.recipe.schedule == "constant" else SCHEDULES_IN_FLOAT32
    assert effect >= 10 * tolerance, f"no power: regularization moves the weights by {effect:.1e} only"
    for one, other in combinations(row.exact, 2):
        assert gap(paths[one], paths[other]) <= tolerance, (one, other)
