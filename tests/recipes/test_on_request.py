"""bitsandbytes and Apex take torch's steps under names of their own: read where met, written where asked for."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from halflife import BadInput
from halflife.recipes import FRAMEWORKS, Form, Grade, read, translate
from halflife.recipes._registry import ON_REQUEST
from halflife.rules import Law
from recipes.problem import canonical_path, gap
from recipes.specimens import specimens
from recipes.trainers import run, walk_in_torch

FLOAT32 = 1e-5
ROWS = [(name, form) for name, framework in ON_REQUEST.items() for form in framework.forms if not form.differs]


def test_they_are_not_among_the_answers() -> None:
    """What is not asked for is not printed."""
    assert not set(ON_REQUEST) & set(FRAMEWORKS)
    assert len(translate("torch.optim.SGD(lr=0.1)")) == len(FRAMEWORKS)


@pytest.mark.parametrize(("name", "form"), ROWS, ids=lambda value: getattr(value, "call", value))
def test_a_row_is_read_as_it_was_written(name: str, form: Form) -> None:
    """There and back a setting is unchanged, and what a row says is EXACT there."""
    framework = ON_REQUEST[name]
    for recipe in specimens(framework, form):
        back = framework.read(framework.write(recipe, form))
        told = {field: getattr(recipe, field) for field in ("steps", "batch", "schedule")}
        assert replace(back, **told) == recipe
        (answer,) = translate(recipe, to=name)
        assert answer.grade is Grade.EXACT


@pytest.mark.parametrize(
    ("text", "law", "grade"),
    [
        ("bnb.optim.AdamW8bit(model.parameters(), lr=1e-3, weight_decay=0.1)", Law.DECOUPLED, Grade.FIRST_ORDER),
        ("bitsandbytes.optim.Adam(lr=1e-3, weight_decay=0.1)", Law.DECOUPLED, Grade.EXACT),
        ("bitsandbytes.optim.Adam(lr=1e-3, weight_decay=0.1, optim_bits=8)", Law.DECOUPLED, Grade.FIRST_ORDER),
        ("bnb.optim.SGD(lr=0.1, momentum=0.9, weight_decay=0.1)", Law.L2, Grade.EXACT),
        ("bnb.optim.LAMB(lr=0.1, weight_decay=0.1)", Law.DECOUPLED, Grade.IMPOSSIBLE),
        ("apex.optimizers.FusedAdam(lr=1e-3, weight_decay=0.1)", Law.DECOUPLED, Grade.EXACT),
        ("apex.optimizers.FusedAdam(lr=1e-3, weight_decay=0.1, adam_w_mode=False)", Law.L2, Grade.EXACT),
        (
            "from apex.optimizers import FusedSGD\nFusedSGD(lr=0.1, momentum=0.9, weight_decay=0.1)",
            Law.L2,
            Grade.EXACT,
        ),
        ("apex.optimizers.FusedLAMB(lr=1e-3)", Law.DECOUPLED, Grade.IMPOSSIBLE),
    ],
)
def test_texts_are_read_under_their_law(text: str, law: Law, grade: Grade) -> None:
    """The law by name and flag, and the grade of carrying it to torch."""
    answers = translate(text, to="torch")
    assert answers.source.law is law
    assert answers[0].grade is grade


@pytest.mark.parametrize(
    "text",
    [
        "apex.optimizers.FusedSGD(lr=0.1, momentum=0.9, wd_after_momentum=True)",
        "apex.optimizers.FusedAdam(lr=0.1, amsgrad=True)",
        "apex.optimizers.FusedAdam(lr=0.1, bias_correction=False)",
        "bnb.optim.Adam(lr=0.1, amsgrad=True)",
    ],
)
def test_flags_that_no_rule_takes_are_refused(text: str) -> None:
    """One sentence, and no guess."""
    with pytest.raises(BadInput, match="takes steps that no rule of halflife knows"):
        read(text)


RUN = [form for name, form in ROWS if name == "bitsandbytes" and not form.call.startswith("Paged")]
"""Paged memory is of CUDA."""


@pytest.mark.parametrize("form", RUN, ids=lambda form: form.call)
def test_bitsandbytes_takes_the_steps_that_a_row_declares(form: Form) -> None:
    """50 steps in bitsandbytes itself, in float32 on a CPU, beside the recipe's own."""
    bitsandbytes: Any = pytest.importorskip("bitsandbytes")
    framework = ON_REQUEST["bitsandbytes"]
    for recipe in list(specimens(framework, form))[:1]:
        recipe = replace(recipe, schedule="constant")
        text = framework.write(recipe, form)
        path = walk_in_torch(lambda model, text=text: run(text, model=model, torch=torch, bitsandbytes=bitsandbytes))
        free = replace(recipe, strength=0.0)
        assert gap(canonical_path(recipe), canonical_path(free)) >= 10 * FLOAT32
        assert gap(np.asarray(path), canonical_path(recipe)) <= FLOAT32
