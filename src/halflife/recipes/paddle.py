"""PaddlePaddle: a number as weight_decay is L2 (λ = coeff), added after clipping; AdamW is decoupled."""

from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _rows
from halflife.recipes._calls import Call, Source
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import EpsPlace, Recipe, Where
from halflife.rules import Law, LrPlace

PREFIX = "paddle.optimizer"
IGNORED = ("parameters", "multi_precision", "use_multi_tensor", "name", "lazy_mode", "grad_clip")
_L2 = "weight_decay is λ, added to the gradient after clipping"
_LR: dict[str, Any] = {"learning_rate": 1e-3, "weight_decay": None}
_ADAM = _LR | {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "amsgrad": False}
_BETAS = {"beta1": "beta1", "beta2": "beta2", "eps": "epsilon"}
_RMSPROP: dict[str, Any] = {"rho": 0.95, "epsilon": 1e-6, "momentum": 0.0, "centered": False, "weight_decay": None}
WEIGHTS = Source("[p for p in model.parameters() if p.ndim >= 2]")
OTHERS = Source("[p for p in model.parameters() if p.ndim < 2]")


def _form(call: str, rule: str, names: dict[str, str], defaults: dict[str, Any], **declared: Any) -> Form:
    flags = declared.pop("flags", {})
    common: dict[str, Any] = {"lr": "learning_rate", "law": Law.L2, "remark": _L2} | declared
    return Form(call=call, rule=rule, names=names, flags=flags, defaults=defaults, **common)


_MOMENTUM = _LR | {"momentum": 0.9, "use_nesterov": False, "rescale_grad": 1.0}
_DECOUPLED: dict[str, Any] = {
    "law": Law.DECOUPLED,
    "remark": "weight_decay is multiplied by lr and shrinks weights",
}

FORMS = (
    _form("SGD", "sgd", {}, _LR),
    *(
        _form(
            "Momentum",
            rule,
            {"momentum": "momentum"},
            _MOMENTUM,
            flags={"use_nesterov": rule == "nesterov", "rescale_grad": 1.0},
        )
        for rule in ("momentum", "nesterov")
    ),
    *(_form("Adam", rule, _BETAS, _ADAM, flags={"amsgrad": rule == "amsgrad"}) for rule in ("adam", "amsgrad")),
    *(
        _form("AdamW", rule, _BETAS, _ADAM | {"weight_decay": 0.01}, flags={"amsgrad": rule == "amsgrad"}, **_DECOUPLED)
        for rule in ("adam", "amsgrad")
    ),
    *(
        _form(
            "RMSProp",
            rule,
            {"smoothing": "rho", "momentum": "momentum", "eps": "epsilon"},
            _RMSPROP,
            flags={"centered": rule == "rmsprop_centred"},
            eps_place=EpsPlace.UNDER_ROOT,
            lr_place=LrPlace.BUFFER,
        )
        for rule in ("rmsprop", "rmsprop_centred")
    ),
    _form(
        "Adagrad",
        "adagrad",
        {"initial_accumulator": "initial_accumulator_value", "eps": "epsilon"},
        {"initial_accumulator_value": 0.0, "epsilon": 1e-6, "weight_decay": None},
    ),
)


def recognises(text: str) -> bool:
    """Whether the text calls something of paddle.optimizer."""
    return any(_owns(call) for call in _calls.calls(text))


def read(text: str) -> Recipe:
    """The recipe of `paddle.optimizer.Momentum(...)`; L2Decay(c) is the number c."""
    owned = [call for call in _calls.parse(text) if _owns(call)]
    if len(owned) != 1 or len(owned[0].positional) > 1:
        raise BadInput("a PaddlePaddle recipe is one call such as paddle.optimizer.Momentum(learning_rate=0.1).")
    (call,) = owned
    arguments = dict(zip(("learning_rate",), call.positional, strict=False)) | dict(call.arguments)
    others: dict[str, Any] = {}
    strength = arguments.get("weight_decay")
    if isinstance(strength, Call):
        if strength.last != "L2Decay":
            raise BadInput(f"weight_decay is {_calls.show(strength)}: a recipe holds a number or L2Decay.")
        given = (*strength.positional, *strength.arguments.values())
        arguments["weight_decay"] = next(iter(given), 0.0)
    groups = arguments.get("parameters")
    if isinstance(groups, list) and any(isinstance(group, dict) and group.get("weight_decay") == 0 for group in groups):
        others["where"] = Where.WEIGHTS
    return _rows.read(FORMS, call.last, arguments, ignored=IGNORED, **others)


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer, with parameter groups where only weights are regularized."""
    arguments = _rows.write(recipe, form)
    parameters: Any = Source("model.parameters()")
    if recipe.strength and recipe.where is Where.WEIGHTS:
        parameters = [{"params": WEIGHTS}, {"params": OTHERS, "weight_decay": 0.0}]
    if not recipe.strength and form.defaults["weight_decay"] is None:
        arguments.pop("weight_decay", None)
    comment = "" if recipe.schedule == "constant" else f"\n# lr is the peak; schedule: {recipe.schedule}"
    return _calls.assign("optimizer", f"{PREFIX}.{form.call}", parameters=parameters, **arguments) + comment


def _owns(call: Call) -> bool:
    return _calls.owns(call, (PREFIX,), ())


FRAMEWORK = Framework(name="paddle", title="PaddlePaddle", forms=FORMS, recognises=recognises, read=read, write=write)
