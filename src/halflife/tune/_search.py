"""Searches: each yields batches of points, is told how they did, and decides what to try next.

A search knows nothing of data, folds or files. It is a generator: `errors = yield Batch(...)` hands out some points to
be trained for so many epochs and gets back the mean validation error of each.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from halflife.tune._point import Door, Point, Space

RUNGS = (0.1, 0.3, 1.0)
"""Shares of the epochs after which hopeless points are dropped: successive halving (Jamieson & Talwalkar 2016)."""

FOLDS_AT_FIRST = 2
"""Folds that the first rung looks at: what is hopeless is so on each of them."""

KEPT = 1 / 4
"""The share of each door's points that goes on to the next rung, two at least."""

STEPS = 2
"""How often the best of each door is compared with its neighbours in a grid twice as fine."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some points to be tried.

    Attributes:
        stage: what the search is doing, in a word.
        points: what to try; the first are worth most, if not all can be.
        epochs: how long each is trained.
        folds: how many folds are enough; None for all there are.
    """

    stage: str
    points: tuple[Point, ...]
    epochs: int
    folds: int | None = None

    def folds_of(self, folds: int) -> int:
        """How many of so many folds it is tried on."""
        return min(self.folds or folds, folds)


Errors = Mapping[Point, float]
"""The mean validation error over the folds; infinite where a network diverged."""

Search = Generator[Batch, Errors, None]


def by_grid(space: Space, epochs: int, *, steps: int = STEPS) -> Search:
    """A coarse grid whose hopeless points are dropped early, then steps from the best of each door to better ones.

    A step tries the neighbours in lr and in strength, half a step of the grid away, for all epochs: a short training
    tells little of them, for regularization pays late.
    """
    tried = dict((yield from _halved("coarse", space.points(), lengths(epochs))))
    for _ in range(steps):
        best = sorted((found[0] for found in by_door(tried, tried).values()), key=tried.__getitem__)
        near = dict.fromkeys(neighbour for point in best for neighbour in space.near(point))
        fresh = [point for point in near if not any(map(point.is_near, tried))]
        if not fresh:
            return
        tried |= yield Batch(stage="fine", points=tuple(fresh), epochs=epochs)


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


def _halved(stage: str, points: Sequence[Point], rungs: Sequence[int]) -> Generator[Batch, Errors, Errors]:
    """The points of the last rung, with their errors; a rung that would drop nothing is passed over."""
    errors: Errors = {}
    for length in rungs:
        if length < rungs[-1] and len(survivors(points, dict.fromkeys(points, 0.0))) == len(points):
            continue
        folds = FOLDS_AT_FIRST if length == rungs[0] < rungs[-1] else None
        errors = yield Batch(stage=stage, points=tuple(points), epochs=length, folds=folds)
        points = survivors(points, errors)
    return errors


def survivors(points: Iterable[Point], errors: Errors) -> tuple[Point, ...]:
    """The best share of each door, at least two, taking turns: doors are compared at the end, so none is dropped."""
    kept = [found[: max(2, round(len(found) * KEPT))] for found in by_door(points, errors).values()]
    return tuple(point for turn in zip_longest(*kept) for point in turn if point is not None)


def by_door(points: Iterable[Point], errors: Errors) -> dict[Door, list[Point]]:
    """The points of each door, the best first, as far as they were tried."""
    tried = sorted((p for p in points if p in errors), key=lambda p: (errors[p], p.lr, p.strength))
    return {door: found for door in Door if (found := [p for p in tried if p.door is door])}
