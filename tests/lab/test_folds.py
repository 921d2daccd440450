"""Folds: every row is held out once, by seed, and what prepares the rows is learned without those held out."""

import numpy as np
import pytest

from halflife.lab.folds import folds

ROWS = 41
X = np.random.default_rng(5).normal(3.0, 2.0, (ROWS, 2))
NUMBERS = np.arange(ROWS) + 0.5
CLASSES = np.arange(ROWS) % 3 == 0


def targets(data, rows):
    return rows.y[:, 0] * data.target_scale[0] + data.target_mean[0]


def same(one, other):
    pairs = zip(one, other, strict=True)
    parts = [(getattr(a, part), getattr(b, part)) for a, b in pairs for part in ("train", "valid")]
    return all(np.array_equal(a.x, b.x) and np.array_equal(a.y, b.y) for a, b in parts)


def test_every_row_is_held_out_once():
    """The parts are of like size, no row is in both, and there are no test rows."""
    sets = folds((X, NUMBERS), number=4)
    held_out = [targets(data, data.valid) for data in sets]
    assert np.sort(np.concatenate(held_out)) == pytest.approx(NUMBERS)
    assert sorted(map(len, held_out)) == [10, 10, 10, 11]
    for data in sets:
        both = np.concatenate([targets(data, data.train), targets(data, data.valid)])
        assert np.sort(both) == pytest.approx(NUMBERS)
        assert len(data.test) == 0


def test_each_class_has_its_share_of_every_fold():
    """Fourteen of one class in four folds are three or four in each."""
    counts = [int(data.valid.y[:, data.classes.index("1")].sum()) for data in folds((X, CLASSES), number=4)]
    assert sorted(counts) == [3, 3, 4, 4]


def test_what_standardizes_is_learned_from_the_training_rows():
    """Their mean is 0 and their deviation 1, in every fold; those of the rows held out are not."""
    for data in folds((X, NUMBERS), number=4):
        assert data.train.x.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
        assert data.train.x.std(axis=0) == pytest.approx([1, 1])
        assert abs(data.valid.x.mean(axis=0)).max() > 1e-3


@pytest.mark.parametrize("y", [NUMBERS, CLASSES], ids=["regression", "classification"])
def test_the_seed_decides_folds_and_noise(y):
    """The same seed gives the same bits, noise included, and another seed other folds."""
    noisy = folds((X, y), number=4, seed=1, label_noise=0.3)
    assert same(noisy, folds((X, y), number=4, seed=1, label_noise=0.3))
    plain = folds((X, y), number=4, seed=1)
    assert not same(plain, folds((X, y), number=4, seed=2))
    for quiet, loud in zip(plain, noisy, strict=True):
        assert np.array_equal(quiet.valid.y, loud.valid.y)
        assert not np.array_equal(quiet.train.y, loud.train.y)


def test_some_rows_are_drawn_by_seed():
    """A count of them, each class in its share, the same for the same seed."""
    some = folds((X, CLASSES), number=3, rows=18, seed=1)
    assert [len(data.train) + len(data.valid) for data in some] == [18, 18, 18]
    assert [int(data.valid.y[:, data.classes.index("1")].sum()) for data in some] == [2, 2, 2]
    assert same(some, folds((X, CLASSES), number=3, rows=18, seed=1))
    drawn = [
        sorted(targets(data, data.train)) + sorted(targets(data, data.valid))
        for data in (folds((X, NUMBERS), number=3, rows=18, seed=seed)[0] for seed in (1, 2))
    ]
    assert sorted(drawn[0]) != pytest.approx(sorted(drawn[1]))


def test_noise_is_drawn_by_seed_and_fold():
    """What joins the targets of one fold, or under one seed, joins no other."""
    drawn = []
    for seed in (1, 2):
        plain, noisy = (folds((X, NUMBERS), number=4, seed=seed, label_noise=share) for share in (0.0, 0.3))
        drawn += [(b.train.y - a.train.y)[:20, 0] for a, b in zip(plain, noisy, strict=True)]
    assert np.linalg.matrix_rank(np.array(drawn)) == len(drawn) == 8
