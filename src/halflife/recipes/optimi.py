"""torch-optimi: three laws by two arguments, `decouple_wd` and `decouple_lr`; decay before the step."""

from typing import Any

from halflife.recipes import _python
from halflife.recipes._framework import Form, Framework, beyond
from halflife.recipes._recipe import EpsPlace, Recipe
from halflife.rules import Law

_FLAGS: dict[Law, dict[str, bool]] = {
    Law.L2: {"decouple_wd": False, "decouple_lr": False},
    Law.DECOUPLED: {"decouple_wd": True, "decouple_lr": False},
    Law.INDEPENDENT: {"decouple_wd": True, "decouple_lr": True},
}
_REMARKS = {
    Law.L2: "weight_decay is λ, unless decouple_wd is set",
    Law.DECOUPLED: "weight_decay is multiplied by lr and shrinks the weights",
    Law.INDEPENDENT: "weight_decay is multiplied by lr/max_lr only, max_lr being the lr at the start unless given",
}
_BETAS = {"beta1": "betas.0", "beta2": "betas.1"}
_OPTIONAL = {"weight_decay": 0.0, "decouple_wd": False, "decouple_lr": False}
_SGD: dict[str, Any] = _OPTIONAL | {"momentum": 0.0, "dampening": False, "torch_init": False}
_ADAM: dict[str, Any] = {"betas": (0.9, 0.99), "eps": 1e-6}


def _forms(call: str, rule: str, laws: tuple[Law, ...], names: dict[str, str], **declared: Any) -> tuple[Form, ...]:
    flags = declared.pop("flags", {})
    always = declared.pop("always_decoupled", False)
    return tuple(
        Form(
            call=call,
            rule=rule,
            law=law,
            names=names,
            flags=flags | {name: value for name, value in _FLAGS[law].items() if name != "decouple_wd" or not always},
            remark=_REMARKS[law],
            **declared,
        )
        for law in laws
    )


_EVERY = (Law.L2, Law.DECOUPLED, Law.INDEPENDENT)
_DECAYS = (Law.DECOUPLED, Law.INDEPENDENT)

_ROWS = (
    *_forms("SGD", "sgd", _EVERY, {}, flags={"momentum": 0.0}, defaults=_SGD),
    *_forms("SGD", "momentum", _EVERY, {"momentum": "momentum"}, flags={"dampening": False}, defaults=_SGD),
    *_forms(
        "AdamW",
        "adam",
        _DECAYS,
        _BETAS | {"eps": "eps"},
        always_decoupled=True,
        defaults=_ADAM | {"weight_decay": 0.01, "decouple_lr": False},
    ),
    *_forms("Adam", "adam", _EVERY, _BETAS | {"eps": "eps"}, defaults=_ADAM | _OPTIONAL),
    *_forms(
        "RAdam",
        "radam",
        _EVERY,
        _BETAS | {"eps": "eps"},
        defaults=_ADAM | _OPTIONAL,
        eps_place=EpsPlace.AFTER_CORRECTION,
    ),
    *_forms(
        "Lion",
        "lion",
        _DECAYS,
        _BETAS,
        always_decoupled=True,
        defaults={"betas": (0.9, 0.99), "weight_decay": 0.0, "decouple_lr": False},
    ),
)
_OTHERS = {
    "StableAdamW": ("divides lr by the root mean square of each tensor's step", 0.01),
    "Adan": ("averages the differences of gradients as well", 0.02),
    "Ranger": ("draws the weights back to slow ones every few steps", 0.0),
}
"""What no rule takes the steps of, with its default weight_decay."""

FORMS = (
    *_ROWS,
    *(
        form
        for name, (why, default) in _OTHERS.items()
        for row in _ROWS
        if row.call == "AdamW"
        for form in beyond(row, name, why=why, defaults={"weight_decay": default})
    ),
)

_SPELLING = _python.Spelling(
    prefixes=("optimi",),
    forms=FORMS,
    ignored=("params", "max_lr", "kahan_sum", "foreach", "triton", "gradient_release"),
    schedules=_python.TORCH_SCHEDULES,
)


def read(text: str) -> Recipe:
    """The recipe of `optimi.AdamW(...)`."""
    return _SPELLING.read(text)


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer, with parameter groups where only weights are regularized."""
    return _SPELLING.write(recipe, form)


FRAMEWORK = Framework(
    name="optimi", title="torch-optimi", forms=FORMS, recognises=_SPELLING.recognises, read=read, write=write
)
