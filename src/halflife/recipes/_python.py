"""The formats that are one call on parameters, as torch and what is built on it: groups, schedulers, prefixes.

`Spelling` holds what differs between them; what they share is that parameter groups are dictionaries in a list, and
that biases and norms are left out by a group with strength 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _rows
from halflife.recipes._calls import Call, Source
from halflife.recipes._framework import Form
from halflife.recipes._recipe import Recipe, Where

ALL = Source("model.parameters()")
WEIGHTS = Source("[p for p in model.parameters() if p.ndim >= 2]")
OTHERS = Source("[p for p in model.parameters() if p.ndim < 2]")
TORCH_SCHEDULES = {
    "linear": "torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters={steps})",
    "cosine": "torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max={steps})",
}
ASSUMED = "the group with strength is taken for the weights, the group without for biases and norms"


@dataclass(frozen=True, kw_only=True)
class Spelling:
    """How a framework on torch spells its calls.

    Attributes:
        prefixes: the modules its optimizers are called from; the first is written. An empty one allows bare names.
        forms: its rows.
        ignored: arguments that have no bearing on the steps.
        schedules: a line for each of our schedules that it ships, on `{steps}`.
        order: for a call, its arguments by position, after the parameters; of all others lr alone is known.
    """

    prefixes: tuple[str, ...]
    forms: tuple[Form, ...]
    ignored: tuple[str, ...] = ()
    schedules: Mapping[str, str] = field(default_factory=dict)
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def recognises(self, text: str) -> bool:
        """Whether the text calls one of the optimizers from one of the modules."""
        return any(self._owns(call) for call in _calls.calls(text))

    def read(self, text: str) -> Recipe:
        """The recipe of the one optimizer that the text calls."""
        found = _calls.parse(text)
        owned = [call for call in found if self._owns(call)]
        if len(owned) != 1:
            raise BadInput(f"the recipe calls {len(owned)} optimizers of {self.prefixes[0]}: it must call one.")
        (call,) = owned
        arguments = _calls.by_name(call, ("params", *self.order.get(call.last, ("lr",))))
        parameters = arguments.pop("params", None)
        if isinstance(parameters, (int, float)):
            raise BadInput(f"{call.name} is given {parameters} for its parameters: name the arguments, as in lr=0.1.")
        where, remark = _groups(parameters, arguments)
        recipe = _rows.read(
            self.forms,
            call.last,
            arguments,
            ignored=self.ignored,
            where=where,
            **self._schedule([other for other in found if other is not call]),
        )
        return _rows.with_remark(recipe, remark) if remark else recipe

    def write(self, recipe: Recipe, form: Form) -> str:
        """One call, and a line for the schedule."""
        arguments = _rows.write(recipe, form)
        parameters: Any = ALL
        if recipe.strength and recipe.where is Where.WEIGHTS:
            parameters = [{"params": WEIGHTS}, {"params": OTHERS, form.strength: 0.0}]
        text = _calls.assign("optimizer", f"{self.prefixes[0]}.{form.call}", parameters, **arguments)
        if recipe.schedule == "constant":
            return text
        if recipe.steps is None or recipe.schedule not in self.schedules:
            return f"{text}\n# lr is the peak; schedule: {recipe.schedule}"
        return f"{text}\nscheduler = {self.schedules[recipe.schedule].format(steps=recipe.steps)}"

    def _owns(self, call: Call) -> bool:
        return _calls.owns(call, self.prefixes, {form.call for form in self.forms})

    def _schedule(self, found: list[Call]) -> dict[str, Any]:
        """The schedule that one of these calls is, compared with the lines that we would write."""
        for call in found:
            for name, line in self.schedules.items():
                (known,) = _calls.parse(line.format(steps=0))
                if known.last != call.last:
                    continue
                steps = [key for key, value in known.arguments.items() if value == 0 and not isinstance(value, float)]
                given = {key: value for key, value in call.arguments.items() if key not in steps}
                if given != {key: value for key, value in known.arguments.items() if key not in steps}:
                    raise BadInput(f"the schedule {_calls.show(call)} is not one that halflife knows: leave it out.")
                return {"schedule": name, "steps": int(_calls.number(steps[0], call.arguments.get(steps[0])))}
            raise BadInput(f"the recipe also calls {call.name}, which is not read: leave it out.")
        return {}


def _groups(parameters: Any, arguments: dict[str, Any]) -> tuple[Where, str]:
    """Which parameters are regularized, by the groups; a strength that only a group holds moves to the call."""
    if not isinstance(parameters, list) or not all(isinstance(group, dict) for group in parameters):
        return Where.ALL, ""
    strengths = [group.get("weight_decay", group.get("wd", arguments.get("weight_decay"))) for group in parameters]
    others = {key for group in parameters for key in group} - {"params", "weight_decay", "wd"}
    if others:
        raise BadInput(f"parameter groups differ in {', '.join(sorted(others))}: translate them one by one.")
    positive = {value for value in strengths if value != 0}
    if len(positive) > 1:
        said = ", ".join(map(_calls.show, strengths))
        raise BadInput(f"parameter groups have the strengths {said}: translate those with one strength at a time.")
    for value in positive - {None}:
        arguments["weight_decay"] = value
    if all(value != 0 for value in strengths):
        return Where.ALL, ""
    ours = [group.get("params") for group, value in zip(parameters, strengths, strict=True) if value != 0]
    return Where.WEIGHTS, "" if ours == [_comprehension()] else ASSUMED


def _comprehension() -> Any:
    return _calls.parse(f"f(x={WEIGHTS.text})")[0].arguments["x"]
