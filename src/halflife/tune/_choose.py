"""From trials to choices: the best of each door, and its gain measured on folds that did not choose it."""

import math
from collections.abc import Iterable, Mapping
from statistics import fmean

from halflife.lab.outcomes import Interval
from halflife.tune._point import Door, Point, Space
from halflife.tune._result import Choice
from halflife.tune._trials import Trial

Tried = Mapping[Door, list[Trial]]
"""The trials of each door that can be compared: all of one length, none diverged in any fold."""


def comparable(trials: Iterable[Trial], doors: Iterable[Door]) -> Tried:
    """The longest trials, where every door has one; if there is no such length, the longest that any door has."""
    sound = [t for t in trials if math.isfinite(t.error)]
    lengths = sorted({t.epochs for t in sound}, reverse=True)
    wanted = set(doors)
    complete = (n for n in lengths if {t.point.door for t in sound if t.epochs == n} >= wanted)
    length = next(complete, next(iter(lengths), 0))
    found = {door: [t for t in sound if t.epochs == length and t.point.door is door] for door in Door}
    return {door: tried for door, tried in found.items() if tried}


def chosen_by_others(tried: Tried) -> dict[Door, tuple[Point, ...]]:
    """For each door and fold, the point with the lowest mean error on all other folds."""
    return {
        door: tuple(min(trials, key=lambda t: _mean_without(t, fold)).point for fold in range(_folds(trials)))
        for door, trials in tried.items()
    }


def to_confirm(tried: Tried) -> tuple[Point, ...]:
    """The points that the choice can fall on: those that the other folds choose, and the best of all."""
    best = {min(trials, key=lambda t: t.error).point: None for trials in tried.values()}
    return tuple(best | dict.fromkeys(p for points in chosen_by_others(tried).values() for p in points))


def choices(tried: Tried, chosen: Mapping[Door, tuple[Point, ...]], space: Space | None) -> tuple[Choice, ...]:
    """The best of each door.

    Args:
        tried: trials, those to choose from with all their seeds.
        chosen: for each door and fold, the point that the other folds chose.
        space: what was searched; None where there are no ends.
    """
    held_out = {
        door: tuple(_of(tried[door], point).errors[fold] for fold, point in enumerate(points))
        for door, points in chosen.items()
    }
    return tuple(_choice(door, tried[door], held_out, space) for door in tried)


def _choice(
    door: Door,
    trials: list[Trial],
    held_out: Mapping[Door, tuple[float, ...]],
    space: Space | None,
) -> Choice:
    seeds = max(len(t.outcomes[0]) for t in trials)
    most = [t for t in trials if len(t.outcomes[0]) == seeds]
    best = min(most, key=lambda t: t.error)
    without = held_out.get(Door.NONE)
    paired = None if door is Door.NONE or without is None else list(zip(without, held_out[door], strict=True))
    return Choice(
        door=door,
        point=best.point,
        error=Interval.over_folds(best.errors),
        score=Interval.over_folds(best.mean("valid_score")),
        train=fmean(best.mean("train")),
        norm=fmean(best.mean("norm")),
        held_out=held_out[door],
        gain=Interval.over_folds([a - b for a, b in paired]) if paired else None,
        at_edge=_at_edge(best.point, [t.point for t in trials], space),
    )


def _at_edge(point: Point, tried: list[Point], space: Space | None) -> tuple[str, ...]:
    """Which of its numbers is the smallest or the largest of a range that was searched."""
    if space is None or len(tried) < 2:
        return ()
    box = space.box()
    share = point.strength / point.lr if point.door is Door.DECAY else point.strength
    ranges = {"lr": (point.lr, box["lr"]), "strength": (share, box.get(_NAMES[point.door], (0.0, math.inf)))}
    return tuple(
        name
        for name, (value, (low, high)) in ranges.items()
        if value and low < high and (value <= low * _SLACK or value >= high / _SLACK)
    )


_NAMES = {Door.NONE: "", Door.L2: "l2", Door.DECAY: "decay"}
_SLACK = 1.01


def _of(trials: list[Trial], point: Point) -> Trial:
    return next(t for t in trials if t.point == point)


def _mean_without(trial: Trial, fold: int) -> float:
    return fmean(error for other, error in enumerate(trial.errors) if other != fold)


def _folds(trials: list[Trial]) -> int:
    return len(trials[0].outcomes)
