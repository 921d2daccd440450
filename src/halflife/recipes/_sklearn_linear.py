"""scikit-learn's linear models: trained row by row with decay, or solved with a penalty on the sum over all rows.

SGDClassifier and SGDRegressor shrink the weights by eta0·alpha at each row; Ridge adds alpha‖w‖² to Σ(error)², and
LogisticRegression 1/C·½‖w‖² to the summed cross-entropy. None of them regularizes the intercept.
"""

import math
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls
from halflife.recipes._calls import Call
from halflife.recipes._grade import Grade, Loss
from halflife.recipes._recipe import Recipe, Reduction, Where
from halflife.rules import Law

TRAINED = {"SGDClassifier": "optimal", "SGDRegressor": "invscaling"}
"""Classes that are trained, with their default `learning_rate`."""
SOLVED = {
    "Ridge": ("alpha", "½·Σ(error)²"),
    "RidgeClassifier": ("alpha", "½·Σ(error)²"),
    "LogisticRegression": ("C", "the summed cross-entropy"),
}
"""Classes that are solved, with the argument of their strength and the error that it is of."""
START = 1e-3
"""An lr to begin the search with, where the model has none."""


def read(call: Call) -> Recipe:
    """The recipe of one of these classes.

    Raises:
        BadInput: its penalty is not L2, or its lr follows a schedule that no recipe has.
    """
    arguments = _calls.by_name(call, ())
    if call.last in TRAINED:
        return _trained(call, arguments)
    return _solved(call, arguments)


def _trained(call: Call, arguments: dict[str, Any]) -> Recipe:
    _require(call, arguments, "penalty", "l2", "l2")
    _require(call, arguments, "average", False, False)
    _require(call, arguments, "learning_rate", "constant", TRAINED[call.last])
    return Recipe(
        rule="sgd",
        lr=_calls.number("eta0", arguments.get("eta0", 0.01)),
        law=Law.DECOUPLED,
        strength=_calls.number("alpha", arguments.get("alpha", 1e-4)),
        where=Where.WEIGHTS,
        batch=1,
        remarks=("each row is a mini-batch of its own there",),
    )


def _solved(call: Call, arguments: dict[str, Any]) -> Recipe:
    name, error = SOLVED[call.last]
    if call.last == "LogisticRegression":
        _require(call, arguments, "penalty", "l2", "l2")
        _require(call, arguments, "l1_ratio", 0, 0)
    given = _calls.number(name, arguments.get(name, 1.0))
    if name == "C" and not given > 0:
        raise BadInput(f"C is {given:g}: it must be more than 0.")
    strength = (0.0 if math.isinf(given) else 1 / given) if name == "C" else given
    note = (
        f"{call.last} is solved, not trained: descent over all rows ends there where it converges, on {error} with "
        f"λ = {'1/C' if name == 'C' else name}; on the mean over n rows λ is one n-th of that, and lr n times as "
        f"large. lr {START:g} is a start, to be sought anew"
    )
    return Recipe(
        rule="sgd",
        lr=START,
        law=Law.L2,
        strength=strength,
        where=Where.WEIGHTS,
        reduction=Reduction.SUM,
        losses=(Loss(grade=Grade.SAME_SOLUTION, note=note),),
    )


def _require(call: Call, arguments: dict[str, Any], name: str, wanted: Any, default: Any) -> None:
    value = arguments.get(name, default)
    if value != wanted and value is not None:
        raise BadInput(
            f"{name} of {call.last} is {_calls.show(value)}: a recipe can hold {name}={_calls.show(wanted)}."
        )
