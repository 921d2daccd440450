"""TensorFlow Addons: SGDW and AdamW take a decay that neither lr nor its schedule multiplies; it is required."""

from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _rows, keras
from halflife.recipes._calls import Call
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import EpsPlace, Recipe, Where
from halflife.rules import Law, LrPlace

PREFIXES = ("tfa.optimizers", "tensorflow_addons.optimizers")
EXCLUDED = ["bias", "gamma", "beta"]
_DEFAULTS: dict[str, Any] = {"learning_rate": 1e-3}
_SGD = _DEFAULTS | {"momentum": 0.0, "nesterov": False}
_ADAM = _DEFAULTS | {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False}


def _form(call: str, rule: str, names: dict[str, str], defaults: dict[str, Any], **flags: Any) -> Form:
    return Form(
        call=call,
        rule=rule,
        law=Law.CONSTANT,
        lr="learning_rate",
        names=names,
        flags=flags,
        defaults=defaults,
        lr_place=LrPlace.BUFFER,
        eps_place=EpsPlace.BEFORE_CORRECTION if call == "AdamW" else EpsPlace.RULE,
        remark="weight_decay is α itself: neither lr nor its schedule multiplies it",
    )


_BETAS = {"beta1": "beta_1", "beta2": "beta_2", "eps": "epsilon"}

FORMS = (
    _form("SGDW", "sgd", {}, _SGD, momentum=0.0, nesterov=False),
    _form("SGDW", "momentum", {"momentum": "momentum"}, _SGD, nesterov=False),
    _form("SGDW", "nesterov", {"momentum": "momentum"}, _SGD, nesterov=True),
    _form("AdamW", "adam", _BETAS, _ADAM, amsgrad=False),
    _form("AdamW", "amsgrad", _BETAS, _ADAM, amsgrad=True),
)


def recognises(text: str) -> bool:
    """Whether the text calls SGDW or AdamW by its module."""
    return any(_owns(call) for call in _calls.calls(text))


def read(text: str) -> Recipe:
    """The recipe of `tfa.optimizers.AdamW(...)`."""
    owned = [call for call in _calls.parse(text) if _owns(call)]
    if len(owned) != 1 or len(owned[0].positional) > 2:
        raise BadInput("a TensorFlow Addons recipe is one call such as tfa.optimizers.SGDW(weight_decay=1e-4).")
    (call,) = owned
    arguments = dict(zip(("weight_decay", "learning_rate"), call.positional, strict=False)) | dict(call.arguments)
    excluded = arguments.pop("exclude_from_weight_decay", None)
    return _rows.read(
        FORMS, call.last, arguments, ignored=keras.IGNORED, where=Where.WEIGHTS if excluded else Where.ALL
    )


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer; what decay leaves out is an argument."""
    arguments = _rows.write(recipe, form)
    arguments["weight_decay"] = recipe.strength
    if recipe.strength and recipe.where is Where.WEIGHTS:
        arguments["exclude_from_weight_decay"] = EXCLUDED
    comment = "" if recipe.schedule == "constant" else f"\n# lr is the peak; schedule: {recipe.schedule}"
    return _calls.assign("optimizer", f"{PREFIXES[0]}.{form.call}", **arguments) + comment


def _owns(call: Call) -> bool:
    return _calls.owns(call, PREFIXES, {form.call for form in FORMS})


FRAMEWORK = Framework(
    name="tensorflow-addons",
    title="TensorFlow Addons",
    forms=FORMS,
    recognises=recognises,
    read=read,
    write=write,
    caution="with a schedule the decay has to be scheduled by hand, as its documentation asks",
)
