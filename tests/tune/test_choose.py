"""Choices: made on some folds, measured on the others, with intervals that know folds share rows."""

import math
from statistics import fmean, stdev
from types import SimpleNamespace

import numpy as np
import pytest

from halflife.lab import Interval, Outcome
from halflife.rules import Law
from halflife.tune import Door, Point, Trial
from halflife.tune._answer import answer, helps
from halflife.tune._choose import choices, chosen_by_others, comparable, finalists
from halflife.tune._point import space
from halflife.tune._setting import recipe, written


def trial(door, lr, *splits, epochs=10, strength=0.1):
    point = Point(door=door, lr=lr, strength=0.0 if door is Door.NONE else strength)
    setting = point.setting("adam", {})
    return Trial(
        point=point,
        epochs=epochs,
        outcomes=tuple(tuple(outcome(setting, error) for error in errors) for errors in splits),
    )


def outcome(setting, error):
    return Outcome(
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
    )


LUCKY = trial(Door.L2, 0.1, (0.0, 1.0, 1.0, 1.0))
"""Best on the first fold alone."""
STEADY = trial(Door.L2, 0.2, (0.8, 0.7, 0.8, 0.7))
WITHOUT = trial(Door.NONE, 0.1, (1.2, 1.0, 1.1, 0.9))


def test_a_fold_has_no_part_in_choosing_what_is_measured_on_it():
    tried = comparable([LUCKY, STEADY, WITHOUT], (Door.NONE, Door.L2))
    found = {c.door: c for c in choices(tried, None)}
    assert found[Door.L2].held_out == (STEADY.errors[0], *LUCKY.errors[1:])
    assert found[Door.L2].held_out[0] == 0.8 != LUCKY.errors[0]


def test_each_split_chooses_by_its_own_folds_among_what_was_trained_on_it():
    lucky = trial(Door.L2, 0.1, (0.0, 1.0, 1.0, 1.0), (0.6, 0.9, 0.5, 0.9))
    steady = trial(Door.L2, 0.2, (0.8, 0.7, 0.8, 0.7), (0.8, 0.7, 0.8, 0.7))
    once = trial(Door.L2, 0.3, (0.1, 0.1, 0.1, 0.1))
    measured = chosen_by_others([lucky, steady, once], 2)
    assert measured == (0.1, 0.1, 0.1, 0.1, 0.8, 0.9, 0.8, 0.9)


def test_the_gain_is_paired_by_fold_over_all_splits_that_both_doors_have():
    twice = trial(Door.NONE, 0.1, (1.2, 1.0, 1.1, 0.9), (1.0, 0.9, 1.3, 1.1))
    also = trial(Door.L2, 0.1, (0.9, 0.8, 0.7, 0.9), (0.8, 0.7, 1.0, 1.0))
    for l2, errors in ((also, also.errors), (STEADY, STEADY.errors)):
        tried = comparable([l2, twice], (Door.NONE, Door.L2))
        found = {c.door: c for c in choices(tried, None)}
        differences = [a - b for a, b in zip(twice.errors, errors, strict=False)]
        assert found[Door.L2].gain == Interval.over_folds(differences, folds=4)
        assert found[Door.NONE].gain is None


def test_the_best_is_chosen_from_those_tried_on_most_splits():
    once = trial(Door.L2, 0.3, (0.1, 0.1, 0.1, 0.1))
    twice = trial(Door.L2, 0.2, (0.8, 0.7, 0.8, 0.7), (0.8, 0.7, 0.8, 0.7))
    (found,) = choices(comparable([once, twice], (Door.L2,)), None)
    assert found.point == twice.point


def test_the_interval_over_folds_is_wider_than_if_folds_shared_no_rows():
    values = [0.3, 0.1, 0.4, 0.2, 0.5]
    interval = Interval.over_folds(values, folds=5)
    student = 2.7764451051977987  # 97.5 % of Student's t with four degrees of freedom
    half = student * stdev(values) * math.sqrt(1 / 5 + 1 / 4)
    assert interval.mean == pytest.approx(fmean(values))
    assert (interval.low, interval.high) == pytest.approx((interval.mean - half, interval.mean + half), rel=1e-6)
    assert interval.high - interval.low > 1.4 * (Interval.of(values).high - Interval.of(values).low)


def test_repeated_folds_add_values_but_share_rows_as_before():
    values = [0.3, 0.1, 0.4, 0.2, 0.5, 0.2, 0.6, 0.1, 0.3, 0.3]
    interval = Interval.over_folds(values, folds=5)
    student = 2.2621571627409915  # nine degrees of freedom
    assert interval.high - interval.mean == pytest.approx(student * stdev(values) * math.sqrt(1 / 10 + 1 / 4))


LAMBDAS = np.array([1e-9, 0.03, 0.1, 0.3, 1.0, 3.0])
"""The first stands for no regularization."""


def ridge(random, beta, noise, *, rows, splits, folds=5):
    """Ridge regression on rows drawn anew, [splits, folds, λ]: errors on the fold, and those expected of new rows."""
    x = random.standard_normal((rows, len(beta)))
    y = x @ beta + noise * random.standard_normal(rows)
    measured, expected = np.empty((2, splits, folds, len(LAMBDAS)))
    for split in range(splits):
        order = random.permutation(rows)
        for fold in range(folds):
            held_out = np.isin(np.arange(rows), order[fold::folds])
            learn = x[~held_out]
            values, vectors = np.linalg.eigh(learn.T @ learn / len(learn))
            moment = vectors.T @ (learn.T @ y[~held_out] / len(learn))
            w = vectors @ (moment[:, None] / (values[:, None] + LAMBDAS))
            measured[split, fold] = ((x[held_out] @ w - y[held_out, None]) ** 2).mean(0)
            expected[split, fold] = ((w - beta[:, None]) ** 2).sum(0) + noise**2
    return measured, expected


def simulated(splits, *, noise, data_sets=150, rows=60, features=20):
    """The gain as it is told for many data sets, and what it is on new rows, for the strengths that were chosen."""
    random = np.random.default_rng(1)
    beta = random.standard_normal(features) / np.sqrt(features)
    told, true = [], []
    for _ in range(data_sets):
        measured, expected = ridge(random, beta, noise, rows=rows, splits=splits)
        doors = [Door.NONE] + [Door.L2] * (len(LAMBDAS) - 1)
        trials = [trial(door, 0.1, *measured[..., k], strength=LAMBDAS[k]) for k, door in enumerate(doors)]
        told.extend(c.gain for c in choices(comparable(trials, Door), None) if c.door is Door.L2)
        others = measured.sum(1, keepdims=True) - measured
        chosen = 1 + others[..., 1:].argmin(-1)
        true.append((expected[..., 0] - np.take_along_axis(expected, chosen[..., None], -1)[..., 0]).mean())
    return told, fmean(true)


def test_the_interval_holds_the_gain_as_often_as_it_says_and_more_splits_see_it_more_often():
    """95 % of data sets, less three standard deviations of that count; without its correction it would not."""
    power = {}
    for splits in (1, 3):
        told, gain = simulated(splits, noise=2.0)
        assert gain > 0
        assert fmean(g.low <= gain <= g.high for g in told) > 0.95 - 3 * math.sqrt(0.95 * 0.05 / len(told))
        shrunk = math.sqrt((1 / (5 * splits)) / (1 / (5 * splits) + 1 / 4))
        if splits == 3:
            assert fmean(abs(gain - g.mean) <= (g.high - g.mean) * shrunk for g in told) < 0.75
        power[splits] = fmean(g.low > 0 for g in told)
    assert power[3] > power[1] + 0.15


def test_chance_is_seldom_taken_for_a_gain():
    """Without noise there is nothing to be gained, whatever the number of splits."""
    for splits in (1, 3):
        told, gain = simulated(splits, noise=0.05)
        assert -0.01 < gain < 1e-4
        assert fmean(g.low > 0 for g in told) < 0.05


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


def test_the_finalists_are_the_best_of_each_door_the_first_of_all_first():
    worse = trial(Door.L2, 0.4, (2.0, 2.0, 2.0, 2.0))
    worst = trial(Door.L2, 0.5, (3.0, 3.0, 3.0, 3.0))
    tried = comparable([worst, worse, STEADY, WITHOUT], (Door.NONE, Door.L2))
    assert finalists(tried, 2) == (WITHOUT.point, STEADY.point, worse.point)


def told(*trials, finished=True):
    """What an answer is made of."""
    found = choices(comparable(trials, Door), None)
    return SimpleNamespace(
        choices=found,
        best=min(found, key=lambda c: c.error.mean),
        choice=lambda door: next((c for c in found if c.door is door), None),
        rule="adam",
        score="accuracy",
        folds=4,
        finished=finished,
        regime=SimpleNamespace(epochs=10),
    )


BETTER, CHANCE, WORSE = (0.7, 0.5, 0.6, 0.45), (0.6, 1.3, 0.7, 0.8), (1.5, 1.4, 1.5, 1.3)


@pytest.mark.parametrize(
    ("errors", "verdict", "helping"),
    [
        (BETTER, "Regularization helps: validation error", True),
        (CHANCE, "Regularization is not shown to help here: validation error", False),
        (WORSE, "Regularization does not help here: L2 at its best loses", False),
    ],
)
def test_a_gain_is_claimed_where_its_whole_interval_is_above_zero(errors, verdict, helping):
    found = told(WITHOUT, trial(Door.L2, 0.1, errors))
    assert answer(found)[0].startswith(verdict)
    assert helps(found.best) is helping
    assert ("could be chance" in answer(found)[0]) == (errors == CHANCE)
    assert helps(told(trial(Door.L2, 0.1, errors)).best) is None


@pytest.mark.parametrize(
    ("l2", "decay", "said"),
    [
        (BETTER, WORSE, "At its best L2 does better: L2's error less decay's is -"),
        (WORSE, BETTER, "At its best decay does better: L2's error less decay's is +"),
        (CHANCE, (0.9, 0.9, 0.8, 0.9), "L2 and decay, each at its best, are not told apart"),
    ],
)
def test_the_better_door_is_named_where_it_can_be_told(l2, decay, said):
    sentences = answer(told(WITHOUT, trial(Door.L2, 0.1, l2), trial(Door.DECAY, 0.1, decay)))
    assert any(sentence.startswith(said) for sentence in sentences), sentences


def test_a_search_that_was_cut_short_says_so():
    for finished in (True, False):
        assert ("Time was up" in answer(told(WITHOUT, STEADY, finished=finished))[-1]) is not finished


def test_the_recipe_is_of_the_run_that_found_it():
    """100 rows by 32 are four steps an epoch, the last of them of four rows; decay follows the schedule, not lr."""
    regime = SimpleNamespace(batch_size=32, epochs=3, schedule="cosine")
    found = recipe("sgd", {}, Point(door=Door.DECAY, lr=0.1, strength=0.01), 100, regime)
    assert (found.steps, found.batch, found.rows, found.schedule) == (12, 32, 100, "cosine")
    assert (found.law, found.strength, found.decay) == (Law.INDEPENDENT, 0.01, pytest.approx(0.01))
    assert recipe("sgd", {}, Point(door=Door.L2, lr=0.1, strength=0.3), 20, regime).batch == 20
    for task, name in (("classification", "MLPClassifier("), ("regression", "MLPRegressor(")):
        assert [a.framework for a in written(found, task) if name in a.recipe] == ["sklearn"]


@pytest.mark.parametrize(
    ("door", "lr", "strength", "ends"),
    [
        (Door.DECAY, 0.1, 0.01, ()),
        (Door.DECAY, 0.1, 0.1, ("strength",)),
        (Door.DECAY, 1.0, 0.1, ("lr",)),
        (Door.L2, 0.1, 0.01, ("strength",)),
        (Door.L2, 0.1, 0.1, ()),
        (Door.L2, 0.01, 10.0, ("lr", "strength")),
    ],
)
def test_what_lies_at_an_end_of_the_search_is_told(door, lr, strength, ends):
    """The window of λ is one for every lr, that of a decay moves with lr."""
    searched = space("sgd", lrs=(0.01, 0.1, 1.0), l2s=(0.01, 0.1, 1.0, 10.0), decays=(0.001, 0.01, 0.09))
    best = trial(door, lr, (0.1, 0.1, 0.1, 0.1), strength=strength)
    (found,) = choices(comparable([best, trial(door, 0.1, (1.0, 1.0, 1.0, 1.0), strength=0.03)], (door,)), searched)
    assert found.at_edge == ends
