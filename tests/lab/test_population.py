"""Members share rows and nothing else; the plan of chunks decides nothing."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from halflife import BadInput
from halflife.lab import Network, Regime, Setting, plan, run, train
from halflife.lab.feed import batches
from halflife.lab.population import bytes_a_member, ended, members_a_chunk
from halflife.lab.program import CURVES
from halflife.lab.training import Stopped
from halflife.rules import RULES, Law
from trained_by_others import apart, flat, small_data

DATA = small_data("regression")
RECIPE = Regime(network=Network(sizes=(3, 4, 3), error="squared"), epochs=3, batch_size=8)
EXACT = replace(RECIPE, precision="float64")
SANE = [Setting(rule="momentum", law=Law.L2, lr=lr, strength=s) for lr in (0.03, 0.01) for s in (0.0, 0.3)]
WILD = Setting(rule="momentum", law=Law.L2, lr=1e18, strength=0.1)


def same(one, other):
    """Whether two trainings are bitwise the same, curves and weights."""
    return all(one.curves[name].tobytes() == other.curves[name].tobytes() for name in CURVES) and all(
        a.tobytes() == b.tobytes()
        for mine, theirs in zip(one.parameters, other.parameters, strict=True)
        for a, b in zip(mine.values(), theirs.values(), strict=True)
    )


def member(trained, place):
    """One member's curves and weights, as bytes."""
    curves = [trained.curves[name][:, place].tobytes() for name in CURVES]
    return curves + [weights.tobytes() for weights in flat(trained, place)]


def test_a_population_is_its_members_one_by_one():
    """Four members at once end where four populations of one end, in float64 to rounding."""
    together = train(DATA, EXACT, SANE, seed=1)
    for place, setting in enumerate(SANE):
        alone = train(DATA, EXACT, [setting], seed=1)
        assert apart(flat(together, place), flat(alone, 0)) < 1e-13
    assert all(apart(flat(together, a), flat(together, b)) > 1e-3 for a, b in pairwise(range(len(SANE))))


@pytest.mark.parametrize("place", range(4))
def test_a_diverging_member_touches_no_other(place):
    """A member that diverges leaves the others bitwise as a sane one in its place leaves them."""
    sane = train(DATA, RECIPE, SANE, seed=1)
    wild = train(DATA, RECIPE, [*SANE[:place], WILD, *SANE[place + 1 :]], seed=1)
    assert wild.diverged[place] > 0
    for other in set(range(4)) - {place}:
        assert wild.diverged[other] == 0
        assert member(wild, other) == member(sane, other)


def test_a_diverged_member_is_marked_and_frozen():
    """It carries the epoch it diverged in, NaN in its curves from then on, and the weights of the epoch before."""
    later = replace(WILD, lr=2.0)
    trained = train(DATA, RECIPE, [later, SANE[0]], seed=1)
    epoch = int(trained.diverged[0])
    assert epoch > 1, "this test wants a member that survives an epoch"
    before = train(DATA, replace(RECIPE, epochs=epoch - 1), [later, SANE[0]], seed=1)
    assert before.diverged[0] == 0
    assert [w.tobytes() for w in flat(trained, 0)] == [w.tobytes() for w in flat(before, 0)]
    for name in CURVES:
        assert np.isfinite(trained.curves[name][: epoch - 1, 0]).all()
        assert np.isnan(trained.curves[name][epoch - 1 :, 0]).all()
        assert np.isfinite(trained.curves[name][:, 1]).all()
    (chunk,) = plan([later, SANE[0]], [1], members=2)
    outcome = ended(chunk, trained)[0]
    assert outcome.diverged == epoch
    for name in ("train", "valid", "test", "train_score", "valid_score", "test_score", "norm"):
        assert np.isnan(getattr(outcome, name)), name


def test_the_seed_decides_everything():
    """The same seed gives bitwise the same training, another seed another start and another order of rows."""
    first, again, other = (train(DATA, RECIPE, SANE, seed=seed) for seed in (1, 1, 2))
    assert same(first, again)
    assert not same(first, other)
    starts = [RECIPE.network.initial(seed)[0]["weights"] for seed in (1, 1, 2)]
    assert starts[0].tobytes() == starts[1].tobytes()
    assert not np.allclose(starts[0], starts[2])
    orders = [batches(23, 8, seed=seed, epoch=0)[0] for seed in (1, 1, 2)]
    assert (orders[0] == orders[1]).all()
    assert (orders[0] != orders[2]).any()


def test_members_of_a_seed_share_start_and_batches():
    """Members with the same setting and seed are the same, bit for bit, whatever stands between them."""
    trained = train(DATA, RECIPE, [SANE[1], SANE[2], SANE[1]], seed=1)
    assert member(trained, 0) == member(trained, 2)
    assert member(trained, 0) != member(trained, 1)


@given(rows=st.integers(1, 70), batch_size=st.integers(1, 90), epoch=st.integers(0, 3))
@hypothesis_settings(deadline=None, derandomize=True, max_examples=60)
def test_batches_hold_every_row_once(rows, batch_size, epoch):
    """An epoch takes every row once, in batches of the size asked for but the last, each a mean over its rows."""
    index, weight = batches(rows, batch_size, seed=3, epoch=epoch)
    assert sorted(index[weight > 0].tolist()) == list(range(rows))
    sizes = (weight > 0).sum(axis=1)
    assert (sizes[:-1] == min(batch_size, rows)).all()
    assert 1 <= sizes[-1] <= min(batch_size, rows)
    for row, size in zip(weight, sizes, strict=True):
        assert row[row > 0] == pytest.approx(1 / size, rel=1e-15)


def test_epochs_differ_in_order():
    """No two epochs of a run have the same order of rows."""
    orders = {batches(23, 8, seed=1, epoch=epoch)[0].tobytes() for epoch in range(10)}
    assert len(orders) == 10


def test_training_stops_when_told():
    """`stop` ends a training between two calls."""
    with pytest.raises(Stopped):
        train(DATA, RECIPE, SANE, seed=1, stop=lambda: True)


SETTINGS = st.builds(
    Setting,
    rule=st.sampled_from(["sgd", "momentum", "adam"]),
    law=st.sampled_from([Law.L2, Law.INDEPENDENT, Law.PROXIMAL]),
    lr=st.sampled_from([0.1, 0.2, 0.3, 0.4]),
    strength=st.sampled_from([0.0, 0.5, 1.0]),
)


@given(
    chosen=st.lists(SETTINGS, min_size=1, max_size=30, unique=True),
    seeds=st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True),
    members=st.integers(1, 12),
)
@hypothesis_settings(deadline=None, derandomize=True, max_examples=100)
def test_the_plan_holds_each_training_once(chosen, seeds, members):
    """Each setting meets each seed once, in chunks of one rule and order, none too large, all of a rule of one size."""
    chunks = plan(chosen, seeds, members=members)
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    planned = Counter((setting, chunk.seed) for chunk in chunks for setting in chunk.settings)
    assert planned == Counter((setting, seed) for setting in chosen for seed in seeds)
    sizes = {}
    for chunk in chunks:
        assert 1 <= len(chunk.settings) <= chunk.size <= members
        programs = {(setting.rule, setting.law.order) for setting in chunk.settings}
        assert len(programs) == 1
        assert sizes.setdefault(programs.pop(), chunk.size) == chunk.size
    assert plan(chosen, seeds, members=members) == chunks


def curves_of(chunks, **options):
    return {
        chunk.number: [member(trained, place) for place in range(len(chunk.settings))]
        for chunk, trained, _ in run(DATA, RECIPE, chunks, **options)
    }


def test_order_and_workers_decide_nothing():
    """Chunks in another order, some of them only, on one worker or three, come to bitwise the same."""
    every = [*SANE, *(replace(s, rule="sgd", hyperparameters=()) for s in SANE), WILD]
    chunks = plan(every, [0, 1], members=3)
    one = curves_of(chunks, workers=1)
    assert len(one) == len(chunks) > 6
    assert curves_of(chunks[::-1], workers=3) == one
    assert curves_of(chunks[2:4]) == {number: one[number] for number in (2, 3)}


def test_a_chunk_is_one_training_of_its_seed():
    """Each chunk is bitwise `train` with its settings and seed, filled up to its size; a setting has one outcome."""
    chunks = plan(SANE[:3], [0, 4], members=2)
    assert [(len(chunk.settings), chunk.size) for chunk in chunks] == [(2, 2), (1, 2)] * 2
    for chunk, trained, seconds in run(DATA, RECIPE, chunks, workers=1):
        assert len(trained.diverged) == chunk.size
        filled = [*chunk.settings, *chunk.settings[-1:] * (chunk.size - len(chunk.settings))]
        assert same(trained, train(DATA, RECIPE, filled, seed=chunk.seed))
        outcomes = ended(chunk, trained)
        assert [(outcome.setting, outcome.seed) for outcome in outcomes] == [(s, chunk.seed) for s in chunk.settings]
        assert [outcome.valid for outcome in outcomes] == trained.curves["valid"][-1, : len(outcomes)].tolist()
        assert seconds > 0


def test_nothing_to_run_is_nothing():
    """No chunks give no results."""
    assert list(run(DATA, RECIPE, ())) == []


NETWORKS = st.builds(
    Network,
    sizes=st.lists(st.integers(1, 300), min_size=2, max_size=4).map(tuple),
    error=st.just("squared"),
)


@given(network=NETWORKS, memory=st.integers(10**6, 10**10), rule=st.sampled_from(sorted(RULES)))
@hypothesis_settings(deadline=None, derandomize=True, max_examples=100)
def test_chunks_fit_the_memory(network, memory, rule):
    """As many members as fit, at least one; if not even one fits, that is bad input, said with both sizes."""
    regime = replace(RECIPE, network=network)
    needed = bytes_a_member(network, regime, [rule])
    if needed > memory:
        with pytest.raises(BadInput, match="allow more memory or choose smaller layers"):
            members_a_chunk(network, regime, [rule], memory=memory)
    else:
        members = members_a_chunk(network, regime, [rule], memory=memory)
        assert members == 1 or members * needed <= memory
        assert members_a_chunk(network, regime, [rule], memory=2 * memory) >= members


def test_what_a_member_takes_grows_with_what_it_holds():
    """Wider layers, more precision, larger batches and rules that remember more take more bytes."""
    base = bytes_a_member(RECIPE.network, RECIPE, ["sgd"])
    wider = Network(sizes=(3, 40, 3), error="squared")
    assert bytes_a_member(wider, RECIPE, ["sgd"]) > base
    assert bytes_a_member(RECIPE.network, EXACT, ["sgd"]) == 2 * base
    assert bytes_a_member(RECIPE.network, replace(RECIPE, batch_size=4096), ["sgd"]) > base
    assert bytes_a_member(RECIPE.network, RECIPE, ["sgd", "adam"]) > base
