"""Every row of every table takes the steps that it declares, by the framework's own hand."""

import inspect
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import keras
import lion_pytorch
import optax
import optimi
import pytest
import sklearn.neural_network
import torch

from halflife.recipes import FRAMEWORKS, Form
from recipes.judges_of_tables import (
    FLOAT64,
    FOUR,
    TOLERANCE,
    Specimen,
    distance,
    exact,
    ours,
    read_back,
    run_text,
    runnable,
    theirs,
    tolerance_of,
)
from recipes.problem import gap

SPECIMENS = [specimen for name in FRAMEWORKS for specimen in runnable(name)]


@pytest.mark.parametrize("specimen", SPECIMENS, ids=str)
@pytest.mark.filterwarnings("ignore:Got `batch_size`:UserWarning")
@pytest.mark.filterwarnings("ignore:You are using weight_decay:UserWarning")
def test_a_row_takes_the_steps_that_it_declares(specimen: Specimen) -> None:
    """A text, pasted into the framework and run for 50 steps, goes where `rules.update` goes by the row's recipe."""
    tolerance = tolerance_of(specimen.form, specimen.framework.name)
    free = replace(specimen.recipe, strength=0.0)
    assert distance(ours(specimen.recipe), ours(free)) >= 10 * tolerance
    assert distance(theirs(specimen), ours(specimen.recipe)) <= tolerance


@pytest.mark.parametrize("specimen", SPECIMENS, ids=str)
def test_a_row_is_read_as_it_was_written(specimen: Specimen) -> None:
    """What was run is read back as the recipe whose steps it took."""
    back = read_back(specimen.framework, specimen)
    assert distance(ours(back), ours(specimen.recipe)) <= 1e-13
    assert (back.law, back.rule, back.where) == (specimen.recipe.law, specimen.recipe.rule, specimen.recipe.where)


PAIRED = [specimen for name in FOUR for specimen in runnable(name) if len(exact(specimen.recipe)) > 1]


@pytest.mark.parametrize("specimen", PAIRED, ids=str)
@pytest.mark.filterwarnings("ignore:Got `batch_size`:UserWarning")
def test_every_exact_pair_takes_the_same_steps(specimen: Specimen) -> None:
    """Wherever two of the four say a row's setting exactly, both are run for 50 steps and agree after each."""
    paths = {name: run_text(name, text) for name, text in exact(specimen.recipe).items()}
    for one, other in combinations(paths, 2):
        assert gap(paths[one], paths[other]) <= max(TOLERANCE.get(name, FLOAT64) for name in (one, other))


CLASSES: dict[str, Any] = {
    "torch": torch.optim,
    "keras": keras.optimizers,
    "optax": optax,
    "sklearn": sklearn.neural_network,
    "optimi": optimi,
    "lion-pytorch": lion_pytorch,
}


@pytest.mark.parametrize(
    ("name", "form"),
    [(name, form) for name in CLASSES for form in FRAMEWORKS[name].forms],
    ids=lambda value: value if isinstance(value, str) else f"{value.call}-{value.rule}-{value.law}",
)
def test_defaults_are_the_frameworks_own(name: str, form: Form) -> None:
    """What a row says an argument is by default is what the framework's signature says."""
    assert next(wrong_defaults(name, form), None) is None


def wrong_defaults(name: str, form: Form) -> Iterator[str]:
    """Where a row's defaults are not those of the signature, for a framework that the tests install."""
    own = inspect.signature(getattr(CLASSES[name], form.call)).parameters if name in CLASSES else {}
    told = {form.lr, form.strength} & set(own) if form.differs else set(form.defaults)  # the rest is the nearest row's
    for argument, value in form.defaults.items() if own else ():
        if argument not in told:
            continue
        default = own[argument].default
        if default != value and (default or value):
            yield f"{form.call}({argument}) is {default!r} by default, the row says {value!r}"
    if own and not form.differs and form.strength not in ("", *form.defaults) and own[form.strength].default:
        yield f"{form.call}({form.strength}) is {own[form.strength].default!r} by default, the row says nothing"
