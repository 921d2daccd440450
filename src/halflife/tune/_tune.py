"""`halflife.tune`: from data to the setting that regularizes it best, and what that gains."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import jax

from halflife._errors import BadInput, UnknownName
from halflife.lab import cluster, plain
from halflife.lab.command import command_line
from halflife.lab.compiler import keep_compiled_programs
from halflife.lab.data import Data
from halflife.lab.folds import Arrays
from halflife.lab.folds import folds as split_into_folds
from halflife.lab.networks import Network
from halflife.lab.origin import file_for, versions
from halflife.lab.population import MEMORY, cores, members_a_chunk
from halflife.lab.regime import Regime
from halflife.lab.split import Size
from halflife.lab.store import Store
from halflife.rules import rule as rule_named
from halflife.tune import _found, _models, _optuna
from halflife.tune._budget import POINTS, SEARCHES, Plan, affordable
from halflife.tune._drive import driven
from halflife.tune._point import Space, space
from halflife.tune._result import Tuning
from halflife.tune._search import FOLDS_AT_FIRST, KEPT, RUNGS, STEPS
from halflife.tune._trials import Folds, Progress, Trials

PROGRAM = {"cpu": 6, "gpu": 48}
"""How many networks a compiled program trains, whatever the stage, so that there is one to compile.

A CPU trains as many rows a second of the default network with 6 as with 48, within a fifth, and fewer are filled up.
"""

_SEEDS = 2**63


def tune(
    data: str | Path | Arrays,
    *,
    target: str | None = None,
    task: str | None = None,
    model: Any = None,
    rule: str = "adam",
    hyperparameters: Mapping[str, float] | None = None,
    grid: Mapping[str, Sequence[float]] | None = None,
    search: str = "grid",
    trainings: int | None = None,
    minutes: float | None = None,
    folds: int = 5,
    seeds: int = 3,
    seed: int = 0,
    epochs: int = 50,
    hidden: Sequence[int] = (64,),
    activation: str = "relu",
    initialization: str = "he",
    error: str | None = None,
    batch_size: int = 32,
    schedule: str = "constant",
    precision: str = "float32",
    rows: Size = None,
    label_noise: float = 0.0,
    memory: int = MEMORY,
    out: str | Path | None = None,
    optuna_storage: str | None = None,
    ray: str | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Tuning:
    """Find how much to regularize, behind which door, and say what it gains over not regularizing at all.

    The folds are trained side by side. A coarse grid is thinned out by successive halving, which drops the worst after
    a tenth of the epochs on two folds, and more after a third of them on all; steps to better neighbours in a finer
    grid follow from the best of each door, and the finalists are trained on more splits into folds. The gain is
    measured on folds that had no part in choosing the setting. What was trained is kept in a file
    as it is finished: an interrupted search goes on with the same call.

    Args:
        data: a data set by name, a file (see `halflife.lab.load`), or features [rows, ...] and targets as two arrays.
        target: what to predict, for files.
        task: "classification" or "regression"; found out by default.
        model: a network of your own instead of a fully connected one: a pair of JAX functions `init(key)` and
            `apply(params, x)`, a Flax module, or a torch module; x is [rows, features], or [rows, ...] as in the
            arrays. It answers one number an output, logits for classes.
        rule: the optimizer, by the name of its rule.
        hyperparameters: its own numbers, where they are not the rule's defaults.
        grid: what to search: "lr", "l2" (λ) and "decay" (α per step, at the middle lr; it moves with lr). What is left
            out is a coarse default; an empty sequence shuts that door.
        search: "grid", "random", "optuna" for its TPE sampler, or another of Optuna's, such as "optuna:cmaes".
        trainings: what may be trained, in whole trainings: one that is dropped after a tenth of the epochs counts as
            a tenth. The grid is thinned until it fits; the least is two settings on all folds.
        minutes: what the search may take. How fast trainings are is measured in the coarse pass; finer steps and
            further splits that would not be done in time are not begun. A few settings are always tried.
        folds: of the cross-validation.
        seeds: splits into folds that each finalist is trained on, every one with a start of its own.
        seed: the first of them; it decides the start and the split.
        epochs: how often a network that is not dropped early sees each row.
        hidden: units of each hidden layer.
        activation: of the hidden layers.
        initialization: how weights start.
        error: what the networks minimize; by default softmax_cross_entropy for classes, squared for numbers.
        batch_size: rows a step.
        schedule: of lr, by name; it spans the epochs of each training.
        precision: "float32" or "float64".
        rows: rows to use, a count or a share; all by default.
        label_noise: share of training labels to replace.
        memory: bytes that training may take.
        out: the file; by default halflife-tune-NAME-HASH.db here.
        optuna_storage: an Optuna storage to write all trials into, such as "sqlite:///optuna.db".
        ray: the address of a Ray cluster, or "local"; the threads of this machine by default.
        progress: told after each chunk.

    Raises:
        BadInput: an option cannot be used, or time was up before anything could be compared; BadData, BadStudy and
            UnknownName are of this kind.
        KeyboardInterrupt: after what was finished is safe.
    """
    chosen = dict(locals())
    began = time.perf_counter()
    ends = _deadline(minutes)
    _require(seeds=seeds, seed=seed, search=search)
    numbers = rule_named(rule).settings(**(hyperparameters or {}))
    searched = _space(rule, grid)

    @lru_cache(maxsize=1)
    def rows_of(split: int) -> tuple[Data, ...]:
        return split_into_folds(
            data, number=folds, target=target, task=task, seed=seed + split, rows=rows, label_noise=label_noise
        )

    sets = rows_of(0)
    minimized = error or ("softmax_cross_entropy" if sets[0].task == "classification" else "squared")
    own = _models.own(model, data, sets, minimized) if model is not None else None

    def regime(of: Data) -> Regime:
        network = own or Network(
            sizes=(of.train.x.shape[1], *hidden, of.train.y.shape[1]),
            error=minimized,
            activation=activation,
            initialization=initialization,
        )
        return Regime(network=network, epochs=epochs, batch_size=batch_size, schedule=schedule, precision=precision)

    def split(number: int) -> Folds:
        return [(of, regime(of)) for of in rows_of(number)]

    first = regime(sets[0])
    plan = affordable(
        Plan(
            name=search,
            space=searched,
            steps=STEPS if search == "grid" else 0,
            number=0 if search == "grid" else POINTS,
            splits=seeds,
            folds=folds,
            epochs=epochs,
            seed=seed,
        ),
        trainings,
    )
    keep_compiled_programs()
    with cluster.crew(ray) as crew:
        platform = crew.platform if crew else jax.default_backend()
        members = members_a_chunk(first.network, first, [rule], memory=memory, platform=platform)
        program = None if _models.trains_itself(own) else PROGRAM["cpu" if platform == "cpu" else "gpu"]
        question = {
            "data": [sets[0].name, sets[0].fingerprint],
            "regime": plain.regime(first),
            "rules": [[], [rule]],
            "hyperparameters": sorted(numbers.items()),
            "settings": [],
            "space": [plan.space.lrs, plan.space.l2s, plan.space.decays_over_lr],
            "search": [search, plan.steps, plan.number, trainings],
            "halving": [*RUNGS, KEPT, FOLDS_AT_FIRST],
            "folds": folds,
            "seeds": [seed, plan.splits],
            "chunk size": min(members, program or members),
        }
        path = Path(out) if out else file_for(sets[0].name, question, kind="tune")
        with Store(path, question, versions=versions(), kind="tune") as store:
            store.tell(
                rows=len(sets[0].train),
                command=command_line(tune, chosen),
                date=date.today().isoformat(),
                cores=cores(),
            )
            trials = Trials(
                store=store,
                split=split,
                seed=seed,
                epochs=epochs,
                rule=rule,
                hyperparameters=numbers,
                members=members,
                program=program,
                allowance=math.inf if trainings is None else trainings,
                ends=ends,
                train={"memory": memory} | _models.trainer(own, epochs),
                progress=progress,
                crew=crew,
            )
            tried, finished = driven(plan, trials, path)
            if optuna_storage:
                _optuna.write(trials.trials.values(), optuna_storage, path.stem)
            _found.keep(store, sets, first.network, trials, tried, finished=finished)
            return _found.found_in(store, first, seconds=time.perf_counter() - began)


def _space(rule: str, grid: Mapping[str, Sequence[float]] | None) -> Space:
    given = dict(grid or {})
    for name in given:
        if name not in ("lr", "l2", "decay"):
            raise UnknownName("dimension of the grid", name, ("lr", "l2", "decay"))
    return space(rule, lrs=given.get("lr"), l2s=given.get("l2"), decays=given.get("decay"))


def _require(*, seeds: int, seed: int, search: str) -> None:
    if seeds < 1:
        raise BadInput(f"seeds is {seeds}: it must be 1 or more.")
    if seed + seeds > _SEEDS:
        raise BadInput(f"seed is {seed}: the last seed must be below 2^63.")
    if search not in SEARCHES:
        raise UnknownName("search", search, SEARCHES)


def _deadline(minutes: float | None) -> float:
    if minutes is None:
        return math.inf
    if not 0 < minutes < math.inf:
        raise BadInput(f"minutes is {minutes}: it must be a positive number.")
    return time.monotonic() + 60 * minutes
