"""bitsandbytes: torch's steps with states of 8 bits or 32; decoupled under the name Adam too.

On CUDA its decay acts after the step, elsewhere before it; Lion's before the step everywhere.
"""

from dataclasses import replace
from typing import Any

from halflife.recipes import _python
from halflife.recipes._framework import Form, Framework, also, beyond
from halflife.recipes._recipe import Recipe
from halflife.recipes._stored import IN_8_BITS
from halflife.rules import Law

_BITS: dict[str, Any] = {"optim_bits": 32}
_ADAM: dict[str, Any] = (
    {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0} | _BITS | {"amsgrad": False}
)
_SGD: dict[str, Any] = {"momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False} | _BITS
_RMSPROP: dict[str, Any] = {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0} | _BITS
_BETAS = {"beta1": "betas.0", "beta2": "betas.1"}
_DECAY = "weight_decay is multiplied by lr and shrinks the weights, under the name Adam too; on CUDA after the step"
_L2 = "weight_decay is λ: it joins the gradient as λw"


def _form(call: str, rule: str, law: Law, names: dict[str, str], defaults: dict[str, Any], **flags: Any) -> Form:
    remark = _L2 if law is Law.L2 else _DECAY
    flags |= _BITS | ({"amsgrad": False} if rule == "adam" else {})
    return Form(call=call, rule=rule, law=law, names=names, defaults=defaults, flags=flags, remark=remark)


_ADAMW = _form("AdamW", "adam", Law.DECOUPLED, _BETAS | {"eps": "eps"}, _ADAM | {"weight_decay": 0.01})
_PLAIN = _form("Adam", "adam", Law.DECOUPLED, _BETAS | {"eps": "eps"}, _ADAM)
_LION = _form("Lion", "lion", Law.DECOUPLED, _BETAS, _ADAM | {"lr": 1e-4, "betas": (0.9, 0.99)})
_MOMENTUM = _form("SGD", "momentum", Law.L2, {"momentum": "momentum"}, _SGD, nesterov=False, dampening=0.0)
_ROWS = (
    _ADAMW,
    _PLAIN,
    _LION,
    _MOMENTUM,
    _form("RMSprop", "rmsprop", Law.L2, {"smoothing": "alpha", "eps": "eps"}, _RMSPROP),
)


def _small(row: Form) -> tuple[Form, ...]:
    """The rows of 8 bits: by name, whatever `optim_bits` says there, and by the argument."""
    eight = replace(row, flags={**row.flags, "optim_bits": 8}, differs=IN_8_BITS)
    bare = replace(row, flags={key: value for key, value in row.flags.items() if key != "optim_bits"})
    paged = (f"Paged{row.call}", f"Paged{row.call}32bit")
    return (
        eight,
        *also(row, f"{row.call}32bit", *paged),
        *also(bare, f"{row.call}8bit", f"Paged{row.call}8bit", differs=IN_8_BITS),
    )


FORMS = (
    *_ROWS,
    *(form for row in _ROWS for form in _small(row)),
    *beyond(_ADAMW, "LAMB", "LAMB8bit", "LAMB32bit", why="rescales the step of each tensor by a trust ratio"),
    *beyond(_MOMENTUM, "LARS", "LARS8bit", "LARS32bit", why="rescales the step of each tensor by a trust ratio"),
    *beyond(_ADAMW, "AdEMAMix", "AdEMAMix8bit", "PagedAdEMAMix", why="adds a second, slower mean of the gradients"),
)

_SPELLING = _python.Spelling(
    prefixes=("bitsandbytes.optim", "bnb.optim"),
    forms=FORMS,
    ignored=("params", "args", "min_8bit_size", "percentile_clipping", "block_wise", "is_paged"),
    schedules=_python.TORCH_SCHEDULES,
    order={"SGD": ("lr", "momentum"), **dict.fromkeys(("Adam", "AdamW"), ("lr", "betas", "eps", "weight_decay"))},
)


def read(text: str) -> Recipe:
    """The recipe of `bitsandbytes.optim.AdamW8bit(...)`."""
    return _SPELLING.read(text)


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer, with parameter groups where only weights are regularized."""
    return _SPELLING.write(recipe, form)


FRAMEWORK = Framework(
    name="bitsandbytes", title="bitsandbytes", forms=FORMS, recognises=_SPELLING.recognises, read=read, write=write
)
