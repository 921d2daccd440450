"""The grid of a study as maps: one cell a setting, one map a rule and law, one scale for all of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from halflife.lab import Best, GridResult, Interval, Outcome, Slope, Study
from halflife.rules import Law

SYMBOL = {Law.L2: "λ", Law.INDEPENDENT: "α"}
DOOR = {Law.L2: "L2", Law.INDEPENDENT: "decay"}
DOOR_IN_FULL = {Law.L2: "L2 regularization", Law.INDEPENDENT: "weight decay"}
AXIS = {Law.L2: "λ, coefficient of the penalty", Law.INDEPENDENT: "α, share removed in a step"}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One setting and what its networks came to.

    Attributes:
        lr: peak learning rate.
        strength: λ under L2, α (1/step) under decay; 0 for none.
        seeds: (seed, validation error) of each of its trainings; NaN where it diverged.
        valid: validation error over seeds; None where one diverged.
        train: training error, likewise.
        test: test error, likewise.
        score: accuracy or R² on the test rows, likewise.
        norm: ‖w‖ without biases, likewise.
    """

    lr: float
    strength: float
    seeds: tuple[tuple[int, float], ...]
    valid: Interval | None
    train: Interval | None
    test: Interval | None
    score: Interval | None
    norm: Interval | None


@dataclass(frozen=True, kw_only=True)
class Map:
    """All settings of one rule under one law.

    Attributes:
        rule: its name.
        law: L2 or INDEPENDENT.
        cells: with regularization, by lr and strength.
        without: without regularization, by lr.
        best: the setting that validates best; None where everything diverged, as the slope.
        slope: of the ridge.
    """

    rule: str
    law: Law
    cells: tuple[Cell, ...]
    without: tuple[Cell, ...]
    best: Best | None
    slope: Slope | None

    @property
    def lrs(self) -> list[float]:
        """The learning rates, smallest first."""
        return sorted({cell.lr for cell in self.cells})

    def at(self, lr: float) -> list[Cell]:
        """The cells of one learning rate, weakest first."""
        return [cell for cell in self.cells if cell.lr == lr]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The colours of all maps of a study: from the lowest validation error to `high`, beyond which all look the same.

    The root of what lies above the lowest decides the colour, so that differences near the optimum can be seen.
    """

    low: float
    high: float
    beyond: bool

    def place(self, error: float) -> float:
        """Where an error lies on the scale, in [0, 1]."""
        if self.high <= self.low:
            return 0.0
        return math.sqrt(min(1.0, max(0.0, (error - self.low) / (self.high - self.low))))


def maps(study: Study) -> tuple[Map, ...]:
    """Every rule under every law that was tried; nothing of one whose first regularized training is yet to come."""
    found: dict[tuple[str, Law], GridResult] = {(g.rule, g.law): g for g in study.grid}
    rules = dict.fromkeys([*(g.rule for g in study.grid), *(o.setting.rule for o in study.outcomes)])
    drawn = (_map(study.outcomes, rule, law, found.get((rule, law))) for rule in rules for law in SYMBOL)
    return tuple(each for each in drawn if each.cells)


def rules_of(of: Sequence[Map]) -> list[str]:
    """The rules of the grid, each once."""
    return list(dict.fromkeys(each.rule for each in of))


def scale(of: Sequence[Map]) -> Scale:
    """One scale for all maps; what is worse than three times the spread of the better half is beyond it."""
    errors = sorted(cell.valid.mean for each in of for cell in (*each.cells, *each.without) if cell.valid)
    if not errors:
        return Scale(low=0.0, high=1.0, beyond=False)
    low, middle, high = errors[0], errors[len(errors) // 2], errors[-1]
    limit = low + _SPREADS * (middle - low)
    return Scale(low=low, high=min(high, limit) if limit > low else high, beyond=low < limit < high)


_SPREADS = 6


def half_step(strengths: Sequence[float]) -> float:
    """Half the distance of neighbouring strengths, in decades."""
    apart = [math.log10(b / a) for a, b in pairwise(sorted(strengths))]
    return min(apart) / 2 if apart else 0.25


def _map(outcomes: Sequence[Outcome], rule: str, law: Law, result: GridResult | None) -> Map:
    mine = [o for o in outcomes if o.setting.rule == rule and (o.setting.law is law or o.setting.strength == 0)]
    by_setting: dict[tuple[float, float], list[Outcome]] = {}
    for o in sorted(mine, key=lambda o: (o.setting.lr, o.setting.strength, o.seed)):
        by_setting.setdefault((o.setting.lr, o.setting.strength), []).append(o)
    cells = [_cell(seeds) for seeds in by_setting.values()]
    return Map(
        rule=rule,
        law=law,
        cells=tuple(cell for cell in cells if cell.strength),
        without=tuple(cell for cell in cells if not cell.strength),
        best=result.best if result else None,
        slope=result.slope if result else None,
    )


def _cell(seeds: Sequence[Outcome]) -> Cell:
    sound = all(o.sound for o in seeds)

    def over(name: str) -> Interval | None:
        return Interval.of([getattr(o, name) for o in seeds]) if sound else None

    return Cell(
        lr=seeds[0].setting.lr,
        strength=seeds[0].setting.strength,
        seeds=tuple((o.seed, o.valid) for o in seeds),
        valid=over("valid"),
        train=over("train"),
        test=over("test"),
        score=over("test_score"),
        norm=over("norm"),
    )
