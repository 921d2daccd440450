"""How lr will move over the planned run, for each group, under whatever schedule the user has."""

import copy
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from halflife._errors import BadInput
from halflife.audit._training import Floats
from halflife.rules.schedule import named


def planned_lrs(
    optimizer: Any, schedule: Any, steps: int | None, built: Sequence[float] | None = None
) -> tuple[list[Floats | None], list[float]]:
    """The lr of each planned step, and its peak, for each group of a torch optimizer.

    Args:
        optimizer: whose groups hold lr now, and `initial_lr` where a scheduler has written it.
        schedule: a torch scheduler, which is copied and stepped once a step from where it is now; a function from
            the step to lr as a share of its peak; the name of a schedule of halflife; or None for a constant lr.
        steps: planned from now on.
        built: the lr that each group was built with, where that is known.
    """
    peaks = _peaks(optimizer, built)
    schedule = unwrapped(schedule)
    if steps is None:
        return [None] * len(peaks), peaks
    if hasattr(schedule, "step"):
        lrs = _simulated(optimizer, schedule, steps)
        return list(lrs.T), [max(peak, float(lr.max())) for peak, lr in zip(peaks, lrs.T, strict=True)]
    shares = planned_shares(schedule, steps)
    return [peak * shares for peak in peaks], peaks


def check_plan(*, steps: int | None = None, steps_per_epoch: int | None = None, schedule: Any = None) -> None:
    """Refuse a plan that cannot be followed.

    Raises:
        BadInput: numbers that are not positive and whole, or a schedule that is none.
    """
    for what, number in (("steps", steps), ("steps_per_epoch", steps_per_epoch)):
        if number is not None and (not isinstance(number, int) or isinstance(number, bool) or number < 1):
            raise BadInput(f"{what} is {number!r}: it must be a positive whole number.")
    if schedule is not None and not (callable(schedule) or isinstance(schedule, str) or hasattr(schedule, "step")):
        raise BadInput(
            f"schedule is a {type(schedule).__name__}: it must be a torch scheduler, a function from the step to a "
            "share of the peak lr, or the name of a schedule."
        )
    if isinstance(schedule, str):
        named(schedule, 1)


def planned_shares(schedule: Any, steps: int) -> Floats:
    """Learning rates as shares of their peak, from a function, the name of a schedule, or None for a constant."""
    function = named(schedule or "constant", steps) if schedule is None or isinstance(schedule, str) else schedule
    return np.array([float(function(step)) for step in range(steps)])


def unwrapped(schedule: Any) -> Any:
    """The torch scheduler inside a wrapper that only passes steps on."""
    inner = getattr(schedule, "scheduler", None)
    return inner if hasattr(inner, "step") else schedule


def _peaks(optimizer: Any, built: Sequence[float] | None) -> list[float]:
    """The largest lr that is known of each group: what it has now, or had before a warm-up was begun by hand."""
    now = [lr_of(group) for group in optimizer.param_groups]
    if built is None or len(built) != len(now):
        # where all groups share one lr, it is the constructor's that a loop of the user's scales
        given = (getattr(optimizer, "defaults", None) or {}).get("lr", 0.0)
        built = [float(given) if len(set(now)) == 1 else 0.0] * len(now)
    started = [float(group.get("initial_lr", 0.0)) for group in optimizer.param_groups]
    shares = [float(group.get("lr_scale", 1.0)) for group in optimizer.param_groups]
    return [max(each) for each in zip(*(_scaled(lrs, shares) for lrs in (now, started, built)), strict=True)]


def _scaled(lrs: Sequence[float], shares: Sequence[float]) -> list[float]:
    """What timm's schedulers make of one lr: each layer's share of it; where layers have different ones, it is done."""
    return [lr * share for lr, share in zip(lrs, shares, strict=True)] if len(set(lrs)) == 1 else list(lrs)


def lr_of(group: Any) -> float:
    """The lr of a group as it is."""
    return float(group.get("lr", group.get("learning_rate", 1.0)))


def _simulated(optimizer: Any, schedule: Any, steps: int) -> Floats:
    import torch

    groups = [
        {**{k: v for k, v in group.items() if k not in ("params", "param_names")}, "params": [torch.zeros(1)]}
        for group in optimizer.param_groups
    ]
    stand_in = torch.optim.SGD(groups, lr=1.0)
    # a scheduler counts the optimizer's steps only to warn of a wrong order
    stand_in._opt_called = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copied = copy.deepcopy(schedule, {id(optimizer): stand_in, id(schedule.optimizer): stand_in})
        rows = []
        for _ in range(steps):
            rows.append([lr_of(group) for group in stand_in.param_groups])
            try:
                copied.step()
            except (TypeError, ValueError):
                # it waits for a metric, or its own plan is over: lr stays
                rows += [rows[-1]] * (steps - len(rows))
                break
    return np.array(rows, dtype=float)
