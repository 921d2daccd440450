"""Schedules that stand in place of lr inside a call, as in Keras and Optax."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls
from halflife.recipes._calls import Call
from halflife.recipes._recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """A schedule that a framework ships.

    Attributes:
        call: its full name.
        order: its arguments in order of position.
        lr: the argument that holds the peak lr.
        steps: the argument that holds the steps of the run.
        extras: arguments that make it ours.
        defaults: what they are by default.
    """

    call: str
    order: tuple[str, ...]
    lr: str
    steps: str
    extras: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)


def write(recipe: Recipe, shipped: Mapping[str, Shipped]) -> Call | None:
    """The call in place of lr, or None where lr is a number: it is constant, or no such schedule ships."""
    if recipe.schedule not in shipped or recipe.steps is None:
        return None
    row = shipped[recipe.schedule]
    return Call(row.call, (), {row.lr: recipe.lr, row.steps: recipe.steps, **row.extras})


def read(value: Any, shipped: Mapping[str, Shipped]) -> dict[str, Any]:
    """The fields of a recipe that lr, a number or a call, holds.

    Raises:
        BadInput: it is a schedule that halflife does not know.
    """
    if not isinstance(value, Call):
        return {"lr": value}
    for name, row in shipped.items():
        if row.call.rpartition(".")[2] != value.last:
            continue
        given = dict(row.defaults) | dict(zip(row.order, value.positional, strict=False)) | dict(value.arguments)
        rest = {key: entry for key, entry in given.items() if key not in (row.lr, row.steps)}
        if rest == {**row.defaults, **row.extras}:
            steps = int(_calls.number(row.steps, given.get(row.steps)))
            return {"lr": _calls.number(row.lr, given.get(row.lr)), "schedule": name, "steps": steps}
    raise BadInput(f"the schedule {_calls.show(value)} is not one that halflife knows: give the peak lr as a number.")


def comment(recipe: Recipe, shipped: Mapping[str, Shipped]) -> str:
    """A line that says which schedule to carry by hand, if one is left."""
    if recipe.schedule == "constant" or write(recipe, shipped) is not None:
        return ""
    return f"\n# lr is the peak; schedule: {recipe.schedule}"
