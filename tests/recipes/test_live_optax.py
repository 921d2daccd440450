"""What is read from the closures of an Optax transformation counts only once its own steps have confirmed it."""

from types import SimpleNamespace
from typing import Any

import jax
import optax
import pytest

import halflife
from halflife.recipes import Where, _live_optax
from halflife.rules import Law

UNREADABLE = [
    (lambda: optax.lamb(1e-3), "scale_by_trust_ratio.*measure its law with halflife.probe"),
    (lambda: optax.inject_hyperparams(optax.adamw)(1e-3), "inject_hyperparams cannot be read"),
    (lambda: optax.sgd(lambda step: 0.1), "the lr is a function"),
    (lambda: optax.chain(optax.scale_by_rms(), optax.add_decayed_weights(0.1), optax.scale(-0.1)), "inside rmsprop"),
    (lambda: optax.MultiSteps(optax.sgd(0.1), 2), "cannot be read|not what halflife expects"),
    (lambda: SimpleNamespace(update=3, init=4), "cannot be read"),
]


@pytest.mark.parametrize(("make", "sentence"), UNREADABLE, ids=[row[1][:25] for row in UNREADABLE])
def test_what_cannot_be_read_is_one_sentence(make: Any, sentence: str) -> None:
    """What a transformation does not tell is said, with the way round it."""
    with pytest.raises(halflife.BadInput, match=sentence):
        halflife.translate(make(), to="torch")


MISREAD = {
    "another optimizer by that name": lambda: {**_live_optax.CORES, "scale_by_adam": ("lion", ("b1", "b2"))},
    "a number forgotten": lambda: {**_live_optax.CORES, "scale_by_adam": ("adam", ("b1", "eps"))},
    "ε forgotten": lambda: {**_live_optax.CORES, "scale_by_adam": ("adam", ("b1", "b2"))},
    "a flag forgotten": lambda: {**_live_optax.CORES, "scale_by_adam": ("adam", ("b1", "b2", "eps"))},
}


@pytest.mark.parametrize("mistake", MISREAD)
def test_what_its_steps_do_not_confirm_is_refused(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Closures that mean something else than their names, as another version's may, are found out by running it."""
    live = optax.adamw(1e-3, b1=0.7, b2=0.8, eps=1e-3, weight_decay=0.1, nesterov=mistake == "a flag forgotten")
    assert halflife.translate(live, to="optax").source.law is Law.DECOUPLED
    monkeypatch.setattr(_live_optax, "CORES", MISREAD[mistake]())
    with pytest.raises(halflife.BadInput, match="does not take the steps of"):
        halflife.translate(live, to="optax")


@pytest.mark.parametrize("strength", [1e-4, 0.1])
def test_a_decay_that_is_overlooked_is_found_out(strength: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weakest decay of Optax' defaults shows in the steps, and so does a place in the chain that was misread."""
    live = optax.chain(optax.add_decayed_weights(strength), optax.sgd(0.1, 0.9))
    assert halflife.translate(live, to="optax").source.l2 == pytest.approx(strength)
    monkeypatch.setattr(_live_optax._optax_chain, "DECAY", "scale_by_nothing")
    with pytest.raises(halflife.BadInput, match="cannot be read"):
        halflife.translate(live, to="optax")
    monkeypatch.undo()
    seen = _live_optax._chain
    monkeypatch.setattr(_live_optax, "_chain", lambda parts: [seen(parts)[-1]])
    with pytest.raises(halflife.BadInput, match="does not take the steps of momentum"):
        halflife.translate(live, to="optax")


def test_closures_of_other_names_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a version of Optax calls what its functions remember otherwise, that is said, and nothing is guessed."""
    closure = _live_optax._closure
    monkeypatch.setattr(_live_optax, "_closure", lambda function: {f"_{k}": v for k, v in closure(function).items()})
    with pytest.raises(halflife.BadInput, match=r"not what halflife expects \(KeyError.*give its text"):
        halflife.translate(optax.adamw(1e-3), to="optax")


def _by_dimension(parameters: Any) -> Any:
    return jax.tree.map(lambda p: p.ndim >= 2, parameters)


MASKS = [
    (_by_dimension, Where.WEIGHTS, ""),
    (lambda parameters: jax.tree.map(lambda _: True, parameters), Where.ALL, ""),
    ({"kernel": True, "bias": False}, Where.ALL, "1 of 2 tensors are regularized"),
    (lambda _: {"kernel": True, "bias": False, "scale": False}, Where.ALL, "1 of 3 tensors are regularized"),
    ({"kernel": True, "bias": True}, Where.ALL, ""),
    (lambda parameters: jax.tree.map(lambda p: p.ndim < 2, parameters), Where.ALL, "1 of 2 tensors are regularized"),
]


@pytest.mark.parametrize(("mask", "where", "remark"), MASKS)
def test_masks_are_asked(mask: Any, where: Where, remark: str) -> None:
    """A mask by dimensions is a choice of parameters; any other is remarked on, for it has to be carried by hand."""
    (answer,) = halflife.translate(optax.adamw(1e-3, weight_decay=0.1, mask=mask), to="torch")
    assert answer.setting.where is where
    assert ("carry the choice by hand" in answer.note) is bool(remark)
    assert remark in answer.note


def test_a_mask_that_cannot_be_asked_is_refused() -> None:
    """A mask that needs the user's own parameters cannot be tried here."""
    with pytest.raises(halflife.BadInput, match="mask in the Optax chain cannot be asked"):
        halflife.translate(optax.adamw(1e-3, mask=lambda parameters: parameters["dense"]), to="torch")
