"""The suite kills every wrong declaration of `tests/mutants/wrong_tables.py`, and no right one."""

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from halflife import BadInput, recipes
from halflife.recipes import FRAMEWORKS, Framework
from mutants.wrong_tables import HOMES, WRONG
from recipes.judges_of_tables import Specimen, distance, ours, read_back, specimens_of, tolerance_of
from recipes.test_declared import wrong_defaults
from recipes.texts import BARE, CHOICES


def _mutant(module: str, right: str = "", wrong: str = "") -> Framework:
    """The framework of a module whose source has been changed in every place where the right text stands."""
    source = inspect.getsource(importlib.import_module(f"halflife.recipes.{module}"))
    assert right in source, "the table has changed: write the wrong declaration anew"
    changed = _executed(module, source.replace(right, wrong) if right else source)
    home = HOMES.get(module)
    if home is not None:  # which finds the changed part where it finds the right one
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(recipes, module, changed)
            patched.setitem(sys.modules, f"halflife.recipes.{module}", changed)
            changed = _executed(home, inspect.getsource(importlib.import_module(f"halflife.recipes.{home}")))
    framework: Framework = changed.FRAMEWORK
    return framework


def _executed(module: str, source: str) -> Any:
    spec = importlib.util.spec_from_loader(f"halflife.recipes.{module}", loader=None)
    assert spec is not None
    made = importlib.util.module_from_spec(spec)
    exec(compile(source, module, "exec"), made.__dict__)  # noqa: S102
    return made


def _complaints(mutant: Framework) -> Iterator[str]:
    """What the suite's checks say of a framework: its signature, its reader, its writer."""
    right = FRAMEWORKS[mutant.name]
    for form in mutant.forms:
        yield from wrong_defaults(mutant.name, form)
    for text, rule, law, strength in BARE:
        if right.recognises(text):
            try:
                recipe = mutant.read(text)
            except BadInput as error:
                yield f"cannot read {text}: {error}"
                continue
            if (recipe.rule, recipe.law) != (rule, law) or recipe.strength != pytest.approx(strength):
                yield f"reads {recipe} in {text}"
    for text, where in CHOICES:
        if right.recognises(text) and mutant.read(text).where is not where:
            yield f"reads another choice of parameters in {text}"
    for specimen in specimens_of(mutant.name):
        yield from _reader(mutant, specimen)
        yield from _writer(mutant, specimen)
        yield from _choice(mutant, specimen)


def _reader(mutant: Framework, specimen: Specimen) -> Iterator[str]:
    """Where what it reads takes other steps than the text's, which `test_declared` holds against the framework."""
    try:
        gap = distance(ours(read_back(mutant, specimen)), ours(specimen.recipe))
    except BadInput as error:
        yield f"cannot read {specimen.text}: {error}"
        return
    if gap > tolerance_of(specimen.form, mutant.name):  # what the framework itself could show
        yield f"reads other steps in {specimen.text}: {gap:.1e}"


def _writer(mutant: Framework, specimen: Specimen) -> Iterator[str]:
    """Where its text, read by the reader that the frameworks have judged, takes other steps than were asked for."""
    position = specimen.framework.forms.index(specimen.form)
    text = mutant.write(specimen.recipe, mutant.forms[position])
    if text == specimen.text:
        return
    try:
        gap = distance(ours(read_back(specimen.framework, specimen, text)), ours(specimen.recipe))
    except BadInput as error:
        yield f"writes {text}: {error}"
        return
    if gap > 1e-12:
        yield f"writes other steps: {text}, {gap:.1e}"


def _choice(mutant: Framework, specimen: Specimen) -> Iterator[str]:
    """Where the choice of parameters does not survive its writer or its reader."""
    right, position = specimen.framework, specimen.framework.forms.index(specimen.form)
    for where in mutant.forms[position].where:
        recipe = replace(specimen.recipe, where=where)
        for writer, reader, form in ((mutant, right, mutant.forms[position]), (right, mutant, specimen.form)):
            try:
                kept = read_back(reader, specimen, writer.write(recipe, form)).where
            except BadInput as error:
                yield str(error)
                continue
            if kept is not where:
                yield f"{where} becomes {kept}"


@pytest.mark.parametrize(
    ("module", "right", "wrong", "mistake"), WRONG, ids=[f"{row[0]}: {row[3]} ({i})" for i, row in enumerate(WRONG)]
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_wrong_declaration_is_killed(module: str, right: str, wrong: str, mistake: str) -> None:
    """At least one check of the suite complains."""
    assert next(_complaints(_mutant(module, right, wrong)), None), f"survives: {mistake}"


@pytest.mark.parametrize("module", sorted({row[0] for row in WRONG}))
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_right_declaration_lives(module: str) -> None:
    """The same checks are silent about the table as it is, so a complaint means something."""
    assert next(_complaints(_mutant(module)), None) is None


def test_every_framework_has_wrong_twins() -> None:
    """No table is without mutants."""
    homes = {HOMES.get(row[0], row[0]) for row in WRONG}
    assert {importlib.import_module(f"halflife.recipes.{home}").FRAMEWORK.name for home in homes} == set(FRAMEWORKS)
