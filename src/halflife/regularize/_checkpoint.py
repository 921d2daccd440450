"""Saving and loading: what is not in the groups travels with the state, and a foreign checkpoint undoes nothing."""

from typing import Any

import torch

from halflife._errors import BadInput
from halflife.regularize._arithmetic import PerParameter
from halflife.regularize._hooks import DOOR, L1, L2, PEAK, STEPS, Hooks

LOST = "lost_to_rounding"


def check_groups(optimizer: Any, state_dict: dict[str, Any]) -> None:
    """Before loading: torch says that the numbers of groups differ, and this says why.

    Raises:
        BadInput: the state has another number of groups, as one has that was saved before groups were split.
    """
    here, saved = len(optimizer.param_groups), len(state_dict["param_groups"])
    if here != saved:
        raise BadInput(
            f"the state has {saved} parameter groups and the optimizer {here}, for halflife.regularize splits a group "
            "of which it spares some: load a state that was saved without it first, and regularize then."
        )


def reassert(hooks: Hooks, optimizer: Any) -> None:
    """After loading: strengths of a regularized run are taken over; those of another run are not."""
    for number, (group, door) in enumerate(zip(optimizer.param_groups, hooks.doors, strict=False)):
        ours = group.setdefault(DOOR, number) == number and PEAK in group
        for key, value in door.settings.items():
            if not ours or key not in (door.key, PEAK, L1, L2, STEPS) or key not in group:
                group[key] = value


def save_lost(lost: PerParameter, optimizer: Any, state_dict: dict[str, Any]) -> dict[str, Any]:
    """Put what rounding took beside each parameter's state."""
    state = dict(state_dict["state"])
    for index, p in enumerate(p for group in optimizer.param_groups for p in group["params"]):
        if p in lost:
            state[index] = {**state.get(index, {}), LOST: lost[p]}
    return {**state_dict, "state": state}


def load_lost(lost: PerParameter, optimizer: Any, state_dict: dict[str, Any]) -> dict[str, Any]:
    """Take it out again before torch casts it to the parameter's precision."""
    lost.clear()
    state = {}
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for index, held in state_dict["state"].items():
        state[index] = {key: value for key, value in held.items() if key != LOST}
        if LOST in held:
            p = parameters[index]
            lost[p] = held[LOST].detach().to(device=p.device, dtype=torch.float32, copy=True)
    return {**state_dict, "state": state}
