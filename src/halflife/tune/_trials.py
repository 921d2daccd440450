"""Trying the points that a search asks for: every one on every fold, kept in the study file, read from there."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from halflife.lab.crew import Crew
from halflife.lab.data import Data
from halflife.lab.outcomes import Outcome
from halflife.lab.population import Chunk
from halflife.lab.regime import Regime
from halflife.lab.running import run_folds
from halflife.lab.store import Store
from halflife.tune._point import Point
from halflife.tune._search import Batch

Folds = Sequence[tuple[Data, Regime]]
"""The rows of each fold of one split, with the regime for all epochs."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a search is.

    Attributes:
        stage: "coarse", "fine", "splits" or the name of another search.
        done: trainings of this stage that are finished.
        total: trainings of this stage.
        kept: trainings that are finished in all stages so far.
        best: the point with the lowest mean validation error among those trained longest, and that error.
    """

    stage: str
    done: int
    total: int
    kept: int
    best: tuple[Point, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One point as it was tried, on the folds of one split or of several.

    Attributes:
        point: what was tried.
        epochs: how long each network was trained.
        outcomes: how each network ended: for every split one for each fold.
    """

    point: Point
    epochs: int
    outcomes: tuple[tuple[Outcome, ...], ...]

    @property
    def splits(self) -> int:
        """Of how many splits it was tried on the folds."""
        return len(self.outcomes)

    @property
    def errors(self) -> tuple[float, ...]:
        """The validation error of each fold, split by split; infinite where a network diverged."""
        return tuple(error for split in range(self.splits) for error in self.errors_in(split))

    @property
    def error(self) -> float:
        """Their mean."""
        return fmean(self.errors)

    def errors_in(self, split: int) -> tuple[float, ...]:
        """The validation error of each fold of a split; infinite where a network diverged."""
        return tuple(_error(outcome) for outcome in self.outcomes[split])

    def measured(self, name: str) -> tuple[float, ...]:
        """Another measure of each fold, such as `norm`, split by split."""
        return tuple(float(getattr(outcome, name)) for of_split in self.outcomes for outcome in of_split)


def _error(outcome: Outcome) -> float:
    return math.inf if outcome.diverged or not math.isfinite(outcome.valid) else outcome.valid


@dataclass(kw_only=True)
class Trials:
    """All that was tried so far, and the means to try more.

    A batch trains every point on the folds of one split. In the file, fold f of batch b is fold b·folds + f, and its
    chunks are numbered from b·1,000,000: what the number of a batch stands for must not depend on the time there was.

    Attributes:
        store: the study file.
        split: the folds of the split with this number.
        seed: of the starts on the first split; the next has the next.
        epochs: of a whole training.
        rule: the rule of all networks.
        hyperparameters: its numbers.
        members: how many are trained at once, at most.
        program: how many members a compiled program has, the same in all stages, so that it is compiled once; smaller
            chunks are filled up. None where nothing is compiled.
        allowance: whole trainings that may be done.
        ends: when to stop, by `time.monotonic()`.
        train: the options of `run_folds`.
        progress: told after each chunk.
        trained: trainings in the file or done now.
        work: the same, counted in whole trainings.
        trials: by point and epochs.
        places: of each, for every split the folds of the file that hold it.
    """

    store: Store
    split: Callable[[int], Folds]
    seed: int
    epochs: int
    rule: str
    hyperparameters: dict[str, float]
    members: int
    program: int | None
    allowance: float
    ends: float
    train: dict[str, Any]
    progress: Callable[[Progress], None]
    crew: Crew | None = None
    trained: int = 0
    work: float = 0.0
    trials: dict[tuple[Point, int], Trial] = field(default_factory=dict)
    places: dict[tuple[Point, int], tuple[range, ...]] = field(default_factory=dict)
    _began: bool = False
    _clock: float | None = None
    _paced: float = 0.0

    @property
    def out_of_time(self) -> bool:
        """Whether nothing more may be begun; the first points are always tried."""
        return self._began and time.monotonic() >= self.ends

    def fits(self, trainings: float) -> bool:
        """Whether so many whole trainings are done in time, at the pace since the first chunk was done."""
        now = time.monotonic()
        if self._clock is None or self._paced == 0:
            return now < self.ends
        return now + trainings * (now - self._clock) / self._paced < self.ends

    def attempt(self, batch: Batch, number: int, split: int = 0) -> dict[Point, float]:
        """Train the points on the folds of a split, and tell the mean error of those that were finished.

        What the file has is not trained again. Points that are not affordable are left out, the last first, and so are
        those that some fold has not finished when time is up.

        Args:
            batch: what to try.
            number: of the batch, by which the file knows it.
            split: the number of the split.
        """
        whole = self.split(split)
        folds = whole[: batch.folds_of(len(whole))]
        share = batch.epochs / self.epochs
        most = min(len(batch.points), (self.allowance - self.work) / (share * len(folds)) + _ROUNDING)
        points = batch.points[: max(0, int(most))]
        first = number * len(whole)
        groups = self._plan(points, split, len(folds), number * _CHUNKS)
        finished = self.store.finished()
        done = sum(len(c.settings) for group in groups for c in group.chunks if c.number in finished)
        errors: dict[Point, float] = {}

        def tell(*ended: Group) -> None:
            for group in ended:
                errors.update(self._read(group.points, split, batch.epochs, range(first, first + len(folds))))
            self._began = self._began or bool(errors) or not points
            kept, total = self.trained + done, len(points) * len(folds)
            self.progress(Progress(stage=batch.stage, done=done, total=total, kept=kept, best=self.best()))

        for group in groups:
            group.missing -= finished
        tell(*(group for group in groups if not group.missing))
        missing = [chunk for group in groups for chunk in group.chunks if chunk.number in group.missing]
        for chunk, trained, seconds in self._run(folds, missing, batch.epochs):
            self.store.add_chunk(chunk, trained, seconds, fold=first + chunk.fold)
            done += len(chunk.settings)
            self._pace(len(chunk.settings) * share)
            group = next(group for group in groups if chunk.number in group.missing)
            group.missing.discard(chunk.number)
            tell(*(() if group.missing else (group,)))
            if self.out_of_time:
                break
        self.trained += done
        self.work += done * share
        if split == 0:  # in the order of the plan, whichever was finished first
            keys = [(point, batch.epochs) for point in points if point in errors]
            self.trials |= {key: self.trials.pop(key) for key in keys}
        return {point: errors[point] for point in points if point in errors}

    def _pace(self, work: float) -> None:
        """Note that so many whole trainings are done; what came before the first is compiling."""
        if self._clock is None:
            self._clock = time.monotonic()
        else:
            self._paced += work

    def best(self) -> tuple[Point, float] | None:
        """The point with the lowest error among those trained longest."""
        longest = max((epochs for _, epochs in self.trials), default=0)
        tried = [t for (_, epochs), t in self.trials.items() if epochs == longest and math.isfinite(t.error)]
        found = min(tried, key=lambda t: t.error, default=None)
        return (found.point, found.error) if found else None

    def _plan(self, points: Sequence[Point], split: int, folds: int, number: int) -> list["Group"]:
        """Chunks numbered from here, the first points of every fold before the last of any."""
        most = min(self.members, self.program or self.members)
        # what is not filled up is cut evenly
        size = most if self.program or not points else -(-len(points) // -(-len(points) // most))
        groups = []
        for first in range(0, len(points), size):
            some = tuple(points[first : first + size])
            settings = tuple(p.setting(self.rule, self.hyperparameters) for p in some)
            whole = most if self.program else len(some)
            chunks = tuple(
                Chunk(number=number + fold, seed=self.seed + split, settings=settings, size=whole, fold=fold)
                for fold in range(folds)
            )
            number += folds
            groups.append(Group(points=some, chunks=chunks, missing={chunk.number for chunk in chunks}))
        return groups

    def _run(self, folds: Folds, chunks: Sequence[Chunk], epochs: int) -> Any:
        if self.out_of_time:
            return iter(())
        shorter = [(data, Regime(**{**vars(regime), "epochs": epochs})) for data, regime in folds]
        return run_folds(shorter, chunks, crew=self.crew, happened=self.store.add_incident, **self.train)

    def _read(self, points: Sequence[Point], split: int, epochs: int, folds: range) -> dict[Point, float]:
        """The trials of points that are finished on these folds of the file, all that are tried of a split."""
        kept = [{o.setting: o for o in self.store.outcomes(fold=f) if o.seed == self.seed + split} for f in folds]
        errors = {}
        for point in points:
            setting = point.setting(self.rule, self.hyperparameters)
            before = self.trials.get((point, epochs))
            if (before.splits if before else 0) != split:
                continue
            outcomes = (*(before.outcomes if before else ()), tuple(of_fold[setting] for of_fold in kept))
            trial = self.trials[point, epochs] = Trial(point=point, epochs=epochs, outcomes=outcomes)
            self.places[point, epochs] = (*self.places.get((point, epochs), ()), folds)
            errors[point] = trial.error
        return errors


@dataclass(kw_only=True)
class Group:
    """Some points on every fold of a split.

    Attributes:
        points: that are trained together.
        chunks: one for each fold.
        missing: the numbers of those that are not in the file.
    """

    points: tuple[Point, ...]
    chunks: tuple[Chunk, ...]
    missing: set[int]


_ROUNDING = 1e-6
_CHUNKS = 10**6
