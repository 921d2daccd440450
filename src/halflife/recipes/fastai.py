"""fastai 2: decoupled under every optimizer unless `decouple_wd=False`; the Learner leaves out norms and biases."""

from collections.abc import Mapping
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _rows
from halflife.recipes._calls import Call, Source
from halflife.recipes._framework import Form, Framework, beyond
from halflife.recipes._recipe import Recipe, Where
from halflife.rules import Law

PREFIXES = ("fastai.optimizer", "fastai.vision.all", "fastai.basics", "fastai")
LEARNERS = ("Learner", "vision_learner", "cnn_learner", "tabular_learner", "text_classifier_learner", "unet_learner")
ITS_OWN = ("lr", "wd", "opt_func", "wd_bn_bias")
_BETAS = {"beta1": "mom", "beta2": "sqr_mom", "eps": "eps"}
_SGD: dict[str, Any] = {"mom": 0.0, "wd": 0.0, "decouple_wd": True}
_ADAM: dict[str, Any] = {"mom": 0.9, "sqr_mom": 0.99, "eps": 1e-5, "wd": 0.01, "decouple_wd": True}
_REMARKS = {
    Law.DECOUPLED: "wd is multiplied by lr and shrinks the weights, under SGD too",
    Law.L2: "with decouple_wd=False wd is λ",
}


def _both(call: str, rule: str, names: dict[str, str], defaults: dict[str, Any], **declared: Any) -> tuple[Form, ...]:
    flags = declared.pop("flags", {})
    return tuple(
        Form(
            call=call,
            rule=rule,
            law=law,
            strength="wd",
            names=names,
            flags=flags | {"decouple_wd": law is Law.DECOUPLED},
            defaults=defaults,
            remark=remark,
            **declared,
        )
        for law, remark in _REMARKS.items()
    )


_ROWS = (
    *_both("SGD", "sgd", {}, _SGD, flags={"mom": 0.0}),
    *_both("SGD", "momentum", {"momentum": "mom"}, _SGD),
    *_both("Adam", "adam", _BETAS, _ADAM),
    *_both(
        "RMSProp",
        "rmsprop",
        {"smoothing": "sqr_mom"},
        _SGD | {"sqr_mom": 0.99},
        flags={"mom": 0.0},
        fixed={"momentum": 0.0, "eps": 1e-8},
    ),
)
_OTHERS = {
    "Lamb": ("Adam", "rescales the step of each tensor, with the decay in it, by a trust ratio"),
    "Larc": ("SGD", "rescales the step of each tensor by a trust ratio"),
    "QHAdam": ("Adam", "mixes each mean with the gradient itself"),
    "ranger": ("Adam", "draws the weights back to slow ones every few steps"),
}
"""What no rule takes the steps of, and the nearest that one does."""

FORMS = (
    *_ROWS,
    *(
        form
        for name, (nearest, why) in _OTHERS.items()
        for row in _ROWS
        if row.call == nearest
        for form in beyond(row, name, why=why)
    ),
)


def recognises(text: str) -> bool:
    """Whether the text calls a Learner with an opt_func, or an optimizer by its module."""
    return any(_learner(call) or _owns(call) for call in _calls.calls(text))


def read(text: str) -> Recipe:
    """The recipe of a Learner and its opt_func, or of an optimizer by itself, which decays everything."""
    found = [call for call in _calls.parse(text) if _learner(call) or _owns(call)]
    if len(found) != 1:
        raise BadInput(f"the recipe holds {len(found)} learners or optimizers of fastai: it must hold one.")
    (call,) = found
    if not _learner(call):
        return _rows.read(FORMS, call.last, _heard(call.last, call.arguments), ignored=("params",))
    partial = call.arguments["opt_func"]
    inside = {} if isinstance(partial, Source) else dict(partial.arguments)
    name = partial.text if isinstance(partial, Source) else partial.positional[0].text
    given = {key: value for key, value in call.arguments.items() if key in ("lr", "wd") and value is not None}
    everything = call.arguments.get("wd_bn_bias", False) is True
    name = name.rpartition(".")[2]
    arguments = _heard(name, {"lr": 1e-3} | inside | given)
    return _rows.read(FORMS, name, arguments, where=Where.ALL if everything else Where.WEIGHTS)


def write(recipe: Recipe, form: Form) -> str:
    """A Learner: it, not the optimizer, decides whether norms and biases are left out."""
    arguments = _rows.write(recipe, form)
    own = {name: arguments.pop(name) for name in ("lr", "wd") if name in arguments}
    function: Any = Source(form.call)
    if arguments:
        function = Call("partial", (function,), arguments)
    everything = {"wd_bn_bias": True} if recipe.strength and recipe.where is Where.ALL else {}
    comment = "" if recipe.schedule == "constant" else f"\n# lr is the peak; schedule: {recipe.schedule}"
    given = (Source("dls"), Source("model"))
    return _calls.assign("learn", "Learner", *given, opt_func=function, **own, **everything) + comment


def _heard(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the optimizer makes use of: RMSProp takes an eps and does not pass it on."""
    return {key: value for key, value in arguments.items() if (name, key) != ("RMSProp", "eps")}


def _owns(call: Call) -> bool:
    return _calls.owns(call, PREFIXES, {form.call for form in FORMS})


def _learner(call: Call) -> bool:
    function = call.arguments.get("opt_func")
    partial = isinstance(function, Call) and function.last == "partial" and bool(function.positional)
    named = isinstance(function, Source) or (partial and isinstance(function.positional[0], Source))  # type: ignore[union-attr]
    return call.last in LEARNERS and named


FRAMEWORK = Framework(
    name="fastai",
    title="fastai 2",
    forms=FORMS,
    recognises=recognises,
    read=read,
    write=write,
    caution="fit_one_cycle moves momentum as well as lr, fit does not; the eps of RMSProp is not passed on",
)
