"""What a search found, as plain numbers: the best of each door, what it gains, and everything that was tried."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from halflife.lab import plain
from halflife.lab.found import Provenance
from halflife.lab.incidents import Incident
from halflife.lab.outcomes import Interval
from halflife.lab.regime import Regime
from halflife.recipes import Recipe, Translations
from halflife.tune import _answer
from halflife.tune._point import Door, Point
from halflife.tune._trials import Trial


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The best setting behind one door; intervals are over the folds of all splits.

    Attributes:
        door: how regularization enters.
        point: the setting with the lowest mean validation error over folds and seeds.
        epochs: that each network was trained for; fewer than were asked for if time was up.
        error: its validation error.
        score: its accuracy or R² on validation rows.
        train: its error on training rows, without penalty, the mean over folds.
        norm: ‖w‖ without biases, the mean over folds.
        held_out: for each fold of each split, the error on it of the setting that its other folds chose.
        gain: `held_out` without regularization less `held_out` of this door, paired by fold; None without a pair.
        at_edge: what of the setting lies at an end of what was searched: "lr", "strength".
    """

    door: Door
    point: Point
    epochs: int
    error: Interval
    score: Interval
    train: float
    norm: float
    held_out: tuple[float, ...]
    gain: Interval | None
    at_edge: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """How much to regularize, and what that rests on.

    Attributes:
        data: the data set in one line.
        score: "accuracy" or "R²".
        rule: the rule of all networks.
        regime: what all networks had in common; its network is that of the first fold.
        seeds: of each split into folds, and of initialization and order of rows on it.
        folds: of a split, that the choices rest on: all, or two if time was up before more were tried.
        search: as it was asked for, such as "grid".
        choices: the best of each door, no regularization first.
        trials: everything that was tried, in that order: a point dropped early is there with fewer epochs.
        best: the choice with the lowest mean error.
        recipe: it, in canonical form.
        translations: it, for torch, Keras, Optax and scikit-learn.
        finished: whether the search came to its end, and not the time.
        trainings: networks trained for it, those read from the file included.
        work: the same in whole trainings: one that ended after a tenth of the epochs counts as a tenth.
        incidents: what went wrong on the way and was got over.
        provenance: how it was measured.
        seconds: how long this call took.
        path: the file that keeps it.
    """

    data: str
    score: str
    rule: str
    regime: Regime
    seeds: tuple[int, ...]
    folds: int
    search: str
    choices: tuple[Choice, ...]
    trials: tuple[Trial, ...]
    best: Choice
    recipe: Recipe
    translations: Translations
    finished: bool
    trainings: int
    work: float
    incidents: tuple[Incident, ...]
    provenance: Provenance
    seconds: float
    path: Path

    @cached_property
    def answer(self) -> tuple[str, ...]:
        """The answer in plain sentences, from these numbers."""
        return _answer.answer(self)

    def choice(self, door: Door) -> Choice | None:
        """The best behind a door; None if nothing there could be tried."""
        return next((c for c in self.choices if c.door is door), None)

    def __str__(self) -> str:
        return "\n".join((self.data, *self.answer))

    def _repr_html_(self) -> str:
        return "".join(f"<p>{escape(sentence)}</p>" for sentence in (self.data, *self.answer))

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON values; null stands for what is not finite."""
        return {
            "data": self.data,
            "rule": self.rule,
            "search": self.search,
            "best": _choice(self.best),
            "choices": [_choice(choice) for choice in self.choices],
            "regularization_helps": _answer.helps(self.best),
            "settings": self.translations.to_dicts(),
            "answer": list(self.answer),
            "trials": [_trial(trial) for trial in self.trials],
            "incidents": [vars(incident) for incident in self.incidents],
            "regime": plain.regime(self.regime),
            "seeds": list(self.seeds),
            "folds": self.folds,
            "finished": self.finished,
            "trainings": self.trainings,
            "work": round(self.work, 3),
            "seconds": round(self.seconds, 3),
            "study": str(self.path),
        }


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        **_point(choice.point),
        "epochs": choice.epochs,
        "error": choice.error.mean,
        "error_interval": _ends(choice.error),
        "score": choice.score.mean,
        "score_interval": _ends(choice.score),
        "train": choice.train,
        "norm": choice.norm,
        "held_out": list(choice.held_out),
        "gain": choice.gain.mean if choice.gain else None,
        "gain_interval": _ends(choice.gain) if choice.gain else None,
        "at_edge": list(choice.at_edge),
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {**_point(trial.point), "epochs": trial.epochs, "errors": [_finite(e) for e in trial.errors]}


def _point(point: Point) -> dict[str, Any]:
    return {"door": str(point.door), "lr": point.lr, "strength": point.strength}


def _ends(interval: Interval) -> Sequence[float | None]:
    return [interval.low, interval.high]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
