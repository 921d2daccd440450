"""Names whose steps no rule takes are answered all the same: the nearest, graded, with what is missing."""

import json
from functools import cache

import numpy as np
import pytest

from halflife.recipes import FRAMEWORKS, Form, Grade, read, translate
from halflife.rules import Law
from recipes import elsewhere
from recipes.judges_of_tables import distance, ours

FLOAT32 = 5e-6
"""How far float32 takes 50 steps from float64."""

BEYOND = [(name, form) for name, framework in FRAMEWORKS.items() for form in framework.forms if form.differs]
NAMES = {(name, form.call): form for name, form in BEYOND}

TEXTS = {
    "torch": "torch.optim.{}(model.parameters(), lr=0.1)",
    "keras": "keras.optimizers.{}(0.1)",
    "optax": "optax.{}(0.1)",
    "optimi": "optimi.{}(model.parameters(), lr=0.1)",
    "fastai": "Learner(dls, model, opt_func={}, lr=0.1)",
    **elsewhere.BARE,
}


@pytest.mark.parametrize(("name", "call"), NAMES, ids=lambda value: value)
def test_a_name_beyond_the_rules_is_graded(name: str, call: str) -> None:
    """Every answer has the loss for its grade, names what is missing, and nothing is written under that name."""
    form = NAMES[name, call]
    assert form.differs
    answers = translate(TEXTS[name].format(call), to=["torch", "keras", name])
    assert answers.read_from == name
    for answer in answers:
        assert answer.grade.rank >= form.differs.grade.rank
        missing = form.differs.note.partition(" Nearest")[0]
        assert any(reason.startswith(missing) for reason in answer.reasons)
        assert f"{call}(" not in answer.recipe
        assert f"{call} " not in answer.recipe


def test_nothing_is_graded_exact_that_cannot_be() -> None:
    """A name in few bits is FIRST ORDER with the size of the rounding; all others are IMPOSSIBLE with the nearest."""
    for _, form in BEYOND:
        assert form.differs
        assert ("bits" in form.differs.note) is (form.differs.grade is Grade.FIRST_ORDER)
        assert form.differs.grade is Grade.FIRST_ORDER or "Nearest: " in form.differs.note


@cache
def _kept(name: str) -> dict[str, list[list[float]] | str]:
    """What came out in the framework; a sentence where it did not run."""
    file = elsewhere.FOLDER / f"{name}.json"
    kept: dict[str, list[list[float]] | str] = json.loads(file.read_text(encoding="utf-8")).get("beyond", {})
    return kept


RUN = [
    (name, form)
    for (name, call), form in NAMES.items()
    if name in elsewhere.BARE and isinstance(_kept(name).get(call), list)
]


@pytest.mark.parametrize(("name", "form"), RUN, ids=lambda v: v.call if isinstance(v, Form) else v)
def test_what_is_called_impossible_takes_other_steps(name: str, form: Form) -> None:
    """Run in its framework, a name that no rule is said to take is far from the nearest one; one in few bits is not.

    Tensors as small as these are kept in full by the optimizers of few bits, so that their law shows alone.
    """
    assert form.differs
    recipe = read(elsewhere.BARE[name].format(form.call), read_as=name)
    gap = distance(np.array(_kept(name)[form.call]), ours(recipe))
    if form.differs.grade is Grade.IMPOSSIBLE:
        assert gap >= 10 * FLOAT32
    else:
        assert gap <= FLOAT32


def test_wrappers_of_timm() -> None:
    """Cautious and Lookahead are prefixes in timm's factory: the optimizer inside is read, and both are losses."""
    (answer,) = translate("--opt lookahead_cadamw --lr 0.1 --weight-decay 0.05", to="torch")
    assert answer.grade is Grade.IMPOSSIBLE
    assert answer.setting.law is Law.DECOUPLED
    assert {note.split()[0] for note in answer.reasons} == {"Lookahead", "it"}
    assert translate("--opt AdamW --lr 0.1", to="timm")[0].grade is Grade.EXACT
