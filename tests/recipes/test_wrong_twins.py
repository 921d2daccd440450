"""The judges of EXACT and SAME SOLUTION catch the mistakes that people make when they port a setting."""

import pytest

from halflife.recipes import Recipe, Where, translate
from halflife.rules import Law
from recipes.problem import BATCH, gap
from recipes.trainers import TRAINERS

POWER = 1e-5
"""Ten times the coarsest tolerance of the judges."""


def _texts(rule: str, law: Law, **numbers: float) -> dict[str, str]:
    recipe = Recipe(
        rule=rule,
        lr=0.03,
        law=law,
        strength=0.3,
        hyperparameters=tuple(numbers.items()),
        where=Where.WEIGHTS,
        batch=BATCH,
    )
    return {answer.framework: answer.recipe for answer in translate(recipe, to=list(TRAINERS))}


L2 = _texts("momentum", Law.L2, momentum=0.8)
ADAM = _texts("adam", Law.L2, beta1=0.7, beta2=0.9, eps=1e-2)
DECAY = _texts("lion", Law.DECOUPLED, beta1=0.7, beta2=0.8)

MISTAKES = {
    "without Keras's factor of two": (L2, "keras", "L2(0.15)", "L2(0.3)"),
    "the penalty as Keras's weight_decay": (L2, "keras", "momentum=0.8)", "momentum=0.8, weight_decay=0.3)"),
    "on every parameter": (L2, "torch", '"weight_decay": 0.0', '"weight_decay": 0.3'),
    "alpha not times the rows": (L2, "sklearn", "alpha=2.4", "alpha=0.3"),
    "Nesterov's by default": (L2, "sklearn", "nesterovs_momentum=False", "nesterovs_momentum=True"),
    "betas exchanged": (ADAM, "torch", "(0.7, 0.9)", "(0.9, 0.7)"),
    "without the mask": (L2, "optax", ", mask=lambda params: jax.tree.map(lambda p: p.ndim >= 2, params)", ""),
    "decay not times lr": (DECAY, "optax", "weight_decay=0.3", "weight_decay=0.009"),
    "ε of the uncorrected root": (ADAM, "optax", "eps=0.01", "eps=0.0057"),
}


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.filterwarnings("ignore:Got `batch_size`:UserWarning")
def test_a_wrong_port_is_caught(name: str) -> None:
    """A text with one mistake leaves the path by more than ten tolerances."""
    texts, framework, right, wrong = MISTAKES[name]
    assert right in texts[framework]
    mistaken = texts[framework].replace(right, wrong)
    train = TRAINERS[framework]
    assert gap(train(mistaken), train(texts[framework])) > POWER
