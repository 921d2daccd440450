"""Optax: decay is a transformation, and where it stands in the chain is its law.

Before a complete optimizer it is L2, inside it (or as `weight_decay`) DECOUPLED; after it, with the sign turned,
CONSTANT: it is not multiplied by lr again.
"""

from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _optax_others, _rows, _schedules
from halflife.recipes._calls import Call, Source
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import EpsPlace, Recipe, Where
from halflife.recipes._schedules import Shipped
from halflife.rules import Law, LrPlace

MASK = Source("lambda params: jax.tree.map(lambda p: p.ndim >= 2, params)")
DECAY = "add_decayed_weights"
CLIPPED = "gradients are clipped in the chain: a penalty added before is clipped with them"
MASKS = {"adadelta": "weight_decay_mask"}
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
    return of_chain(_flat(found[0]))


def of_chain(chain: list[Call]) -> Recipe:
    """The recipe of the transformations of a chain, in their order."""
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
    recipe = _optimizer(call, decays, law)
    return _rows.with_remark(recipe, CLIPPED) if clipped else recipe


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


def _flat(call: Call) -> list[Call]:
    if call.last not in ("chain", "named_chain"):
        return [call]
    if not all(isinstance(part, Call) for part in call.positional):
        raise BadInput("the chain holds something that is not a call: write its parts out.")
    return [inner for part in call.positional for inner in _flat(part)]


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


def _optimizer(call: Call, decays: list[Call], law: Law) -> Recipe:
    arguments = _calls.by_name(call, ORDER.get(call.last, ("learning_rate",)))
    lr = _schedules.read(arguments.pop("learning_rate", None), SCHEDULES)
    masks = [arguments.pop(name, None) for name in ("mask", "weight_decay_mask")]
    own = next((form for form in FORMS if form.call == call.last and form.strength), None)
    if not decays:
        where = Where.WEIGHTS if any(mask is not None for mask in masks) else Where.ALL
        return _rows.read(FORMS, call.last, arguments, law=own.law if own else None, where=where, **lr)
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
    return _rows.read(FORMS, call.last, arguments, law=law, strength=strength, where=where, **lr)


FRAMEWORK = Framework(name="optax", title="Optax", forms=FORMS, recognises=recognises, read=read, write=write)
