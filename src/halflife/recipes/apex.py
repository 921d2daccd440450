"""Apex: torch's steps in one kernel; `FusedAdam` is decoupled unless `adam_w_mode` is false."""

from typing import Any

from halflife.recipes import _python
from halflife.recipes._framework import Form, Framework, beyond
from halflife.recipes._recipe import Recipe
from halflife.rules import Law

_ADAM: dict[str, Any] = {
    "lr": 1e-3,
    "bias_correction": True,
    "betas": (0.9, 0.999),
    "eps": 1e-8,
    "adam_w_mode": True,
    "weight_decay": 0.0,
    "amsgrad": False,
}
_SGD: dict[str, Any] = {
    "momentum": 0.0,
    "dampening": 0.0,
    "weight_decay": 0.0,
    "nesterov": False,
    "wd_after_momentum": False,
}
_NAMES = {"beta1": "betas.0", "beta2": "betas.1", "eps": "eps"}
_DECAY = "weight_decay is multiplied by lr and shrinks the weights, unless adam_w_mode is False"
_L2 = "weight_decay is λ: it joins the gradient as λw"


def _adam(law: Law) -> Form:
    return Form(
        call="FusedAdam",
        rule="adam",
        law=law,
        names=_NAMES,
        flags={"adam_w_mode": law is Law.DECOUPLED, "bias_correction": True, "amsgrad": False},
        defaults=_ADAM,
        remark=_DECAY if law is Law.DECOUPLED else _L2,
    )


def _sgd(rule: str, names: dict[str, str], **flags: Any) -> Form:
    flags |= {"wd_after_momentum": False}
    return Form(call="FusedSGD", rule=rule, law=Law.L2, names=names, flags=flags, defaults=_SGD, remark=_L2)


_ROWS = (
    _adam(Law.DECOUPLED),
    _adam(Law.L2),
    _sgd("sgd", {}, momentum=0.0, nesterov=False),
    _sgd("momentum", {"momentum": "momentum", "dampening": "dampening"}, nesterov=False),
    _sgd("nesterov", {"momentum": "momentum"}, nesterov=True, dampening=0.0),
    Form(
        call="FusedAdagrad",
        rule="adagrad",
        law=Law.L2,
        names={"eps": "eps"},
        flags={"adagrad_w_mode": False},
        defaults={"lr": 1e-2, "eps": 1e-10, "weight_decay": 0.0, "adagrad_w_mode": False},
        fixed={"lr_decay": 0.0, "initial_accumulator": 0.0},
        remark=_L2,
    ),
)
_LAMB = {"eps": 1e-6, "weight_decay": 0.01}
_TRUST = "clips its gradients and rescales the step of each tensor, with the decay in it, by a trust ratio"

FORMS = (
    *_ROWS,
    *beyond(_ROWS[0], "FusedLAMB", "FusedMixedPrecisionLamb", why=_TRUST, defaults=_LAMB),
    *beyond(_ROWS[0], "FusedNovoGrad", why="divides the gradient of each tensor by its norm, one number a tensor"),
    *beyond(_ROWS[3], "FusedLARS", why="rescales the step of each tensor by a trust ratio"),
)

_SPELLING = _python.Spelling(
    prefixes=("apex.optimizers",),
    forms=FORMS,
    ignored=("params", "set_grad_none", "capturable", "master_weights", "materialize_master_grads"),
    schedules=_python.TORCH_SCHEDULES,
    order={"FusedSGD": ("lr", "momentum", "dampening", "weight_decay", "nesterov")},
)


def read(text: str) -> Recipe:
    """The recipe of `apex.optimizers.FusedAdam(...)`."""
    return _SPELLING.read(text)


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer, with parameter groups where only weights are regularized."""
    return _SPELLING.write(recipe, form)


FRAMEWORK = Framework(name="apex", title="Apex", forms=FORMS, recognises=_SPELLING.recognises, read=read, write=write)
