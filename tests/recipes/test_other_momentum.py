"""Heavy ball through the other door at another momentum: the same steps but for the start, in the real frameworks."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife.recipes import Grade, Recipe, translate
from halflife.recipes._laws import exchange
from halflife.rules import Law, Order
from recipes.problem import gap
from recipes.trainers import TRAINERS

FLOAT64 = 1e-12
DECAY = "keras.optimizers.SGD(learning_rate=0.03, momentum=0.8, weight_decay=0.4)"
PENALTY = "torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.5, weight_decay=0.4)"
NEXT_TERM = 0.012 * 0.8 / (1 - 0.8 * 0.988)
"""Of DECAY through a penalty."""


def _filled(where: str) -> tuple[str, str]:
    """The text for torch, and the same with the line of its note that fills the buffer, and the momentum of biases."""
    (answer,) = translate(DECAY, to="torch", where=where)
    assert answer.grade is Grade.FIRST_ORDER
    note = re.search(
        r"The same steps from the first on with: (.+?p\.detach\(\))(?:, and momentum (\S+) in)?", answer.note
    )
    assert note
    line, momentum = note.groups()
    text = answer.recipe
    if momentum:
        text = text.replace('"weight_decay": 0.0', f'"weight_decay": 0.0, "momentum": {momentum}')
        assert text != answer.recipe
    return answer.recipe, f"{text}\n{line}"


@pytest.mark.parametrize("where", ["all", "weights"])
def test_torch_takes_the_steps_of_decay(where: str) -> None:
    """With its buffer filled as the note says, torch's L2 takes the steps of Keras' decay, which it has no door for."""
    bare, filled = _filled(where)
    (keras,) = translate(DECAY, to="keras", where=where)
    theirs = TRAINERS["keras"](keras.recipe)
    assert gap(TRAINERS["torch"](filled), theirs) <= FLOAT64
    assert NEXT_TERM / 10 < gap(TRAINERS["torch"](bare), theirs) < NEXT_TERM
    (unchanged,) = translate(
        PENALTY.replace("0.5, weight_decay=0.4", "0.8, weight_decay=0.08"), to="torch", where=where
    )
    line = filled.rpartition("\n")[2]
    assert gap(TRAINERS["torch"](f"{unchanged.recipe}\n{line}"), theirs) > NEXT_TERM / 100, (
        "the momentum is not changed"
    )


def test_a_penalty_becomes_decay() -> None:
    """Torch's L2 as Keras' and Optax' decay: the next term bounds how far they part, and no door stays unchanged."""
    source = TRAINERS["torch"](f"optimizer = {PENALTY}")
    for name in ("keras", "optax"):
        (answer,) = translate(PENALTY, to=name, law="DECOUPLED")
        assert answer.grade is Grade.FIRST_ORDER
        assert answer.setting.law is Law.DECOUPLED
        share = answer.setting.decay
        assert share is not None
        momentum = answer.setting.numbers["momentum"]
        assert momentum == pytest.approx(0.5 / (1 - share))
        assert share * (1 - momentum) == pytest.approx(0.03 * 0.4)
        term = (share - 0.03 * 0.4) / (1 - momentum)
        assert f"{term:.1e}" in answer.note
        assert term / 10 < gap(TRAINERS[name](answer.recipe), source) < term


def test_a_penalty_that_oscillates_is_no_decay() -> None:
    """Beyond the edge (1−√μ)² of lr·λ no momentum helps: only the end is the same."""
    edge = (1 - 0.5**0.5) ** 2
    for share, grade in ((0.99, Grade.FIRST_ORDER), (1.01, Grade.SAME_SOLUTION)):
        text = f"torch.optim.SGD(lr=0.1, momentum=0.5, weight_decay={share * edge / 0.1})"
        assert translate(text, to="keras", law="DECOUPLED")[0].grade is grade


def test_a_schedule_keeps_the_term() -> None:
    """While lr moves the momentum would have to move as well, and the line for the buffer is not promised."""
    (answer,) = translate(DECAY, to="torch", schedule="cosine", steps=50)
    assert answer.grade is Grade.FIRST_ORDER
    assert "momentum would have to be" in answer.note
    assert "from the first on" not in answer.note


@settings(deadline=None, derandomize=True, max_examples=50)
@given(
    lr=st.floats(1e-4, 0.5),
    momentum=st.floats(0.05, 0.95),
    dampening=st.floats(0.0, 0.5),
    share=st.floats(0.01, 0.9),
    order=st.sampled_from([Order.JOINT, Order.AFTER]),
)
def test_the_exchange_is_undone(lr: float, momentum: float, dampening: float, share: float, order: Order) -> None:
    """A decay below 1−μ, so that the decay is the slow root, comes back from its penalty unchanged."""
    recipe = Recipe(
        rule="momentum",
        lr=lr,
        law=Law.DECOUPLED,
        strength=share * (1 - momentum) / lr,
        order=order,
        hyperparameters=(("momentum", momentum), ("dampening", dampening)),
    )
    penalty = exchange(recipe, Law.L2, Order.JOINT)
    assert penalty is not None
    assert penalty.decay == pytest.approx(recipe.decay, rel=1e-6)
    back = exchange(penalty, Law.DECOUPLED, order)
    assert back is not None
    assert (back.lr, back.strength) == pytest.approx((lr, recipe.strength), rel=1e-6)
    assert back.numbers == pytest.approx(recipe.numbers, rel=1e-6)
