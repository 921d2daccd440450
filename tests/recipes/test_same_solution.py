"""SAME SOLUTION means the same end: both settings are run to convergence on a quadratic."""

import numpy as np
import pytest

from halflife.recipes import Grade, Recipe, translate
from halflife.rules import RULES, Law, LrPlace, Order, update

CURVATURE = np.array([0.2, 0.7, 1.5, 3.0])
TARGET = np.array([1.0, -2.0, 0.5, 4.0])
LR = 0.05
L2 = 0.4


def _end(recipe: Recipe) -> np.ndarray:
    """Where the recipe's steps on Σ h·w²/2 − b·w end."""
    inside = recipe.rule == "momentum" and recipe.lr_place is LrPlace.BUFFER
    rule = RULES["momentum_lr_inside" if inside else recipe.rule]
    numbers = {name: value for name, value in recipe.hyperparameters if name in rule.hyperparameters}
    weights = np.zeros(4)
    state = rule.initial_state(weights)
    decay = 0.0 if recipe.law is Law.L2 else recipe.decay
    for step in range(1, 2501):
        gradient = CURVATURE * weights - TARGET
        weights, state = update(
            rule,
            weights,
            gradient,
            state,
            step=step,
            lr=recipe.lr,
            l2=recipe.l2,
            decay=decay,
            order=Order.AFTER if recipe.order is Order.AFTER else Order.JOINT,
            **numbers,
        )
    return weights


SOURCES = [
    Recipe(rule="momentum", lr=LR, law=Law.L2, strength=L2, hyperparameters=(("momentum", 0.9),)),
    Recipe(rule="momentum", lr=LR, law=Law.L2, strength=L2, hyperparameters=(("dampening", 0.4), ("momentum", 0.8))),
    Recipe(rule="nesterov", lr=LR, law=Law.L2, strength=L2, hyperparameters=(("momentum", 0.7),)),
    Recipe(rule="momentum", lr=LR, law=Law.DECOUPLED, strength=L2, hyperparameters=(("momentum", 0.6),)),
    Recipe(rule="nesterov", lr=LR, law=Law.CONSTANT, strength=0.01, hyperparameters=(("momentum", 0.7),)),
    Recipe(rule="sgd", lr=LR, law=Law.PROXIMAL, strength=L2),
    Recipe(
        rule="mccaffrey",
        lr=LR,
        law=Law.CONSTANT,
        strength=0.02,
        hyperparameters=(("momentum", 0.5),),
        order=Order.AFTER,
    ),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda r: f"{r.rule}-{r.law}")
def test_both_end_at_the_same_weights(source: Recipe) -> None:
    """Every answer graded SAME SOLUTION ends where the source ends, and ten tolerances from where λ = 0 ends."""
    expected = _end(source)
    assert np.abs(expected - TARGET / CURVATURE).max() > 1e-3
    graded = [answer for answer in translate(source) if answer.grade is Grade.SAME_SOLUTION]
    assert len(graded) >= 3
    for answer in graded:
        np.testing.assert_allclose(_end(answer.setting), expected, rtol=1e-9, err_msg=answer.framework)


@pytest.mark.parametrize("source", SOURCES[:3], ids=lambda r: r.rule)
@pytest.mark.parametrize("law", ["DECOUPLED", "INDEPENDENT", "CONSTANT", "PROXIMAL"])
def test_another_door_ends_at_the_same_weights(source: Recipe, law: str) -> None:
    """Asking for another law keeps the end; α = lr·λ, the naive carry, does not (theorem 5)."""
    carried = translate(source, law=law, to="torch").source
    assert carried.law is Law[law]
    np.testing.assert_allclose(_end(carried), _end(source), rtol=1e-9)
    naive = Recipe(rule=source.rule, lr=LR, law=Law.DECOUPLED, strength=L2, hyperparameters=source.hyperparameters)
    assert np.abs(_end(naive) - _end(source)).max() > 1e-2


def test_the_note_names_the_theorem_and_the_next_term() -> None:
    """The note says theorem 5, the factor by which α = lr·λ is too weak, and the size of theorem 6's next term."""
    (answer,) = translate("torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=5e-4)", to="composer")
    assert answer.grade is Grade.SAME_SOLUTION
    assert "theorem 5" in answer.note
    assert "10 times too weak" in answer.note
    next_term = 0.9 * 5e-5**2 / (1 - 0.9) ** 3
    assert f"{next_term:+.1e}"[:4] in answer.note
