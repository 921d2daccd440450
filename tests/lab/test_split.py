"""The split: sizes, shares of classes and chance."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife import BadData
from halflife.lab.split import sizes, split


def judge_strata(strata, parts, chosen):
    """Parts do not overlap, are as large as asked, and hold each class within one row of its share."""
    everything = np.concatenate(chosen)
    assert len(set(everything.tolist())) == len(everything)
    assert tuple(map(len, chosen)) == parts
    for stratum in set(strata.tolist()):
        for rows in chosen:
            share = np.mean(strata == stratum) * len(rows)
            assert abs(np.sum(strata[rows] == stratum) - share) < 1


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    counts=st.lists(st.integers(3, 60), min_size=1, max_size=12),
    shares=st.tuples(st.floats(0.1, 0.8), st.floats(0.1, 0.9)),
    seed=st.integers(0, 99),
)
def test_each_part_holds_each_class_within_one_row_of_its_share(counts, shares, seed):
    """For any class sizes and any shares, some rows left out or none."""
    strata = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    rows = len(strata)
    train = max(1, int(shares[0] * rows))
    valid = max(1, int((rows - train) * shares[1] / 2))
    parts = (train, valid, max(1, rows - train - valid - seed % 3))
    try:
        chosen = split(strata, parts, np.random.default_rng(seed))
    except BadData:
        assert min(counts) * train < rows  # only where the rarest class has less than one row as its share
        return
    judge_strata(strata, parts, chosen)
    assert set(strata[chosen[0]].tolist()) == set(strata.tolist())


def test_an_unstratified_split_is_caught():
    """The judge of shares refuses a plain shuffle."""
    strata = np.repeat([0, 1, 2], [100, 40, 10])
    rows = np.random.default_rng(0).permutation(150)
    judge_strata(strata, (90, 30, 30), split(strata, (90, 30, 30), np.random.default_rng(0)))
    with pytest.raises(AssertionError):
        judge_strata(strata, (90, 30, 30), (rows[:90], rows[90:120], rows[120:]))


def test_every_row_is_drawn_evenly():
    """Over 400 seeds each row trains about 60 % of the time, in a class of five as in one of twenty."""
    strata = np.repeat([0, 1], [5, 20])
    trained = np.zeros(25)
    for seed in range(400):
        trained[split(strata, (15, 5, 5), np.random.default_rng(seed))[0]] += 1
    deviation = math.sqrt(400 * 0.6 * 0.4)
    assert (np.abs(trained - 240) < 5 * deviation).all()


@pytest.mark.parametrize(
    ("asked", "given_"),
    [
        ((None, None, None), (60, 20, 20)),
        ((50, None, None), (50, 25, 25)),
        ((0.5, None, None), (50, 25, 25)),
        ((51, None, None), (51, 24, 25)),
        ((50.0, None, None), (50, 25, 25)),
        ((50, 10, None), (50, 10, 40)),
        ((50, None, 10), (50, 40, 10)),
        ((50, 10, 10), (50, 10, 10)),
        ((None, 10, None), (70, 10, 20)),
        ((None, None, 0.1), (70, 20, 10)),
        ((None, 0.3, 0.3), (40, 30, 30)),
    ],
)
def test_sizes_are_counts_or_shares_and_what_is_left_is_divided(asked, given_):
    """Of 100 rows: the table of the docstring."""
    assert sizes(100, *asked) == given_


def test_a_rare_class_always_has_a_training_row():
    """A class whose share of the training rows is 0.6 of a row has one, whatever the seed."""
    strata = np.repeat([0, 1], [97, 3])
    for seed in range(30):
        assert (strata[split(strata, (20, 40, 40), np.random.default_rng(seed))[0]] == 1).sum() == 1
