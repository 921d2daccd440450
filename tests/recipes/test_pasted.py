"""Whatever is printed for torch, Keras, Optax and scikit-learn runs there as it stands, and is what it was read as."""

from dataclasses import replace

import pytest

import halflife
from halflife.recipes import Grade, Translation, read, translate
from halflife.rules import Law
from recipes.alive import alive, same
from recipes.texts import READ

FOUR = ("torch", "keras", "optax", "sklearn")
TOLD = {
    "plain": {},
    "weights alone, cosine": {"where": "weights", "schedule": "cosine", "steps": 700, "batch": 16},
    "DECOUPLED, linear": {"law": "DECOUPLED", "schedule": "linear", "steps": 700},
    "CONSTANT, weights alone": {"law": "CONSTANT", "where": "weights", "batch": 16},
    "L2, a schedule that none ships": {"law": "L2", "schedule": "warmup-cosine", "steps": 700},
}


def _printed() -> dict[str, Translation]:
    """Every text that every other of the texts gives in the four frameworks, each once."""
    found = {}
    for source, *_ in READ[::2]:
        for told in TOLD.values():
            for answer in translate(source, to=FOUR, **told):
                found.setdefault(answer.recipe, answer)
    return found


PRINTED = _printed()


@pytest.mark.parametrize("text", PRINTED, ids=lambda text: " ".join(text.split())[:60])
def test_what_is_printed_runs_and_is_what_was_read(text: str) -> None:
    """The text is run; the live object it makes is read, and has the setting that the text is read as."""
    answer = PRINTED[text]
    told = {"batch": None, "rows": None}
    if answer.framework == "torch":  # its schedulers stay outside the optimizer
        told |= {"schedule": "constant", "steps": None}
    live, written = halflife.translate(alive(text), to=answer.framework).source, read(text)
    if written.rule == "sgd" and live.law in (Law.L2, Law.DECOUPLED):
        told["law"] = Law.L2  # of a flat chain nobody can tell, for it is one update (Proposition 1)
    same(replace(live, **told), replace(written, **told))
    numbers = (live.lr, live.strength if live.law is answer.setting.law else written.strength)
    assert numbers == pytest.approx((answer.setting.lr, answer.setting.strength), rel=1e-6)


def test_enough_is_printed() -> None:
    """All four frameworks, all grades, both doors and all choices of parameters are among what is run."""
    answers = PRINTED.values()
    assert {answer.framework for answer in answers} == set(FOUR)
    assert {answer.grade for answer in answers} == set(Grade)
    assert len({(a.framework, a.setting.law, a.setting.where, a.setting.schedule) for a in answers}) >= 30
