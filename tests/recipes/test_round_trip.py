"""A setting written in a framework and read back is unchanged, whatever its numbers."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife.recipes import FRAMEWORKS, Form, Framework, Grade, Recipe, Reduction, read, translate
from halflife.recipes._fit import reduced
from halflife.recipes._recipe import EpsPlace
from halflife.rules import RULES, Law, update

LOWEST = {"eps": 1e-12, "momentum": 0.1, "momentum_decay": 1e-4, "initial_accumulator": 0.0, "lr_decay": 0.0}


def _number(name: str, form: Form) -> Any:
    if name in form.fixed:
        return st.just(form.fixed[name])
    if name not in form.names:
        return st.just(RULES[form.rule].hyperparameters[name].default)
    return st.floats(LOWEST.get(name, 0.05), 0.98 if RULES[form.rule].hyperparameters[name].high <= 1 else 2.0)


@st.composite
def recipes(draw: Any, framework: Framework, form: Form) -> Recipe:
    """A recipe that the form says natively."""
    numbers = {name: draw(_number(name, form)) for name in RULES[form.rule].hyperparameters}
    lr = draw(st.floats(1e-6, 0.9))
    kept = draw(st.sampled_from(sorted(framework.schedules or ("constant", "linear", "cosine"))))
    return Recipe(
        rule=form.rule,
        lr=lr,
        law=form.law,
        strength=draw(st.sampled_from([0.0]) | st.floats(1e-9, 0.9)),
        hyperparameters=tuple(numbers.items()),
        where=draw(st.sampled_from(sorted(form.where, key=str))),
        lr_place=form.lr_place,
        eps_place=form.eps_place,
        order=form.order,
        schedule=kept,
        steps=draw(st.integers(1, 10**6)),
        batch=draw(st.integers(1, 10**4)),
        rows=draw(st.integers(10**4, 10**7)),
    )


def _close(recipe: Recipe, other: Recipe) -> None:
    """Equal field by field, numbers up to the fifteen digits that are written."""
    assert dict(other.hyperparameters) == pytest.approx(dict(recipe.hyperparameters), rel=1e-13)
    assert (other.lr, other.strength) == pytest.approx((recipe.lr, recipe.strength), rel=1e-12)
    same = {"lr": recipe.lr, "strength": recipe.strength, "hyperparameters": recipe.hyperparameters}
    assert replace(other, **same) == recipe


@pytest.mark.parametrize("name", FRAMEWORKS)
@settings(deadline=None, derandomize=True, max_examples=12)
@given(data=st.data())
def test_there_and_back(name: str, data: Any) -> None:
    """What a framework can say is EXACT in it, and reading what was written gives the same recipe, in any form."""
    framework = FRAMEWORKS[name]
    said = [form for form in framework.forms if not form.differs]
    recipe = data.draw(st.sampled_from(said).flatmap(lambda form: recipes(framework, form)))
    (answer,) = translate(recipe, to=framework.name)
    assert answer.grade is Grade.EXACT
    told = {field: getattr(recipe, field) for field in ("steps", "batch", "rows", "schedule", "reduction")}
    back = read(answer.recipe)
    if back.schedule != "constant":
        assert back.schedule == recipe.schedule
    _close(recipe, replace(back, **told))


@pytest.mark.parametrize("name", FRAMEWORKS)
@settings(deadline=None, derandomize=True, max_examples=3)
@given(momentum=st.floats(0.1, 0.95), strength=st.floats(1e-6, 1e-2), lr=st.floats(1e-4, 0.1))
def test_same_solution_there_and_back(name: str, momentum: float, strength: float, lr: float) -> None:
    """A change of door within the linear rules is undone by the change back."""
    for rule in ("sgd", "momentum", "nesterov"):
        numbers = () if rule == "sgd" else (("momentum", momentum),)
        recipe = Recipe(rule=rule, lr=lr, law=Law.L2, strength=strength, hyperparameters=numbers)
        (there,) = translate(recipe, law=Law.DECOUPLED, to="optax")
        assert there.setting.law is Law.DECOUPLED
        (back,) = translate(there.recipe, law=Law.L2, to="torch")
        assert back.setting.strength == pytest.approx(strength, rel=1e-12)
        (back,) = translate(translate(recipe, to=name)[0].setting, to="torch")
        if back.grade in (Grade.EXACT, Grade.SAME_SOLUTION) and back.setting.rule == rule:
            assert back.setting.lr == pytest.approx(lr, rel=1e-12)


@settings(deadline=None, derandomize=True, max_examples=25)
@given(batch=st.integers(2, 512), l2=st.floats(1e-6, 1.0), lr=st.floats(1e-4, 0.1))
def test_summed_errors_become_means(batch: int, l2: float, lr: float) -> None:
    """Where only means exist, a summed error's λ is divided by the rows of a mini-batch, and SGD's lr multiplied."""
    text = f"torch.optim.SGD(lr={lr!r}, weight_decay={l2!r})"
    (answer,) = translate(text, to="sklearn", batch=batch, reduction="sum", where="weights")
    assert answer.grade is Grade.EXACT
    assert answer.setting.reduction is Reduction.MEAN
    assert answer.setting.lr == pytest.approx(lr * batch)
    assert answer.setting.strength == pytest.approx(l2 / batch)
    assert read(answer.recipe).strength == pytest.approx(l2 / batch)


SUMMED = [
    Recipe(rule="adam", lr=0.01, law=Law.L2, strength=0.3, hyperparameters=(("eps", 0.1),)),
    Recipe(rule="adam", lr=0.01, law=Law.DECOUPLED, strength=0.3, hyperparameters=(("eps", 0.1),)),
    Recipe(rule="momentum", lr=0.01, law=Law.CONSTANT, strength=0.02, hyperparameters=(("momentum", 0.9),)),
    Recipe(
        rule="adagrad", lr=0.1, law=Law.L2, strength=0.3, hyperparameters=(("eps", 0.5), ("initial_accumulator", 4.0))
    ),
    Recipe(
        rule="adagrad",
        lr=0.1,
        law=Law.L2,
        strength=0.3,
        hyperparameters=(("eps", 0.5), ("initial_accumulator", 4.0)),
        eps_place=EpsPlace.UNDER_ROOT,
    ),
]


def _path(recipe: Recipe, rows: int) -> list[float]:
    """Twenty steps of one weight whose error, and so its gradient, is that of so many rows."""
    weight, numbers, under = 1.0, recipe.numbers, 0.0
    if recipe.eps_place is EpsPlace.UNDER_ROOT:  # √(s + ε) in place of √s + ε
        under = numbers["eps"]
        numbers |= {"eps": 0.0, "initial_accumulator": numbers["initial_accumulator"] + under}
    state, path = RULES[recipe.rule].initial_state(weight), []
    for step in range(1, 21):
        gradient = rows * (2 * weight - 1 + (-1) ** step)
        weight, state = update(
            RULES[recipe.rule],
            weight,
            gradient,
            state,
            step=step,
            lr=recipe.lr,
            l2=recipe.l2,
            decay=recipe.decay or 0.0 if recipe.law is not Law.L2 else 0.0,
            **numbers,
        )
        path.append(weight)
    return path


@pytest.mark.parametrize("recipe", SUMMED, ids=lambda recipe: f"{recipe.rule}-{recipe.law}-{recipe.eps_place.name}")
def test_the_recipe_for_the_mean_takes_the_steps_of_the_one_for_the_sum(recipe: Recipe) -> None:
    """Gradients of eight rows together, and their mean with what is reduced: λ, ε, lr, and the accumulator."""
    mean = reduced(replace(recipe, reduction=Reduction.SUM, batch=8))
    assert mean.reduction is Reduction.MEAN
    assert _path(mean, 1) == pytest.approx(_path(recipe, 8), rel=1e-12)
    assert _path(recipe, 1) != pytest.approx(_path(recipe, 8), rel=1e-3)
