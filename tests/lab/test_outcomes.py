"""What a grid says is recovered from maps whose answer is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from halflife import BadInput
from halflife.lab import Interval, Outcome, Setting
from halflife.lab.grid import MIDDLE_LR, default_lrs, default_strengths, settings
from halflife.lab.outcomes import slope, summarize
from halflife.rules import RULES, Law

LRS = tuple(10.0**k for k in (-3, -2.5, -2, -1.5, -1))
STRENGTHS = tuple(10.0 ** (k / 2) for k in range(-14, 5))


def outcome(lr, strength, *, seed=0, law=Law.L2, **numbers):
    measured = {"train": 0.1, "valid": 0.5, "test": 0.5, "train_score": 1.0, "valid_score": 0.8, "test_score": 0.7}
    return Outcome(
        setting=Setting(rule="sgd", law=law, lr=lr, strength=strength),
        seed=seed,
        **{"diverged": 0, "norm": 2.0, **measured, **numbers},
    )


def planted(steepness, *, at=-2.0, lrs=LRS, strengths=STRENGTHS, seeds=(0,), law=Law.L2):
    """Outcomes whose validation error is a parabola in log strength, lowest on a line of this steepness in log lr."""
    wobble = {seed: 0.1 * np.sin(seed) for seed in seeds}
    return [
        outcome(
            lr,
            s,
            seed=seed,
            law=law,
            valid=(math.log10(s) - at - (steepness + wobble[seed]) * (math.log10(lr) + 2)) ** 2,
        )
        for seed in seeds
        for lr in lrs
        for s in strengths
    ]


@pytest.mark.parametrize("steepness", [-1.0, -0.3, 0.0, 0.45, 1.0])
def test_a_planted_slope_is_recovered(steepness):
    """The line through the lowest points of parabolas has their slope, wherever between grid points they lie."""
    found = slope(planted(steepness, at=-2.1))
    assert found.value == pytest.approx(steepness, abs=1e-9)
    assert found.lrs == len(LRS)


def test_sheared_maps_differ_by_exactly_one():
    """Outcomes of SGD under λ and the same under α = lr·λ have slopes that differ by 1."""
    l2 = planted(0.3)
    decay = [
        replace(o, setting=replace(o.setting, law=Law.INDEPENDENT, strength=o.setting.lr * o.setting.strength))
        for o in l2
    ]
    assert slope(decay).value - slope(l2).value == pytest.approx(1, abs=1e-9)


def test_one_seed_has_no_interval_and_several_have_that_of_student():
    """With one seed nothing is said of chance; with several, the interval is Student's over the seeds' slopes."""
    alone = slope(planted(0.3))
    assert (alone.low, alone.high) == (None, None)
    seeds = (0, 1, 2)
    together = slope(planted(0.3, seeds=seeds))
    each = [0.3 + 0.1 * np.sin(seed) for seed in seeds]
    low, high = scipy.stats.t.interval(0.95, 2, loc=np.mean(each), scale=scipy.stats.sem(each))
    assert (together.value, together.low, together.high) == pytest.approx((np.mean(each), low, high), abs=1e-9)
    assert together.low < together.value < together.high


def test_an_optimum_at_the_edge_is_left_out():
    """An lr whose best strength is the first or last of the grid does not enter the fit: more may lie beyond."""
    inside = slope(planted(1.0, strengths=STRENGTHS))
    cut = slope(planted(1.0, strengths=[s for s in STRENGTHS if s >= 10**-2.6]))
    assert (inside.lrs, cut.lrs) == (5, 3)
    assert cut.value == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("lrs", [LRS[:1], LRS[:2]])
def test_two_optima_make_no_slope(lrs):
    """Fewer than three lrs with an optimum inside give no slope."""
    found = slope(planted(0.3, lrs=lrs))
    assert (found.value, found.low, found.high, found.lrs) == (None, None, None, len(lrs))
    assert slope([]).value is None


def test_a_seed_without_a_slope_leaves_none():
    """A slope is said only if every seed has one."""
    edge = [o for o in planted(0.3, seeds=(1,)) if o.setting.strength < 10**-4]
    found = slope(planted(0.3) + edge)
    assert (found.value, found.lrs) == (None, 0)


def test_diverged_trainings_count_as_infinitely_bad():
    """Where large strengths diverge the slope is that of the parabolas still; where all do, there is none."""
    whole = planted(0.3)
    torn = [replace(o, diverged=2, valid=math.nan) if o.setting.strength > 10 else o for o in whole]
    assert slope(torn).value == pytest.approx(slope(whole).value, abs=1e-9)
    assert slope([replace(o, diverged=2, valid=math.nan) for o in whole]).value is None


def test_flat_maps_say_nothing_by_accident():
    """If no strength changes the error there is no optimum inside the grid."""
    assert slope([replace(o, valid=0.5) for o in planted(0.3)]).value is None


@pytest.mark.parametrize("values", [(0.3, 0.5), (1.0, 1.5, -2.0), tuple(np.linspace(0, 1, 30))])
def test_the_interval_is_students(values):
    """Mean and ends agree with `scipy.stats.t.interval` over the standard error."""
    low, high = scipy.stats.t.interval(0.95, len(values) - 1, loc=np.mean(values), scale=scipy.stats.sem(values))
    found = Interval.of(values)
    assert (found.mean, found.low, found.high) == pytest.approx((np.mean(values), low, high), rel=1e-12)


def test_an_interval_says_whether_it_holds_zero():
    """Wholly above or below 0 it excludes it; across it, or with one seed alone, it does not."""
    assert Interval.of([1.0, 1.1, 1.2]).excludes_zero
    assert Interval.of([-1.0, -1.1, -1.2]).excludes_zero
    assert not Interval.of([-1.0, 1.1, 0.2]).excludes_zero
    alone = Interval.of([5.0])
    assert (alone.mean, alone.low, alone.high) == (5.0, None, None)
    assert not alone.excludes_zero


GRID = [
    # what validates best (mean 0.20) does not test best: a setting is chosen by validation, and measured on test
    *(outcome(0.1, 0.3, seed=s, valid=v, test=0.50 + s / 100, train=0.2) for s, v in enumerate((0.1, 0.2, 0.3))),
    *(outcome(0.1, 0.6, seed=s, valid=0.25, test=0.10, train=0.2) for s in range(3)),
    *(outcome(0.2, 0.3, seed=s, valid=0.01 if s else math.nan, diverged=0 if s else 4) for s in range(3)),
    *(outcome(0.1, 0.0, seed=s, valid=0.4, test=0.60 + s / 50, train=0.1) for s in range(3)),
    *(outcome(0.2, 0.0, seed=s, valid=0.9, test=0.05) for s in range(3)),
    *(outcome(0.1, 0.03, seed=s, law=Law.INDEPENDENT, valid=0.0, test=0.0) for s in range(3)),
]


def test_the_best_setting_is_chosen_by_validation_and_measured_on_test():
    """The lowest mean validation error over seeds wins; its test error, gap and gain are those of its own seeds."""
    found = summarize(GRID, "sgd", Law.L2)
    assert (found.best.lr, found.best.strength) == (0.1, 0.3)
    assert found.best.valid == pytest.approx(0.2)
    assert found.best.tests == pytest.approx((0.50, 0.51, 0.52))
    assert found.best.test == Interval.of([0.50, 0.51, 0.52])
    assert found.best.gap.mean == pytest.approx(0.31)
    assert (found.unregularized.lr, found.unregularized.strength) == (0.1, 0.0)
    assert found.gain == Interval.of([a - b for a, b in zip((0.60, 0.62, 0.64), (0.50, 0.51, 0.52), strict=True)])
    assert (found.diverged, found.trainings) == (1, 15)


def test_the_order_of_outcomes_decides_nothing():
    """Seeds are paired by number, not by place."""
    assert summarize(GRID[::-1], "sgd", Law.L2) == summarize(GRID, "sgd", Law.L2)


def test_unregularized_trainings_serve_both_laws():
    """Strength 0 is the same training under either law, and counts for both."""
    found = summarize(GRID, "sgd", Law.INDEPENDENT)
    assert (found.best.strength, found.unregularized.strength) == (0.03, 0.0)
    assert found.trainings == 9


def test_a_setting_that_overflowed_is_not_the_best():
    """An error that is not finite is never the smallest, and no sound training has no result."""
    for bad in (math.nan, math.inf):
        overflown = [replace(o, valid=bad) if o.setting.strength == 0.3 else o for o in GRID]
        assert summarize(overflown, "sgd", Law.L2).best.strength == 0.6
        assert summarize(overflown[::-1], "sgd", Law.L2).best.strength == 0.6
    assert summarize([replace(o, diverged=1) for o in GRID], "sgd", Law.L2) is None
    assert summarize([o for o in GRID if o.setting.strength > 0], "sgd", Law.L2) is None
    assert summarize(GRID, "adam", Law.L2) is None


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_grid(name):
    """Each rule has learning rates and strengths of its own: both laws, and once without regularization for each lr."""
    assert name in MIDDLE_LR
    made = settings(name, None, None)
    lrs = default_lrs(name)
    assert len(set(made)) == len(made) == len(lrs) * (1 + 2 * len(default_strengths()))
    assert sorted(s.lr for s in made if s.strength == 0) == sorted(lrs)
    assert {s.law for s in made} == {Law.L2, Law.INDEPENDENT}


def test_given_strengths_meet_at_both_doors():
    """Each λ that is asked for is tried as a penalty and as α = lr·λ, for every lr."""
    made = settings("adam", [0.1, 0.01], [0.0, 0.5])
    assert {(s.law, s.lr, s.strength) for s in made} == {
        (Law.L2, 0.1, 0.0),
        (Law.L2, 0.1, 0.5),
        (Law.INDEPENDENT, 0.1, 0.05),
        (Law.L2, 0.01, 0.0),
        (Law.L2, 0.01, 0.5),
        (Law.INDEPENDENT, 0.01, 0.005),
    }


@pytest.mark.parametrize(
    ("lrs", "strengths"), [([-0.1], [0.1]), ([0.0], [0.1]), ([0.1], [-0.1, 0.1]), ([0.1], [math.nan])]
)
def test_a_grid_of_impossible_numbers_is_refused(lrs, strengths):
    """A negative strength, or lr, is bad input, also beside possible ones."""
    with pytest.raises(BadInput, match=r"it must be a (positive, )?finite number"):
        settings("sgd", lrs, strengths)
