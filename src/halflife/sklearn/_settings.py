"""From scikit-learn's arguments to the lab's terms, every one of them checked."""

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from halflife._errors import BadInput
from halflife.lab import Setting
from halflife.rules import Law, decay_from_half_life, rule

HYPERPARAMETERS = {"momentum": "momentum", "beta_1": "beta1", "beta_2": "beta2", "epsilon": "eps"}
"""scikit-learn's names for what rules take, and the rules' own; a rule takes those that it knows."""


def setting(given: Mapping[str, Any]) -> Setting:
    """The way to train that these arguments of an estimator describe.

    Raises:
        UnknownName: there is no such optimizer.
        BadInput: a number out of range, or regularization through more than one door.
    """
    for name in ("l2", "decay", "learning_rate_init", *HYPERPARAMETERS):
        require_number(name, given[name])
    if not 0 <= given["decay"] <= 1:
        raise BadInput(f"decay is {given['decay']}: it must be in [0, 1], the share of the weights a step removes.")
    known = rule(given["optimizer"]).hyperparameters
    law, strength = regularization(given)
    return Setting(
        rule=given["optimizer"],
        law=law,
        lr=given["learning_rate_init"],
        strength=strength,
        hyperparameters=tuple((own, given[name]) for name, own in HYPERPARAMETERS.items() if own in known),
    )


def regularization(given: Mapping[str, Any]) -> tuple[Law, float]:
    """The law and its strength: of `l2`, `decay` and `half_life` at most one may be set."""
    doors = {name: given[name] for name in ("l2", "decay", "half_life") if given[name]}
    if len(doors) > 1:
        received = " and ".join(f"{name} is {value}" for name, value in doors.items())
        raise BadInput(f"{received}: set one of them, for each regularizes by itself.")
    if given["half_life"] is not None:
        require_number("half_life", given["half_life"])
        return Law.INDEPENDENT, decay_from_half_life(given["half_life"])
    return (Law.INDEPENDENT, given["decay"]) if given["decay"] else (Law.L2, given["l2"])


def hidden_layers(sizes: Any) -> tuple[int, ...]:
    """Units of every hidden layer; one number is one layer."""
    layers = tuple(sizes) if hasattr(sizes, "__iter__") and not isinstance(sizes, str) else (sizes,)
    for units in layers:
        if not whole(units) or units < 1:
            raise BadInput(f"hidden_layer_sizes is {sizes!r}: it must hold whole numbers, each 1 or more.")
    return tuple(int(units) for units in layers)


def batch_rows(batch_size: Any, rows: int) -> int:
    """Rows a step: "auto" is 200, and never more than there are."""
    if batch_size == "auto":
        return min(200, rows)
    if not whole(batch_size) or batch_size < 1:
        raise BadInput(f"batch_size is {batch_size!r}: it must be 'auto' or a whole number, 1 or more.")
    return int(min(batch_size, rows))


def require_stopping(given: Mapping[str, Any]) -> None:
    """Refuse numbers that say when to stop and cannot."""
    require_number("tol", given["tol"])
    if not whole(given["max_iter"]) or given["max_iter"] < 1:
        raise BadInput(f"max_iter is {given['max_iter']!r}: it must be a whole number of epochs, 1 or more.")
    epochs = given["n_iter_no_change"]
    if epochs is not None and (not whole(epochs) or epochs < 1):
        raise BadInput(f"n_iter_no_change is {epochs!r}: it must be a whole number of epochs, 1 or more, or None.")
    share = given["validation_fraction"]
    if given["early_stopping"] and not (isinstance(share, (int, float)) and 0 < share < 1):
        raise BadInput(f"validation_fraction is {share!r}: it must lie between 0 and 1.")


def require_number(name: str, value: Any) -> None:
    """Refuse what is no number, or negative, or not finite."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < math.inf:
        raise BadInput(f"{name} is {value!r}: it must be a finite number, 0 or more.")


def whole(value: Any) -> bool:
    """Whether it is a whole number, Python's or NumPy's; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)
