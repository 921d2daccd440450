"""The monitor sees what decay does."""

import csv
import math

import pytest
import torch

import halflife
from halflife import BadInput


def stepped(optimizer, p, steps, gradient=torch.zeros_like):
    for _ in range(steps):
        p.grad = gradient(p.detach())
        optimizer.step()


@pytest.mark.parametrize("regularized", [True, False])
def test_an_untouched_weight_is_all_decay(regularized):
    """Without gradient the decay is the whole update, both half-lives are the asked one, nothing turns."""
    p = torch.nn.Parameter(torch.randn(8, 8, dtype=torch.float64))
    optimizer = torch.optim.AdamW([p], lr=0.1, weight_decay=0.05)
    if regularized:
        halflife.regularize(optimizer, decay=0.005, law="CONSTANT")
    with halflife.monitor(optimizer, every=5) as watched:
        stepped(optimizer, p, 6)
    assert [row["step"] for row in watched.rows] == [1, 6]
    row = watched.rows[-1]
    assert row["norm"] == pytest.approx(float(p.detach().norm()), rel=1e-12)
    assert row["decay"] == pytest.approx(0.005, rel=1e-9)
    halving = pytest.approx(math.log(2) / -math.log(0.995), rel=1e-6)
    assert row["half_life"] == halving
    assert row["measured_half_life"] == halving
    assert row["decay_share"] == pytest.approx(1.0, abs=1e-6)
    assert row["rotation"] == pytest.approx(0.0, abs=1e-6)
    stepped(optimizer, p, 5)
    assert len(watched.rows) == 2


def test_rotation_is_the_angle_and_the_share_is_of_lengths():
    """A step across the weight turns it by its arctangent; the lengths are as taken."""
    p = torch.nn.Parameter(torch.tensor([[3.0, 0.0]], dtype=torch.float64))
    optimizer = torch.optim.SGD([p], lr=1.0)
    halflife.regularize(optimizer, decay=0.1)
    watched = halflife.monitor(optimizer, every=1)
    stepped(optimizer, p, 1, lambda w: torch.tensor([[0.0, 1.0]], dtype=torch.float64))
    (row,) = watched.last
    assert row["rotation"] == pytest.approx(math.atan2(1.0, 2.7), rel=1e-12)
    assert row["decay_share"] == pytest.approx(0.3 / 1.3, rel=1e-12)
    assert row["norm"] == pytest.approx(math.hypot(2.7, 1.0), rel=1e-12)


def test_rows_go_to_a_csv_file_a_board_or_a_function(tmp_path):
    """Whatever takes them gets every row."""
    scalars, rows = [], []

    class Board:
        def add_scalar(self, name, value, step):
            scalars.append((name, value, step))

    for to in (tmp_path / "rows.csv", Board(), rows.append):
        p = torch.nn.Parameter(torch.ones(2, 2))
        optimizer = torch.optim.AdamW([p])
        halflife.monitor(optimizer, every=1, to=to)
        stepped(optimizer, p, 2)
    with (tmp_path / "rows.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["1", "2"]
    assert ("halflife/group 0/norm", pytest.approx(2.0, abs=1e-3), 2) in scalars
    assert len(rows) == 2


@pytest.mark.parametrize("request_", [{"every": 0}, {"to": 7}, {"to": "/no such folder/rows.csv"}])
def test_bad_requests_are_refused(request_):
    """And no hook is left behind."""
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(2, 2))])
    with pytest.raises(BadInput):
        halflife.monitor(optimizer, **request_)
    assert not optimizer._optimizer_step_pre_hooks
