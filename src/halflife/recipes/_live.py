"""A live torch optimizer as recipes: one a setting that its parameter groups hold, with what its state measures."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _rows, composer, lion_pytorch, optimi, torch
from halflife.recipes._grade import Loss
from halflife.recipes._recipe import Recipe, Where
from halflife.rules import Law

SOURCES: Mapping[str, tuple[Any, ...]] = {
    "torch": torch.FORMS,
    "optimi": optimi.FORMS,
    "lion_pytorch": lion_pytorch.FORMS,
    "composer": composer.FORMS,
}
"""The rows by the package that the optimizer's class comes from."""


@dataclass(frozen=True, kw_only=True)
class Live:
    """A recipe with what a live optimizer adds to it.

    Attributes:
        recipe: the setting.
        group: which parameters have it, if not all have the same.
        measured: the uniform decay that its L2 amounts to overall, by the optimizer's state (1/step).
        layers: what it amounts to in each tensor, over that.
        losses: what reading could not keep.
    """

    recipe: Recipe
    group: str | None = None
    measured: float | None = None
    layers: tuple[tuple[str, float], ...] = ()
    losses: tuple[Loss, ...] = ()


def read(optimizer: Any) -> list[Live]:
    """The settings of a live torch optimizer, and for L2 through an adaptive direction, what it removes just now.

    Raises:
        BadInput: it is not a torch optimizer, or one whose steps no rule of halflife knows.
    """
    groups = getattr(optimizer, "param_groups", None)
    package = type(optimizer).__module__.partition(".")[0]
    if not isinstance(groups, list) or package not in SOURCES:
        raise BadInput(
            f"a {type(optimizer).__module__}.{type(optimizer).__qualname__} cannot be read: give a text, or one "
            f"of {', '.join(SOURCES)}."
        )
    names = _names(groups)
    settings: dict[Recipe, list[Any]] = {}
    for group in groups:
        settings.setdefault(_setting(optimizer, SOURCES[package], group), []).extend(group["params"])
    regularized = {recipe: parameters for recipe, parameters in settings.items() if recipe.strength}
    free = [p for recipe, parameters in settings.items() if not recipe.strength for p in parameters]
    if not regularized:
        return [Live(recipe=recipe) for recipe in list(settings)[:1]]
    found = []
    for recipe, parameters in regularized.items():
        recipe, remark = _where(recipe, parameters, free)
        measured, layers = _measure(optimizer, recipe, parameters, names)
        label = f"{len(parameters)} tensors of lr {recipe.lr:g}" if len(regularized) > 1 else None
        recipe = _rows.with_remark(recipe, remark) if remark else recipe
        found.append(Live(recipe=recipe, group=label, measured=measured, layers=layers))
    return found


def _setting(optimizer: Any, forms: tuple[Any, ...], group: Mapping[str, Any]) -> Recipe:
    name = type(optimizer).__name__
    known = {argument for form in forms if form.call == name for argument in _rows.arguments_of(form)}
    if not known:
        raise BadInput(f"the steps of {name} are none that a rule of halflife knows.")
    values = {key: _plain(value) for key, value in group.items()}
    if "betas" not in values and "beta1" in values:  # optimi keeps them apart
        values["betas"] = [values["beta1"], values["beta2"]]
    if "decoupled_weight_decay" in known and "decoupled_weight_decay" not in values:
        values["decoupled_weight_decay"] = bool(getattr(optimizer, "decoupled_wd", name == "AdamW"))
    values["lr"] = values.get("initial_lr") or values.get("max_lr") or values["lr"]
    return _rows.read(forms, name, {key: value for key, value in values.items() if key in known})


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return value.item() if hasattr(value, "item") and getattr(value, "numel", lambda: 0)() == 1 else value


def _where(recipe: Recipe, parameters: list[Any], free: list[Any]) -> tuple[Recipe, str]:
    """Which parameters, by their dimensions."""
    if not free:
        return recipe, ""
    if all(p.ndim >= 2 for p in parameters) and all(p.ndim < 2 for p in free):
        return replace(recipe, where=Where.WEIGHTS), ""
    return recipe, (
        f"{len(parameters)} of {len(parameters) + len(free)} tensors are regularized there, chosen by something "
        "else than their dimensions: carry the choice by hand"
    )


def _names(groups: list[Mapping[str, Any]]) -> dict[int, str]:
    """The names of the tensors if the optimizer was given them, otherwise their place and shape."""
    names: dict[int, str] = {}
    for group in groups:
        given = group.get("param_names") or [None] * len(group["params"])
        for parameter, name in zip(group["params"], given, strict=True):
            shape = "×".join(map(str, parameter.shape))
            names[id(parameter)] = name or f"parameter {len(names)} ({shape})"
    return names


ROOTS: dict[str, Callable[[Mapping[str, Any], float, float], Any]] = {
    "adam": lambda state, beta2, eps: (state["exp_avg_sq"] / (1 - beta2 ** _step(state))).sqrt() + eps,
    "amsgrad": lambda state, beta2, eps: (state["max_exp_avg_sq"] / (1 - beta2 ** _step(state))).sqrt() + eps,
    "nadam": lambda state, beta2, eps: (state["exp_avg_sq"] / (1 - beta2 ** _step(state))).sqrt() + eps,
    "adamax": lambda state, _, __: state["exp_inf"],
    "rmsprop": lambda state, _, eps: state["square_avg"].sqrt() + eps,
    "adagrad": lambda state, _, eps: state["sum"].sqrt() + eps,
}
"""What each rule divides a gradient by, from torch's state of a tensor."""


def _step(state: Mapping[str, Any]) -> float:
    return float(state["step"])


def _measure(
    optimizer: Any, recipe: Recipe, parameters: list[Any], names: Mapping[int, str]
) -> tuple[float | None, tuple[tuple[str, float], ...]]:
    """The uniform decay that removes as much of Σw² as the penalty does through the roots as they stand.

    A penalty takes η·λ·wᵢ/rootᵢ from each weight, so it takes 2·Σ η·λ·wᵢ²/rootᵢ from Σw²; a decay α takes 2·α·Σw².
    """
    if recipe.law is not Law.L2 or recipe.linear or recipe.rule not in ROOTS:
        return None, ()
    if type(optimizer).__module__.partition(".")[0] != "torch":
        return None, ()
    beta2, eps = recipe.numbers.get("beta2", 0.0), recipe.numbers.get("eps", 0.0)
    gain = 1 / (1 - recipe.numbers.get("momentum", 0.0))
    removed, squares, layers = 0.0, 0.0, []
    for parameter in parameters:
        state = optimizer.state.get(parameter) or {}
        weights = parameter.detach().double()
        norm = float((weights * weights).sum())
        if not state or not norm:
            continue
        root = ROOTS[recipe.rule](state, beta2, eps).double()
        taken = gain * recipe.lr * recipe.l2 * float((weights * weights / root).sum())
        if not math.isfinite(taken):
            continue
        removed, squares = removed + taken, squares + norm
        layers.append((names[id(parameter)], taken / norm))
    if not squares:
        return None, ()
    overall = removed / squares
    return overall, tuple((name, share / overall) for name, share in layers)
