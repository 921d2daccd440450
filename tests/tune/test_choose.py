"""Choices: made on some folds, measured on the others, with intervals that know folds share rows."""

import math
from statistics import fmean, stdev

import numpy as np
import pytest

from halflife.lab import Interval, Outcome
from halflife.tune import Door, Point, Trial
from halflife.tune._choose import choices, chosen_by_others, comparable, to_confirm


def trial(door, lr, errors, *, epochs=10, strength=0.1):
    point = Point(door=door, lr=lr, strength=0.0 if door is Door.NONE else strength)
    setting = point.setting("adam", {})
    return Trial(
        point=point,
        epochs=epochs,
        outcomes=tuple(
            (
                Outcome(
                    setting=setting,
                    seed=0,
                    diverged=0 if math.isfinite(error) else 3,
                    train=error / 2,
                    valid=error,
                    test=math.nan,
                    train_score=0.9,
                    valid_score=0.8,
                    test_score=math.nan,
                    norm=3.0,
                ),
            )
            for error in errors
        ),
    )


LUCKY = trial(Door.L2, 0.1, (0.0, 1.0, 1.0, 1.0))
"""Best on the first fold alone."""
STEADY = trial(Door.L2, 0.2, (0.8, 0.7, 0.8, 0.7))
WITHOUT = trial(Door.NONE, 0.1, (1.2, 1.0, 1.1, 0.9))


def test_a_fold_has_no_part_in_choosing_what_is_measured_on_it():
    tried = comparable([LUCKY, STEADY, WITHOUT], (Door.NONE, Door.L2))
    chosen = chosen_by_others(tried)
    assert chosen[Door.L2] == (STEADY.point, LUCKY.point, LUCKY.point, LUCKY.point)
    found = {c.door: c for c in choices(tried, chosen, None)}
    measured = tuple({LUCKY.point: LUCKY, STEADY.point: STEADY}[p].errors[f] for f, p in enumerate(chosen[Door.L2]))
    assert found[Door.L2].held_out == measured
    assert found[Door.L2].held_out[0] == 0.8 != LUCKY.errors[0]


def test_the_gain_is_paired_by_fold():
    tried = comparable([STEADY, WITHOUT], (Door.NONE, Door.L2))
    found = {c.door: c for c in choices(tried, chosen_by_others(tried), None)}
    differences = [a - b for a, b in zip(WITHOUT.errors, STEADY.errors, strict=True)]
    assert found[Door.L2].gain == Interval.over_folds(differences)
    assert found[Door.NONE].gain is None


def test_the_interval_over_folds_is_wider_than_if_folds_shared_no_rows():
    values = [0.3, 0.1, 0.4, 0.2, 0.5]
    interval = Interval.over_folds(values)
    student = 2.7764451051977987  # 97.5 % of Student's t with four degrees of freedom
    half = student * stdev(values) * math.sqrt(1 / 5 + 1 / 4)
    assert interval.mean == pytest.approx(fmean(values))
    assert (interval.low, interval.high) == pytest.approx((interval.mean - half, interval.mean + half), rel=1e-6)
    assert interval.high - interval.low > 1.4 * (Interval.of(values).high - Interval.of(values).low)


def test_chance_is_seldom_taken_for_a_gain():
    """Validation errors of folds that share their training rows: ridge on pure noise, compared with itself shifted."""
    random = np.random.default_rng(0)
    taken = 0
    for _ in range(300):
        x, y = random.standard_normal((60, 10)), random.standard_normal(60)
        differences = []
        for fold in np.split(np.arange(60), 5):
            learn = np.setdiff1d(np.arange(60), fold)
            errors = []
            for columns in (slice(0, 5), slice(5, 10)):
                w = np.linalg.lstsq(x[learn, columns], y[learn], rcond=None)[0]
                errors.append(np.mean((x[fold, columns] @ w - y[fold]) ** 2))
            differences.append(errors[0] - errors[1])
        taken += Interval.over_folds(differences).excludes_zero
    assert taken / 300 < 0.07


def test_trials_of_different_lengths_are_not_compared():
    short = trial(Door.DECAY, 0.1, (0.1, 0.1, 0.1, 0.1), epochs=3)
    tried = comparable([LUCKY, STEADY, WITHOUT, short], (Door.NONE, Door.L2))
    assert set(tried) == {Door.NONE, Door.L2}
    early = [trial(door, 0.1, (1.0, 1.0), epochs=3) for door in (Door.NONE, Door.L2, Door.DECAY)]
    late = trial(Door.L2, 0.1, (0.5, 0.5), epochs=10)
    tried = comparable([*early, late], Door)
    assert {t.epochs for of_door in tried.values() for t in of_door} == {3}


def test_a_point_that_diverged_on_one_fold_is_out():
    broken = trial(Door.L2, 0.3, (0.0, 0.0, math.inf, 0.0))
    tried = comparable([broken, STEADY, WITHOUT], (Door.NONE, Door.L2))
    assert [t.point for t in tried[Door.L2]] == [STEADY.point]


def test_every_point_that_the_choice_can_fall_on_is_confirmed():
    tried = comparable([LUCKY, STEADY, WITHOUT], (Door.NONE, Door.L2))
    wanted = {p for points in chosen_by_others(tried).values() for p in points}
    assert wanted <= set(to_confirm(tried))
