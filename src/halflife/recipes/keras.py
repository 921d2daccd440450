"""Keras 3: every `weight_decay` is decoupled, also under SGD and Adam; a penalty is a regularizer of the layers.

`regularizers.L2(c)` adds c·Σw², without ½, so c = λ/2. lr is inside the momentum buffer.
"""

from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _rows, _schedules
from halflife.recipes._calls import Call
from halflife.recipes._framework import Form, Framework, beyond
from halflife.recipes._recipe import EpsPlace, Recipe, Where
from halflife.recipes._schedules import Shipped
from halflife.rules import Law, LrPlace

PREFIXES = ("keras.optimizers", "tf.keras.optimizers", "tensorflow.keras.optimizers", "optimizers")
IGNORED = ("name", "clipnorm", "clipvalue", "global_clipnorm")
CLIPPED = "gradients are clipped there, and a penalty in the loss with them, but not one inside an optimizer"
EXCLUDE = 'optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])'
REGULARIZERS = ("kernel_regularizer", "bias_regularizer", "gamma_regularizer", "beta_regularizer")
_MOMENTS = ("learning_rate", "beta_1", "beta_2", "epsilon")
ORDER = {
    "SGD": ("learning_rate", "momentum", "nesterov", "weight_decay"),
    "Adam": (*_MOMENTS, "amsgrad", "weight_decay"),
    "AdamW": ("learning_rate", "weight_decay", "beta_1", "beta_2", "epsilon", "amsgrad"),
    **dict.fromkeys(("Adamax", "Nadam"), (*_MOMENTS, "weight_decay")),
    "RMSprop": ("learning_rate", "rho", "momentum", "epsilon", "centered", "weight_decay"),
    "Adagrad": ("learning_rate", "initial_accumulator_value", "epsilon", "weight_decay"),
    "Adadelta": ("learning_rate", "rho", "epsilon", "weight_decay"),
    "Lion": ("learning_rate", "beta_1", "beta_2", "weight_decay"),
}
"""Arguments by position."""

SCHEDULES = {
    "linear": Shipped(
        call="keras.optimizers.schedules.PolynomialDecay",
        order=("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle"),
        lr="initial_learning_rate",
        steps="decay_steps",
        extras={"end_learning_rate": 0.0},
        defaults={"end_learning_rate": 0.0001},
    ),
    "cosine": Shipped(
        call="keras.optimizers.schedules.CosineDecay",
        order=("initial_learning_rate", "decay_steps", "alpha"),
        lr="initial_learning_rate",
        steps="decay_steps",
    ),
}

_BETAS = {"beta1": "beta_1", "beta2": "beta_2"}
_ADAM: dict[str, Any] = {
    "names": _BETAS | {"eps": "epsilon"},
    "defaults": {"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7},
}
_MOMENTUM: dict[str, Any] = {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}
_RMSPROP: dict[str, Any] = {
    "names": {"smoothing": "rho", "momentum": "momentum", "eps": "epsilon"},
    "defaults": {"learning_rate": 1e-3, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
    "eps_place": EpsPlace.UNDER_ROOT,
    "lr_place": LrPlace.BUFFER,
}


def _both(call: str, rule: str, **declared: Any) -> tuple[Form, Form]:
    """Both doors: the regularizer beside the optimizer, and the optimizer's own argument."""
    l2 = "regularizers.L2(c) adds c·Σw² without ½, so c = λ/2"
    decay = "weight_decay is multiplied by lr and shrinks the weights, under every optimizer of Keras"
    common = {"call": call, "rule": rule, "lr": "learning_rate"} | declared
    return (
        Form(law=Law.L2, strength="", remark=l2, **common),
        Form(law=Law.DECOUPLED, strength="weight_decay", remark=decay, **common),
    )


_ROWS = (
    *_both("SGD", "sgd", flags={"momentum": 0.0, "nesterov": False}, defaults=_MOMENTUM),
    *_both(
        "SGD",
        "momentum",
        names={"momentum": "momentum"},
        flags={"nesterov": False},
        defaults=_MOMENTUM,
        lr_place=LrPlace.BUFFER,
    ),
    *_both(
        "SGD",
        "nesterov",
        names={"momentum": "momentum"},
        flags={"nesterov": True},
        defaults=_MOMENTUM,
        lr_place=LrPlace.BUFFER,
    ),
    Form(
        call="AdamW",
        rule="adam",
        law=Law.DECOUPLED,
        lr="learning_rate",
        names=_ADAM["names"],
        flags={"amsgrad": False},
        defaults={**_ADAM["defaults"], "amsgrad": False, "weight_decay": 0.004},
        eps_place=EpsPlace.BEFORE_CORRECTION,
        remark="weight_decay is multiplied by lr and shrinks the weights",
    ),
    *(
        form
        for rule in ("adam", "amsgrad")
        for form in _both(
            "Adam",
            rule,
            names=_ADAM["names"],
            flags={"amsgrad": rule == "amsgrad"},
            defaults={**_ADAM["defaults"], "amsgrad": False},
            eps_place=EpsPlace.BEFORE_CORRECTION,
        )
    ),
    *_both("Adamax", "adamax", eps_place=EpsPlace.AFTER_MAXIMUM, **_ADAM),
    *_both("Nadam", "nadam", fixed={"momentum_decay": 1.0}, **_ADAM),
    *_both("RMSprop", "rmsprop", flags={"centered": False}, **_RMSPROP),
    *_both("RMSprop", "rmsprop_centred", flags={"centered": True}, **_RMSPROP),
    *_both(
        "Adagrad",
        "adagrad",
        names={"initial_accumulator": "initial_accumulator_value", "eps": "epsilon"},
        defaults={"learning_rate": 1e-3, "initial_accumulator_value": 0.1, "epsilon": 1e-7},
        fixed={"lr_decay": 0.0},
        eps_place=EpsPlace.UNDER_ROOT,
    ),
    *_both(
        "Adadelta",
        "adadelta",
        names={"smoothing": "rho", "eps": "epsilon"},
        defaults={"learning_rate": 1e-3, "rho": 0.95, "epsilon": 1e-7},
    ),
    *_both("Lion", "lion", names=_BETAS, defaults={"learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.99}),
)
_OTHERS = {
    "Lamb": ("Adam", "rescales the step of each tensor by a trust ratio"),
    "Muon": ("Adam", "makes the step of each matrix orthogonal"),
    "Adafactor": ("Adam", "factors its squares into rows and columns, and clips its steps"),
    "Ftrl": ("Adagrad", "solves for the weights from the sum of all gradients, with penalties of its own"),
}
"""What no rule takes the steps of, and the nearest that one does."""

FORMS = (
    *_ROWS,
    *(
        form
        for name, (nearest, why) in _OTHERS.items()
        for row in _ROWS
        if row.call == nearest and row.rule != "amsgrad"
        for form in beyond(row, name, why=why)
    ),
)


def recognises(text: str) -> bool:
    """Whether the text calls a Keras optimizer by its module."""
    return any(_owns(_compiled(call)) for call in _calls.calls(text))


def read(text: str) -> Recipe:
    """The recipe of an optimizer, with the regularizer of the layers beside it."""
    found = [_compiled(call) for call in _calls.parse(text)]
    owned = [call for call in found if _owns(call)]
    if len(owned) != 1:
        raise BadInput(f"the recipe calls {len(owned)} Keras optimizers: it must call one.")
    (call,) = owned
    arguments = _calls.by_name(call, ORDER.get(call.last, ("learning_rate",)))
    others = _schedules.read(arguments.pop("learning_rate", None), SCHEDULES)
    penalty, where = _penalty([other for other in found if other is not call])
    decay = arguments.get("weight_decay")
    if penalty and decay:
        raise BadInput("the recipe opens both doors, weight_decay and a regularizer: translate one at a time.")
    if penalty:
        arguments.pop("weight_decay", None)
        others |= {"strength": 2 * penalty, "where": where}
    elif any(other.last == "exclude_from_weight_decay" for other in found):
        others["where"] = Where.WEIGHTS
    law = None if call.last == "AdamW" and not penalty else Law.L2 if penalty else Law.DECOUPLED
    name = "Adam" if call.last == "AdamW" and penalty else call.last
    recipe = _rows.read(FORMS, name, arguments, ignored=IGNORED, law=law, **others)
    clipped = any(arguments.get(name) for name in IGNORED[1:])
    return _rows.with_remark(recipe, CLIPPED) if clipped else recipe


def write(recipe: Recipe, form: Form) -> str:
    """The optimizer; below it the regularizer of every layer, or what decay leaves out."""
    arguments = _rows.write(recipe, form, lr=_schedules.write(recipe, SCHEDULES))
    text = _calls.assign("optimizer", f"{PREFIXES[0]}.{form.call}", **arguments)
    comment = _schedules.comment(recipe, SCHEDULES)
    everything = recipe.where is Where.ALL
    if not recipe.strength:
        return text + comment
    if form.strength:
        return text + comment if everything else f"{text}\n{EXCLUDE}{comment}"
    penalty = _calls.write("keras.regularizers.L2", recipe.strength / 2)
    targets = (REGULARIZERS[:2], REGULARIZERS[2:]) if everything else (REGULARIZERS[:1],)
    return "\n".join([text, *(f"{' = '.join(names)} = {penalty}" for names in targets)]) + comment


def _compiled(call: Call) -> Call:
    """The optimizer that a model is compiled with, an object or its name in small letters; another call as it is."""
    optimizer = call.arguments.get("optimizer", next(iter(call.positional), None)) if call.last == "compile" else None
    if isinstance(optimizer, str):
        names = {form.call.lower(): form.call for form in FORMS}
        return Call(f"{PREFIXES[0]}.{names.get(optimizer.lower(), optimizer)}")
    return optimizer if isinstance(optimizer, Call) else call


def _owns(call: Call) -> bool:
    return _calls.owns(call, PREFIXES, {form.call for form in FORMS})


def _penalty(found: list[Call]) -> tuple[float, Where]:
    """The constant of the regularizer, and which parameters have it: assigned to a name, or an argument of a layer."""
    given = {name: call for call in found for name in call.targets if name in REGULARIZERS}
    for call in found:
        given |= {name: value for name, value in call.arguments.items() if name in REGULARIZERS}
    constants = {name: _constant(value) for name, value in given.items()}
    if len(set(constants.values())) > 1:
        raise BadInput(f"the regularizers differ ({constants}): translate one strength at a time.")
    where = Where.ALL if "bias_regularizer" in constants else Where.WEIGHTS
    return next(iter(constants.values()), 0.0), where


def _constant(value: Any) -> float:
    if value in ("l2", "L2"):
        return 0.01
    if not isinstance(value, Call) or value.last not in ("L2", "l2", "L1L2"):
        raise BadInput(f"the regularizer {_calls.show(value)} is not L2: only keras.regularizers.L2 is read.")
    if value.last == "L1L2":
        if value.positional or value.arguments.get("l1"):
            raise BadInput(f"the regularizer {_calls.show(value)} has an L1 part, which a recipe does not hold.")
        return _calls.number("l2", value.arguments.get("l2", 0.0))
    return _calls.number("l2", value.arguments.get("l2", next(iter(value.positional), 0.01)))


FRAMEWORK = Framework(name="keras", title="Keras", forms=FORMS, recognises=recognises, read=read, write=write)
