"""The judge of a table: its texts as the framework itself runs them, beside the steps that halflife declares.

Frameworks that the tests install run here; those of `elsewhere` ran once and are read from tests/data; three exist only
on paper and are loops in `by_hand`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from halflife.recipes import FRAMEWORKS, Form, Framework, Grade, Recipe, translate
from halflife.rules import Law
from recipes import elsewhere, trainers
from recipes.by_hand import BY_HAND
from recipes.problem import START, Path, canonical_path, flat, share_of_peak
from recipes.specimens import specimens

INSTALLED = {
    "torch": trainers.torch_path,
    "optax": trainers.optax_path,
    "sklearn": trainers.sklearn_path,
    "optimi": trainers.torch_path,
    "lion-pytorch": trainers.torch_path,
    "hugging-face": trainers.hugging_face_path,
    "keras": trainers.keras_path,
}

SIGNED = ("torch", "keras", "optax", "sklearn", "optimi", "lion-pytorch")
"""Those whose signatures tell their defaults, so that no text has to show them."""

SCHEDULED_IN_FLOAT32 = 3e-7
FLOAT32 = 3e-5
FLOAT64 = 1e-11
TOLERANCE = {
    "keras": SCHEDULED_IN_FLOAT32,
    "optax": SCHEDULED_IN_FLOAT32,
    "tensorflow-addons": SCHEDULED_IN_FLOAT32,
    "paddle": SCHEDULED_IN_FLOAT32,
    "deepspeed": FLOAT32,
}
"""By rounding: some keep lr and their numbers in float32, DeepSpeed all."""

IN_FLOAT32 = ("radamlegacy", "lion_32bit", "paged_lion_32bit", "paged_adamw_32bit", "rmsprop_bnb", "rmsprop_bnb_32bit")
"""Optimizers of timm and of bitsandbytes that keep weights in float32 whatever is asked."""


@dataclass(frozen=True)
class Specimen:
    """A setting, the row that says it, and the text that it gives."""

    framework: Framework
    form: Form
    recipe: Recipe
    text: str

    def __str__(self) -> str:
        number = [other.text for other in specimens_of(self.framework.name)].index(self.text)
        return f"{self.framework.name}-{self.form.call[:20]}-{self.form.rule}-{self.form.law}-{number}"


def tolerance_of(form: Form, name: str) -> float:
    """How far rounding takes a framework's row from float64."""
    return FLOAT32 if form.call in IN_FLOAT32 else TOLERANCE.get(name, FLOAT64)


@cache
def specimens_of(name: str) -> tuple[Specimen, ...]:
    """The settings of a framework's table that are run; the defaults are only where no signature tells them."""
    framework, found = FRAMEWORKS[name], list[Specimen]()
    for form in framework.forms:
        if form.differs:
            continue
        for recipe in list(specimens(framework, form))[: 1 if name in SIGNED else 2]:
            found.append(Specimen(framework, form, recipe, framework.write(recipe, form)))
    return tuple(found)


FOUR = ("torch", "keras", "optax", "sklearn")


@cache
def exact(recipe: Recipe) -> dict[str, str]:
    """The texts of the four frameworks that say a recipe exactly."""
    answers = translate(recipe, to=FOUR)
    return {answer.framework: answer.recipe for answer in answers if answer.grade is Grade.EXACT}


def run_text(name: str, text: str) -> Path:
    """The weights after each step in a framework that the tests install."""
    return INSTALLED[name](text)


@cache
def _kept(name: str) -> dict[str, list[list[float]]]:
    weights: dict[str, list[list[float]]] = json.loads((elsewhere.FOLDER / f"{name}.json").read_text(encoding="utf-8"))[
        "weights"
    ]
    return weights


def theirs(specimen: Specimen) -> Path:
    """The weights in the framework after the steps that are kept."""
    name, shares = specimen.framework.name, tuple(share_of_peak(specimen.recipe))
    if elsewhere.kept(name, specimen.form):
        return np.array(_kept(name)[specimen.text])
    path = BY_HAND[name](specimen.text, shares) if name in BY_HAND else run_text(name, specimen.text)
    return _after(path)


def ours(recipe: Recipe) -> Path:
    """The weights by `rules.update` after the same steps."""
    return _after(canonical_path(recipe))


def distance(one: Path, other: Path) -> float:
    """The largest, relative to the length of the weights at the start."""
    return float(np.linalg.norm(one - other, axis=1).max() / np.linalg.norm(flat(START)))


def read_back(framework: Framework, specimen: Specimen, text: str | None = None) -> Recipe:
    """What the framework reads in the specimen's text, told what a text does not say."""
    told = {field: getattr(specimen.recipe, field) for field in ("steps", "batch", "schedule")}
    return replace(framework.read(specimen.text if text is None else text), **told)


def runnable(name: str) -> Iterator[Specimen]:
    """The specimens that are run: a penalty of Keras is of its layers, so three of its optimizers show it."""
    for specimen in specimens_of(name):
        form = specimen.form
        by_layers = name == "keras" and form.law is Law.L2 and form.rule not in ("sgd", "momentum", "adam")
        if not by_layers and form.call not in elsewhere.NOT_RUN.get(name, ()):
            yield specimen


def _after(path: Path) -> Path:
    return path[[step - 1 for step in elsewhere.KEPT]]
