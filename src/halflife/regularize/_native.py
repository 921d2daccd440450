"""Does the optimizer's own argument already do what was asked? The probe says so, not a list of names.

AdamW's `weight_decay` is exactly DECOUPLED, so that is what it is used for; and since it takes any share lr·wd, a share
that does not follow lr is dialed in before each step. Adam has a switch that makes it AdamW. SGD with momentum has
neither: there decay comes from outside.
"""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from halflife._errors import BadInput
from halflife.probe import LawReport, probe_groups
from halflife.regularize._ask import WEIGHT_SIDE, Ask
from halflife.rules import Law, Order

SWITCHES = ("decoupled_weight_decay",)
"""Arguments of truth value that turn one law into another."""
PLAIN_KEY = "weight_decay"
PROBING_LR, PROBING_STRENGTH = 1e-3, 0.01
LR_NAMES = ("lr", "learning_rate")
SAME = 1e-6
"""How near to 1 the measured coefficient must be for an argument to be the law itself."""
REACHED = 1e-4
"""How near it must be for hooks to have reached all that the optimizer keeps of its weights."""
_known: dict[Any, tuple[LawReport, ...]] = {}


class Native(Enum):
    """How far the optimizer's own argument serves; the value says it in a sentence."""

    STATIC = "the optimizer's own argument, at no cost"
    DIALED = "the optimizer's own argument, set anew for each step"
    LENT = "the optimizer's own argument, a switch turned for the time of a step"
    PENALTY = "hooks around the step, and the optimizer's own argument for the L2 beside it"
    NO = "hooks around the step"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, kw_only=True)
class Own:
    """What one group of the optimizer offers.

    Attributes:
        key: the argument that holds the strength; `weight_decay` where the optimizer has none.
        native: how far it serves.
        fixed: other settings of the group that must hold: switches turned, a second decay turned off.
        lent: switches that are turned for the time of a step.
    """

    key: str
    native: Native
    fixed: Mapping[str, Any] = field(default_factory=dict)
    lent: Mapping[str, Any] = field(default_factory=dict)


def own_arguments(optimizer: Any, ask: Ask, *, from_outside: bool, towards: bool) -> tuple[Own, ...]:
    """What each group offers for this request; the optimizer is left as it was.

    Args:
        optimizer: a live torch optimizer.
        ask: the request.
        from_outside: whether the request has something that no optimizer's own decay does.
        towards: whether it goes to other weights than zero, which neither its decay nor its L2 does.

    Raises:
        BadInput: the optimizer cannot be probed, or has a decay that cannot be turned off.
    """
    reports = _reports(optimizer)
    return tuple(
        _own(optimizer, index, reports[index], ask, from_outside, towards)
        if index in reports
        else Own(key=PLAIN_KEY, native=Native.NO)
        for index in range(len(optimizer.param_groups))
    )


def lr_name(group: Mapping[str, Any]) -> str:
    """Where a group keeps its lr.

    Raises:
        BadInput: it keeps none.
    """
    found = next((name for name in LR_NAMES if name in group), None)
    if found is None:
        raise BadInput(f"the optimizer's groups have no lr: they must have one of {', '.join(LR_NAMES)}.")
    return found


def require_reached(optimizer: Any, law: Law) -> None:
    """Have the probe look at an optimizer that was regularized through hooks: do its weights do what was asked?

    Some keep further copies of the weights in their state, as schedule-free ones do, which no hook around a step
    reaches. What the probe cannot tell is let be.

    Raises:
        BadInput: it measures another law, or another strength.
    """
    for report in probe_groups(optimizer):
        if report.law is Law.UNKNOWN or report.coefficient is None:
            continue
        does = f"{report.law} at {report.coefficient:.4g} times the strength"
        if report.decay is None and law is not Law.L2:
            does += ", most of which comes back"
        elif report.law is law and abs(report.coefficient - 1) <= REACHED:
            continue
        raise BadInput(
            f"{type(optimizer).__name__} cannot be regularized from outside: asked for {law}, its weights do {does}, "
            "as they do where an optimizer keeps further copies of them; use its own argument."
        )


def _own(optimizer: Any, index: int, report: LawReport, ask: Ask, from_outside: bool, towards: bool) -> Own:
    group = optimizer.param_groups[index]
    name, key = type(optimizer).__name__, report.strength_name or PLAIN_KEY
    fixed: dict[str, Any] = {}
    if report.second_decay is not None:
        argument = report.second_decay.argument
        if argument not in group:
            raise BadInput(f"{name} has a decay that no argument turns off: build it without decay first.")
        fixed[str(argument)] = 0.0
    if report.strength_name is None and report.law is not Law.NONE and report.second_decay is None:
        raise BadInput(f"{name} depends on its weights in a way that no argument turns off: {report.evidence[-1]}.")
    if key not in group:
        if report.strength:
            raise BadInput(f"{name} keeps its {key} = {report.strength:g} where it cannot be changed: build it with 0.")
        return Own(key=PLAIN_KEY, native=Native.NO, fixed=fixed)
    outside = Own(key=key, native=Native.NO, fixed=fixed)
    if report.strength_name is None or towards:
        return outside
    offered = [({}, report), *_switched(optimizer, index, key)]
    numeric = isinstance(group[lr_name(group)], (int, float))
    if ask.l2 and ask.law is not Law.L2:  # a penalty from outside costs more than a decay from outside
        alone = replace(ask, law=Law.L2, schedule=None)
        lent = [turned for turned, seen in offered if numeric and serves(seen, alone, numeric_lr=True) is Native.STATIC]
        return replace(outside, native=Native.PENALTY, lent=lent[0]) if lent else outside
    for turned, seen in () if from_outside else offered:
        native = serves(seen, ask, numeric_lr=numeric)
        # a class that does not take the switch, as AdamW does not, puts it back whenever it is copied or loaded
        if native is not Native.NO and set(turned) <= set(inspect.signature(type(optimizer)).parameters):
            return Own(key=key, native=native, fixed=fixed | turned)
        if native is Native.STATIC:
            return Own(key=key, native=Native.LENT, fixed=fixed, lent=turned)
    return outside


def _switched(optimizer: Any, index: int, key: str) -> Iterator[tuple[dict[str, Any], LawReport]]:
    """Each switch of a group, turned, and what the probe says then."""
    group = optimizer.param_groups[index]
    for switch in SWITCHES:
        if isinstance(group.get(switch), bool):
            turned = {switch: not group[switch]}
            seen = turned if group[key] else {**turned, key: PROBING_STRENGTH}  # at zero the class speaks, not it
            yield turned, _reports(optimizer, index, seen)[index]


def serves(report: LawReport, ask: Ask, *, numeric_lr: bool) -> Native:
    """How far an argument of this report does what is asked."""
    measured = report.coefficient is not None and abs(report.coefficient - 1) < SAME
    follows = report.multiplied_by == ("lr",) if report.law is Law.DECOUPLED else True
    if not measured or not follows or report.defects or report.missed or report.second_decay:
        return Native.NO
    if report.law is ask.law and report.law in (Law.L2, Law.DECOUPLED) and ask.schedule is None:
        return Native.STATIC
    any_share = report.law is Law.DECOUPLED and report.order is not Order.AFTER and numeric_lr
    if any_share and ask.law in WEIGHT_SIDE and ask.law is not Law.PROXIMAL:
        return Native.DIALED
    return Native.NO


def _reports(optimizer: Any, index: int | None = None, turned: Mapping[str, Any] | None = None) -> dict[int, LawReport]:
    """What the probe says of each group that has parameters, one of them perhaps with a switch turned."""
    filled = [number for number, group in enumerate(optimizer.param_groups) if group["params"]]
    viewed = object.__new__(type(optimizer))  # copy.copy would leave out hooks and attributes
    viewed.__dict__.update(vars(optimizer))
    viewed.param_groups = [
        optimizer.param_groups[number] | dict(turned or {} if number == index else {}) for number in filled
    ]
    for group in viewed.param_groups:
        name = lr_name(group)
        if isinstance(group[name], (int, float)) and group[name] == 0:
            group[name] = group.get("initial_lr") or PROBING_LR  # a warm-up that begins at zero
        if group.get("capturable"):
            group["capturable"] = False  # how it is run, not what it does, and not where it is probed
    key = (
        type(optimizer),
        repr([sorted((k, repr(v)) for k, v in g.items() if k not in _UNSEEN) for g in viewed.param_groups]),
    )
    if not type(optimizer).__module__.startswith("torch.optim.") or _hooked(optimizer):
        return dict(zip(filled, probe_groups(viewed), strict=True))
    if key not in _known:
        _known[key] = probe_groups(viewed)
    return dict(zip(filled, _known[key], strict=True))


_UNSEEN = ("params", "param_names")


def _hooked(optimizer: Any) -> bool:
    return bool(optimizer._optimizer_step_pre_hooks or optimizer._optimizer_step_post_hooks)
