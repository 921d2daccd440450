"""A live torch optimizer, whose groups are copied on to fresh parameters.

It is never stepped. The object is copied with every reference to the user's parameters replaced by fresh ones and its
state left behind, so hooks and attributes come along and weights do not.
"""

import copy
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from halflife.probe._torch import LR_NAMES, TorchSubject, accepted_by, from_factory, knobs_of
from halflife.probe._torch_run import assign, number, quiet

PEAK = "peak_lr"
"""Where a group keeps the peak of its lr, if it does."""


def from_live(optimizer: Any, index: int, name: str) -> TorchSubject:
    """A subject from one parameter group of a live optimizer.

    If its class, called with the group's settings, behaves the same to the last bit, the class serves; then lr at
    construction can be varied too. Otherwise the object itself is copied, hooks and all.
    """
    group = optimizer.param_groups[index]
    lr_name = next((n for n in LR_NAMES if n in group), None)
    lr = number(group.get(lr_name)) if lr_name else None
    # a group that keeps its peak can be started at another one
    peak = None if PEAK in group else number(group.get("initial_lr")) or lr
    clone = TorchSubject(
        name=name,
        make=lambda groups, changes: _clone(optimizer, index, groups, changes),
        lr=lr,
        lr_name=lr_name,
        peak_lr=peak,
        knobs=knobs_of(group, lr_name),
    )
    accepted, _ = accepted_by(type(optimizer))
    arguments = {k: group[k] for k in accepted if k in group and k not in ("params", lr_name)}
    if lr_name in accepted:
        arguments[lr_name] = lr
    try:
        rebuilt = from_factory(type(optimizer), arguments, name)
        same = _same_steps(clone, rebuilt)
    except Exception:
        same = False
    return rebuilt if same else clone


def _same_steps(first: TorchSubject, second: TorchSubject) -> bool:
    weights = np.linspace(-1.0, 1.0, 24)
    ends = []
    with quiet():
        for subject in (first, second):
            run = subject.start(((4, 3), (4, 3)), weights)
            for t in range(3):
                run.step(0.1 * np.cos(weights + t))
                run.scale_lr(0.5)  # at its peak, an lr and its square over the peak are one number
            ends.append(run.weights())
    return bool(np.array_equal(ends[0], ends[1]))


def _counts(optimizer: Any) -> dict[str, Any]:
    """What an optimizer counts and sums in its groups, at the start: numbers that its constructor does not take."""
    accepted, more = accepted_by(type(optimizer))
    defaults = getattr(optimizer, "defaults", None) or {}
    own = {k: v for k, v in defaults.items() if k not in accepted and type(v) in (int, float)}
    return {} if more else own


def _clone(optimizer: Any, index: int, groups: list[dict[str, Any]], changes: Mapping[str, Any]) -> Any:
    source = optimizer.param_groups[index]
    users = [p for group in optimizer.param_groups for p in group["params"]]
    fresh = [p for group in groups for p in group["params"]]
    clone = object.__new__(type(optimizer))
    memo: dict[int, Any] = {id(optimizer): clone, id(optimizer.state): defaultdict(dict)}
    memo |= {id(p): fresh[i % len(fresh)] for i, p in enumerate(users)}
    settings = {key: copy.copy(value) for key, value in source.items() if key != "params"} | _counts(optimizer)
    memo[id(optimizer.param_groups)] = [
        {**settings, "params": group["params"]} | {k: v for k, v in group.items() if k != "params"} for group in groups
    ]
    for key, value in vars(optimizer).items():
        if key == "step":
            continue
        try:
            clone.__dict__[key] = copy.deepcopy(value, memo)
        except Exception:
            clone.__dict__[key] = value
    for key, value in changes.items():
        for group in clone.param_groups:
            assign(group, key, value)
    for group in clone.param_groups:
        if PEAK in group:
            group[PEAK] = next((number(group[name]) for name in LR_NAMES if name in group), None)
    return clone
