import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife import BadInput, UnknownName
from halflife.rules.schedule import Schedule, constant, cosine, linear, named, stepped, warm_up

NAMES = ["constant", "linear", "cosine", "cosine-restarts", "step", "warmup-cosine"]
T = 40


def by_torch(make: Callable[[torch.optim.Optimizer], torch.optim.lr_scheduler.LRScheduler], steps: int) -> list[float]:
    """The shares of the peak that a torch scheduler gives."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, shares = make(optimizer), []
    for _ in range(steps):
        shares.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return shares


SCHEDULERS = torch.optim.lr_scheduler
CLAIMS = {
    "constant": (constant(), lambda o: SCHEDULERS.ConstantLR(o, factor=1.0)),
    "linear": (linear(T, floor=0.1), lambda o: SCHEDULERS.LinearLR(o, 1.0, 0.1, total_iters=T)),
    "cosine": (cosine(T), lambda o: SCHEDULERS.CosineAnnealingLR(o, T)),
    "cosine with a floor": (cosine(T, floor=0.2), lambda o: SCHEDULERS.CosineAnnealingLR(o, T, eta_min=0.2)),
    "restarts": (cosine(T, cycles=4), lambda o: SCHEDULERS.CosineAnnealingWarmRestarts(o, T // 4)),
    "step": (stepped(7, factor=0.3), lambda o: SCHEDULERS.StepLR(o, 7, gamma=0.3)),
    "warm-up": (warm_up(5, constant()), lambda o: SCHEDULERS.LinearLR(o, 0.2, 1.0, total_iters=4)),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_schedule_is_torchs(name: str) -> None:
    """A schedule gives the shares that torch's scheduler of the same meaning gives."""
    ours, theirs = CLAIMS[name]
    expected = by_torch(theirs, T)
    assert [ours(step) for step in range(T)] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert name == "constant" or max(expected) - min(expected) > 0.1


def test_cosine_stays_at_its_floor() -> None:
    """After its steps a cosine stays where it came to, and so does a line."""
    assert [cosine(10, floor=0.1)(step) for step in (10, 11, 1000)] == [0.1] * 3
    assert [linear(10, floor=0.1)(step) for step in (10, 11, 1000)] == pytest.approx([0.1] * 3)


def test_restarts_restart() -> None:
    """Each cycle begins at 1, is below it within, and repeats the one before."""
    shares = [cosine(12, cycles=3)(step) for step in range(12)]
    assert shares[0] == shares[4] == shares[8] == 1
    assert shares[:4] == pytest.approx(shares[4:8])
    assert max(shares[1:4]) < 1


def test_warm_up_hands_over() -> None:
    """A warm-up of four steps takes a quarter, a half, three quarters and all, then the next schedule's step 0."""
    shares = [warm_up(4, linear(2))(step) for step in range(7)]
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 0.0])


def _schedules() -> st.SearchStrategy[Schedule]:
    counts, shares = st.integers(1, 500), st.floats(0, 1)
    plain = st.one_of(
        st.builds(constant),
        st.builds(lambda n, f: linear(n, floor=f), counts, shares),
        st.builds(lambda n, f, c: cosine(n, floor=f, cycles=min(n, c)), counts, shares, st.integers(1, 9)),
        st.builds(lambda n, f: stepped(n, factor=f), counts, shares),
        st.builds(named, st.sampled_from(NAMES), counts),
    )
    return plain | st.builds(warm_up, counts, plain)


@settings(deadline=None, derandomize=True, max_examples=200)
@given(schedule=_schedules(), step=st.integers(0, 2000))
def test_schedule_is_a_share(schedule: Schedule, step: int) -> None:
    """Every schedule is in [0, 1] at every step."""
    assert 0 <= schedule(step) <= 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [1, 2, 5, 100])
def test_named_schedules_reach_their_peak(name: str, steps: int) -> None:
    """Every schedule that has a name begins above zero, comes to 1, and only the constant one stays there."""
    shares = [named(name, steps)(step) for step in range(steps)]
    assert shares[0] > 0
    assert max(shares) == 1
    if steps > 2:
        assert (min(shares) == 1) == (name == "constant")


def test_named_schedules_have_the_usual_numbers() -> None:
    """A twentieth of the run is warm-up, every third of it divides by ten, and a cosine restarts twice."""
    assert [named("warmup-cosine", 100)(t) for t in range(6)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0])
    assert named("warmup-cosine", 100)(5 + 95 // 2) == pytest.approx(cosine(95)(95 // 2))
    assert [named("step", 10)(t) for t in (3, 4, 7, 8)] == pytest.approx([1.0, 0.1, 0.1, 0.01])
    assert [t for t in range(90) if named("cosine-restarts", 90)(t) == 1] == [0, 30, 60]


def test_unknown_schedule_names_the_nearest() -> None:
    """A name that does not exist is answered with the ones it resembles."""
    with pytest.raises(UnknownName, match="unknown schedule 'cosin': did you mean cosine"):
        named("cosin", 10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: linear(0), "steps of a schedule is 0"),
        (lambda: linear(5, floor=1.5), r"floor of a schedule is 1.5: it must be in \[0, 1\]"),
        (lambda: cosine(-3), "steps of a schedule is -3"),
        (lambda: cosine(5, cycles=0), "cycles of a schedule is 0"),
        (lambda: cosine(5, cycles=6), "cycles of a schedule is 6"),
        (lambda: cosine(5, floor=-0.1), "floor of a schedule is -0.1"),
        (lambda: stepped(0), "every of a schedule is 0"),
        (lambda: stepped(3, factor=2.0), "factor of a schedule is 2.0"),
        (lambda: stepped(3, factor=math.nan), "factor of a schedule is nan"),
        (lambda: warm_up(0, constant()), "steps of a schedule is 0"),
        (lambda: named("cosine", 0), "steps of a schedule is 0"),
        (lambda: named("constant", 0), "steps of a schedule is 0"),
        (lambda: named("step", -1), "steps of a schedule is -1"),
    ],
)
def test_bad_numbers(make, message: str) -> None:
    """A number that a schedule cannot have is bad input, and the message names it."""
    with pytest.raises(BadInput, match=message):
        make()
