"""From trials to choices: the best of each door, and its gain measured on folds that did not choose it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
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


def finalists(tried: Tried, number: int) -> tuple[Point, ...]:
    """So many of each door, those with the lowest errors, the best of every door first."""
    ranks = (sorted(trials, key=lambda t: t.error)[:number] for trials in tried.values())
    return tuple(trial.point for turn in zip_longest(*ranks) for trial in turn if trial is not None)


def folds(tried: Tried) -> int:
    """How many folds of a split they were tried on."""
    return len(next(iter(tried.values()))[0].outcomes[0])


def choices(tried: Tried, space: Space | None) -> tuple[Choice, ...]:
    """The best of each door.

    Args:
        tried: trials; those to choose from are those that were tried on most splits.
        space: what was searched; None where there are no ends.
    """
    splits = min(max(t.splits for t in trials) for trials in tried.values())
    measured = {door: chosen_by_others(trials, splits) for door, trials in tried.items()}
    return tuple(_choice(door, tried[door], measured, space) for door in tried)


def chosen_by_others(trials: Sequence[Trial], splits: int) -> tuple[float, ...]:
    """For each fold of each split, the error on it of the point that does best on all other folds of that split."""
    found = []
    for split in range(splits):
        errors = [t.errors_in(split) for t in trials if t.splits > split]
        for fold in range(len(errors[0])):
            on_others = [fmean(of_point[:fold] + of_point[fold + 1 :]) for of_point in errors]
            found.append(errors[on_others.index(min(on_others))][fold])
    return tuple(found)


def _choice(door: Door, trials: list[Trial], measured: Mapping[Door, tuple[float, ...]], space: Space | None) -> Choice:
    splits = max(t.splits for t in trials)
    best = min((t for t in trials if t.splits == splits), key=lambda t: t.error)
    folds = len(best.outcomes[0])
    without = None if door is Door.NONE else measured.get(Door.NONE)
    gains = [a - b for a, b in zip(without, measured[door], strict=True)] if without else None
    return Choice(
        door=door,
        point=best.point,
        epochs=best.epochs,
        error=Interval.over_folds(best.errors, folds=folds),
        score=Interval.over_folds(best.measured("valid_score"), folds=folds),
        train=fmean(best.measured("train")),
        norm=fmean(best.measured("norm")),
        held_out=measured[door],
        gain=Interval.over_folds(gains, folds=folds) if gains else None,
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
