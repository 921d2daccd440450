"""Searches, driven with errors that are made up: what they try, what they drop, what they cost."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from halflife import BadInput
from halflife.tune._budget import _points, affordable
from halflife.tune._optuna import by_optuna
from halflife.tune._point import Door, space
from halflife.tune._search import RUNGS, by_chance, by_grid

SPACE = space("adam")
OPTIMUM = {Door.NONE: (0.006, 1.0), Door.L2: (0.003, 0.02), Door.DECAY: (0.0015, 0.1)}
"""Where the made-up error of each door is lowest: lr, and λ or α/lr."""


def error(point):
    """A valley in log lr and log strength, deepest behind L2."""
    lr, strength = OPTIMUM[point.door]
    own = point.strength / point.lr if point.door is Door.DECAY else point.strength or 1.0
    depth = {Door.NONE: 1.0, Door.L2: 0.5, Door.DECAY: 0.7}[point.door]
    return depth + math.log10(point.lr / lr) ** 2 + math.log10(own / strength) ** 2


def driven(search, error=error):
    """All batches of a search that is told these errors."""
    batches, batch = [], next(search)
    while True:
        batches.append(batch)
        try:
            batch = search.send({point: error(point) for point in batch.points})
        except StopIteration:
            return batches


def test_the_grid_comes_nearer_to_the_optimum_of_each_door_than_its_coarse_points():
    batches = driven(by_grid(SPACE, 50))
    for door in Door:
        coarse = min(error(p) for p in batches[0].points if p.door is door)
        last = min(error(p) for b in batches if b.epochs == 50 for p in b.points if p.door is door)
        assert last < coarse - 0.01


def test_rungs_are_longer_and_fewer_and_keep_the_best_of_every_door():
    coarse = [b for b in driven(by_grid(SPACE, 50)) if b.stage == "coarse"]
    fine = [b for b in driven(by_grid(SPACE, 50)) if b.stage == "fine"]
    assert [b.epochs for b in coarse] == [round(50 * share) for share in RUNGS]
    assert [b.epochs for b in fine] == [b.epochs for b in coarse[1:]]
    for shorter, longer in (*pairwise(coarse), *pairwise(fine)):
        assert len(longer.points) < len(shorter.points) / 1.9
        for door in Door:
            kept = [error(p) for p in longer.points if p.door is door]
            dropped = [error(p) for p in shorter.points if p.door is door and p not in longer.points]
            assert len(kept) >= 2
            assert not dropped or max(kept) <= min(dropped)


def test_the_fine_grid_lies_half_a_step_round_the_best_and_decay_moves_with_lr():
    *_, last, fine, _ = driven(by_grid(SPACE, 50))
    best = min((p for p in last.points if p.door is Door.DECAY), key=error)
    near = [p for p in fine.points if p.door is Door.DECAY]
    assert len(near) == 8
    assert {round(math.log2(p.lr / best.lr)) for p in near} == {-1, 0, 1}
    shares = {round(2 * math.log10(p.strength / p.lr / (best.strength / best.lr))) for p in near}
    assert shares == {-1, 0, 1}


def test_what_diverged_is_not_chosen_from():
    def diverges(point):
        return math.inf if point.lr > 0.004 else error(point)

    *_, fine, _ = driven(by_grid(SPACE, 50), diverges)
    assert all(p.lr <= 0.004 * 2.01 for p in fine.points)


@pytest.mark.parametrize("search", [by_chance, by_optuna])
def test_points_are_drawn_within_the_space_by_the_seed(search):
    first, again, other = (driven(search(SPACE, 20, number=24, seed=seed)) for seed in (0, 0, 1))
    assert first == again != other
    box = SPACE.box()
    for point in (p for b in first for p in b.points):
        assert box["lr"][0] * 0.99 <= point.lr <= box["lr"][1] * 1.01
        if point.door is Door.DECAY:
            assert box["decay"][0] * 0.99 <= point.strength / point.lr <= box["decay"][1] * 1.01
    assert {p.door for b in first for p in b.points} == set(Door)


@given(st.integers(60, 3000), st.integers(2, 10), st.integers(1, 5), st.sampled_from(["grid", "random"]))
def test_a_budget_is_kept(trainings, folds, seeds, name):
    try:
        left, how = affordable(SPACE, name, 50, trainings=trainings, folds=folds, seeds=seeds, seed=0)
    except BadInput:
        assume(False)
    batches = driven(how.search())
    finalists = 2 * len(left.doors) * (seeds - 1)
    assert folds * (sum(len(b.points) for b in batches) + finalists) <= trainings


def test_what_a_search_costs_does_not_depend_on_what_it_finds():
    asked = sum(len(b.points) for b in driven(by_grid(SPACE, 50)))
    assert _points(by_grid(SPACE, 50)) == pytest.approx(asked, rel=0.1)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"lrs": ()}, "no lr"),
        ({"lrs": (0.1, -1.0)}, "lr is -1 in the grid"),
        ({"l2s": (), "decays": ()}, "no strength"),
        ({"l2s": (0.0,)}, "l2 is 0 in the grid"),
        ({"lrs": (math.nan,)}, "lr is nan"),
    ],
)
def test_a_space_without_points_is_refused(asked, sentence):
    with pytest.raises(BadInput, match=sentence):
        space("adam", **asked)
