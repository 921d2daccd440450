"""What a search chooses from: a door, a learning rate and how wide the door is open."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from halflife._errors import BadInput
from halflife.lab.grid import MIDDLE_LR, decay_over_l2
from halflife.lab.settings import Setting
from halflife.rules import Law


class Door(Enum):
    """How regularization enters the step."""

    NONE = "none"
    L2 = "L2"
    DECAY = "decay"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, kw_only=True)
class Point:
    """One setting that is tried.

    Attributes:
        door: how regularization enters.
        lr: peak learning rate.
        strength: λ behind L2; α at the peak of lr (1/step) behind decay; 0 behind none.
    """

    door: Door
    lr: float
    strength: float = 0.0

    def setting(self, rule: str, hyperparameters: Mapping[str, float]) -> Setting:
        """What the lab trains for it."""
        law = Law.INDEPENDENT if self.door is Door.DECAY else Law.L2
        numbers = tuple(hyperparameters.items())
        return Setting(rule=rule, law=law, lr=self.lr, strength=self.strength, hyperparameters=numbers)


@dataclass(frozen=True, kw_only=True)
class Space:
    """What is searched: every lr with every strength of every door.

    A window of decay moves with lr, as λ's does not: its strengths are α/lr, so that a window serves every lr.

    Attributes:
        lrs: peak learning rates, rising.
        l2s: λ, rising; none leaves that door shut.
        decays_over_lr: α/lr, rising.
    """

    lrs: tuple[float, ...]
    l2s: tuple[float, ...]
    decays_over_lr: tuple[float, ...]
    steps: Mapping[str, float] = field(default_factory=lambda: {"lr": _STEP, "strength": _STEP})

    def __post_init__(self) -> None:
        for name, values in (("lr", self.lrs), ("l2", self.l2s), ("decay", self.decays_over_lr)):
            for value in values:
                if not 0 < value < math.inf:
                    raise BadInput(f"{name} is {value:g} in the grid: it must be a positive, finite number.")
        if not self.lrs:
            raise BadInput("the grid has no lr: name at least one.")
        if not self.l2s and not self.decays_over_lr:
            raise BadInput("the grid has no strength: name at least one l2 or decay above 0.")

    def points(self) -> tuple[Point, ...]:
        """All of them, each lr without regularization once."""
        return tuple(
            point
            for lr in self.lrs
            for point in (
                Point(door=Door.NONE, lr=lr),
                *(Point(door=Door.L2, lr=lr, strength=l2) for l2 in self.l2s),
                *(Point(door=Door.DECAY, lr=lr, strength=lr * share) for share in self.decays_over_lr),
            )
        )

    def near(self, point: Point) -> tuple[Point, ...]:
        """The points half a step of the grid away, in lr, in strength and in both; decay moves with lr."""
        found = []
        for of_lr in (-1, 0, 1):
            for of_strength in (-1, 0, 1) if point.strength else (0,):
                if of_lr == of_strength == 0:
                    continue
                lr = point.lr * self.steps["lr"] ** (of_lr / 2)
                strength = point.strength * self.steps["strength"] ** (of_strength / 2)
                moved = strength * lr / point.lr if point.door is Door.DECAY else strength
                found.append(Point(door=point.door, lr=_short(lr), strength=_short(moved)))
        return tuple(p for p in found if not (p.door is Door.DECAY and p.strength >= 1))

    def box(self) -> dict[str, tuple[float, float]]:
        """The smallest and the largest of each."""
        return {
            name: (values[0], values[-1])
            for name, values in (("lr", self.lrs), ("l2", self.l2s), ("decay", self.decays_over_lr))
            if values
        }

    @property
    def doors(self) -> tuple[Door, ...]:
        """Those that are open in it."""
        open_ = {Door.NONE: True, Door.L2: bool(self.l2s), Door.DECAY: bool(self.decays_over_lr)}
        return tuple(door for door in Door if open_[door])


_STEP = 10.0
_LR_STEP = 4.0
_LRS_AWAY = (-2, -1, 0, 1)
_STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def space(
    rule: str,
    *,
    lrs: Sequence[float] | None = None,
    l2s: Sequence[float] | None = None,
    decays: Sequence[float] | None = None,
) -> Space:
    """What is searched for a rule: the lrs and strengths that are asked for, or a coarse grid round its middle lr.

    Args:
        rule: its name.
        lrs: peak learning rates.
        l2s: λs; an empty sequence shuts that door.
        decays: αs at the middle lr of the grid (1/step); at another lr they are as much larger as it is.

    Raises:
        BadInput: no lr or no strength is left, or a number is not positive.
    """
    chosen = tuple(sorted(set(lrs))) if lrs is not None else tuple(MIDDLE_LR[rule] * _LR_STEP**k for k in _LRS_AWAY)
    middle = chosen[len(chosen) // 2] if chosen else 1.0
    shares = tuple(s * decay_over_l2(rule) for s in _STRENGTHS) if decays is None else tuple(d / middle for d in decays)
    found = Space(
        lrs=chosen,
        l2s=_STRENGTHS if l2s is None else tuple(sorted(set(l2s))),
        decays_over_lr=tuple(sorted({share for share in shares if share * max(chosen, default=1) < 1})),
    )
    steps = {"lr": _ratio(found.lrs, _LR_STEP), "strength": _ratio(found.l2s or found.decays_over_lr, _STEP)}
    return Space(lrs=found.lrs, l2s=found.l2s, decays_over_lr=found.decays_over_lr, steps=steps)


def _ratio(values: Sequence[float], otherwise: float) -> float:
    """How far apart the values of a grid are, as a factor."""
    if len(values) < 2:
        return otherwise
    return float(np.exp(np.median(np.diff(np.log(values)))))


def _short(value: float) -> float:
    return float(f"{value:.4g}")
