"""Hugging Face Trainer: torch optimizers by name, weights only, and a linear schedule unless told otherwise."""

from dataclasses import replace
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _lines, _rows
from halflife.recipes._framework import Form, Framework, also, beyond
from halflife.recipes._recipe import Recipe, Where
from halflife.recipes._stored import IN_4_BITS, IN_8_BITS
from halflife.rules import Law

CALL = "TrainingArguments"
SCHEDULES = {"constant": "constant", "linear": "linear", "cosine": "cosine"}
INNER = "optim_args:"
CLIPPED = "gradients are clipped at norm {} there, and λw is added afterwards"
_WEIGHTS = frozenset({Where.WEIGHTS})
_DEFAULTS: dict[str, Any] = {"learning_rate": 5e-5, "weight_decay": 0.0}
_OWN: dict[str, dict[str, Any]] = {
    "adamw_torch": {"adam_beta1": 0.9, "adam_beta2": 0.999, "adam_epsilon": 1e-8},
    "lion_32bit": {"adam_beta1": 0.9, "adam_beta2": 0.999},
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

_BETAS = {"beta1": "adam_beta1", "beta2": "adam_beta2"}

_ADAMW = _form("adamw_torch", "adam", Law.DECOUPLED, _BETAS | {"eps": "adam_epsilon"})
_LION = _form("lion_32bit", "lion", Law.DECOUPLED, _BETAS)
_SGD = _form("sgd", "sgd", Law.L2, {}, **{f"{INNER}momentum": 0.0})

_ROWS = (
    _ADAMW,
    _LION,
    _SGD,
    _form("sgd", "momentum", Law.L2, _MOMENTUM, **{f"{INNER}nesterov": "False"}),
    _form("sgd", "nesterov", Law.L2, _MOMENTUM, **{f"{INNER}nesterov": "True"}),
    _form("adagrad", "adagrad", Law.L2, {"lr_decay": f"{INNER}lr_decay", "eps": f"{INNER}eps"}),
    *(
        _form("rmsprop", rule, Law.L2, _RMSPROP, **{f"{INNER}centered": centred})
        for rule, centred in (("rmsprop", "False"), ("rmsprop_centred", "True"))
    ),
)
_RMSPROP_OF_ITS_OWN = replace(_ROWS[-2], names={}, flags={}, fixed={"momentum": 0.0, "smoothing": 0.99, "eps": 1e-8})
"""That of bitsandbytes stops at any optim_args, which it is given as words."""

_SAME_ADAMW = (
    *("adamw_torch_fused", "adamw_hf", "adamw_apex_fused", "adamw_torch_xla", "adamw_torch_npu_fused"),
    *("adamw_anyprecision", "paged_adamw_32bit"),
)
_SMALL_ADAMW = ("adamw_bnb_8bit", "adamw_8bit", "paged_adamw_8bit", "adamw_torch_8bit")
_GALORE = ("galore_adamw", "galore_adamw_8bit", "galore_adamw_layerwise", "galore_adamw_8bit_layerwise")
_APOLLO = ("apollo_adamw", "apollo_adamw_layerwise")
_FACTORED = ("galore_adafactor", "galore_adafactor_layerwise")
_ADEMAMIX = ("ademamix", "ademamix_8bit", "paged_ademamix_32bit", "paged_ademamix_8bit")
_AVERAGES = "averages its iterates instead of following a schedule, and decays at a point between them"

FORMS = (
    *_ROWS,
    *also(_ADAMW, *_SAME_ADAMW),
    *also(_LION, "paged_lion_32bit"),
    *also(_RMSPROP_OF_ITS_OWN, "rmsprop_bnb", "rmsprop_bnb_32bit"),
    *also(_ADAMW, *_SMALL_ADAMW, differs=IN_8_BITS),
    *also(_LION, "lion_8bit", "paged_lion_8bit", differs=IN_8_BITS),
    *also(_RMSPROP_OF_ITS_OWN, "rmsprop_bnb_8bit", differs=IN_8_BITS),
    *also(_ADAMW, "adamw_torch_4bit", differs=IN_4_BITS),
    *beyond(_ADAMW, "adafactor", why="factors its squares into rows and columns, and clips its steps"),
    *beyond(_ADAMW, *_GALORE, *_APOLLO, why="keeps its moments of a matrix in a projection of low rank"),
    *beyond(_ADAMW, *_FACTORED, why="keeps its squares factored, in a projection of low rank"),
    *beyond(_ADAMW, *_ADEMAMIX, why="adds a second, slower mean of the gradients"),
    *beyond(_ADAMW, "stable_adamw", why="divides lr by the root mean square of each tensor's step"),
    *beyond(_ADAMW, "grokadamw", why="filters and clips its gradients, and decays by a default of its own"),
    *beyond(_ADAMW, "adalomo", why="steps during the backward pass, by factored squares and the size of the weights"),
    *beyond(_SGD, "lomo", why="steps during the backward pass, and is given no weight_decay"),
    *beyond(_ADAMW, "schedule_free_adamw", "schedule_free_radam", why=_AVERAGES),
    *beyond(_SGD, "schedule_free_sgd", why=_AVERAGES),
)


def recognises(text: str) -> bool:
    """Whether the text is TrainingArguments, called or as a command line."""
    if _lines.is_line(text):
        return bool({"learning_rate", "optim", "weight_decay"} & set(_lines.parse(text))) and "opt" not in _lines.parse(
            text
        )
    return any(call.last.endswith(CALL) for call in _calls.calls(text))


def read(text: str) -> Recipe:
    """The recipe of `TrainingArguments(...)` or of the same arguments on a command line."""
    if _lines.is_line(text):
        arguments = _lines.parse(text)
    else:
        found = [call for call in _calls.parse(text) if call.last.endswith(CALL)]
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
