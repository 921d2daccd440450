"""How lr moves over a run, as a share of its peak.

A schedule is a function of the step, counted from 0, whose value is in [0, 1]: multiply it by the peak lr.
"""

import math
from collections.abc import Callable

from halflife._errors import BadInput, UnknownName

Schedule = Callable[[int], float]


def constant() -> Schedule:
    """Always 1."""
    return lambda step: 1.0


def linear(steps: int, *, floor: float = 0.0) -> Schedule:
    """From 1 in a straight line to `floor` at `steps`, then flat."""
    _require(steps=steps, floor=floor)
    return lambda step: 1 - (1 - floor) * min(step / steps, 1.0)


def cosine(steps: int, *, floor: float = 0.0, cycles: int = 1) -> Schedule:
    """From 1 along half a cosine to `floor`, `cycles` times over `steps`, restarting at 1; then at `floor`.

    Source: Loshchilov & Hutter 2017, SGDR, equation 5, with cycles of equal length. One cycle from lr to 0 over T
    steps sums to lr·(T+1)/2.
    """
    _require(steps=steps, floor=floor, cycles=cycles)
    if cycles > steps:
        raise BadInput(f"cycles of a schedule is {cycles}: each takes a step, and there are {steps}.")
    period = steps / cycles

    def share(step: int) -> float:
        if step >= steps:
            return floor
        return floor + (1 - floor) * (1 + math.cos(math.pi * (step % period) / period)) / 2

    return share


def stepped(every: int, *, factor: float = 0.1) -> Schedule:
    """1, then times `factor` after each `every` steps."""
    _require(every=every, factor=factor)
    return lambda step: factor ** (step // every)


def warm_up(steps: int, then: Schedule) -> Schedule:
    """From 1/`steps` in a straight line up to 1 over `steps` steps, then `then`, whose step 0 comes next."""
    _require(steps=steps)
    return lambda step: (step + 1) / steps if step < steps else then(step - steps)


def named(name: str, steps: int) -> Schedule:
    """The schedule of that name over a run of `steps`, with the usual numbers.

    `warmup-cosine` warms up over a twentieth of the run; `step` divides by ten at every third of it.

    Raises:
        UnknownName: there is no such schedule.
        BadInput: the run has no steps.
    """
    _require(steps=steps)
    schedules: dict[str, Callable[[], Schedule]] = {
        "constant": constant,
        "linear": lambda: linear(steps),
        "cosine": lambda: cosine(steps),
        "cosine-restarts": lambda: cosine(steps, cycles=min(3, steps)),
        "step": lambda: stepped(math.ceil(steps / 3)),
        "warmup-cosine": lambda: warm_up(max(1, steps // 20), cosine(max(1, steps - steps // 20))),
    }
    if name not in schedules:
        raise UnknownName("schedule", name, schedules)
    return schedules[name]()


def _require(**numbers: float) -> None:
    for name, value in numbers.items():
        low, high = (0.0, 1.0) if name in ("floor", "factor") else (1.0, math.inf)
        if not low <= value <= high:
            raise BadInput(f"{name} of a schedule is {value}: it must be in [{low:g}, {high:g}].")
