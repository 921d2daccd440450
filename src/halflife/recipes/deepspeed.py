"""DeepSpeed's JSON: `Adam` is decoupled too, unless `adam_w_mode` is false; other names are torch's."""

import json
import re
from dataclasses import replace
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _rows, torch
from halflife.recipes._framework import Form, Framework, beyond
from halflife.recipes._recipe import Recipe, Where
from halflife.rules import Law

_ADAM: dict[str, Any] = {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0, "adam_w_mode": True}
_SGD: dict[str, Any] = {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "nesterov": False, "weight_decay": 0.0}
_BETAS = {"beta1": "betas.0", "beta2": "betas.1"}
_DECAY = "weight_decay is multiplied by lr and shrinks the weights, under the name Adam too"
_L2 = "weight_decay is λ: it joins the gradient as λw"
CLIPPED = "gradients are clipped at norm {} there, and λw is added afterwards"
IGNORED = ("torch_adam", "bias_correction", "freeze_step", "fused")


def _form(call: str, rule: str, law: Law, names: dict[str, str], defaults: dict[str, Any], **flags: Any) -> Form:
    return Form(
        call=call,
        rule=rule,
        law=law,
        names=names,
        flags=flags,
        defaults=defaults,
        where=frozenset({Where.ALL}),
        remark=_L2 if law is Law.L2 else _DECAY,
    )


_ROWS = (
    _form("AdamW", "adam", Law.DECOUPLED, _BETAS | {"eps": "eps"}, _ADAM),
    _form("Adam", "adam", Law.L2, _BETAS | {"eps": "eps"}, _ADAM, adam_w_mode=False),
    _form("Adam", "adam", Law.DECOUPLED, _BETAS | {"eps": "eps"}, _ADAM, adam_w_mode=True),
    _form("Lion", "lion", Law.DECOUPLED, _BETAS, _ADAM | {"betas": [0.9, 0.99]}),
    _form("SGD", "sgd", Law.L2, {}, _SGD, momentum=0.0, nesterov=False),
    _form("SGD", "momentum", Law.L2, {"momentum": "momentum", "dampening": "dampening"}, _SGD, nesterov=False),
    _form("SGD", "nesterov", Law.L2, {"momentum": "momentum"}, _SGD, nesterov=True, dampening=0.0),
    *(replace(form, where=frozenset({Where.ALL})) for form in torch.FORMS if form.call not in ("Adam", "AdamW", "SGD")),
)
"""Every name that is not its own is torch's."""

_COMPRESSED = "freezes its squares after a while and sends signs between machines from then on"

FORMS = (
    *_ROWS,
    *beyond(_ROWS[0], "Lamb", why="rescales the step of each tensor, with the decay in it, by a trust ratio"),
    *beyond(_ROWS[0], "OneBitAdam", "ZeroOneAdam", "OneBitLamb", why=_COMPRESSED),
    *beyond(_ROWS[0], "MuAdam", "MuAdamW", why="divides the lr of each tensor by how much wider it is than its base"),
    *beyond(_ROWS[5], "MuSGD", why="multiplies the lr of each tensor by how much wider it is than its base"),
    *beyond(_ROWS[0], "Muon", why="makes the step of each matrix orthogonal"),
)


def recognises(text: str) -> bool:
    """Whether the text is JSON with an optimizer in it."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(text).get("optimizer"), dict)
    except (ValueError, RecursionError):
        return False


def read(text: str) -> Recipe:
    """The recipe of a configuration."""
    try:
        configuration = json.loads(text)
        optimizer = configuration["optimizer"]
        kind, given = str(optimizer["type"]), optimizer.get("params", {})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput('the DeepSpeed JSON must have {"optimizer": {"type": ..., "params": {...}}}.') from None
    if not isinstance(given, dict):
        raise BadInput(f"params of the optimizer is {given!r}: it must be an object.")
    batch = configuration.get("train_batch_size")
    others: dict[str, Any] = {"batch": batch} if isinstance(batch, int) and not isinstance(batch, bool) else {}
    named = {form.call.lower(): form.call for form in FORMS}
    recipe = _rows.read(FORMS, named.get(kind.lower(), kind), given, ignored=IGNORED, **others)
    clipping = configuration.get("gradient_clipping", 1.0)
    return _rows.with_remark(recipe, CLIPPED.format(clipping)) if clipping else recipe


def write(recipe: Recipe, form: Form) -> str:
    """The configuration's entries for the optimizer and the rows of a batch."""
    arguments = {name: _plain(value) for name, value in _rows.write(recipe, form).items()}
    configuration: dict[str, Any] = {"optimizer": {"type": form.call, "params": arguments}}
    configuration["gradient_clipping"] = 0.0
    if recipe.batch:
        configuration["train_batch_size"] = recipe.batch
    text = json.dumps(configuration, indent=2)
    return re.sub(r"\[\s+([^\[\]]*?)\s+\]", lambda match: f"[{' '.join(match[1].split())}]", text)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.15g}")
    return [_plain(entry) for entry in value] if isinstance(value, (list, tuple)) else value


FRAMEWORK = Framework(
    name="deepspeed",
    title="DeepSpeed",
    forms=FORMS,
    recognises=recognises,
    read=read,
    write=write,
    caution="which parameters is told by the groups given to deepspeed.initialize; without gradient_clipping: 0.0 "
    "it clips at norm 1.0",
)
