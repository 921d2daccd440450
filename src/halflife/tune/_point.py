"""What a search chooses from: a door, a learning rate and how wide the door is open."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import zip_longest

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

    def is_near(self, other: "Point") -> bool:
        """Whether the two are one point but for rounding."""
        pairs = ((self.lr, other.lr), (self.strength, other.strength))
        return self.door is other.door and all(math.isclose(a, b, rel_tol=_ROUNDING) for a, b in pairs)


@dataclass(frozen=True, kw_only=True)
class Space:
    """What is searched: every lr with every strength of every door.

    A window of decay moves with lr, as λ's does not: its strengths are α/lr, so that a window serves every lr.

    Attributes:
        lrs: peak learning rates, rising.
        l2s: λ, rising; none leaves that door shut.
        decays_over_lr: α/lr, rising.
        steps: how far apart two values are, as a factor, for each of these with more than one.
    """

    lrs: tuple[float, ...]
    l2s: tuple[float, ...]
    decays_over_lr: tuple[float, ...]
    steps: Mapping[str, float] = field(default_factory=dict)

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
        """All of them, from the middle to the ends, doors in turn, each lr without regularization once."""
        found: list[Point] = []
        for lr in _from_the_middle(self.lrs):
            found.append(Point(door=Door.NONE, lr=lr))
            for l2, share in zip_longest(_from_the_middle(self.l2s), _from_the_middle(self.decays_over_lr)):
                if l2 is not None:
                    found.append(Point(door=Door.L2, lr=lr, strength=l2))
                if share is not None:
                    found.append(Point(door=Door.DECAY, lr=lr, strength=lr * share))
        return tuple(found)

    def near(self, point: Point) -> tuple[Point, ...]:
        """The points half a step of the grid away, in lr or in strength; decay moves with lr.

        What has a single value in the grid is not varied.
        """
        strength = {Door.NONE: "", Door.L2: "l2", Door.DECAY: "decay"}[point.door]
        of_lr, of_strength = (math.sqrt(self.steps.get(name, 1.0)) for name in ("lr", strength))
        follows = of_lr if point.door is Door.DECAY else 1.0
        moves = ((1 / of_lr, 1 / follows), (of_lr, follows), (1.0, 1 / of_strength), (1.0, of_strength))
        found = dict.fromkeys(
            Point(door=point.door, lr=_short(point.lr * lr), strength=_short(point.strength * strength))
            for lr, strength in moves
            if (lr, strength) != (1.0, 1.0)
        )
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


_ROUNDING = 1e-2
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
    values = {"lr": found.lrs, "l2": found.l2s, "decay": found.decays_over_lr}
    return replace(found, steps={name: _ratio(of) for name, of in values.items() if len(of) > 1})


def _ratio(values: Sequence[float]) -> float:
    """How far apart the values of a grid are, as a factor."""
    return float(np.exp(np.median(np.diff(np.log(values)))))


def _from_the_middle(values: Sequence[float]) -> list[float]:
    middle = (len(values) - 1) / 2
    return [values[k] for k in sorted(range(len(values)), key=lambda k: (abs(k - middle), k))]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
