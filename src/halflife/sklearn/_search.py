"""Every fold × lr × strength × seed of a search, trained as populations, in the form of GridSearchCV's results."""

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from scipy.stats import rankdata
from sklearn.utils import check_random_state

from halflife._errors import BadInput
from halflife.lab import Regime, Setting, Trained, plan, run, train
from halflife.lab.data import Data
from halflife.lab.networks import Network
from halflife.lab.population import Chunk, members_a_chunk
from halflife.lab.training import Start
from halflife.sklearn import _settings, _start
from halflife.sklearn._estimator import rows_to_learn

Array = Any


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How every candidate did on the rows held out of every fold, the mean over seeds, [folds, candidates].

    NaN where a network diverged.

    Attributes:
        score: accuracy or R².
        error: the error that was trained on, without penalty.
        norm: of the weights.
        seconds: of training, a chunk's shared evenly among its members.
    """

    score: Array
    error: Array
    norm: Array
    seconds: Array


def trainer(network: Network, *, shuffle: bool, row_weights: Array | None) -> Callable[..., Trained]:
    """The lab's `train`, begun where an estimator of that `random_state` begins and on its batches."""

    def trained(data: Any, regime: Regime, settings: Sequence[Setting], *, seed: int, **more: Any) -> Trained:
        random = check_random_state(seed)
        one = _start.member(*_start.drawn(network.sizes, network.activation, random))
        members = [{name: np.repeat(w, len(settings), axis=0) for name, w in layer.items()} for layer in one]
        rows = len(data.train)
        order = _start.reshuffled(rows, random) if shuffle else _start.unshuffled(rows)
        return train(
            data,
            regime,
            settings,
            seed=seed,
            start=Start(parameters=members),
            order=order,
            row_weights=row_weights,
            watched=False,
            **more,
        )

    return trained


def cross_validate(
    X: Array,
    y: Array,
    row_weights: Array | None,
    folds: Sequence[tuple[Array, Array]],
    regimes: Sequence[Regime],
    settings: Sequence[Setting],
    seeds: Sequence[int],
    *,
    task: str,
    shuffle: bool,
) -> Scores:
    """Train every setting with every seed on every fold and measure it on the rows that the fold holds out."""
    columns = {setting: place for place, setting in enumerate(settings)}
    shape = (len(folds), len(seeds), len(settings))
    measured = {name: np.full(shape, np.nan) for name in ("score", "error", "norm", "seconds")}
    for fold, ((learn, valid), regime) in enumerate(zip(folds, regimes, strict=True)):
        members = members_a_chunk(regime.network, regime, sorted({s.rule for s in settings}))
        data = rows_to_learn(X[learn], y[learn], task, valid=(X[valid], y[valid]))
        of_fold = None if row_weights is None else row_weights[learn]
        told = trainer(cast("Network", regime.network), shuffle=shuffle, row_weights=of_fold)
        for chunk, trained, seconds in run(data, regime, plan(settings, seeds, members=members), trainer=told):
            here = [columns[setting] for setting in chunk.settings]
            place = (fold, list(seeds).index(chunk.seed), here)
            last = {"score": "valid_score", "error": "valid", "norm": "norm"}
            for name, curve in last.items():
                measured[name][place] = trained.curves[curve][-1, : len(here)]
            measured["seconds"][place] = seconds / len(here)
    return Scores(**{name: values.mean(axis=1) for name, values in measured.items()})


def one_by_one(
    data: Data, regime: Regime, settings: Sequence[Setting], seed: int, *, trainer: Callable[..., Trained]
) -> list[Trained]:
    """Train each setting as a population of one; what comes out is in the order of the settings."""
    chunks = [Chunk(number=place, seed=seed, settings=(one,), size=1) for place, one in enumerate(settings)]
    trained = {chunk.number: each for chunk, each, _ in run(data, regime, chunks, trainer=trainer)}
    return [trained[chunk.number] for chunk in chunks]


def results(candidates: Sequence[dict[str, float]], scores: Scores, watched: Array) -> dict[str, Any]:
    """The table that GridSearchCV keeps as `cv_results_`, with `mean_test_error` and `mean_norm` besides."""
    mean = watched.mean(axis=0)
    worst = np.where(np.isnan(mean), -np.inf, mean)
    nothing = np.zeros(len(candidates))
    table: dict[str, Any] = {
        "mean_fit_time": scores.seconds.mean(axis=0),
        "std_fit_time": scores.seconds.std(axis=0),
        "mean_score_time": nothing,  # rows are scored as part of training
        "std_score_time": nothing,
    }
    for name in candidates[0]:
        table[f"param_{name}"] = np.ma.masked_array([c[name] for c in candidates], mask=False)
    table["params"] = list(candidates)
    table |= {f"split{fold}_test_score": values for fold, values in enumerate(watched)}
    return table | {
        "mean_test_score": mean,
        "std_test_score": watched.std(axis=0),
        "rank_test_score": rankdata(-worst, method="min").astype(np.int32),
        "mean_test_error": scores.error.mean(axis=0),
        "mean_norm": scores.norm.mean(axis=0),
    }


def best(watched: Array, strengths: Array, *, one_standard_error: bool) -> int:
    """The candidate with the best mean over folds, or the most regularized within one standard error of it.

    The standard error is that of the best candidate's mean over folds: Hastie, Tibshirani & Friedman, section 7.10.
    Of candidates with equal strength the one with the better mean is taken.

    Raises:
        BadInput: all candidates diverged in some fold.
    """
    mean = watched.mean(axis=0)
    if np.isnan(mean).all():
        raise BadInput("every point of the grid diverged in some fold: choose smaller learning_rates.")
    top = int(np.nanargmax(mean))
    if not one_standard_error:
        return top
    error = watched[:, top].std(ddof=1) / np.sqrt(len(watched))
    near = np.flatnonzero(mean >= mean[top] - error)
    return int(max(near, key=lambda place: (strengths[place], mean[place])))


def grid(name: str, strengths: Any, learning_rates: Any) -> list[dict[str, float]]:
    """Every strength with every lr, each once.

    Raises:
        BadInput: what holds no numbers, or fewer than two points.
    """
    for argument, values in ((f"{name}s", strengths), ("learning_rates", learning_rates)):
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise BadInput(f"{argument} is {values!r}: it must hold numbers, 0 or more.")
        for value in values:
            _settings.require_number(f"a number in {argument}", value)
    points = list(dict.fromkeys(itertools.product(map(float, strengths), map(float, learning_rates))))
    if len(points) < 2:
        raise BadInput(
            f"the grid has {len(points)} point(s), {name}s {list(strengths)} × learning_rates {list(learning_rates)}: "
            "at least 2 are needed to choose from."
        )
    return [{name: strength, "learning_rate_init": lr} for strength, lr in points]
