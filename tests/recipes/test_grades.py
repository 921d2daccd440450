"""Every answer has its grade with a reason: the size of the next term, or what is missing and the nearest thing."""

import math

import pytest

from halflife.recipes import FRAMEWORKS, Grade, translate
from halflife.rules import Order
from recipes.texts import READ, SGD


def test_first_order_names_the_size_of_the_next_term() -> None:
    """ε before the correction differs from ε after it by (1/√(1−β₂) − 1)·ε of a step on gradients of size 1."""
    (answer,) = translate("torch.optim.AdamW(lr=1e-3, eps=1e-6)", to="keras")
    assert answer.grade is Grade.FIRST_ORDER
    size = 1e-6 * (1 / math.sqrt(1 - 0.999) - 1)
    assert f"{size:.1e}" in answer.note
    real = abs(1 / (1 + 1e-6) - 1 / (1 + 1e-6 / math.sqrt(1 - 0.999)))  # the first step, gradient 1
    assert real == pytest.approx(size, rel=1e-3)


def test_decay_after_the_step_is_first_order_under_adam() -> None:
    """PROXIMAL acts after the step: under Adam nothing shipped does, and the difference is the share α of the step."""
    (answer,) = translate("torch.optim.AdamW(lr=0.01, weight_decay=0.1)", law="PROXIMAL", to="torch")
    assert answer.grade is Grade.FIRST_ORDER
    assert "α = 0.001" in answer.note
    assert answer.setting.order is Order.JOINT


def test_a_law_that_a_framework_lacks_is_impossible() -> None:
    """Asked for decay, torch's SGD has none: the door that it has is named, and never taken silently."""
    answers = {answer.framework: answer for answer in translate(SGD, law="DECOUPLED")}
    assert answers["torch"].grade is Grade.IMPOSSIBLE
    assert "no door for DECOUPLED" in answers["torch"].note
    assert answers["keras"].grade is Grade.FIRST_ORDER
    assert answers["keras"].setting.strength == pytest.approx(5e-3, rel=1e-2)
    assert answers["keras"].setting.strength != pytest.approx(5e-3, rel=1e-3)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_no_answer_is_silent(name: str) -> None:
    """Every grade comes with a note, and an impossible one with the reason or the theorem and the nearest thing."""
    for text, *_ in READ:
        (answer,) = translate(text, to=name)
        assert answer.note
        assert answer.recipe
        if answer.grade is Grade.IMPOSSIBLE:
            assert "nearest" in answer.note.lower() or "strength" in answer.note
