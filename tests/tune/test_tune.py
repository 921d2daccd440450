"""`halflife.tune` on real data: what it finds, what it keeps, and how it goes on."""

import json
import math
import shutil
import sqlite3
from dataclasses import replace

import jax
import numpy as np
import pytest

import halflife
from halflife import BadInput, tune
from halflife.lab import program
from halflife.report.tuning_page import tuning_page
from halflife.tune import Door
from halflife.tune._trials import Trials

SMALL = {
    "epochs": 6,
    "folds": 3,
    "seeds": 2,
    "hidden": (8,),
    "grid": {"lr": (0.003, 0.03), "l2": (0.01, 0.1), "decay": (0.001, 0.01)},
}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return halflife.tune("wine", **SMALL, out=tmp_path_factory.mktemp("tune") / "whole.db")


def without_time(found):
    return {k: v for k, v in found.to_dict().items() if k not in ("seconds", "study")}


def linear(noise, rows=240, features=40, seed=0):
    """Many features, of which two matter, and targets with much or no noise."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((rows, features))
    return x, x[:, 0] - x[:, 1] + noise * random.standard_normal(rows)


def test_a_search_is_read_from_its_file_alone(whole):
    read = replace(tune.read(whole.path), seconds=whole.seconds)
    assert read == whole
    assert tuning_page(read) == tuning_page(whole)


def test_a_search_that_has_not_ended_names_the_command_that_goes_on(whole, tmp_path):
    file = shutil.copy(whole.path, tmp_path / "part.db")
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM study WHERE name = 'found'")
    with pytest.raises(BadInput, match=r"has not ended: `.*tune.*wine.*` goes on"):
        halflife.report(file)


def test_of_a_model_of_ones_own_the_file_keeps_what_describes_it():
    def init(key):
        return {"w": jax.random.normal(key, (13, 3)) / 4, "b": jax.numpy.zeros(3)}

    def apply(params, x):
        return x @ params["w"] + params["b"]

    found = halflife.tune("wine", **SMALL | {"seeds": 1, "epochs": 2}, model=(init, apply))
    assert tuning_page(tune.read(found.path)) == tuning_page(found)
    assert tune.read(found.path).regime.network.parameters == 42


def test_where_a_network_overfits_regularization_helps_and_where_nothing_is_to_be_held_back_it_does_not():
    options = {"folds": 8, "seeds": 1, "epochs": 40, "hidden": (), "rule": "sgd", "grid": {"lr": (0.02,), "decay": ()}}
    noisy = halflife.tune(linear(2.0, rows=320, features=160), **options)
    assert noisy.best.door is Door.L2
    assert noisy.best.gain.low > 0, noisy.best
    assert noisy.answer[0].startswith("Regularization helps")
    clean = halflife.tune(linear(0.0), **options)
    assert clean.best.gain is None or not clean.best.gain.low > 1e-3
    assert "does not help" in clean.answer[0] or "not shown to help" in clean.answer[0]


def test_on_a_linear_network_it_finds_the_strength_that_ridge_regression_finds():
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, KFold
    from sklearn.preprocessing import StandardScaler

    x, y = linear(3.0, rows=80)
    found = halflife.tune(
        (x, y), folds=4, seeds=1, epochs=150, hidden=(), rule="sgd", batch_size=80, grid={"lr": (0.1,), "decay": ()}
    )
    # ½·MSE and λ: alpha = n·λ, on standardized targets as the lab's
    lambdas = np.logspace(-3, 1, 17)
    search = GridSearchCV(
        Ridge(fit_intercept=True),
        {"alpha": lambdas * 60},
        cv=KFold(4, shuffle=True, random_state=0),
        scoring="neg_mean_squared_error",
    ).fit(StandardScaler().fit_transform(x), y)
    assert abs(np.log10(found.best.point.strength) - np.log10(search.best_params_["alpha"] / 60)) < 0.51


def test_an_interrupted_search_goes_on_and_ends_bitwise_the_same(whole):
    class Enough(Exception):
        pass

    def stop(progress):
        if progress.stage == "fine" and progress.done > 0:
            raise Enough

    with pytest.raises(Enough):
        halflife.tune("wine", **SMALL, out="broken.db", progress=stop)
    with sqlite3.connect("broken.db") as connection:
        kept = connection.execute("SELECT count(*) FROM training").fetchone()[0]
    assert 0 < kept < whole.trainings
    assert without_time(halflife.tune("wine", **SMALL, out="broken.db")) == without_time(whole)
    again = halflife.tune("wine", **SMALL, out=whole.path, progress=lambda p: None)
    assert without_time(again) == without_time(whole)


def test_what_is_dropped_early_was_worse_than_what_stays(whole):
    found = whole
    by_length = {n: [t for t in found.trials if t.epochs == n] for n in {t.epochs for t in found.trials}}
    assert len(by_length) == 2
    shortest = by_length[min(by_length)]
    longer = {t.point for t in found.trials if t.epochs > min(by_length)}
    for door in Door:
        stays = [t.error for t in shortest if t.point.door is door and t.point in longer]
        goes = [t.error for t in shortest if t.point.door is door and t.point not in longer]
        assert not goes or max(stays) <= min(goes)


def test_the_winning_setting_is_written_for_four_frameworks(whole):
    found = whole
    assert [t.framework for t in found.translations] == ["torch", "keras", "optax", "sklearn"]
    assert found.recipe.lr == found.best.point.lr
    assert found.recipe.batch == 32
    assert found.recipe.steps == SMALL["epochs"] * 4
    printed = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert {"best", "choices", "settings", "answer", "trials", "trainings", "study"} <= printed.keys()
    assert found.answer[0] in str(found)
    assert found._repr_html_().startswith("<p>")


def test_a_budget_of_ten_trainings_finds_a_setting():
    found = halflife.tune("wine", **SMALL | {"folds": 5}, trainings=10)
    assert found.finished
    assert found.trainings == found.work == 10
    assert [c.door for c in found.choices] == [Door.NONE, Door.DECAY]


def test_a_budget_counts_early_ends_in_part_and_is_never_overdrawn():
    found = halflife.tune("wine", trainings=60, epochs=10, hidden=(4,))
    assert found.work <= 60 < found.trainings
    assert sum(t.epochs * len(t.errors) for t in found.trials) == pytest.approx(found.work * 10)


def test_the_first_rung_looks_at_two_folds_and_what_can_be_chosen_at_all():
    found = halflife.tune("wine", **SMALL | {"folds": 3})
    shortest = min(t.epochs for t in found.trials)
    assert {(t.epochs == shortest, len(t.outcomes[0])) for t in found.trials} == {(True, 2), (False, 3)}
    assert found.folds == 3


def test_with_no_time_at_all_the_first_points_of_every_door_are_tried_and_the_same_call_goes_on(whole):
    found = halflife.tune("wine", **SMALL, minutes=1e-9, out="short.db")
    assert not found.finished
    assert "Time was up" in found.answer[-1]
    assert {c.door for c in found.choices} == set(Door)
    assert {t.epochs for t in found.trials} == {1}
    assert without_time(halflife.tune("wine", **SMALL, out="short.db")) == without_time(whole)


@pytest.mark.parametrize(("fitting", "stages"), [(0, {"coarse"}), (1, {"coarse", "fine"})])
def test_what_would_not_be_done_in_time_is_not_begun_and_the_same_call_goes_on(monkeypatch, whole, fitting, stages):
    asked, begun = [], []

    def fits(_, trainings):
        asked.append(trainings)
        return len(asked) <= fitting

    with monkeypatch.context() as patched:
        patched.setattr(Trials, "fits", fits)
        found = halflife.tune("wine", **SMALL, minutes=10, out="less.db", progress=lambda p: begun.append(p.stage))
    assert set(begun) == stages
    assert not found.finished
    assert min(asked) > 0
    assert without_time(halflife.tune("wine", **SMALL, out="less.db")) == without_time(whole)


def test_a_search_whose_last_split_took_too_long_is_not_finished(monkeypatch, whole):
    right = Trials.attempt

    def late(trials, batch, *places):
        errors = right(trials, batch, *places)
        trials.ends = -math.inf if batch.stage == "splits" else trials.ends
        return errors

    monkeypatch.setattr(Trials, "attempt", late)
    shutil.copy(whole.path, "late.db")
    assert whole.finished
    assert not halflife.tune("wine", **SMALL, minutes=10, out="late.db").finished


def test_the_pace_is_that_since_the_first_chunk(monkeypatch):
    now = 10.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    given = dict.fromkeys(("store", "split", "seed", "rule", "hyperparameters", "members", "program", "progress"))
    trials = Trials(**given, epochs=50, allowance=math.inf, ends=30.0, train={})
    assert trials.fits(1e9)
    trials._pace(3.0)
    now = 20.0
    trials._pace(5.0)  # 2 s each
    assert trials.fits(4.9)
    assert not trials.fits(5.1)


def test_all_stages_share_the_program_of_the_first(monkeypatch):
    """Traced, and so compiled, once: another would cost a short search as much as its training."""
    right, traced, told = program.norm_of, [], []

    def counted(*arguments, **options):
        traced.append(arguments)
        return right(*arguments, **options)

    monkeypatch.setattr(program, "norm_of", counted)
    options = SMALL | {"hidden": (11,), "progress": lambda p: told.append((p.stage, p.done == p.total, len(traced)))}
    halflife.tune("wine", **options)
    first = next(number for _, whole, number in told if whole)
    assert {stage for stage, *_ in told} == {"coarse", "fine", "splits"}
    assert len(traced) == first > 0


def test_trials_are_written_for_optunas_dashboard():
    import optuna

    storage = "sqlite:///optuna.db"
    for _ in range(2):
        found = halflife.tune("wine", **SMALL, search="optuna", trainings=30, optuna_storage=storage, out="o.db")
    study = optuna.load_study(study_name="o", storage=storage)
    assert len(study.trials) == len(found.trials)
    assert study.best_value == pytest.approx(min(t.error for t in found.trials))


def test_classes_that_are_missing_in_a_fold_are_refused_before_anything_is_trained():
    x = np.random.default_rng(0).standard_normal((30, 2))
    with pytest.raises(BadInput, match=r"class '1' of arrays has 3 rows for 5 folds"):
        halflife.tune((x, np.arange(30) % 10 == 0), **SMALL | {"folds": 5})
