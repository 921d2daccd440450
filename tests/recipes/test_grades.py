"""Every answer has its grade with a reason: the size of the next term, or what is missing and the nearest thing."""

import math

import pytest

from halflife.recipes import FRAMEWORKS, Grade, Recipe, translate
from halflife.rules import RULES, Law, Order, update
from recipes.texts import READ, SGD


def test_first_order_names_the_size_of_the_next_term() -> None:
    """ε before the correction differs from ε after it by (1/√(1−β₂) − 1)·ε of a step on gradients of size 1."""
    (answer,) = translate("torch.optim.AdamW(lr=1e-3, eps=1e-6)", to="keras")
    assert answer.grade is Grade.FIRST_ORDER
    size = 1e-6 * (1 / math.sqrt(1 - 0.999) - 1)
    assert f"{size:.1e}" in answer.note
    real = abs(1 / (1 + 1e-6) - 1 / (1 + 1e-6 / math.sqrt(1 - 0.999)))  # the first step, gradient 1
    assert real == pytest.approx(size, rel=1e-3)


def test_eps_under_the_root_is_the_square() -> None:
    """√(s + ε²) is √s + ε where the root is 0, and so it is written there and back."""
    (answer,) = translate("torch.optim.RMSprop(lr=1e-3, eps=1e-3)", to="keras")
    assert (answer.grade, answer.setting.numbers["eps"]) == (Grade.FIRST_ORDER, pytest.approx(1e-6))
    (back,) = translate(answer.setting, to="torch")
    assert back.setting.numbers["eps"] == pytest.approx(1e-3)


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


@pytest.mark.parametrize(("law", "grade"), [("CONSTANT", Grade.IMPOSSIBLE), ("INDEPENDENT", Grade.EXACT)])
def test_a_penalty_follows_lr_and_not_every_decay_does(law: str, grade: Grade) -> None:
    """Under a schedule no constant share is SGD's penalty, and at a constant lr every law is."""
    text = "torch.optim.SGD(lr=0.1, weight_decay=5e-4)"
    (answer,) = translate(text, law=law, schedule="cosine", steps=100, to="optax")
    assert answer.grade is grade
    assert ("under a schedule no strength" in answer.note) == (grade is Grade.IMPOSSIBLE)
    assert translate(text, law=law, to="optax")[0].grade is Grade.EXACT


@pytest.mark.parametrize("law", ["CONSTANT", "QUADRATIC"])
def test_decays_of_other_schedules_remove_as_much_over_the_run(law: str) -> None:
    """Where two laws take lr differently, the strength is the one that makes the same sum of α over the run."""
    asked = {"schedule": "cosine", "steps": 1000, "to": "torch"}
    text = "torch.optim.AdamW(lr=1e-3, weight_decay=0.1)"
    before, after = (translate(text, law=each, **asked).source for each in (None, law))
    assert after.law.name == law
    assert sum(after.decays()) == pytest.approx(sum(before.decays()), rel=1e-9)
    assert max(after.decays()) != pytest.approx(max(before.decays()), rel=0.1)


@pytest.mark.parametrize("law", [Law.L2, Law.DECOUPLED])
def test_dampening_moves_into_lr(law: Law) -> None:
    """The same steps where it is not the first gradient that is dampened otherwise: here that one is zero."""
    numbers = (("momentum", 0.8), ("dampening", 0.4))
    recipe = Recipe(rule="momentum", lr=0.2, law=law, strength=0.3, hyperparameters=numbers)
    (answer,) = translate(recipe, to="keras")
    assert answer.grade is Grade.SAME_SOLUTION
    paths = []
    for each in (recipe, answer.setting):
        weight, state, path = 0.0, RULES["momentum"].initial_state(0.0), []
        for step in range(1, 21):
            decay = each.decay if law is not Law.L2 else 0.0
            gradient = float(step > 1) * (weight - 1)
            told = {"step": step, "lr": each.lr, "l2": each.l2, "decay": decay, **each.numbers}
            weight, state = update(RULES["momentum"], weight, gradient, state, **told)
            path.append(weight)
        paths.append(path)
    assert paths[0] == pytest.approx(paths[1], rel=1e-12)


def test_where_lr_stands_is_told() -> None:
    """Inside or outside of the momentum buffer is the same while lr is constant, and not while it moves: both said."""
    (constant,), (moving,) = (translate(SGD, to="keras", **more) for more in ({}, {"schedule": "cosine", "steps": 9}))
    assert (constant.grade, moving.grade) == (Grade.EXACT, Grade.FIRST_ORDER)
    assert "lr is inside the momentum buffer here and not there: the same while lr is constant" in constant.note
    assert "steps of lag" in moving.note


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_no_answer_is_silent(name: str) -> None:
    """Every grade comes with a note, and an impossible one with the reason or the theorem and the nearest thing."""
    for text, *_ in READ:
        (answer,) = translate(text, to=name)
        assert answer.note
        assert answer.recipe
        if answer.grade is Grade.IMPOSSIBLE:
            assert "nearest" in answer.note.lower() or "strength" in answer.note
