"""torch.optim: L2 everywhere but in AdamW and behind `decoupled_weight_decay`; lr outside the momentum buffer."""

from dataclasses import replace
from typing import Any

from halflife.recipes import _python
from halflife.recipes._framework import Form, Framework, beyond
from halflife.recipes._recipe import Recipe
from halflife.rules import Law

_L2 = "weight_decay is λ: it joins the gradient as λw"
_ADAM: dict[str, Any] = {"beta1": "betas.0", "beta2": "betas.1", "eps": "eps"}
_ADAM_DEFAULTS = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}
_SGD = {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "nesterov": False, "weight_decay": 0.0}
_RMSPROP = {"smoothing": "alpha", "eps": "eps", "momentum": "momentum"}
_RMSPROP_DEFAULTS = {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "momentum": 0.0, "weight_decay": 0.0, "centered": False}


def _adam(call: str, rule: str, law: Law, defaults: dict[str, Any], **flags: Any) -> Form:
    names = _ADAM | ({"momentum_decay": "momentum_decay"} if rule == "nadam" else {})
    remark = _L2 if law is Law.L2 else "weight_decay is multiplied by lr and shrinks the weights"
    return Form(
        call=call, rule=rule, law=law, names=names, flags=flags, defaults=_ADAM_DEFAULTS | defaults, remark=remark
    )


_FLAGS = {"amsgrad": False, "decoupled_weight_decay": False}
_NADAM = {"lr": 2e-3, "momentum_decay": 4e-3, "decoupled_weight_decay": False}

_TABLE = (
    Form(call="SGD", rule="sgd", law=Law.L2, flags={"momentum": 0.0, "nesterov": False}, defaults=_SGD, remark=_L2),
    Form(
        call="SGD",
        rule="momentum",
        law=Law.L2,
        names={"momentum": "momentum", "dampening": "dampening"},
        flags={"nesterov": False},
        defaults=_SGD,
        remark=_L2,
    ),
    Form(
        call="SGD",
        rule="nesterov",
        law=Law.L2,
        names={"momentum": "momentum"},
        flags={"nesterov": True, "dampening": 0.0},
        defaults=_SGD,
        remark=_L2,
    ),
    _adam("AdamW", "adam", Law.DECOUPLED, {"weight_decay": 0.01, "amsgrad": False}, amsgrad=False),
    _adam("AdamW", "amsgrad", Law.DECOUPLED, {"weight_decay": 0.01, "amsgrad": False}, amsgrad=True),
    _adam("Adam", "adam", Law.L2, _FLAGS, amsgrad=False, decoupled_weight_decay=False),
    _adam("Adam", "amsgrad", Law.L2, _FLAGS, amsgrad=True, decoupled_weight_decay=False),
    _adam("Adam", "adam", Law.DECOUPLED, _FLAGS, amsgrad=False, decoupled_weight_decay=True),
    _adam("Adam", "amsgrad", Law.DECOUPLED, _FLAGS, amsgrad=True, decoupled_weight_decay=True),
    _adam("NAdam", "nadam", Law.L2, _NADAM, decoupled_weight_decay=False),
    _adam("NAdam", "nadam", Law.DECOUPLED, _NADAM, decoupled_weight_decay=True),
    _adam("RAdam", "radam", Law.L2, {"decoupled_weight_decay": False}, decoupled_weight_decay=False),
    _adam("RAdam", "radam", Law.DECOUPLED, {"decoupled_weight_decay": False}, decoupled_weight_decay=True),
    _adam("Adamax", "adamax", Law.L2, {"lr": 2e-3}),
    Form(
        call="RMSprop",
        rule="rmsprop",
        law=Law.L2,
        names=_RMSPROP,
        flags={"centered": False},
        defaults=_RMSPROP_DEFAULTS,
        remark=_L2,
    ),
    Form(
        call="RMSprop",
        rule="rmsprop_centred",
        law=Law.L2,
        names=_RMSPROP,
        flags={"centered": True},
        defaults=_RMSPROP_DEFAULTS,
        remark=_L2,
    ),
    Form(
        call="Adagrad",
        rule="adagrad",
        law=Law.L2,
        names={"lr_decay": "lr_decay", "initial_accumulator": "initial_accumulator_value", "eps": "eps"},
        defaults={"lr": 1e-2, "lr_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-10, "weight_decay": 0.0},
        remark=_L2,
    ),
    Form(
        call="Adadelta",
        rule="adadelta",
        law=Law.L2,
        names={"smoothing": "rho", "eps": "eps"},
        defaults={"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.0},
        remark=_L2,
    ),
)
_ASCENDING = {"maximize": False}
_ROWS = tuple(
    replace(row, flags={**row.flags, **_ASCENDING}, defaults={**row.defaults, **_ASCENDING}) for row in _TABLE
)
_SGD_ROW, _ADAMW, _ADAM_ROW = _ROWS[0], _ROWS[3], _ROWS[5]
_FACTORS = "factors its squares into rows and columns, and clips its steps"

FORMS = (
    *_ROWS,
    *beyond(_ADAMW, "Muon", why="makes the step of each matrix orthogonal", defaults={"weight_decay": 0.1}),
    *beyond(_ADAMW, "Adafactor", why=_FACTORS, defaults={"lr": 1e-2, "weight_decay": 0.0}),
    *beyond(_ADAM_ROW, "SparseAdam", why="moves only the rows that have a gradient, and has no weight_decay"),
    *beyond(_SGD_ROW, "ASGD", why="lowers lr as it goes and decays a second time by lambd", defaults={"lr": 1e-2}),
    *beyond(_SGD_ROW, "Rprop", why="has a step length for every weight and no weight_decay", defaults={"lr": 1e-2}),
    *beyond(_SGD_ROW, "LBFGS", why="estimates the curvature and has no weight_decay", defaults={"lr": 1.0}),
)

ORDER = {
    "SGD": ("lr", "momentum", "dampening", "weight_decay", "nesterov"),
    **dict.fromkeys(("Adam", "AdamW", "RAdam", "Adamax"), ("lr", "betas", "eps", "weight_decay")),
    "NAdam": ("lr", "betas", "eps", "weight_decay", "momentum_decay"),
    "RMSprop": ("lr", "alpha", "eps", "weight_decay", "momentum", "centered"),
    "Adagrad": ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"),
    "Adadelta": ("lr", "rho", "eps", "weight_decay"),
}
"""Arguments by position, after the parameters."""

_SPELLING = _python.Spelling(
    prefixes=("torch.optim", "optim"),
    order=ORDER,
    forms=FORMS,
    ignored=("params", "foreach", "fused", "capturable", "differentiable"),
    schedules=_python.TORCH_SCHEDULES,
)


def read(text: str) -> Recipe:
    """The recipe of `torch.optim.SGD(...)`, with its parameter groups and its scheduler if they are there."""
    return _SPELLING.read(text)


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer, with parameter groups where only weights are regularized, and its scheduler."""
    return _SPELLING.write(recipe, form)


FRAMEWORK = Framework(
    name="torch",
    title="torch.optim",
    forms=FORMS,
    recognises=_SPELLING.recognises,
    read=read,
    write=write,
    fill='for p in {parameters}: optimizer.state[p]["momentum_buffer"] = {share} * p.detach()',
)
