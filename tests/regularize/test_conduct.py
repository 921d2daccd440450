"""What regularizing leaves as it was: gradients, closures, scalers, settings; and how it is changed and taken off."""

import shutil

import pytest
import torch

import halflife
from halflife import Law
from regularize.by_hand import DECAY, LR, STEPS, agree, loop, problem, sgd, trained


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


@pytest.mark.parametrize("overflows", [False, True])
def test_a_step_that_is_skipped_does_not_count(overflows):
    """A schedule of the step stays where it is where a scaler's kernel skips the step, and goes on where not."""
    p, *_ = problem(dtype=torch.float32)
    optimizer = torch.optim.AdamW([p], lr=LR, fused=True)
    asked = []
    halflife.regularize(optimizer, decay=DECAY, schedule=lambda step: asked.append(step) or 1.0)
    asked.clear()
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    for step in range(2):
        scaler.scale(p.sum()).backward()
        p.grad.fill_(float("inf") if overflows and step == 0 else 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
    assert asked == [0, 0 if overflows else 1]


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
