"""Searches: each yields batches of points, is told how they did, and decides what to try next.

A search knows nothing of data, folds or files. It is a generator: `errors = yield Batch(...)` hands out some points to
be trained for so many epochs and gets back the mean validation error of each.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from halflife.tune._point import Door, Point, Space

RUNGS = (0.1, 0.3, 1.0)
"""Shares of the epochs after which hopeless points are dropped: successive halving (Jamieson & Talwalkar 2016)."""

KEPT = 1 / 3
"""The share of each door's points that goes on to the next rung."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some points to be tried.

    Attributes:
        stage: what the search is doing, in a word.
        points: what to try; the first are worth most, if not all can be.
        epochs: how long each is trained.
    """

    stage: str
    points: tuple[Point, ...]
    epochs: int


Errors = Mapping[Point, float]
"""The mean validation error over the folds; infinite where a network diverged."""

Search = Generator[Batch, Errors, None]


def by_grid(space: Space, epochs: int) -> Search:
    """A coarse grid whose hopeless points are dropped early, then a finer one round the best of each door."""
    best = yield from _halved("coarse", space.points(), lengths(epochs))
    fine = dict.fromkeys(point for found in best.values() for point in space.near(found))
    if fine:
        yield from _halved("fine", tuple(fine), lengths(epochs)[-2:])


def by_chance(space: Space, epochs: int, *, number: int, seed: int) -> Search:
    """Points drawn evenly over log lr and log strength, a like number for each door, and halved as the grid is."""
    random, box = np.random.default_rng([seed, _STREAM]), space.box()

    def draw(name: str) -> float:
        low, high = np.log(box[name])
        return float(f"{np.exp(random.uniform(low, high)):.4g}")

    def point(door: Door) -> Point:
        lr = draw("lr")
        if door is Door.NONE:
            return Point(door=door, lr=lr)
        return Point(door=door, lr=lr, strength=draw("l2") if door is Door.L2 else float(f"{draw('decay') * lr:.4g}"))

    doors = space.doors
    drawn = dict.fromkeys(point(doors[k % len(doors)]) for k in range(max(number, len(doors))))
    yield from _halved("random", tuple(drawn), lengths(epochs))


_STREAM = 4


def lengths(epochs: int) -> tuple[int, ...]:
    """The epochs of each rung, rising."""
    return tuple(dict.fromkeys(max(1, round(epochs * rung)) for rung in RUNGS))


def _halved(stage: str, points: Sequence[Point], rungs: Sequence[int]) -> Generator[Batch, Errors, dict[Door, Point]]:
    for length in rungs:
        errors = yield Batch(stage=stage, points=tuple(points), epochs=length)
        if length < rungs[-1]:
            points = _survivors(points, errors)
    return {door: found[0] for door, found in by_door(points, errors).items()}


def _survivors(points: Sequence[Point], errors: Errors) -> list[Point]:
    """The best third of each door, at least two, taking turns: doors are compared at the end, so none is dropped."""
    kept = [found[: max(2, round(len(found) * KEPT))] for found in by_door(points, errors).values()]
    return [point for turn in zip_longest(*kept) for point in turn if point is not None]


def by_door(points: Sequence[Point], errors: Errors) -> dict[Door, list[Point]]:
    """The points of each door, the best first, as far as they were tried."""
    tried = sorted((p for p in points if p in errors), key=lambda p: (errors[p], p.lr, p.strength))
    return {door: found for door in Door if (found := [p for p in tried if p.door is door])}
