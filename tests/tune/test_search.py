"""Searches, driven with errors that are made up: what they try, what they drop, what they cost."""

import math
from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife import BadInput
from halflife.tune._budget import Plan, affordable
from halflife.tune._optuna import by_optuna
from halflife.tune._point import Door, Space, space
from halflife.tune._search import RUNGS, by_chance, by_grid, survivors

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
    assert [b.epochs for b in coarse] == [round(50 * share) for share in RUNGS]
    for shorter, longer in pairwise(coarse):
        assert len(longer.points) < len(shorter.points) / 1.9
        for door in Door:
            kept = [error(p) for p in longer.points if p.door is door]
            dropped = [error(p) for p in shorter.points if p.door is door and p not in longer.points]
            assert len(kept) >= 2
            assert not dropped or max(kept) <= min(dropped)


def test_a_rung_that_would_drop_nothing_is_passed_over():
    few = space("adam", lrs=(0.01,), l2s=(0.1,), decays=(0.01, 0.1))
    assert survivors(few.points(), dict.fromkeys(few.points(), 0.0)) == few.points()
    assert [b.epochs for b in driven(by_grid(few, 50)) if b.stage == "coarse"] == [50]


def test_a_step_goes_half_a_step_of_the_grid_for_all_epochs_and_decay_moves_with_lr():
    batches = driven(by_grid(SPACE, 50))
    fine = [b for b in batches if b.stage == "fine"]
    assert [b.epochs for b in fine] == [50, 50]
    last = next(b for b in reversed(batches) if b.stage == "coarse")
    best = min((p for p in last.points if p.door is Door.DECAY), key=error)
    near = [p for p in fine[0].points if p.door is Door.DECAY]
    moves = {
        (round(math.log2(p.lr / best.lr)), round(2 * math.log10(p.strength / p.lr / (best.strength / best.lr))))
        for p in near
    }
    assert moves == {(-1, 0), (1, 0), (0, -1), (0, 1)}
    assert len(near) == 4


def test_no_point_is_trained_twice_for_all_epochs():
    points = [p for b in driven(by_grid(SPACE, 50, steps=6)) if b.epochs == 50 for p in b.points]
    assert not [(p, q) for k, p in enumerate(points) for q in points[:k] if p.is_near(q)]


def test_what_has_one_value_in_the_grid_is_not_varied():
    fixed = space("adam", lrs=(0.01,), l2s=(0.001, 0.01, 0.1), decays=())
    points = {p for b in driven(by_grid(fixed, 50)) for p in b.points}
    assert {p.lr for p in points} == {0.01}
    assert len({p.strength for p in points}) > 4


def test_the_first_points_of_a_grid_are_in_its_middle_and_of_every_door():
    first = SPACE.points()[:3]
    assert {p.door for p in first} == set(Door)
    assert all(SPACE.box()["lr"][0] < p.lr < SPACE.box()["lr"][1] for p in first)


def test_what_diverged_is_not_chosen_from():
    def diverges(point):
        return math.inf if point.lr > 0.004 else error(point)

    *_, fine = driven(by_grid(SPACE, 50), diverges)
    assert all(p.lr <= 0.004 * 2.01 for p in fine.points)


@pytest.mark.parametrize("search", [by_chance, by_optuna, partial(by_optuna, sampler="gp")])
def test_points_are_drawn_within_the_space_by_the_seed(search):
    first, again, other = (driven(search(SPACE, 20, number=24, seed=seed)) for seed in (0, 0, 1))
    assert first == again != other
    box = SPACE.box()
    for point in (p for b in first for p in b.points):
        assert box["lr"][0] * 0.99 <= point.lr <= box["lr"][1] * 1.01
        if point.door is Door.DECAY:
            assert box["decay"][0] * 0.99 <= point.strength / point.lr <= box["decay"][1] * 1.01
    assert {p.door for b in first for p in b.points} == set(Door)


def plan(name="grid", *, folds=5, splits=3, space=SPACE):
    number, steps = (0, 2) if name == "grid" else (48, 0)
    return Plan(name=name, space=space, steps=steps, number=number, splits=splits, folds=folds, epochs=50, seed=0)


@given(st.integers(1, 400), st.integers(2, 10), st.integers(1, 5), st.sampled_from(["grid", "random"]))
@settings(deadline=None, max_examples=40)
def test_a_budget_is_kept_down_to_two_settings_on_all_folds(trainings, folds, splits, name):
    asked = plan(name, folds=folds, splits=splits)
    if trainings < 2 * folds:
        with pytest.raises(BadInput, match=f"smallest {name} search on {folds} folds is {2 * folds} trainings"):
            affordable(asked, trainings)
        return
    left = affordable(asked, trainings)
    batches = driven(left.search())
    asked = sum(min(b.folds or folds, folds) * len(b.points) * b.epochs / 50 for b in batches)
    assert asked + folds * 2 * len(left.space.doors) * (left.splits - 1) <= trainings * 1.0001
    assert {Door.NONE} < {p.door for b in batches for p in b.points}


def test_a_training_of_a_tenth_of_the_epochs_costs_a_tenth():
    """Two folds for a tenth, all five for three tenths and for all, the best quarter going on; then the finalists."""
    asked = plan(space=Space(lrs=(0.1, 0.2, 0.4, 0.8), l2s=(1e-3, 1e-2, 1e-1, 1.0, 10.0), decays_over_lr=()))
    asked = replace(asked, steps=0)
    coarse = 2 * (4 + 20) * 0.1 + 5 * (2 + 5) * 0.3 + 5 * (2 + 2)
    assert asked.cost == pytest.approx(coarse + 5 * 2 * 2 * 2)


def test_optunas_budget_is_kept():
    left = affordable(plan("optuna"), 45)
    assert 5 * sum(len(b.points) for b in driven(left.search())) + 15 * 2 * (left.splits - 1) <= 45


def test_more_trainings_never_buy_a_poorer_search():
    costs = [affordable(plan(), trainings).cost for trainings in range(10, 300, 10)]
    assert costs == sorted(costs)
    assert len(set(costs)) > 6
    assert affordable(plan(), None) == plan()


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
