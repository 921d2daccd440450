"""MosaicML Composer: weight_decay is independent of lr and follows its schedule, from the lr at the start."""

from typing import Any

from halflife.recipes import _python
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import Recipe
from halflife.rules import Law

_REMARK = "weight_decay is multiplied by lr over the lr at the start, so only the schedule multiplies it"
_SGD: dict[str, Any] = {"momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
_ADAM: dict[str, Any] = {"lr": 1e-3, "betas": (0.9, 0.95), "eps": 1e-8, "weight_decay": 1e-5, "amsgrad": False}


def _form(call: str, rule: str, names: dict[str, str], defaults: dict[str, Any], **flags: Any) -> Form:
    return Form(call=call, rule=rule, law=Law.INDEPENDENT, names=names, flags=flags, defaults=defaults, remark=_REMARK)


_BETAS = {"beta1": "betas.0", "beta2": "betas.1", "eps": "eps"}

FORMS = (
    _form("DecoupledSGDW", "sgd", {}, _SGD, momentum=0.0, nesterov=False),
    _form("DecoupledSGDW", "momentum", {"momentum": "momentum", "dampening": "dampening"}, _SGD, nesterov=False),
    _form("DecoupledSGDW", "nesterov", {"momentum": "momentum"}, _SGD, nesterov=True, dampening=0.0),
    _form("DecoupledAdamW", "adam", _BETAS, _ADAM, amsgrad=False),
    _form("DecoupledAdamW", "amsgrad", _BETAS, _ADAM, amsgrad=True),
)

_SPELLING = _python.Spelling(
    prefixes=("composer.optim", ""), forms=FORMS, ignored=("params",), schedules=_python.TORCH_SCHEDULES
)


def read(text: str) -> Recipe:
    """The recipe of `composer.optim.DecoupledAdamW(...)`."""
    return _SPELLING.read(text)


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer, with parameter groups where only weights are regularized."""
    return _SPELLING.write(recipe, form)


FRAMEWORK = Framework(
    name="composer", title="MosaicML Composer", forms=FORMS, recognises=_SPELLING.recognises, read=read, write=write
)
