"""SAME SOLUTION means the same end: both texts are run to convergence on a quadratic, each in its own framework."""

from typing import Any

import numpy as np
import pytest

from halflife.recipes import FRAMEWORKS, Grade, Recipe, _calls, _fit, read, translate
from halflife.recipes._steps import walk
from halflife.rules import Law
from recipes.quadratic import ENDS, HESSIAN, ROWS, SLOPE, START, STEPS, end, ridge

CONVERGING = (Grade.SAME_SOLUTION, Grade.FIRST_ORDER)
"""Here FIRST ORDER is heavy ball at another momentum, whose start alone differs."""

FLOAT64 = 1e-9
"""Of weights whose sizes are 0.3 to 4."""

TOLD: dict[str, Any] = {"batch": ROWS, "where": "weights"}

SOURCES = {
    "momentum": ("torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.8, weight_decay=0.4)", "DECOUPLED"),
    "momentum, CONSTANT": ("torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.7, weight_decay=0.3)", "CONSTANT"),
    "momentum, PROXIMAL": ("torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.7, weight_decay=0.3)", "PROXIMAL"),
    "momentum that does not oscillate": (
        "torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5, weight_decay=0.5)",
        "DECOUPLED",
    ),
    "the same, PROXIMAL": ("torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5, weight_decay=0.5)", "PROXIMAL"),
    "dampening": (
        "torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.8, dampening=0.4, weight_decay=0.4)",
        None,
    ),
    "Nesterov": (
        "torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.7, nesterov=True, weight_decay=0.4)",
        "INDEPENDENT",
    ),
    "Keras": ("keras.optimizers.SGD(learning_rate=0.1, momentum=0.6, weight_decay=0.5)", None),
    "Keras, Nesterov": (
        "keras.optimizers.SGD(learning_rate=0.1, momentum=0.6, nesterov=True, weight_decay=0.5)",
        "L2",
    ),
    "Optax, CONSTANT": (
        "optax.chain(optax.sgd(learning_rate=0.1, momentum=0.6), optax.add_decayed_weights(-0.05))",
        None,
    ),
    "optimi": (
        "optimi.SGD(model.parameters(), lr=0.1, momentum=0.7, decouple_wd=True, weight_decay=0.4)",
        None,
    ),
    "scikit-learn": (
        'sklearn.neural_network.MLPClassifier(solver="sgd", learning_rate_init=0.1, momentum=0.7, alpha=4.8, '
        "batch_size=12, nesterovs_momentum=False)",
        "DECOUPLED",
    ),
    "the post": ("η = 0.1, μ = 0.5, α = 0.02", None),
    "the post, without momentum": ("η = 0.1, μ = 0.5, λ = 0.4", None),
}
"""A text as it is run, and the law that is asked for."""


def _as_run(text: str) -> tuple[str, str]:
    """The framework of a text, and the text as the framework runs it."""
    home = translate(text, to="torch").read_from or ""
    if home != "blog":
        return home, f"{'model' if home == 'sklearn' else 'optimizer'} = {text}"
    source = read(text)
    return home, FRAMEWORKS[home].write(source, _fit.fit(source, FRAMEWORKS[home]).form)


def _declared_end(recipe: Recipe) -> np.ndarray:
    """Where the recipe's steps end by `rules.update`, for the frameworks that are not run here."""

    def gradients(_: int, weights: list[np.ndarray]) -> list[np.ndarray]:
        return [HESSIAN @ weights[0] - SLOPE]

    *_, (last,) = walk(recipe, [START], gradients, [1.0] * STEPS)
    return last[:, 0]


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.filterwarnings("ignore:Got `batch_size`:UserWarning")
@pytest.mark.filterwarnings("ignore:You are using weight_decay:UserWarning")
def test_both_end_at_the_same_weights(name: str) -> None:
    """What is graded SAME SOLUTION ends, in its framework, where the source ends in its own."""
    text, law = SOURCES[name]
    home, pasted = _as_run(text)
    expected = end(home, pasted)
    assert np.abs(expected - ridge(0.0)).max() >= 10 * FLOAT64
    graded = [answer for answer in translate(text, law=law, **TOLD) if answer.grade in CONVERGING]
    assert any(answer.framework in ENDS for answer in graded)
    for answer in graded:
        run_here = answer.framework in ENDS
        reached = end(answer.framework, answer.recipe) if run_here else _declared_end(answer.setting)
        np.testing.assert_allclose(reached, expected, rtol=0, atol=FLOAT64, err_msg=answer.framework)


def test_every_framework_that_is_run_is_judged() -> None:
    """Both doors of each of the four, and each linear rule, are among what is run to its end."""
    judged = {
        (answer.framework, answer.setting.rule, answer.setting.law is Law.L2)
        for text, law in SOURCES.values()
        for answer in translate(text, law=law, **TOLD)
        if answer.grade in CONVERGING
    }
    for framework, doors in {
        "torch": {True},
        "sklearn": {True},
        "keras": {True, False},
        "optax": {True, False},
    }.items():
        for rule in ("momentum", "nesterov"):
            assert {l2 for name, known, l2 in judged if (name, known) == (framework, rule)} >= doors, (framework, rule)


@pytest.mark.parametrize("name", ["torch", "keras", "optax", "sklearn"])
@pytest.mark.filterwarnings("ignore:Got `batch_size`:UserWarning")
def test_the_end_is_that_of_ridge_regression(name: str) -> None:
    """Each framework's own L2 ends at (H + λI)⁻¹b, so what the ends agree on is what theorem 5 says."""
    (answer,) = translate("torch.optim.SGD(lr=0.1, momentum=0.8, weight_decay=0.4)", to=name, **TOLD)
    assert answer.grade is Grade.EXACT
    np.testing.assert_allclose(end(name, answer.recipe), ridge(0.4), rtol=0, atol=FLOAT64)


@pytest.mark.parametrize("rule", ["momentum", "nesterov"])
def test_the_naive_strength_ends_elsewhere(rule: str) -> None:
    """α = lr·λ, which people carry, is a weaker ridge by the gain: the judges see it from far."""
    nesterov = rule == "nesterov"
    text = f"torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.7, nesterov={nesterov}, weight_decay=0.4)"
    (answer,) = translate(text, law="DECOUPLED", to="keras", **TOLD)
    naive = answer.recipe.replace(f"weight_decay={_calls.digits(answer.setting.strength)}", "weight_decay=0.4")
    assert naive != answer.recipe
    assert np.abs(end("keras", naive) - end(*_as_run(text))).max() > 0.05
    np.testing.assert_allclose(end("keras", naive), ridge(0.4 * 0.3), rtol=0, atol=FLOAT64)


@pytest.mark.parametrize("law", ["DECOUPLED", "INDEPENDENT", "CONSTANT", "CORRECTED", "QUADRATIC", "PROXIMAL"])
@pytest.mark.parametrize("name", ["momentum", "dampening", "Nesterov"])
def test_another_door_ends_at_the_same_weights(name: str, law: str) -> None:
    """Whatever law is asked for, what is carried ends where the source ends."""
    text = SOURCES[name][0]
    carried = translate(text, law=law, to="torch").source
    assert carried.law is Law[law]
    np.testing.assert_allclose(_declared_end(carried), end(*_as_run(text)), rtol=0, atol=FLOAT64)


def test_the_note_names_the_theorem_and_the_next_term() -> None:
    """The note says theorem 5, the factor by which α = lr·λ is too weak, and the size of theorem 6's next term."""
    (answer,) = translate("torch.optim.SGD(lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)", to="composer")
    assert answer.grade is Grade.SAME_SOLUTION
    assert "theorem 5" in answer.note
    assert "10 times too weak" in answer.note
    next_term = 0.9**2 * 5e-5**2 / (1 - 0.9) ** 3
    assert f"{next_term:+.1e}"[:4] in answer.note
