"""The monitor sees what decay does."""

import csv
import math

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import halflife
from halflife import BadInput
from halflife.regularize._arithmetic import PIECE


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


def test_a_row_is_of_the_parameters_that_have_a_gradient():
    """What is left alone in a step is not measured in it; a group of which all is left alone has no row."""
    moving, resting, idle = (torch.nn.Parameter(torch.full((3, 2), size, dtype=torch.float64)) for size in (1, 10, 100))
    optimizer = torch.optim.AdamW([{"params": [moving, resting]}, {"params": [idle]}], lr=0.1, weight_decay=0.5)
    watched = halflife.monitor(optimizer, every=1)
    stepped(optimizer, moving, 1)
    assert [row["group"] for row in watched.rows] == [0]
    assert watched.rows[0]["norm"] == pytest.approx(0.95 * 6**0.5)
    assert watched.rows[0]["measured_half_life"] == pytest.approx(math.log(2) / -math.log(0.95))


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


class Seen(TorchDispatchMode):
    """Counts, of each operation, the numbers of those of its inputs that are weights or a copy of them."""

    def __init__(self):
        super().__init__()
        self.whole, self.inpieces, self.total = [], 0, 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.total += 1
        if "view" not in func.name() and "slice" not in func.name() and "detach" not in func.name():
            sizes = [a.numel() for a in args if isinstance(a, torch.Tensor)]
            if max(sizes, default=0) > PIECE:
                self.whole.append(func.name())
            elif func.name() == "aten::_to_copy" and args[0].dtype is torch.float32:
                self.inpieces += sizes[0]
        return out


def test_a_logging_step_copies_the_weights_and_goes_over_them_once_and_other_steps_do_nothing():
    """Of whole tensors there is one copy more than in a bare step; in pieces each weight and its copy is read once."""
    found = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for watched in (False, True):
            p = torch.nn.Parameter(torch.randn(3 * PIECE + 8, 1))
            p.grad = torch.randn_like(p)
            optimizer = torch.optim.SGD([p], lr=0.1)
            if watched:
                halflife.monitor(optimizer, every=2)
            found.append([])
            for _ in range(2):
                with Seen() as seen:
                    optimizer.step()
                found[-1].append(seen)
    finally:
        torch.set_num_threads(threads)
    (bare, _), (logging, between) = found
    assert sorted(logging.whole) == sorted([*bare.whole, "aten::clone"])
    assert logging.inpieces == 2 * p.numel()
    assert (between.total, between.whole, between.inpieces) == (bare.total, bare.whole, 0)


def test_a_real_tensorboard_has_the_numbers(tmp_path):
    """What is written is what TensorBoard reads."""
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from torch.utils.tensorboard import SummaryWriter

    p = torch.nn.Parameter(torch.ones(2, 2))
    optimizer = torch.optim.AdamW([p], lr=0.1)
    halflife.regularize(optimizer, decay=0.1)
    with SummaryWriter(tmp_path) as writer:
        watched = halflife.monitor(optimizer, every=2, to=writer)
        stepped(optimizer, p, 5)
    read = EventAccumulator(str(tmp_path)).Reload()
    norms = [(event.step, event.value) for event in read.Scalars("halflife/group 0/norm")]
    assert norms == [(int(row["step"]), pytest.approx(row["norm"], rel=1e-6)) for row in watched.rows]
    assert [step for step, _ in norms] == [1, 3, 5]
    assert norms[-1][1] == pytest.approx(2 * 0.9**5, rel=1e-5)


def test_complex_weights_are_measured():
    """Their norm is of real and imaginary parts."""
    p = torch.nn.Parameter(torch.full((2, 2), 3 + 4j))
    optimizer = torch.optim.SGD([p], lr=0.1)
    halflife.regularize(optimizer, decay=0.1)
    watched = halflife.monitor(optimizer)
    stepped(optimizer, p, 1)
    assert watched.last[0]["norm"] == pytest.approx(9.0, rel=1e-6)
