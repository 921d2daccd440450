"""A chain of Optax as a recipe: what the place of its decay says, and the positions of its calls."""

from collections.abc import Sequence
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _rows, _schedules
from halflife.recipes._calls import Call
from halflife.recipes._framework import Form
from halflife.recipes._recipe import Recipe, Where
from halflife.recipes._schedules import Shipped
from halflife.rules import Law

DECAY = "add_decayed_weights"
CLIPPED = "gradients are clipped in the chain: a penalty added before is clipped with them"
_MOMENTS = ("learning_rate", "b1", "b2", "eps")
ORDER = {
    "sgd": ("learning_rate", "momentum", "nesterov"),
    **dict.fromkeys(("adam", "adamw", "nadam", "nadamw", "radam"), (*_MOMENTS, "eps_root")),
    **dict.fromkeys(("adamax", "adamaxw"), _MOMENTS),
    "lion": ("learning_rate", "b1", "b2"),
    "rmsprop": ("learning_rate", "decay", "eps", "initial_scale"),
    "adagrad": ("learning_rate", "initial_accumulator_value", "eps"),
    "adadelta": ("learning_rate", "rho", "eps", "weight_decay"),
}
"""Arguments by position."""

SCHEDULES = {
    "linear": Shipped(
        call="optax.linear_schedule",
        order=("init_value", "end_value", "transition_steps", "transition_begin"),
        lr="init_value",
        steps="transition_steps",
        extras={"end_value": 0.0},
    ),
    "cosine": Shipped(
        call="optax.cosine_decay_schedule",
        order=("init_value", "decay_steps", "alpha", "exponent"),
        lr="init_value",
        steps="decay_steps",
    ),
}


def flat(call: Call) -> list[Call]:
    """The transformations of a chain, of chains within it too."""
    if call.last not in ("chain", "named_chain"):
        return [call]
    if not all(isinstance(part, Call) for part in call.positional):
        raise BadInput("the chain holds something that is not a call: write its parts out.")
    return [inner for part in call.positional for inner in flat(part)]


def recipe(chain: list[Call], forms: Sequence[Form]) -> Recipe:
    """The recipe of the transformations of a chain, in their order, by Optax' rows."""
    names = [call.last for call in chain]
    decays = [call for call in chain if call.last == DECAY]
    if len(decays) > 1:
        raise BadInput(f"the chain adds decayed weights {len(decays)} times: translate one at a time.")
    if "scale_by_learning_rate" in names:
        chain, law = _assembled(chain), Law.DECOUPLED
    else:
        law = Law.L2
    clipped = [call for call in chain if call.last.startswith("clip")]
    optimizers = [call for call in chain if call.last != DECAY and call not in clipped]
    if len(optimizers) != 1:
        raise BadInput(f"the chain {', '.join(names)} is not one optimizer with decay before, inside or after it.")
    (call,) = optimizers
    if law is Law.L2 and decays and chain.index(decays[0]) > chain.index(call):
        law = Law.CONSTANT
    read = _optimizer(call, decays, law, forms)
    return _rows.with_remark(read, CLIPPED) if clipped else read


def _assembled(chain: list[Call]) -> list[Call]:
    """trace, decay and lr as the `sgd` that they are."""
    names = [call.last for call in chain]
    if names not in (["trace", DECAY, "scale_by_learning_rate"], [DECAY, "scale_by_learning_rate"]):
        raise BadInput(f"the chain {', '.join(names)} is not one that halflife knows: use optax.sgd, optax.adamw, ...")
    lr = (*chain[-1].positional, *chain[-1].arguments.values())
    arguments: dict[str, Any] = dict(zip(("learning_rate",), lr, strict=False))
    if names[0] == "trace":
        given = dict(zip(("decay", "nesterov"), chain[0].positional, strict=False)) | dict(chain[0].arguments)
        arguments |= {"momentum": given.get("decay"), "nesterov": given.get("nesterov", False)}
    return [Call("optax.sgd", (), arguments), next(call for call in chain if call.last == DECAY)]


def _optimizer(call: Call, decays: list[Call], law: Law, forms: Sequence[Form]) -> Recipe:
    arguments = _calls.by_name(call, ORDER.get(call.last, ("learning_rate",)))
    lr = _schedules.read(arguments.pop("learning_rate", None), SCHEDULES)
    masks = [arguments.pop(name, None) for name in ("mask", "weight_decay_mask")]
    own = next((form for form in forms if form.call == call.last and form.strength), None)
    if not decays:
        where = Where.WEIGHTS if any(mask is not None for mask in masks) else Where.ALL
        return _rows.read(forms, call.last, arguments, law=own.law if own else None, where=where, **lr)
    (decay,) = decays
    if own and arguments.get(own.strength, own.defaults[own.strength]):
        raise BadInput(f"{call.name} decays already, and the chain adds decay: translate one at a time.")
    given = dict(zip(("weight_decay", "mask"), decay.positional, strict=False)) | dict(decay.arguments)
    number = _calls.number("weight_decay", given.get("weight_decay", 0.0))
    if law is Law.CONSTANT and number > 0:
        raise BadInput(
            f"{DECAY}({number:g}) after a complete optimizer makes weights grow: the number must be negative."
        )
    where = Where.WEIGHTS if given.get("mask") is not None else Where.ALL
    strength = -number if law is Law.CONSTANT else number
    return _rows.read(forms, call.last, arguments, law=law, strength=strength, where=where, **lr)
