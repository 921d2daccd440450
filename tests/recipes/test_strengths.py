"""A strength in terms that a person can judge: half-life, timescale, share over the run, normalized decay."""

from typing import Any

import jax
import keras
import numpy as np
import optax
import pytest
import sklearn.neural_network
import torch

from halflife.recipes import FRAMEWORKS, Grade, Recipe, read, translate
from halflife.recipes._recipe import LAWS
from halflife.rules import RULES, Law
from recipes.texts import SGD
from recipes.trainers import run


def test_normalized_decay_of_the_paper() -> None:
    """Appendix B's example: λ_norm 0.025, b 128, B 50,000, T 100 is λ 1.265e-4 and PyTorch's 0.1265 at lr 1e-3."""
    text = "AdamW of Loshchilov & Hutter: α = 0.001, λ_norm = 0.025, b = 128, B = 50000, T = 100"
    result = translate(text, to=["torch", "paper"])
    assert result.source.strength == pytest.approx(1.265e-4, rel=1e-3)
    assert result[0].setting.strength == pytest.approx(0.1265, rel=1e-3)
    assert result.terms.normalized_decay == pytest.approx(0.025)
    assert read(result[1].recipe) == result.source
    asked = translate(
        "torch.optim.AdamW(lr=1e-3)", normalized_decay=0.025, batch=128, rows=50_000, epochs=100, to="torch"
    )
    assert asked[0].setting.strength == pytest.approx(result[0].setting.strength)


@pytest.mark.parametrize("law", ["L2", "DECOUPLED", "INDEPENDENT", "CONSTANT", "CORRECTED", "QUADRATIC", "PROXIMAL"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "warmup-cosine"])
def test_strengths_come_out_as_asked(law: str, schedule: str) -> None:
    """A half-life, a timescale and a share over the run, asked for under any law, are what the report then says."""
    told = {"law": law, "schedule": schedule, "steps": 1000, "rows": 1000, "batch": 100, "to": "torch"}
    assert translate(SGD, half_life="30 epochs", **told).terms.half_life == pytest.approx(300)
    assert translate(SGD, half_life="30epochs", **told).terms.half_life_epochs == pytest.approx(30)
    assert translate(SGD, half_life="300 steps", **told).terms.half_life == pytest.approx(300)
    assert translate(SGD, timescale=400, **told).terms.timescale == pytest.approx(400)
    assert translate(SGD, share=0.6, **told).terms.share == pytest.approx(0.6, rel=1e-9)


def test_an_epoch_sees_each_row() -> None:
    """A last, smaller mini-batch is a step, too: 1,000 rows by 300 are four steps an epoch."""
    asked = translate(SGD, half_life="20 epochs", rows=1000, batch=300, epochs=3, to="torch")
    assert asked.terms.half_life == pytest.approx(80)
    assert asked.source.steps == 12


def test_a_penalty_under_momentum_halves_a_weight_when_it_says() -> None:
    """Theorem 6, by running: with L2 of half-life 200 under momentum, untouched weights halve every 200 steps."""
    recipe = translate(SGD, half_life=200, to="torch").source
    weight, buffer, path = 1.0, 0.0, []
    for _ in range(800):
        buffer = 0.9 * buffer + recipe.l2 * weight
        weight -= recipe.lr * buffer
        path.append(weight)
    assert path[700] / path[500] == pytest.approx(0.5, rel=1e-9)


RUN = {"rows": 1000, "batch": 100, "steps": 1000, "schedule": "cosine"}
ASKED: list[tuple[str, Any, str, float]] = [
    ("half_life", "30 epochs", "half_life", 300),
    ("half_life", "300 steps", "half_life_epochs", 30),
    ("timescale", "40epochs", "timescale", 400),
    ("timescale", 400, "timescale_epochs", 40),
    ("share", 0.6, "share", 0.6),
    ("normalized_decay", 0.02, "normalized_decay", 0.02),
]


@pytest.mark.parametrize("name", FRAMEWORKS)
@pytest.mark.parametrize(("argument", "value", "term", "expected"), ASKED)
def test_every_framework_is_given_the_strength_that_was_asked(
    name: str, argument: str, value: object, term: str, expected: float
) -> None:
    """What is written for a framework, read again, has the strength asked for, in the terms it was asked in."""
    law = Law.L2 if name in ("sklearn", "caffe", "blog") else FRAMEWORKS[name].forms[0].law
    source = Recipe(rule="sgd" if law is Law.L2 else FRAMEWORKS[name].forms[0].rule, lr=0.05)
    told = RUN | ({"schedule": "constant"} if FRAMEWORKS[name].schedules or name == "blog" else {})
    (answer,) = translate(source, law=law, to=name, where="weights", **told, **{argument: value})
    assert getattr(answer.terms, term) == pytest.approx(expected, rel=1e-9)
    told = {key: value for key, value in told.items() if key != "schedule"}
    (again,) = translate(answer.recipe, read_as=name, to=name, schedule=answer.setting.schedule, **told)
    assert getattr(again.terms, term) == pytest.approx(expected, rel=1e-9)


def _untouched_in_torch(text: str, steps: int) -> float:
    model = torch.nn.Linear(1, 1, bias=False, dtype=torch.float64)
    optimizer, start = run(text, torch=torch, model=model)["optimizer"], model.weight.item()
    for _ in range(steps):
        model.weight.grad = torch.zeros_like(model.weight)
        optimizer.step()
    return model.weight.item() / start


def _untouched_in_keras(text: str, steps: int) -> float:
    optimizer = run(text, keras=keras)["optimizer"]
    weight = keras.Variable(np.ones((1, 1)))
    for _ in range(steps):
        optimizer.apply([keras.ops.zeros((1, 1))], [weight])
    return float(keras.ops.convert_to_numpy(weight.value)[0, 0])


def _untouched_in_optax(text: str, steps: int) -> float:
    optimizer = run(text, optax=optax, jax=jax)["optimizer"]
    weight = jax.numpy.ones((1, 1))
    state = optimizer.init(weight)
    for _ in range(steps):
        change, state = optimizer.update(jax.numpy.zeros((1, 1)), state, weight)
        weight = optax.apply_updates(weight, change)
    return float(weight[0, 0])


def _untouched_in_sklearn(text: str, steps: int) -> float:
    model = run(text.replace("MLPClassifier", "MLPRegressor"), sklearn=sklearn)["model"]
    rows = np.zeros((model.batch_size, 1))
    model.set_params(hidden_layer_sizes=()).partial_fit(rows, rows[:, 0])
    start = model.coefs_[0][0, 0]
    for _ in range(steps):
        model.partial_fit(rows, rows[:, 0])
    return float(model.coefs_[0][0, 0] / start)


@pytest.mark.parametrize(
    ("name", "text", "untouched"),
    [
        ("torch", "torch.optim.AdamW(lr=0.01)", _untouched_in_torch),
        ("torch", "torch.optim.SGD(lr=0.01)", _untouched_in_torch),
        ("keras", "torch.optim.AdamW(lr=0.01)", _untouched_in_keras),
        ("optax", "torch.optim.AdamW(lr=0.01)", _untouched_in_optax),
        ("sklearn", "torch.optim.SGD(lr=0.01)", _untouched_in_sklearn),
    ],
)
def test_an_untouched_weight_halves_when_it_was_asked_to(name: str, text: str, untouched: Any) -> None:
    """In the framework itself, a weight without gradient is half of what it was after its half-life."""
    law = Law.L2 if "SGD" in text else Law.DECOUPLED
    (answer,) = translate(text, law=law, to=name, half_life=40, batch=8)
    assert answer.grade in (Grade.EXACT, Grade.FIRST_ORDER) or name == "sklearn"  # which regularizes weights alone
    assert untouched(answer.recipe, 40) == pytest.approx(0.5, rel=1e-5)
    assert untouched(answer.recipe, 30) > 0.55


@pytest.mark.parametrize("rule", RULES)
def test_every_law_can_be_asked_of_every_rule(rule: str) -> None:
    """Whatever the rule and the laws on both sides, every framework answers with a grade and a reason for it."""
    for place, law in enumerate(law for law in LAWS if law is not Law.NONE):
        before = (Law.L2, Law.CONSTANT) if law is Law.DECOUPLED else ((Law.L2, Law.DECOUPLED)[place % 2],)
        for asked in before:
            source = Recipe(rule=rule, lr=0.01, law=asked, strength=0.01, steps=100, schedule="cosine", batch=8)
            result = translate(source, law=law)
            assert result.source.law is law
            assert result.source.strength > 0
            assert len(result) == len(FRAMEWORKS)
            for answer in result:
                assert answer.grade is Grade.EXACT or answer.reasons
                assert answer.setting.strength > 0 or "strength" in answer.note
