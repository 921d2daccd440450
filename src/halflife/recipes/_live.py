"""A live optimizer as recipes: torch's here, one a setting that its parameter groups hold; others by their readers."""

from collections.abc import Callable, Mapping
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import (
    _live_halflife,
    _live_keras,
    _live_optax,
    _live_sklearn,
    _rows,
    composer,
    lion_pytorch,
    optimi,
    torch,
)
from halflife.recipes._parts import Live, chosen
from halflife.recipes._recipe import Recipe
from halflife.recipes._uniform import Layers, adaptive, uniform

SOURCES: Mapping[str, tuple[Any, ...]] = {
    "torch": torch.FORMS,
    "optimi": optimi.FORMS,
    "lion_pytorch": lion_pytorch.FORMS,
    "composer": composer.FORMS,
}
"""The rows by the package that the optimizer's class comes from."""


OURS = "halflife"
READERS = {
    "keras": _live_keras.read,
    "sklearn": _live_sklearn.read,
    "optax": _live_optax.read,
    OURS: _live_halflife.read,
}
"""What reads the objects of other packages."""


def read(optimizer: Any) -> list[Live]:
    """The settings of a live optimizer, and for L2 through an adaptive direction, what it removes just now.

    Raises:
        BadInput: nothing here reads it, or no rule of halflife takes its steps.
    """
    package = _package(optimizer)
    if package in READERS:
        return READERS[package](optimizer)
    groups = getattr(optimizer, "param_groups", None)
    if not isinstance(groups, list) or package not in SOURCES:
        raise BadInput(
            f"a {type(optimizer).__module__}.{type(optimizer).__qualname__} cannot be read: give a text, or a live "
            f"optimizer of {', '.join((*SOURCES, *READERS))}."
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
        recipe = chosen(recipe, [p.ndim for p in parameters], [p.ndim for p in free])
        measured, layers = _measure(optimizer, recipe, parameters, names)
        label = f"{len(parameters)} tensors of lr {recipe.lr:g}" if len(regularized) > 1 else None
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
    values["lr"] = values.get("max_lr") or values.get("initial_lr") or values["lr"]
    return _rows.read(forms, name, {key: value for key, value in values.items() if key in known})


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return value.item() if hasattr(value, "item") and getattr(value, "numel", lambda: 0)() == 1 else value


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
) -> tuple[float | None, Layers]:
    """What an L2 through an adaptive direction amounts to, by torch's own states."""
    if not adaptive(recipe) or recipe.rule not in ROOTS or _package(optimizer) != "torch":
        return None, ()
    beta2, eps = recipe.numbers.get("beta2", 0.0), recipe.numbers.get("eps", 0.0)
    return uniform(
        recipe,
        (
            (names[id(p)], p.detach().double(), ROOTS[recipe.rule](state, beta2, eps).double())
            for p in parameters
            if (state := optimizer.state.get(p))
        ),
    )


def framework(optimizer: Any) -> str | None:
    """The name of the framework that a live object comes from, as `to` takes it; None if it is halflife itself."""
    package = _package(optimizer)
    return None if package == OURS else package.replace("_", "-")


def _package(thing: Any) -> str:
    """The package that a thing comes from; a Keras model may be of a class of the user's own."""
    families = [kind.__module__.partition(".")[0] for kind in type(thing).__mro__]
    return next((name for name in families if name in (*SOURCES, *READERS)), families[0])
