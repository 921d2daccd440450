"""timm: torch's optimizers and its own by name, weights only unless told otherwise; names ending in c are CORRECTED."""

from dataclasses import replace
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _lines, _rows, _timm_others
from halflife.recipes._calls import Source
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import Recipe, Where
from halflife.rules import Law

CALLS = ("create_optimizer_v2", "create_optimizer")
OWN = {"weight_decay": "weight_decay", "lr": "lr", "momentum": "momentum", "opt_betas": "betas", "opt_eps": "eps"}
"""Arguments of the command line, and what they are called in Python; all others go through --opt-kwargs."""

TRAINING_SCRIPT = 2e-5
"""The default of `--weight-decay` in its train.py; the factory's own is 0."""

OTHERS = "the rest of the command line, the schedule among it, is not read"
_REMARKS = {
    Law.L2: "weight_decay is λ: it joins the gradient as λw",
    Law.DECOUPLED: "weight_decay is multiplied by lr and shrinks the weights",
    Law.CORRECTED: "weight_decay is multiplied by lr²/peak lr and shrinks the weights",
}
_ADAM: dict[str, Any] = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}
_SGD: dict[str, Any] = {"lr": 1e-3, "momentum": 0.9, "weight_decay": 0.0}
_BETAS = {"beta1": "betas.0", "beta2": "betas.1"}
_MOMENTUM = {"momentum": "momentum"}


def _form(call: str, rule: str, law: Law, names: dict[str, str], defaults: dict[str, Any], **flags: Any) -> Form:
    return Form(
        call=call,
        rule=rule,
        law=law,
        names=names,
        flags=flags,
        defaults=defaults,
        remark=_REMARKS[law],
    )


_WITH_EPS = _BETAS | {"eps": "eps"}
_NADAM: dict[str, Any] = _ADAM | {"lr": 2e-3}

_ROWS = (
    _form("sgd", "nesterov", Law.L2, _MOMENTUM, _SGD),
    _form("momentum", "momentum", Law.L2, _MOMENTUM, _SGD),
    _form("momentum", "sgd", Law.L2, {}, _SGD, momentum=0.0),
    *(
        form
        for call, law in (("sgdw", Law.DECOUPLED), ("sgdc", Law.CORRECTED))
        for form in (
            _form(call, "sgd", law, {}, _SGD | {"nesterov": True}, momentum=0.0, nesterov=False),
            _form(call, "nesterov", law, _MOMENTUM, _SGD | {"nesterov": True}, nesterov=True),
            _form(call, "momentum", law, _MOMENTUM, _SGD | {"nesterov": True}, nesterov=False),
        )
    ),
    _form("adamw", "adam", Law.DECOUPLED, _WITH_EPS, _ADAM),
    _form("adam", "adam", Law.L2, _WITH_EPS, _ADAM),
    _form("adamc", "adam", Law.CORRECTED, _WITH_EPS, _ADAM),
    _form(
        "nadam", "nadam", Law.L2, _WITH_EPS | {"momentum_decay": "momentum_decay"}, _NADAM | {"momentum_decay": 4e-3}
    ),
    _form(
        "nadamlegacy",
        "nadam",
        Law.L2,
        _WITH_EPS | {"momentum_decay": "schedule_decay"},
        _NADAM | {"schedule_decay": 4e-3},
    ),
    _form("radam", "radam", Law.L2, _WITH_EPS, _ADAM),
    _form("radamw", "radam", Law.DECOUPLED, _WITH_EPS, _ADAM),
    _form("radamlegacy", "radam", Law.DECOUPLED, _WITH_EPS, _ADAM),
    _form("adamax", "adamax", Law.L2, _WITH_EPS, _ADAM),
    _form("lion", "lion", Law.DECOUPLED, _BETAS, _ADAM | {"betas": (0.9, 0.99)}),
    _form("lionc", "lion", Law.CORRECTED, _BETAS, _ADAM | {"betas": (0.9, 0.99)}),
    _form(
        "adagrad",
        "adagrad",
        Law.L2,
        {"lr_decay": "lr_decay", "initial_accumulator": "initial_accumulator_value", "eps": "eps"},
        {"lr": 1e-2, "lr_decay": 0.0, "initial_accumulator_value": 0.0, "eps": 1e-8, "weight_decay": 0.0},
    ),
    _form(
        "adadelta",
        "adadelta",
        Law.L2,
        {"smoothing": "rho", "eps": "eps"},
        {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.0},
    ),
    _form(
        "rmsprop",
        "rmsprop",
        Law.L2,
        _MOMENTUM | {"smoothing": "alpha", "eps": "eps"},
        _SGD | {"alpha": 0.9, "eps": 1e-8},
    ),
)

FORMS = (*_ROWS, *_timm_others.others(_ROWS))


def recognises(text: str) -> bool:
    """Whether the text is timm's command line, or calls its factory."""
    if _lines.is_line(text):
        return "opt" in _lines.parse(text)
    return any(call.last in CALLS for call in _calls.calls(text))


def read(text: str) -> Recipe:
    """The recipe of `--opt sgd --lr 0.1 ...` or of `timm.optim.create_optimizer_v2(model, opt="sgd", ...)`."""
    if not _lines.is_line(text):
        return _call(text)
    given = _lines.parse(text)
    optimizer = str(given.pop("opt"))
    given.setdefault("weight_decay", TRAINING_SCRIPT)
    arguments = {python: given.pop(line) for line, python in OWN.items() if line in given}
    extra = given.pop("opt_kwargs", [])
    for pair in extra if isinstance(extra, list) else [extra]:
        name, _, value = str(pair).partition("=")
        arguments[name] = _lines.parse(f"--x {value}")["x"]
    recipe = _named(optimizer, arguments, where=Where.WEIGHTS)
    return _rows.with_remark(recipe, OTHERS) if given else recipe


def write(recipe: Recipe, form: Form) -> str:
    """The command line; Python where biases and norms are regularized too, for the line has no word for that."""
    arguments = _rows.write(recipe, form)
    comment = "" if recipe.schedule == "constant" else f"\n# lr is the peak; schedule: {recipe.schedule}"
    if recipe.strength and recipe.where is Where.ALL:
        named = {"opt": form.call, **arguments, "filter_bias_and_bn": False}
        call = _calls.assign("optimizer", f"timm.optim.{CALLS[0]}", Source("model"), **named)
        return call + comment
    arguments.setdefault("weight_decay", 0.0)  # or the training script's own would be taken
    line = {"opt": form.call} | {name: arguments.pop(python) for name, python in OWN.items() if python in arguments}
    extra = [f"{name}={_lines.show(value)}" for name, value in arguments.items()]
    return _lines.write(line | ({"opt_kwargs": extra} if extra else {})) + comment


def _call(text: str) -> Recipe:
    found = [call for call in _calls.parse(text) if call.last in CALLS]
    if len(found) != 1 or len(found[0].positional) > 1:
        raise BadInput(f"a timm recipe is one timm.optim.{CALLS[0]}(model, opt=...) with named arguments.")
    arguments = dict(found[0].arguments)
    optimizer = str(arguments.pop("opt", "sgd"))
    filtered = arguments.pop("filter_bias_and_bn", True)
    where = Where.WEIGHTS if filtered else Where.ALL
    ignored = ("model_or_params", "foreach", "layer_decay")
    return _named(optimizer, arguments, ignored=ignored, where=where)


def _named(optimizer: str, arguments: dict[str, Any], **others: Any) -> Recipe:
    """The recipe of an optimizer by its name in the factory, whatever is wrapped round it."""
    name, losses = _timm_others.unwrapped(optimizer.lower(), {form.call for form in FORMS})
    recipe = _rows.read(FORMS, name, _fitting(name, arguments), **others)
    return replace(recipe, losses=(*losses, *recipe.losses))


def _fitting(optimizer: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Without momentum for the optimizers that have none: the factory takes it for all of them."""
    has = any("momentum" in form.names.values() or "momentum" in form.flags for form in FORMS if form.call == optimizer)
    return arguments if has else {name: value for name, value in arguments.items() if name != "momentum"}


FRAMEWORK = Framework(
    name="timm",
    title="timm",
    forms=FORMS,
    recognises=recognises,
    read=read,
    write=write,
    caution="timm's train.py has a cosine schedule with warm-up by default: set --sched and --warmup-epochs as well",
)
