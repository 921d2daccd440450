"""What a step does, beside an obvious loop written out here."""

import math

import pytest
import torch

import halflife
from halflife import Law
from halflife.rules.schedule import cosine
from regularize.by_hand import DECAY, LR, agree, loop, problem, sgd, trained


@pytest.mark.parametrize(
    ("law", "share"),
    [
        (Law.DECOUPLED, lambda s: DECAY * s),
        (Law.INDEPENDENT, lambda s: DECAY * s),
        (Law.CONSTANT, lambda s: DECAY),
        (Law.CORRECTED, lambda s: DECAY * s**2),
        (Law.QUADRATIC, lambda s: DECAY * s**2),
    ],
)
@pytest.mark.parametrize("cls", [torch.optim.SGD, torch.optim.AdamW])
def test_decay_follows_a_schedule_as_its_law_says(law, share, cls):
    """Under a cosine of lr, warm-up included, an untouched weight keeps the product of 1 − α_t."""
    p, start, _ = problem()
    optimizer = cls([p], lr=LR)
    halflife.regularize(optimizer, decay=DECAY, law=law)
    shape = [0.5, 1.0, *(cosine(6)(t) for t in range(6)), 0.0]
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: shape[min(t, 8)])
    kept = math.prod(1 - share(s) for s in shape)
    trained(optimizer, p, torch.zeros_like, steps=9, scheduler=scheduler)
    agree(p.detach(), kept * start, start)


def test_decay_follows_a_function_of_the_step():
    """A schedule of its own: α_t = decay · s(t), whatever lr does."""
    p, start, gradient = problem()
    optimizer = sgd(p)
    halflife.regularize(optimizer, decay=DECAY, schedule=lambda t: 1.0 / (1 + t))
    wanted = loop(start, gradient, before=lambda w, t: w * (1 - DECAY / (1 + t)))
    agree(trained(optimizer, p, gradient), wanted, loop(start, gradient))


@pytest.mark.parametrize("name", ["lr", "shape", "nothing"])
def test_named_schedules_are_laws(name):
    """Following lr is DECOUPLED, its shape INDEPENDENT, nothing CONSTANT."""
    p, *_ = problem()
    made = halflife.regularize(sgd(p), decay=DECAY, schedule=name)
    assert made.groups[0].law is {"lr": Law.DECOUPLED, "shape": Law.INDEPENDENT, "nothing": Law.CONSTANT}[name]


def test_decay_towards_given_weights():
    """W − α·(w − w₀) in place of w − α·w, on both doors; the given tensors are copied."""
    p, start, gradient = problem()
    goal = torch.full_like(start, 2.0)
    optimizer = sgd(p)
    halflife.regularize(optimizer, decay=DECAY, toward=[goal])
    wanted = loop(start, gradient, before=lambda w, t: w - DECAY * (w - 2.0))
    goal.zero_()
    agree(trained(optimizer, p, gradient), wanted, loop(start, gradient, before=lambda w, t: w * (1 - DECAY)))
    p, start, gradient = problem()
    optimizer = sgd(p)
    halflife.regularize(optimizer, l2=0.3, toward=[torch.full_like(start, 2.0)])
    wanted = loop(start, lambda w: gradient(w) + 0.3 * (w - 2.0))
    agree(trained(optimizer, p, gradient), wanted, loop(start, lambda w: gradient(w) + 0.3 * w))


def test_proximal_decay_divides_the_new_weights():
    """W ← (w − lr·d)/(1 + lr·wd), α = lr·wd/(1 + lr·wd) at the asked lr."""
    p, start, gradient = problem()
    optimizer = sgd(p)
    halflife.regularize(optimizer, decay=DECAY, law=Law.PROXIMAL)
    assert optimizer.param_groups[0]["weight_decay"] == pytest.approx(DECAY / (1 - DECAY) / LR)
    wanted = loop(start, gradient, after=lambda w, old, t: w / (1 + DECAY / (1 - DECAY)))
    agree(trained(optimizer, p, gradient), wanted, loop(start, gradient, before=lambda w, t: w * (1 - DECAY)))


@pytest.mark.parametrize("goal", [0.0, 0.5])
def test_cautious_decay_acts_where_the_step_goes_the_same_way(goal):
    """Only weights that the step moves towards zero, or towards what they decay to, are decayed."""
    p, start, gradient = problem()
    optimizer = sgd(p)
    toward = {"toward": [torch.full_like(start, goal)]} if goal else {}
    halflife.regularize(optimizer, decay=DECAY, cautious=True, **toward)
    wanted = loop(start, gradient, after=lambda w, old, t: w - DECAY * (old - goal) * ((old - w) * (old - goal) >= 0))
    everywhere = loop(start, gradient, before=lambda w, t: w - DECAY * (w - goal))
    agree(trained(optimizer, p, gradient), wanted, everywhere)


@pytest.mark.parametrize("goal", [0.0, 0.5])
def test_cautious_decay_acts_where_nothing_moves(goal):
    """A step of zero goes against nothing: what has no gradient decays as without caution."""
    p, start, _ = problem()
    optimizer = sgd(p)
    toward = {"toward": [torch.full_like(start, goal)]} if goal else {}
    halflife.regularize(optimizer, decay=DECAY, cautious=True, **toward)
    wanted = loop(start, torch.zeros_like, before=lambda w, t: w - DECAY * (w - goal))
    agree(trained(optimizer, p, torch.zeros_like), wanted, start)


def test_l1_makes_true_zeros_beside_decay():
    """Soft thresholding at lr·l1 after the step, decay before it; zeros are zeros."""
    p, start, _ = problem()
    gradient = torch.zeros_like
    optimizer = sgd(p)
    halflife.regularize(optimizer, decay=DECAY, l1=1.0)
    wanted = loop(
        start,
        gradient,
        before=lambda w, t: w * (1 - DECAY),
        after=lambda w, old, t: w.sign() * (w.abs() - LR).clamp(min=0),
    )
    got = trained(optimizer, p, gradient)
    agree(got, wanted, start)
    assert 0 < int((got == 0).sum()) < got.numel()


@pytest.mark.parametrize("law", [Law.DECOUPLED, Law.PROXIMAL])
@pytest.mark.parametrize("cls", [torch.optim.SGD, torch.optim.AdamW])
def test_both_doors_at_once(law, cls):
    """L2 and decay are separate: by the optimizer's own L2 or from outside, the penalty is of the weights before."""
    ends = []
    for outside in (False, True):
        p, start, gradient = problem()
        optimizer = sgd(p) if cls is torch.optim.SGD else cls([p], lr=LR)
        toward = {"toward": [torch.zeros_like(p)]} if outside else {}
        made = halflife.regularize(optimizer, decay=DECAY, l2=0.3, law=law, **toward)
        assert ("L2 beside it" in made.groups[0].served_by) is not outside
        ends.append(trained(optimizer, p, gradient).clone())
    after = law is Law.PROXIMAL
    if cls is torch.optim.SGD:
        wanted = loop(
            start,
            lambda w: gradient(w) + 0.3 * w,
            before=lambda w, t: w if after else w * (1 - DECAY),
            after=lambda w, old, t: w * (1 - DECAY) if after else w,
        )
        agree(ends[0], wanted, loop(start, gradient, before=lambda w, t: w * (1 - DECAY)))
    torch.testing.assert_close(*ends, rtol=0, atol=1e-12)


@pytest.mark.filterwarnings("ignore:Sparse invariant")  # torch's own, inside Adagrad
@pytest.mark.parametrize("cls", [torch.optim.SGD, torch.optim.Adagrad])
@pytest.mark.parametrize("request_", [{"l2": 0.3}, {"l2": 0.3, "decay": DECAY}], ids=["L2", "both"])
def test_a_sparse_gradient_is_penalized_in_its_rows_and_all_rows_decay(cls, request_):
    """Where torch's own `weight_decay` refuses sparse gradients, L2 comes from outside."""
    ends = []
    for sparse in (True, False):
        table = torch.nn.Embedding(4, 3, sparse=sparse, dtype=torch.float64, _weight=torch.ones(4, 3).double())
        optimizer = cls(table.parameters(), lr=LR)
        halflife.regularize(optimizer, where="all", model=table, **request_)
        table(torch.tensor([1, 3])).sum().backward()
        optimizer.step()
        ends.append(table.weight.detach())
    torch.testing.assert_close(ends[0][[1, 3]], ends[1][[1, 3]], rtol=0, atol=1e-12)
    kept = 1 - request_.get("decay", 0.0)
    torch.testing.assert_close(ends[0][[0, 2]], torch.full((2, 3), kept).double(), rtol=0, atol=1e-7)


@pytest.mark.parametrize("law", [Law.L2, Law.CONSTANT])
@pytest.mark.parametrize("cls", [torch.optim.AdamW, torch.optim.Rprop])
def test_maximizing_optimizers_are_pulled_to_zero_all_the_same(law, cls):
    """`maximize` turns the gradient round, not the regularization."""
    ends = []
    for maximize in (False, True):
        p, _, gradient = problem()
        optimizer = cls([p], lr=LR, maximize=maximize)
        halflife.regularize(optimizer, law=law, **({"l2": 0.3} if law is Law.L2 else {"decay": DECAY, "l2": 0.3}))
        ends.append(trained(optimizer, p, lambda w, s=maximize, g=gradient: -g(w) if s else g(w)).clone())
    torch.testing.assert_close(ends[0], ends[1], rtol=0, atol=1e-12)


@pytest.mark.parametrize(("law", "factor"), [("INDEPENDENT", 3), ("CORRECTED", 9)])
def test_an_lr_above_the_peak_is_told_once(law, factor):
    """A law that takes lr as a share of its peak then removes more than was asked, and says so, once a group."""
    p, _, gradient = problem()
    optimizer = sgd(p)
    halflife.regularize(optimizer, decay=DECAY, law=law)
    trained(optimizer, p, gradient, steps=2)
    optimizer.param_groups[0]["lr"] = 3 * LR
    with pytest.warns(UserWarning, match=rf"0\.15, above the peak lr 0\.05 .* removes {factor * DECAY:g} of") as told:
        trained(optimizer, p, gradient, steps=2)
    assert len(told) == 1


@pytest.mark.parametrize("law", ["DECOUPLED", "CONSTANT", "INDEPENDENT"])
def test_an_lr_up_to_the_peak_is_not_told(law):
    """Nor one above it under a law that has no peak."""
    p, _, gradient = problem()
    optimizer = sgd(p)
    halflife.regularize(optimizer, decay=DECAY, law=law, peak_lr=3 * LR if law == "INDEPENDENT" else None)
    optimizer.param_groups[0]["lr"] = 3 * LR
    trained(optimizer, p, gradient, steps=2)
