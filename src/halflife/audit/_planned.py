"""How long a run will be, where the framework that runs it, or the schedule of its lr, knows."""

import gc
import sys
from collections.abc import Callable
from typing import Any

TRAINERS: tuple[tuple[str, str, Callable[[Any], tuple[float, float]]], ...] = (
    ("transformers.trainer", "Trainer", lambda t: (t.state.max_steps, t.state.num_train_epochs)),
    ("lightning.pytorch.trainer.trainer", "Trainer", lambda t: (t.estimated_stepping_batches, t.max_epochs)),
    ("pytorch_lightning.trainer.trainer", "Trainer", lambda t: (t.estimated_stepping_batches, t.max_epochs)),
)
"""The module and the class that drive a training, and how one of them says its steps and epochs."""
SCHEDULES = {"OneCycleLR": "total_steps", "CosineAnnealingLR": "T_max", "PolynomialLR": "total_iters"}
"""Schedules of torch that end with the run, and where each keeps its length in its own steps."""


def planned(schedule: Any) -> tuple[int | None, int | None]:
    """The steps of the whole run and those of an epoch, as the live trainer says, of which a script has one.

    Where there is none, the length of a schedule that moves once a step is that of the run.
    """
    for module, name, ask in TRAINERS:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is None:
            continue
        for value in gc.get_objects():
            if type(value).__mro__.count(kind):
                try:
                    steps, epochs = ask(value)
                except Exception:  # noqa: S112 - a trainer that has not begun
                    continue
                if 0 < steps < float("inf"):
                    return int(steps), max(1, round(steps / epochs)) if epochs and epochs > 0 else None
    return length_of(schedule), None


def length_of(schedule: Any) -> int | None:
    """The steps after which a schedule of torch is over; None where it does not tell."""
    parts = getattr(schedule, "_schedulers", None)
    milestones = getattr(schedule, "_milestones", None)
    if parts and milestones:
        last = length_of(parts[-1])
        return None if last is None else int(milestones[-1]) + last
    length = getattr(schedule, SCHEDULES.get(type(schedule).__name__, ""), None)
    return int(length) if length else None
