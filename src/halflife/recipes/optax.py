"""Optax: decay is a transformation, and where it stands in the chain is its law.

Before a complete optimizer it is L2, inside it (or as `weight_decay`) DECOUPLED; after it, with the sign turned,
CONSTANT: it is not multiplied by lr again.
"""

from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _optax_chain, _optax_others, _rows, _schedules
from halflife.recipes._calls import Call, Source
from halflife.recipes._framework import Form, Framework
from halflife.recipes._optax_chain import DECAY, SCHEDULES
from halflife.recipes._recipe import EpsPlace, Recipe, Where
from halflife.rules import Law, LrPlace

MASK = Source("lambda params: jax.tree.map(lambda p: p.ndim >= 2, params)")
MASKS = {"adadelta": "weight_decay_mask"}
_ADAM = {"beta1": "b1", "beta2": "b2", "eps": "eps"}
_ADAM_DEFAULTS = {"b1": 0.9, "b2": 0.999, "eps": 1e-8, "eps_root": 0.0, "nesterov": False}
_PLAIN = {"eps_root": 0.0, "nesterov": False}
_RADAM = _PLAIN | {"threshold": 5.0}
_RMSPROP = {"smoothing": "decay", "momentum": "momentum", "eps": "eps"}
_RMSPROP_DEFAULTS = {
    "decay": 0.9,
    "momentum": None,
    "eps": 1e-8,
    "initial_scale": 0.0,
    "eps_in_sqrt": True,
    "centered": False,
    "nesterov": False,
    "bias_correction": False,
}
_REMARKS = {
    Law.L2: "add_decayed_weights before the optimizer joins the gradient: its number is λ",
    Law.DECOUPLED: "the number is multiplied by lr and shrinks the weights",
    Law.CONSTANT: "add_decayed_weights after the optimizer is not multiplied by lr: its number is −α",
}


def _form(call: str, rule: str, law: Law, strength: str = "", **declared: Any) -> Form:
    return Form(call=call, rule=rule, law=law, strength=strength, lr="learning_rate", remark=_REMARKS[law], **declared)


def _around(call: str, rule: str, **declared: Any) -> tuple[Form, ...]:
    """Decay before the whole optimizer, and after it."""
    return tuple(_form(call, rule, law, **declared) for law in (Law.L2, Law.CONSTANT))


def _rmsprop(rule: str, *, in_root: bool) -> tuple[Form, ...]:
    flags = {"centered": rule == "rmsprop_centred", "eps_in_sqrt": in_root, "nesterov": False}
    return _around(
        "rmsprop",
        rule,
        names=_RMSPROP,
        defaults=_RMSPROP_DEFAULTS,
        flags=flags | {"initial_scale": 0.0, "bias_correction": False},
        eps_place=EpsPlace.UNDER_ROOT if in_root else EpsPlace.RULE,
        lr_place=LrPlace.BUFFER,
    )


_SGD = {"momentum": None, "nesterov": False}
_LION = {"b1": 0.9, "b2": 0.99}
_MOMENTA: tuple[tuple[str, dict[str, str], dict[str, Any]], ...] = (
    ("sgd", {}, {"momentum": None}),
    ("momentum", {"momentum": "momentum"}, {"nesterov": False}),
    ("nesterov", {"momentum": "momentum"}, {"nesterov": True}),
)

_NADAM: dict[str, Any] = {"names": _ADAM, "fixed": {"momentum_decay": 1e3}}
"""Its Nesterov mean has β₁ from the first step on, which torch's has at once with a large momentum_decay."""

_NO_ROOT: dict[str, Any] = {name: _ADAM_DEFAULTS[name] for name in ("b1", "b2", "eps", "eps_root")}
_DECAYS = {"weight_decay": 1e-4}
_NESTEROV = {"eps_root": 0.0, "nesterov": True}

_ROWS = (
    *(
        _form("sgd", rule, law, names=names, flags=flags, defaults=_SGD)
        for rule, names, flags in _MOMENTA
        for law in (Law.L2, Law.DECOUPLED, Law.CONSTANT)
    ),
    _form(
        "adamw",
        "adam",
        Law.DECOUPLED,
        "weight_decay",
        names=_ADAM,
        flags=_PLAIN,
        defaults=_ADAM_DEFAULTS | _DECAYS,
    ),
    *_around("adam", "adam", names=_ADAM, flags=_PLAIN, defaults=_ADAM_DEFAULTS),
    _form(
        "nadamw",
        "nadam",
        Law.DECOUPLED,
        "weight_decay",
        flags={"eps_root": 0.0},
        defaults=_NO_ROOT | _DECAYS,
        **_NADAM,
    ),
    *_around("nadam", "nadam", flags={"eps_root": 0.0}, defaults=_NO_ROOT, **_NADAM),
    _form(
        "adamw",
        "nadam",
        Law.DECOUPLED,
        "weight_decay",
        flags=_NESTEROV,
        defaults=_ADAM_DEFAULTS | _DECAYS,
        **_NADAM,
    ),
    *_around("adam", "nadam", flags=_NESTEROV, defaults=_ADAM_DEFAULTS, **_NADAM),
    *_around(
        "radam",
        "radam",
        names=_ADAM,
        flags=_RADAM,
        defaults=_ADAM_DEFAULTS | {"threshold": 5.0},
        eps_place=EpsPlace.AFTER_CORRECTION,
    ),
    _form(
        "adamaxw",
        "adamax",
        Law.DECOUPLED,
        "weight_decay",
        names=_ADAM,
        defaults={"b1": 0.9, "b2": 0.999, "eps": 1e-8, "weight_decay": 1e-4},
    ),
    *_around("adamax", "adamax", names=_ADAM, defaults={"b1": 0.9, "b2": 0.999, "eps": 1e-8}),
    *_rmsprop("rmsprop", in_root=False),
    *_rmsprop("rmsprop", in_root=True),
    *_rmsprop("rmsprop_centred", in_root=False),
    *_rmsprop("rmsprop_centred", in_root=True),
    *_around(
        "adagrad",
        "adagrad",
        names={"initial_accumulator": "initial_accumulator_value", "eps": "eps"},
        defaults={"initial_accumulator_value": 0.1, "eps": 1e-7},
        eps_place=EpsPlace.UNDER_ROOT,
    ),
    _form(
        "adadelta",
        "adadelta",
        Law.L2,
        "weight_decay",
        names={"smoothing": "rho", "eps": "eps"},
        defaults={"rho": 0.9, "eps": 1e-6, "weight_decay": 0.0},
    ),
    _form(
        "lion",
        "lion",
        Law.DECOUPLED,
        "weight_decay",
        names={"beta1": "b1", "beta2": "b2"},
        defaults=_LION | {"weight_decay": 1e-3},
    ),
    _form(
        "lion",
        "lion",
        Law.L2,
        names={"beta1": "b1", "beta2": "b2"},
        flags={"weight_decay": 0.0},
        defaults=_LION | {"weight_decay": 1e-3},
    ),
    *_around("sign_sgd", "sign"),
)

FORMS = (*_ROWS, *_optax_others.others(_ROWS))


def recognises(text: str) -> bool:
    """Whether the text calls something of Optax."""
    return any(call.name.startswith("optax.") for call in _calls.calls(text))


def read(text: str) -> Recipe:
    """The recipe of an optimizer, or of a chain that has decay in it."""
    found = _calls.outermost(call for call in _calls.parse(text) if call.name.startswith("optax."))
    if len(found) != 1:
        raise BadInput(f"the recipe holds {len(found)} expressions of Optax: it must be one, a chain if need be.")
    return _optax_chain.recipe(_optax_chain.flat(found[0]), FORMS)


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer, in a chain where it has no argument for this law."""
    lr = _schedules.write(recipe, SCHEDULES)
    arguments = _rows.write(recipe, form, lr=lr)
    comment = _schedules.comment(recipe, SCHEDULES)
    masked = {"mask": MASK} if recipe.strength and recipe.where is Where.WEIGHTS else {}
    if form.strength or not recipe.strength:
        named = {MASKS.get(form.call, "mask"): MASK for _ in masked}
        return _calls.assign("optimizer", f"optax.{form.call}", **arguments, **named) + comment
    number = -recipe.strength if form.law is Law.CONSTANT else recipe.strength
    decay = Call(f"optax.{DECAY}", (number,), masked)
    whole = Call(f"optax.{form.call}", (), arguments)
    if form.law is not Law.DECOUPLED:
        parts = (decay, whole) if form.law is Law.L2 else (whole, decay)
        return _calls.assign("optimizer", "optax.chain", *parts) + comment
    momentum = {"decay": recipe.numbers.get("momentum")} | ({"nesterov": True} if recipe.rule == "nesterov" else {})
    inner = (Call("optax.trace", (), momentum),) if recipe.rule != "sgd" else ()
    outer = Call("optax.scale_by_learning_rate", (recipe.lr if lr is None else lr,))
    return _calls.assign("optimizer", "optax.chain", *inner, decay, outer) + comment


FRAMEWORK = Framework(name="optax", title="Optax", forms=FORMS, recognises=recognises, read=read, write=write)
