"""What a step does, beside an obvious loop written out here."""

import math
import shutil

import pytest
import torch

import halflife
from halflife import Law
from halflife.rules.schedule import cosine

LR, DECAY, STEPS = 0.05, 0.02, 8


def problem(seed=0, dtype=torch.float64):
    """A parameter, its target of equal size, and gradients that depend on the weights."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(5, 4, generator=generator, dtype=torch.float64).to(dtype)
    goal = torch.randn(5, 4, generator=generator, dtype=torch.float64).to(dtype)
    return torch.nn.Parameter(start.clone()), start, lambda w: 0.5 * (w - goal) + 0.1 * torch.sin(3 * w)


def trained(optimizer, p, gradient, steps=STEPS, scheduler=None):
    for _ in range(steps):
        p.grad = gradient(p.detach())
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return p.detach()


def agree(got, wanted, without, tolerance=1e-12):
    """Equal to rounding, and the effect that is tested is ten times the tolerance at least."""
    assert (wanted - without).abs().max() > 10 * tolerance
    torch.testing.assert_close(got, wanted, rtol=0, atol=tolerance)


def loop(start, gradient, after=lambda w, old, t: w, before=lambda w, t: w, lr=lambda t: LR, momentum=0.9):
    """SGD with momentum, the decay put in by hand."""
    w, v = start.clone(), torch.zeros_like(start)
    for t in range(STEPS):
        v = momentum * v + gradient(w)
        old = w
        w = after(before(w, t) - lr(t) * v, old, t)
    return w


def sgd(p):
    return torch.optim.SGD([p], lr=LR, momentum=0.9)


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


def test_l2_through_hooks_leaves_the_gradient_as_it_was():
    """The caller's gradient is the same object with the same numbers after the step."""
    p, _, gradient = problem()
    optimizer = torch.optim.Rprop([p], lr=LR)
    assert "hooks" in halflife.regularize(optimizer, l2=0.3).groups[0].served_by
    p.grad = given = gradient(p.detach())
    copy = given.clone()
    optimizer.step()
    assert p.grad is given
    assert torch.equal(given, copy)


def test_a_parameter_without_gradient_is_left_alone_and_one_with_zero_gradient_is_not():
    """The rule of torch.optim holds for hooks as well."""
    absent, present = (torch.nn.Parameter(torch.ones(2, 2)) for _ in range(2))
    optimizer = torch.optim.SGD([absent, present], lr=LR, momentum=0.9)
    halflife.regularize(optimizer, decay=DECAY, l1=0.1)
    present.grad = torch.zeros(2, 2)
    optimizer.step()
    assert torch.equal(absent, torch.ones(2, 2))
    assert float(present.detach().max()) < 1 - DECAY / 2


@pytest.mark.parametrize("strength", [{"decay": DECAY}, {"l2": 0.3}, {"decay": DECAY, "cautious": True}])
@pytest.mark.parametrize("by_name", [False, True])
def test_a_closure_sees_the_weights_before_they_are_decayed(strength, by_name):
    """With a closure the weights go where they go without one."""
    ends = []
    for closed in (False, True):
        p, _, gradient = problem()
        optimizer = torch.optim.AdamW([p], lr=LR, weight_decay=0.3) if "l2" in strength else sgd(p)
        halflife.regularize(optimizer, **strength)

        def closure(p=p, gradient=gradient):
            p.grad = gradient(p.detach())
            return 1.5

        for _ in range(STEPS):
            if closed:
                assert (optimizer.step(closure=closure) if by_name else optimizer.step(closure)) == 1.5
            else:
                closure()
                optimizer.step()
        ends.append(p.detach().clone())
    assert torch.equal(*ends)


def test_clipping_and_accumulation_are_of_the_loss_gradient_alone():
    """The penalty joins what is there when step is called: after clipping, undivided by micro-batches."""
    ends = []
    for regularized in (True, False):
        p, _, gradient = problem()
        optimizer = torch.optim.AdamW([p], lr=LR) if regularized else torch.optim.Adam([p], lr=LR, weight_decay=0.3)
        if regularized:
            halflife.regularize(optimizer, l2=0.3)
        for _ in range(STEPS):
            p.grad = gradient(p.detach()) * 5
            p.grad += gradient(p.detach()) * 5
            torch.nn.utils.clip_grad_norm_([p], 1.0)
            optimizer.step()
        ends.append(p.detach().clone())
    torch.testing.assert_close(*ends, rtol=0, atol=1e-12)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize(
    "strength",
    [
        {"l2": 0.3, "decay": DECAY},
        {"l2": 0.3, "toward": "ones"},
        {"decay": DECAY, "toward": "ones"},
        {"decay": DECAY, "l1": 0.1},
    ],
)
def test_a_gradient_scaler_changes_nothing_and_an_overflow_skips_the_decay(fused, strength):
    """Scaled gradients end where unscaled ones do; a step that overflows leaves the weights."""
    ends = []
    for scaled in (False, True):
        p, start, gradient = problem(dtype=torch.float32)
        optimizer = torch.optim.AdamW([p], lr=LR, fused=fused)
        toward = {"toward": [torch.ones_like(start)]} if "toward" in strength else {}
        halflife.regularize(optimizer, **(strength | toward))
        scaler = torch.amp.GradScaler("cpu", enabled=scaled, init_scale=1024.0)
        for _ in range(4):
            optimizer.zero_grad()
            loss = scaler.scale((p * gradient(p.detach())).sum())
            loss.backward()
            scaler.step(optimizer)
            scaler.update()
        ends.append(p.detach().clone())
        if scaled:
            p.grad = torch.full_like(p, float("inf"))
            scaler.scale(p.detach().sum())
            scaler.step(optimizer)
            assert torch.equal(p.detach(), ends[-1])
    torch.testing.assert_close(*ends, rtol=0, atol=2e-6)


def test_an_error_inside_the_step_lends_nothing_for_good():
    """After a step that raised, the strength and the gradients are taken back before the next."""
    p, start, gradient = problem()
    optimizer = sgd(p)
    halflife.regularize(optimizer, decay=DECAY)

    def broken():
        raise RuntimeError("no loss today")

    with pytest.raises(RuntimeError):
        optimizer.step(broken)
    wanted = loop(start, gradient, before=lambda w, t: w * (1 - DECAY))
    agree(trained(optimizer, p, gradient), wanted, loop(start, gradient))
    assert optimizer.param_groups[0]["weight_decay"] == pytest.approx(DECAY / LR)


def test_changing_the_strength_in_the_group_changes_it_from_the_next_step_on():
    """The group's own argument means what the law says, and may be set at any time."""
    p, start, _ = problem()
    optimizer = sgd(p)
    halflife.regularize(optimizer, decay=DECAY, law=Law.CONSTANT)
    trained(optimizer, p, torch.zeros_like, steps=1)
    optimizer.param_groups[0]["weight_decay"] = 0.5
    trained(optimizer, p, torch.zeros_like, steps=1)
    agree(p.detach(), start * (1 - DECAY) * 0.5, start)


def test_removing_gives_back_what_was_there():
    """After `remove` the optimizer walks as one that was never regularized."""
    ends = []
    for touched in (False, True):
        p, _, gradient = problem()
        optimizer = torch.optim.AdamW([p], lr=LR, weight_decay=0.3)
        settings = {k: v for k, v in optimizer.param_groups[0].items() if k != "params"}
        if touched:
            halflife.regularize(optimizer, l2=0.5, l1=0.1).remove()
            assert {k: v for k, v in optimizer.param_groups[0].items() if k != "params"} == settings
            assert not optimizer._optimizer_step_pre_hooks
        ends.append(trained(optimizer, p, gradient).clone())
    assert torch.equal(*ends)


def test_half_life_is_the_steps_in_which_an_untouched_weight_halves():
    """half_life=20 halves in twenty steps, from a number and from words."""
    for words in (20, "20 steps", "2 epochs"):
        p, start, _ = problem()
        optimizer = torch.optim.Adam([p], lr=LR)
        halflife.regularize(optimizer, half_life=words, steps_per_epoch=10)
        trained(optimizer, p, torch.zeros_like, steps=20)
        agree(p.detach(), start / 2, start)


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # torch's own, while compiling
@pytest.mark.parametrize("backend", ["eager", "inductor"])
def test_a_compiled_step_is_the_step(backend):
    """torch.compile of the whole step, hooks inside, ends where the plain one does."""
    if backend == "inductor" and shutil.which("g++") is None:
        pytest.skip("no C++ compiler")
    ends = []
    for compiled in (False, True):
        p, _, gradient = problem(dtype=torch.float32)
        optimizer = sgd(p)
        halflife.regularize(optimizer, decay=DECAY, l2=0.3)
        step = torch.compile(optimizer.step, backend=backend) if compiled else optimizer.step
        for _ in range(3):
            p.grad = gradient(p.detach())
            step()
        ends.append(p.detach().clone())
    torch.testing.assert_close(*ends, rtol=0, atol=1e-6)
