"""Optuna's samplers as a search, and any search as a study that Optuna's dashboard shows."""

import math
import warnings
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

from halflife._errors import BadInput
from halflife.lab.files import one_line
from halflife.tune._point import Door, Point, Space
from halflife.tune._search import Batch, Search
from halflife.tune._trials import Trial

AT_ONCE = 18
"""Points that Optuna is asked for before it is told how they did: all their folds are trained together."""


SAMPLERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "tpe": ("TPESampler", {"constant_liar": True}),
    "random": ("RandomSampler", {}),
    "cmaes": ("CmaEsSampler", {"warn_independent_sampling": False}),
    "gp": ("GPSampler", {"warn_independent_sampling": False}),
}
"""Optuna's samplers of one objective, with what they are told; the last two need packages of their own."""


def by_optuna(space: Space, epochs: int, *, number: int, seed: int, sampler: str = "tpe") -> Search:
    """So many points from one of Optuna's samplers, asked and told in batches."""
    optuna = _optuna()
    name, options = SAMPLERS[sampler]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(sampler=getattr(optuna.samplers, name)(seed=seed % 2**32, **options))
    for first in range(0, number, AT_ONCE):
        try:
            asked = [study.ask() for _ in range(min(AT_ONCE, number - first))]
            points = [_suggested(trial, space) for trial in asked]
        except ImportError as missing:
            raise BadInput(f"optuna:{sampler} needs another package ({one_line(missing)}): install it.") from None
        errors = yield Batch(stage="optuna", points=tuple(dict.fromkeys(points)), epochs=epochs)
        for trial, point in zip(asked, points, strict=True):
            error = errors.get(point, math.inf)
            failed = optuna.trial.TrialState.FAIL
            study.tell(trial, error) if math.isfinite(error) else study.tell(trial, state=failed)


def _suggested(trial: Any, space: Space) -> Point:
    box = space.box()
    door = Door(trial.suggest_categorical("door", [str(door) for door in space.doors]))
    lr = trial.suggest_float("lr", *box["lr"], log=True)
    if door is Door.NONE:
        return Point(door=door, lr=lr)
    if door is Door.L2:
        return Point(door=door, lr=lr, strength=trial.suggest_float("l2", *box["l2"], log=True))
    return Point(door=door, lr=lr, strength=lr * trial.suggest_float("decay/lr", *box["decay"], log=True))


def write(trials: Iterable[Trial], storage: str, name: str) -> None:
    """Write all trials as a study into a storage of Optuna's; a study of that name is replaced.

    Args:
        trials: of a search.
        storage: where, as Optuna writes it, such as sqlite:///optuna.db.
        name: of the study.

    Raises:
        BadInput: Optuna is not installed, or the storage cannot be written.
    """
    optuna = _optuna()
    try:
        if name in optuna.get_all_study_names(storage):
            optuna.delete_study(study_name=name, storage=storage)
        study = optuna.create_study(storage=storage, study_name=name)
        study.add_trials([_frozen(optuna, trial) for trial in trials])
    except Exception as error:  # whatever the storage's own library raises
        raise BadInput(
            f"the Optuna storage {storage!r} cannot be written ({type(error).__name__}): name one such as "
            "sqlite:///optuna.db."
        ) from error


def _frozen(optuna: ModuleType, trial: Trial) -> Any:
    point, finite = trial.point, math.isfinite(trial.error)
    floats = {"lr": point.lr} | ({} if point.door is Door.NONE else {f"strength of {point.door}": point.strength})
    return optuna.trial.create_trial(
        params={"door": str(point.door), **floats},
        distributions={"door": optuna.distributions.CategoricalDistribution([str(door) for door in Door])}
        | {name: optuna.distributions.FloatDistribution(1e-12, 1e6, log=True) for name in floats},
        value=trial.error if finite else None,
        state=optuna.trial.TrialState.COMPLETE if finite else optuna.trial.TrialState.FAIL,
        user_attrs={"epochs": trial.epochs, "errors of folds": [e if math.isfinite(e) else None for e in trial.errors]},
    )


def _optuna() -> ModuleType:
    try:
        import optuna
    except ImportError:
        raise BadInput("this needs Optuna: pip install 'halflife[optuna]', or leave it to --search grid.") from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    module: ModuleType = optuna
    return module
