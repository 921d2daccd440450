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

SMALL = 8
"""Chunks are filled up to so many members, or to as many as are trained at once: two sizes need two programs."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a search is.

    Attributes:
        stage: "coarse", "fine", "seeds" or the name of another search.
        done: trainings of this stage that are finished.
        total: trainings of this stage.
        best: the point with the lowest mean validation error among those trained longest, and that error.
    """

    stage: str
    done: int
    total: int
    best: tuple[Point, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One point as it was tried, on every fold.

    Attributes:
        point: what was tried.
        epochs: how long each network was trained.
        outcomes: how each network ended: for every fold one for each seed.
    """

    point: Point
    epochs: int
    outcomes: tuple[tuple[Outcome, ...], ...]

    @property
    def errors(self) -> tuple[float, ...]:
        """The validation error of each fold, the mean over seeds; infinite where a network diverged."""
        return tuple(fmean(_error(o) for o in of_fold) for of_fold in self.outcomes)

    @property
    def error(self) -> float:
        """Their mean."""
        return fmean(self.errors)

    def mean(self, name: str) -> tuple[float, ...]:
        """Another measure of each fold, such as `norm`, the mean over seeds."""
        return tuple(fmean(float(getattr(o, name)) for o in of_fold) for of_fold in self.outcomes)


def _error(outcome: Outcome) -> float:
    return math.inf if outcome.diverged or not math.isfinite(outcome.valid) else outcome.valid


@dataclass(kw_only=True)
class Trials:
    """All that was tried so far, and the means to try more.

    A batch trains every point on every fold. In the file, fold f of batch b is fold b·folds + f.

    Attributes:
        store: the study file.
        folds: rows of each fold, with the regime for all epochs.
        rule: the rule of all networks.
        hyperparameters: its numbers.
        members: how many are trained at once.
        ends: when to stop, by `time.monotonic()`.
        train: the options of `run_folds`.
        progress: told after each chunk.
        trained: trainings in the file or done now.
        trials: by point and epochs.
    """

    store: Store
    folds: Sequence[tuple[Data, Regime]]
    rule: str
    hyperparameters: dict[str, float]
    members: int
    ends: float
    train: dict[str, Any]
    progress: Callable[[Progress], None]
    crew: Crew | None = None
    trained: int = 0
    trials: dict[tuple[Point, int], Trial] = field(default_factory=dict)
    _batches: int = 0
    _chunks: int = 0

    @property
    def out_of_time(self) -> bool:
        """Whether nothing more may be begun."""
        return time.monotonic() >= self.ends

    def attempt(self, batch: Batch, seeds: Sequence[int]) -> dict[Point, float]:
        """Train the points with these seeds on every fold, and tell the mean error of those that were finished.

        What the file has is not trained again. When time is up, points are left out that some fold has not finished.
        """
        number, self._batches = self._batches, self._batches + 1
        chunks = self._plan(batch, seeds)
        finished = self.store.finished()
        total = sum(len(chunk.settings) for chunk in chunks)
        done = sum(len(chunk.settings) for chunk in chunks if chunk.number in finished)
        self.progress(Progress(stage=batch.stage, done=done, total=total, best=self.best()))
        missing = [chunk for chunk in chunks if chunk.number not in finished]
        for chunk, trained, seconds in self._run(missing, batch.epochs):
            self.store.add_chunk(chunk, trained, seconds, fold=self._fold(number, chunk.fold))
            done += len(chunk.settings)
            self.progress(Progress(stage=batch.stage, done=done, total=total, best=self.best()))
            if self.out_of_time:
                break
        self.trained += done
        return self._read(batch, seeds, number)

    def best(self) -> tuple[Point, float] | None:
        """The point with the lowest error among those trained longest."""
        longest = max((epochs for _, epochs in self.trials), default=0)
        tried = [t for (_, epochs), t in self.trials.items() if epochs == longest and math.isfinite(t.error)]
        found = min(tried, key=lambda t: t.error, default=None)
        return (found.point, found.error) if found else None

    def _fold(self, batch: int, fold: int) -> int:
        return batch * len(self.folds) + fold

    def _plan(self, batch: Batch, seeds: Sequence[int]) -> list[Chunk]:
        """Chunks of like size, the first points of every fold before the last of any."""
        points = len(batch.points)
        most = max(1, self.members // SMALL * SMALL or self.members)
        size = -(-points // -(-points // most))
        whole = most if size > SMALL else min(SMALL, most)
        chunks = []
        for first in range(0, points, size):
            settings = tuple(p.setting(self.rule, self.hyperparameters) for p in batch.points[first : first + size])
            for seed in seeds:
                for fold in range(len(self.folds)):
                    chunk = Chunk(number=self._chunks, seed=seed, settings=settings, size=whole, fold=fold)
                    self._chunks += 1
                    chunks.append(chunk)
        return chunks

    def _run(self, chunks: Sequence[Chunk], epochs: int) -> Any:
        if self.out_of_time:
            return iter(())
        folds = [(data, Regime(**{**vars(regime), "epochs": epochs})) for data, regime in self.folds]
        return run_folds(folds, chunks, crew=self.crew, happened=self.store.add_incident, **self.train)

    def _read(self, batch: Batch, seeds: Sequence[int], number: int) -> dict[Point, float]:
        kept: list[dict[tuple[Any, int], Outcome]] = [
            {(o.setting, o.seed): o for o in self.store.outcomes(fold=self._fold(number, fold))}
            for fold in range(len(self.folds))
        ]
        errors = {}
        for point in batch.points:
            setting = point.setting(self.rule, self.hyperparameters)
            if not all((setting, seed) in of_fold for of_fold in kept for seed in seeds):
                continue
            before = self.trials.get((point, batch.epochs))
            outcomes = tuple(
                (*(before.outcomes[fold] if before else ()), *(of_fold[setting, seed] for seed in seeds))
                for fold, of_fold in enumerate(kept)
            )
            trial = Trial(point=point, epochs=batch.epochs, outcomes=outcomes)
            self.trials[point, batch.epochs] = trial
            errors[point] = trial.error
        return errors


__all__ = ["Progress", "Trial", "Trials"]
