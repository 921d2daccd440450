"""Fastening the hooks to an optimizer, so that its copies, pickled ones too, carry hooks of their own.

torch leaves hooks out when an optimizer is copied. What is left then looks regularized, for its groups say so, and is
not; so a regularized optimizer says itself how it is to be rebuilt.
"""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from halflife.regularize._checkpoint import check_groups, load_lost, reassert, save_lost
from halflife.regularize._hooks import Hooks
from halflife.regularize._native import PLAIN_KEY, Native
from halflife.rules import Law

Handles = list[Callable[[], None]]
"""What takes each hook off again."""
REBUILT = "__reduce_ex__"
"""Where `copy` and `pickle` ask an object, the instance first, how it is rebuilt."""
ADDED = "add_param_group"
Pairs = list[tuple[Any, Any]]


def attached(optimizer: Any, hooks: Hooks) -> Handles:
    """Fasten everything, or nothing if one of the hooks cannot be."""
    wanted: list[tuple[str, Callable[..., Any]]] = [
        ("register_load_state_dict_pre_hook", check_groups),
        ("register_load_state_dict_post_hook", partial(reassert, hooks)),
    ]
    if needed(hooks):
        wanted += [
            ("register_step_pre_hook", hooks.before),
            ("register_step_post_hook", hooks.after),
            ("register_state_dict_post_hook", partial(save_lost, hooks.lost)),
            ("register_load_state_dict_pre_hook", partial(load_lost, hooks.lost)),
        ]
    handles: Handles = []
    try:
        for register, hook in wanted:
            handles.append(getattr(optimizer, register)(hook).remove)
    except Exception:
        for detach in handles:
            detach()
        raise
    own = {REBUILT: partial(_reduced, optimizer, hooks), ADDED: partial(_added, optimizer)}
    vars(optimizer).update(own)
    return [*handles, *(partial(vars(optimizer).pop, name, None) for name in own)]


def needed(hooks: Hooks) -> bool:
    """Whether anything has to be done around a step."""
    acting = [door for door in hooks.doors if door.parts]
    extra = hooks.ask.l1 or (hooks.ask.law is not Law.L2 and hooks.ask.l2)
    return bool(extra) or any(door.native is not Native.STATIC for door in acting)


def _added(optimizer: Any, group: dict[str, Any]) -> None:
    type(optimizer).add_param_group(optimizer, group)
    own = {name: value for name, value in optimizer.param_groups[-1].items() if name == PLAIN_KEY}
    warnings.warn(
        f"parameter group {len(optimizer.param_groups) - 1} was added after halflife.regularize, so it keeps what the "
        f"optimizer does by itself ({own or 'without weight_decay'}): to regularize it too, call remove() on what "
        "regularize returned, and ask again.",
        stacklevel=2,
    )


def _reduced(optimizer: Any, hooks: Hooks, protocol: int) -> tuple[Any, ...]:
    plain: Any = type(optimizer).__reduce_ex__(optimizer, protocol)  # type: ignore[call-arg]
    make, arguments, state = plain[:3]
    return _restored, (make, arguments, state, hooks, list(hooks.targets.items()), list(hooks.lost.items()))


def _restored(make: Any, arguments: Any, state: Any, hooks: Hooks, targets: Pairs, lost: Pairs) -> Any:
    optimizer = make(*arguments)
    optimizer.__setstate__(state)
    hooks.targets.update(targets)
    hooks.lost.update(lost)
    attached(optimizer, hooks)
    return optimizer
