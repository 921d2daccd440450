"""A search as it is found in its file: what was tried, the choices made from it, and the setting to paste."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from halflife._errors import BadStudy
from halflife.lab.data import Data
from halflife.lab.found import provenance
from halflife.lab.model import Model
from halflife.lab.networks import Network
from halflife.lab.outcomes import Outcome
from halflife.lab.regime import Regime
from halflife.lab.settings import Setting
from halflife.lab.shelf import told
from halflife.lab.store import Store
from halflife.rules import rule as rule_named
from halflife.tune import _choose, _setting
from halflife.tune._point import Door, Point, Space
from halflife.tune._result import Tuning
from halflife.tune._trials import Trial, Trials


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """What a file knows of a user's own model, which cannot be kept in it: enough to describe, not to train."""

    sizes: tuple[int, ...]
    parameters: int
    kept: Mapping[str, Any]

    def described(self) -> Mapping[str, Any]:
        """What distinguishes it, as JSON values."""
        return self.kept


def keep(
    store: Store, sets: Sequence[Data], network: Model, trials: Trials, tried: _choose.Tried, *, finished: bool
) -> None:
    """Write what the trainings in a file do not say by themselves: which trials they were, and how far it went."""
    store.keep(
        data=_setting.describe(sets),
        task=sets[0].task,
        network={"sizes": network.sizes, "parameters": network.parameters},
        doors=[str(door) for door in tried],
        trials=[
            [str(point.door), point.lr, point.strength, epochs, [[of.start, of.stop] for of in places]]
            for point, epochs in trials.trials
            for places in [trials.places[point, epochs]]
        ],
        finished=finished,
        trainings=trials.trained,
        work=trials.work,
    )


def read(path: str | Path) -> Tuning:
    """A search from its file alone.

    Raises:
        BadStudy: there is no such file, it is not a search, the search has not come to choices yet, or another process
            is working on it.
    """
    question, versions = told(path, "tune")
    with Store(Path(path), question, versions=versions, kind="tune") as store:
        kept = store.told()
        if "found" not in kept:
            command = kept["about"].get("command", "halflife tune")
            raise BadStudy(f"{str(path)!r} holds a search that has not ended: `{command}` goes on with it.")
        try:
            shape, about = question["regime"]["network"], kept["found"]["network"]
            network = (
                Network(**{**shape, "sizes": tuple(shape["sizes"])})
                if "sizes" in shape
                else Remembered(sizes=tuple(about["sizes"]), parameters=about["parameters"], kept=shape)
            )
            regime = Regime(**{**question["regime"], "network": cast("Model", network)})
            return found_in(store, regime, seconds=0.0)
        except (LookupError, TypeError, ValueError) as error:
            if isinstance(error, BadStudy):
                raise
            raise BadStudy(f"{str(path)!r} cannot be read as a search ({error}): make it again.") from error


def found_in(store: Store, regime: Regime, *, seconds: float) -> Tuning:
    """What is in an open file whose search came to choices."""
    kept = store.told()
    question, found, rows = kept["question"], kept["found"], kept["about"]["rows"]
    rule = question["rules"][1][0]
    numbers = rule_named(rule).settings(**dict(question["hyperparameters"]))
    seed = question["seeds"][0]
    lrs, l2s, shares = map(tuple, question["space"])
    space = Space(lrs=lrs, l2s=l2s, decays_over_lr=shares)

    @cache
    def outcomes(fold: int) -> Mapping[tuple[Setting, int], Outcome]:
        return {(o.setting, o.seed): o for o in store.outcomes(fold=fold)}

    def trial(door: str, lr: float, strength: float, epochs: int, places: Sequence[tuple[int, int]]) -> Trial:
        point = Point(door=Door(door), lr=lr, strength=strength)
        setting = point.setting(rule, numbers)
        return Trial(
            point=point,
            epochs=epochs,
            outcomes=tuple(
                tuple(outcomes(fold)[setting, seed + split] for fold in range(*place))
                for split, place in enumerate(places)
            ),
        )

    trials = tuple(trial(*of) for of in found["trials"])
    tried = _choose.comparable(trials, map(Door, found["doors"]))
    search = question["search"][0]
    choices = _choose.choices(tried, space if search == "grid" else None)
    best = min(choices, key=lambda choice: choice.error.mean)
    recipe = _setting.recipe(rule, numbers, best.point, rows, regime)
    return Tuning(
        data=found["data"],
        score="accuracy" if found["task"] == "classification" else "R²",
        rule=rule,
        regime=regime,
        seeds=tuple(range(seed, seed + max(t.splits for t in trials))),
        folds=_choose.folds(tried),
        search=search,
        choices=choices,
        trials=trials,
        best=best,
        recipe=recipe,
        translations=_setting.written(recipe, found["task"]),
        finished=found["finished"],
        trainings=found["trainings"],
        work=found["work"],
        incidents=tuple(store.incidents()),
        provenance=provenance(store),
        seconds=seconds,
        path=store.path,
    )
