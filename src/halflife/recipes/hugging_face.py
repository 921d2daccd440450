"""Hugging Face Trainer: torch optimizers by name, weights only, and a linear schedule unless told otherwise."""

from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _lines, _rows
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import Recipe, Where
from halflife.rules import Law

CALL = "TrainingArguments"
SCHEDULES = {"constant": "constant", "linear": "linear", "cosine": "cosine"}
SAME = {"adamw_torch_fused": "adamw_torch", "adamw_hf": "adamw_torch", "adamw_apex_fused": "adamw_torch"}
INNER = "optim_args:"
CLIPPED = "gradients are clipped at norm {} there, and λw is added afterwards"
_WEIGHTS = frozenset({Where.WEIGHTS})
_DEFAULTS: dict[str, Any] = {"learning_rate": 5e-5, "weight_decay": 0.0}
_OWN: dict[str, dict[str, Any]] = {
    "adamw_torch": {"adam_beta1": 0.9, "adam_beta2": 0.999, "adam_epsilon": 1e-8},
    "sgd": {f"{INNER}momentum": 0.0, f"{INNER}nesterov": "False"},
    "adagrad": {f"{INNER}lr_decay": 0.0, f"{INNER}eps": 1e-10},
    "rmsprop": {f"{INNER}momentum": 0.0, f"{INNER}alpha": 0.99, f"{INNER}eps": 1e-8, f"{INNER}centered": "False"},
}
_L2 = "weight_decay is λ: it joins the gradient as λw; transformers before 5 ignores the optim_args of this optimizer"


def _form(call: str, rule: str, law: Law, names: dict[str, str], **flags: Any) -> Form:
    return Form(
        call=call,
        rule=rule,
        law=law,
        lr="learning_rate",
        names=names,
        flags=flags,
        defaults=_DEFAULTS | _OWN[call],
        where=_WEIGHTS,
        remark=_L2 if law is Law.L2 else "weight_decay is multiplied by lr and shrinks the weights",
    )


_MOMENTUM = {"momentum": f"{INNER}momentum"}
_RMSPROP = _MOMENTUM | {"smoothing": f"{INNER}alpha", "eps": f"{INNER}eps"}

FORMS = (
    _form(
        "adamw_torch",
        "adam",
        Law.DECOUPLED,
        {"beta1": "adam_beta1", "beta2": "adam_beta2", "eps": "adam_epsilon"},
    ),
    _form("sgd", "sgd", Law.L2, {}, **{f"{INNER}momentum": 0.0}),
    _form("sgd", "momentum", Law.L2, _MOMENTUM, **{f"{INNER}nesterov": "False"}),
    _form("sgd", "nesterov", Law.L2, _MOMENTUM, **{f"{INNER}nesterov": "True"}),
    _form("adagrad", "adagrad", Law.L2, {"lr_decay": f"{INNER}lr_decay", "eps": f"{INNER}eps"}),
    *(
        _form("rmsprop", rule, Law.L2, _RMSPROP, **{f"{INNER}centered": centred})
        for rule, centred in (("rmsprop", "False"), ("rmsprop_centred", "True"))
    ),
)


def recognises(text: str) -> bool:
    """Whether the text is TrainingArguments, called or as a command line."""
    if _lines.is_line(text):
        return bool({"learning_rate", "optim", "weight_decay"} & set(_lines.parse(text))) and "--opt " not in text
    return any(call.last == CALL for call in _calls.calls(text))


def read(text: str) -> Recipe:
    """The recipe of `TrainingArguments(...)` or of the same arguments on a command line."""
    if _lines.is_line(text):
        arguments = _lines.parse(text)
    else:
        found = [call for call in _calls.parse(text) if call.last == CALL]
        if len(found) != 1:
            raise BadInput(f"the recipe calls {CALL} {len(found)} times: it must call it once.")
        arguments = dict(found[0].arguments)
    optimizer = str(arguments.pop("optim", "adamw_torch"))
    schedule = str(arguments.pop("lr_scheduler_type", "linear"))
    if schedule not in SCHEDULES:
        raise BadInput(f"lr_scheduler_type is {schedule!r}: it must be one of {', '.join(SCHEDULES)}.")
    others: dict[str, Any] = {"schedule": schedule, "where": Where.WEIGHTS}
    steps = arguments.pop("max_steps", None)
    batch = arguments.pop("per_device_train_batch_size", None)
    others |= {} if steps is None or steps == -1 else {"steps": int(_calls.number("max_steps", steps))}
    others |= {} if batch is None else {"batch": int(_calls.number("per_device_train_batch_size", batch))}
    optimizer = SAME.get(optimizer, optimizer)
    clipping = arguments.pop("max_grad_norm", 1.0)
    inner = _inner(arguments.pop("optim_args", None))
    names = {
        name for form in FORMS if form.call == optimizer for name in (*form.names.values(), form.lr, "weight_decay")
    }
    rest = {name: value for name, value in arguments.items() if name in names}
    recipe = _rows.read(FORMS, optimizer, {**rest, **inner}, **others)
    return _rows.with_remark(recipe, CLIPPED.format(_calls.show(clipping))) if clipping else recipe


def write(recipe: Recipe, form: Form) -> str:
    """The arguments as Python, schedule and steps among them."""
    flat = _rows.write(recipe, form)
    inner = {name: flat.pop(name) for name in list(flat) if name.startswith(INNER)}
    arguments: dict[str, Any] = {"optim": form.call} | flat
    if inner:
        said = (f"{name.removeprefix(INNER)}={_lines.show(value)}" for name, value in inner.items())
        arguments["optim_args"] = ",".join(said)
    arguments["max_grad_norm"] = 0.0
    arguments["lr_scheduler_type"] = SCHEDULES.get(recipe.schedule, "constant")
    arguments |= {"max_steps": recipe.steps} if recipe.steps else {}
    arguments |= {"per_device_train_batch_size": recipe.batch} if recipe.batch else {}
    comment = "" if recipe.schedule in SCHEDULES else f"\n# lr is the peak; schedule: {recipe.schedule}"
    return _calls.assign("args", f"transformers.{CALL}", **arguments) + comment


def _inner(text: Any) -> dict[str, Any]:
    """`optim_args` by name: "momentum=0.9,nesterov=True"."""
    if not isinstance(text, str):
        return {}
    pairs = [part.partition("=") for part in text.replace(" ", "").split(",") if part]
    return {
        INNER + name: value if name in ("nesterov", "centered") else _lines.parse(f"--x {value}")["x"]
        for name, _, value in pairs
    }


FRAMEWORK = Framework(
    name="hugging-face",
    title="Hugging Face Trainer",
    forms=FORMS,
    recognises=recognises,
    read=read,
    write=write,
    caution="weights are told by name (no bias, no norm), embeddings included; max_grad_norm is 1.0 by default",
)
