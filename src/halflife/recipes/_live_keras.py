"""A live Keras optimizer, or a compiled model, whose layers tell the penalty and which parameters have it."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _rows, _schedules, keras
from halflife.recipes._calls import Call
from halflife.recipes._parts import Live, chosen, where
from halflife.recipes._recipe import Recipe, Where
from halflife.recipes._uniform import adaptive, uniform
from halflife.rules import Law

USUAL: dict[str, Any] = {"power": 1.0, "cycle": False, "alpha": 0.0, "warmup_target": None, "warmup_steps": 0}
"""What the arguments of a schedule are where halflife knows it."""

UNSEEN = "the penalty of the layers is not seen from the optimizer: give the compiled model to have it read"


def read(given: Any) -> list[Live]:
    """The setting of an optimizer, or of a model's optimizer with the regularizers of its layers.

    Raises:
        BadInput: the model is not compiled, its regularizers are not one L2, or no rule knows the optimizer.
    """
    optimizer = getattr(given, "optimizer", None) if hasattr(given, "layers") else given
    if optimizer is None:
        raise BadInput("the Keras model has no optimizer yet: compile it first.")
    variables = list(given.trainable_variables) if given is not optimizer else []
    config = optimizer.get_config()
    name = str(type(optimizer).__name__)
    forms = [form for form in keras.FORMS if form.call == name]
    known = {argument for form in forms for argument in _rows.arguments_of(form)} - {"learning_rate"}
    if not forms:
        raise BadInput(f"the steps of Keras' {name} are none that a rule of halflife knows.")
    arguments = {key: value for key, value in config.items() if key in known}
    others = _schedules.read(_lr(config["learning_rate"]), keras.SCHEDULES)
    penalties = {id(v): 2 * _constant(v.regularizer) for v in variables if getattr(v, "regularizer", None) is not None}
    strengths = {value for value in penalties.values() if value}
    if len(strengths) > 1:
        said = ", ".join(f"λ = {value:g}" for value in sorted(strengths))
        raise BadInput(f"the layers have the penalties {said}: translate those with one strength at a time.")
    if strengths and arguments.get("weight_decay"):
        raise BadInput("the model opens both doors, weight_decay and a regularizer: translate one at a time.")
    law = Law.L2 if strengths else Law.DECOUPLED
    if strengths:
        arguments.pop("weight_decay", None)
        others["strength"] = strengths.pop()
    recipe = _rows.read(keras.FORMS, "Adam" if name == "AdamW" else name, arguments, law=law, **others)
    has = _regularized(optimizer, recipe, variables, penalties)
    recipe = _where(optimizer, recipe, variables, has)
    if not variables and not recipe.strength:
        recipe = _rows.with_remark(recipe, UNSEEN)
    if any(config.get(argument) for argument in ("clipnorm", "clipvalue", "global_clipnorm")):
        recipe = _rows.with_remark(recipe, keras.CLIPPED)
    measured, layers = uniform(recipe, _roots(optimizer, recipe, has)) if adaptive(recipe) else (None, ())
    return [Live(recipe=recipe, measured=measured, layers=layers)]


def _lr(value: Any) -> Any:
    """A number, or the call of a schedule without the arguments that stand at their usual values."""
    if not isinstance(value, Mapping):
        return float(value)
    inside = {key: entry for key, entry in value["config"].items() if key != "name"}
    return Call(str(value["class_name"]), (), {k: v for k, v in inside.items() if k not in USUAL or v != USUAL[k]})


def _constant(regularizer: Any) -> float:
    kind = type(regularizer).__name__
    if kind not in ("L2", "L1L2") or float(getattr(regularizer, "l1", 0.0) or 0.0):
        raise BadInput(f"the model has a regularizer {kind}: a recipe holds L2 alone.")
    return float(regularizer.l2)


def _regularized(optimizer: Any, recipe: Recipe, variables: list[Any], penalties: Mapping[int, float]) -> list[Any]:
    if recipe.law is Law.L2:
        return [v for v in variables if penalties.get(id(v))]
    return [v for v in variables if recipe.strength and optimizer._use_weight_decay(v)]


def _where(optimizer: Any, recipe: Recipe, variables: list[Any], has: list[Any]) -> Recipe:
    if variables:
        free = [v for v in variables if not any(v is other for other in has)]
        return chosen(recipe, [len(v.shape) for v in has], [len(v.shape) for v in free])
    excluded = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    return where(recipe, Where.WEIGHTS) if excluded and recipe.strength else recipe


ROOTS: dict[str, tuple[str, Callable[[Any, Recipe, int], Any]]] = {
    "adam": ("_velocities", lambda v, r, t: (v**0.5 + r.numbers["eps"]) / (1 - r.numbers["beta2"] ** t) ** 0.5),
    "amsgrad": ("_velocity_hats", lambda v, r, t: (v**0.5 + r.numbers["eps"]) / (1 - r.numbers["beta2"] ** t) ** 0.5),
    "rmsprop": ("_velocities", lambda v, r, _: (v + r.numbers["eps"]) ** 0.5),
    "adagrad": ("_accumulators", lambda v, r, _: (v + r.numbers["eps"]) ** 0.5),
}
"""Where each optimizer keeps its squares, and what it divides a gradient by."""


def _roots(optimizer: Any, recipe: Recipe, has: list[Any]) -> list[tuple[str, Any, Any]]:
    if recipe.rule not in ROOTS or not optimizer.built or not _numbers(optimizer.iterations):
        return []
    attribute, root = ROOTS[recipe.rule]
    steps, found = int(_numbers(optimizer.iterations)), []
    for variable in has:
        place = optimizer._get_variable_index(variable)
        squares = _numbers(getattr(optimizer, attribute)[place])
        found.append((str(variable.path), _numbers(variable), root(squares, recipe, steps)))
    return found


def _numbers(variable: Any) -> Any:
    ops = sys.modules["keras"].ops
    return ops.convert_to_numpy(variable).astype(float)
