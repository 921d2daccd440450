"""Caffe: a solver prototxt; L2 on everything, biases too, after clipping; lr is inside the momentum buffer."""

import re
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _rows
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import EpsPlace, Recipe, Where
from halflife.rules import Law, LrPlace

_TOKEN = re.compile(r'\s*(?:#[^\n]*|([A-Za-z_]\w*)\s*(?::\s*|(?=\{))|("[^"]*"|\'[^\']*\'|[-+.\w]+)|([{}]))')
WEIGHTS = "net_param { layer { param { decay_mult: 1 } param { decay_mult: 0 } } }"
READ = ("regularization_type", "lr_policy", "max_iter", "type", "power")
IGNORED = (
    *(
        "net",
        "train_net",
        "test_net",
        "net_param",
        "test_iter",
        "test_interval",
        "display",
        "average_loss",
        "iter_size",
    ),
    *("snapshot", "snapshot_prefix", "snapshot_format", "solver_mode", "device_id", "random_seed", "debug_info"),
    *("test_initialization", "clip_gradients", "gamma", "stepsize", "stepvalue"),
)
_DEFAULTS: dict[str, Any] = {"momentum": 0.0, "weight_decay": 0.0}
_ADAM = _DEFAULTS | {"momentum2": 0.999, "delta": 1e-8}


def _form(call: str, rule: str, names: dict[str, str], defaults: dict[str, Any], **declared: Any) -> Form:
    return Form(
        call=call,
        rule=rule,
        law=Law.L2,
        lr="base_lr",
        names=names,
        defaults=defaults,
        lr_place=LrPlace.BUFFER,
        remark="weight_decay is λ, times each blob's decay_mult, added after clipping",
        **declared,
    )


FORMS = (
    _form("SGD", "sgd", {}, _DEFAULTS, flags={"momentum": 0.0}),
    _form("SGD", "momentum", {"momentum": "momentum"}, _DEFAULTS),
    _form("Nesterov", "nesterov", {"momentum": "momentum"}, _DEFAULTS),
    _form(
        "Adam",
        "adam",
        {"beta1": "momentum", "beta2": "momentum2", "eps": "delta"},
        _ADAM,
        eps_place=EpsPlace.BEFORE_CORRECTION,
    ),
    _form(
        "RMSProp",
        "rmsprop",
        {"smoothing": "rms_decay", "eps": "delta"},
        _DEFAULTS | {"rms_decay": 0.99, "delta": 1e-8},
        fixed={"momentum": 0.0},
    ),
    _form("AdaGrad", "adagrad", {"eps": "delta"}, _DEFAULTS | {"delta": 1e-8}),
    _form("AdaDelta", "adadelta", {"smoothing": "momentum", "eps": "delta"}, _DEFAULTS | {"delta": 1e-8}),
)


def recognises(text: str) -> bool:
    """Whether the text sets base_lr as a prototxt does."""
    return re.search(r"^\s*base_lr\s*:", text, re.MULTILINE) is not None or text.lstrip().startswith("base_lr:")


def read(text: str) -> Recipe:
    """The recipe of a solver prototxt; decay_mult: 0 in a layer means that biases are left out."""
    fields = _parse(text)
    kind = fields.pop("regularization_type", "L2")
    if kind != "L2":
        raise BadInput(f"regularization_type is {kind!r}: a recipe holds L2.")
    policy, iterations, power = fields.pop("lr_policy", "fixed"), fields.pop("max_iter", None), fields.pop("power", 0.0)
    others: dict[str, Any] = {} if iterations is None else {"steps": int(_calls.number("max_iter", iterations))}
    if policy == "poly" and power == 1:
        others["schedule"] = "linear"
    elif policy != "fixed":
        raise BadInput(
            f"lr_policy is {policy!r}: halflife reads fixed, and poly with power 1; say the schedule by name."
        )
    multipliers = re.findall(r"decay_mult\s*:\s*([-+.\w]+)", re.sub(r"#[^\n]*", "", text))
    others["where"] = Where.WEIGHTS if any(float(m) == 0 for m in multipliers) else Where.ALL
    kind = str(fields.pop("type", "SGD"))
    known = {name: value for name, value in fields.items() if name not in IGNORED}
    return _rows.read(FORMS, kind, known, **others)


def write(recipe: Recipe, form: Form) -> str:
    """The solver's lines, and below them what each layer needs where biases are left out."""
    arguments: dict[str, Any] = {"type": form.call} | _rows.write(recipe, form)
    linear = recipe.schedule == "linear" and recipe.steps is not None
    arguments["lr_policy"] = "poly" if linear else "fixed"
    if linear:
        arguments["power"] = 1.0
    if recipe.steps is not None:
        arguments["max_iter"] = recipe.steps
    lines = [f"{name}: {_calls.show(value)}" for name, value in arguments.items()]
    if recipe.strength and recipe.where is Where.WEIGHTS:
        lines.append(WEIGHTS)
    return "\n".join(lines)


def _parse(text: str) -> dict[str, Any]:
    """The fields at the top level; what stands in braces is left out."""
    fields: dict[str, Any] = {}
    place, depth, name = 0, 0, ""
    text = text.strip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.end() == place:
            raise BadInput(f"the prototxt cannot be read at {text[place : place + 20]!r}.")
        key, value, brace = match.groups()
        place = match.end()
        if brace:
            depth += 1 if brace == "{" else -1
        elif key:
            name = key
        elif value and not depth:
            if not name:
                raise BadInput(f"the prototxt has {value!r} without a name.")
            fields[name], name = _value(value), ""
    if depth:
        raise BadInput("the braces of the prototxt do not close.")
    return fields


def _value(word: str) -> Any:
    if word[0] in "\"'":
        return word[1:-1]
    try:
        return float(word)
    except ValueError:
        return word


FRAMEWORK = Framework(
    name="caffe",
    title="Caffe",
    forms=FORMS,
    recognises=recognises,
    read=read,
    write=write,
    schedules=frozenset({"constant", "linear"}),
)
