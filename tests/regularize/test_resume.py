"""Saved in mid-run and resumed: the same bits as a run that was never interrupted."""

import copy
import io
import pickle

import pytest
import torch

import halflife
from halflife import BadInput, Law


def fading(t):
    return 1 / (1 + t)


CASES = {
    "native": ({}, torch.float32, {"decay": 1e-2}),
    "dialed": ({}, torch.float32, {"decay": 1e-2, "law": Law.INDEPENDENT}),
    "function of the step": ({}, torch.float32, {"decay": 1e-2, "schedule": fading}),
    "L2 through hooks": ({}, torch.float32, {"l2": 0.1}),
    "both doors": ({}, torch.float32, {"decay": 1e-2, "l2": 0.1}),
    "proximal": ({}, torch.float32, {"decay": 1e-2, "law": Law.PROXIMAL}),
    "a function of the step, cautious": ({}, torch.float32, {"decay": 1e-2, "schedule": fading, "cautious": True}),
    "toward, L1": ({}, torch.float32, {"decay": 1e-2, "l1": 0.1, "toward": "ones"}),
    "cautious": ({}, torch.float32, {"decay": 1e-2, "cautious": True}),
    "compensated": ({}, torch.bfloat16, {"decay": 1e-3}),
    "stochastic": ({}, torch.bfloat16, {"decay": 1e-3, "rounding": "stochastic", "seed": 3}),
    "compensated, cautious": ({}, torch.bfloat16, {"decay": 1e-3, "cautious": True}),
}


def run(arguments, dtype, request, *, interrupted):
    """Twelve steps under a schedule; after six everything may be thrown away and loaded again."""
    model, optimizer, scheduler = built(arguments, dtype, request)
    for t in range(12):
        if interrupted and t == 6:
            file = io.BytesIO()
            torch.save([model.state_dict(), optimizer.state_dict(), scheduler.state_dict()], file)
            file.seek(0)
            states = torch.load(file, weights_only=True)
            model, optimizer, scheduler = built(arguments, dtype, request)
            for each, state in zip((model, optimizer, scheduler), states, strict=True):
                each.load_state_dict(state)
        generator = torch.Generator().manual_seed(t)
        for p in model.parameters():
            p.grad = torch.randn(p.shape, generator=generator).to(dtype) * 0.01
        optimizer.step()
        scheduler.step()
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def built(arguments, dtype, request):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Linear(5, 3)).to(dtype)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, **arguments)
    request = dict(request)
    if "toward" in request:
        request["toward"] = [torch.ones_like(p) for p in model.parameters()]
    halflife.regularize(optimizer, **request)
    return model, optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20)


@pytest.mark.parametrize("case", CASES)
def test_resuming_gives_the_same_bits(case):
    """What the decay remembers is in the optimizer's state_dict, which loads without pickled objects."""
    whole = run(*CASES[case], interrupted=False)
    assert torch.equal(run(*CASES[case], interrupted=True), whole)
    bare = dict(CASES[case][2]) | {"decay": 0.0, "l2": 0.0, "l1": 0.0}
    assert (run(*CASES[case][:2], bare, interrupted=False).float() - whole.float()).abs().max() > 1e-4


def test_loading_the_beginning_forgets_what_was_lost_since():
    """What rounding took belongs to a state: back at the start, the same steps end in the same bits."""
    model, optimizer, _ = built({}, torch.bfloat16, {"decay": 1e-3})
    states = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
    ends = []
    for _ in range(2):
        for each, state in zip((model, optimizer), states, strict=True):
            each.load_state_dict(copy.deepcopy(state))
        for _ in range(3):
            for p in model.parameters():
                p.grad = torch.full_like(p, 0.01)
            optimizer.step()
        ends.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.equal(*ends)


def test_a_checkpoint_without_halflife_does_not_undo_it():
    """Loading a state of plain AdamW keeps the asked law and strength, not the checkpoint's decay."""
    p = torch.nn.Parameter(torch.ones(3, 3))
    foreign = torch.optim.AdamW([torch.nn.Parameter(torch.ones(3, 3))], weight_decay=7.0, lr=0.01).state_dict()
    optimizer = torch.optim.AdamW([p], lr=0.01)
    halflife.regularize(optimizer, decay=0.1, law=Law.CONSTANT)
    optimizer.load_state_dict(foreign)
    p.grad = torch.zeros(3, 3)
    optimizer.step()
    torch.testing.assert_close(p.detach(), torch.full((3, 3), 0.9))


def test_a_checkpoint_from_before_the_split_is_refused_with_the_way_to_go():
    """In that order it cannot be loaded; loaded first it can, and both its state and the asked decay are there."""
    model = torch.nn.Linear(3, 3)
    plain = torch.optim.AdamW(model.parameters(), weight_decay=7.0, lr=0.01)
    stepped(model, plain, range(2))
    saved = copy.deepcopy(plain.state_dict())
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    made = halflife.regularize(optimizer, decay=0.1, model=model)
    with pytest.raises(BadInput, match=r"1 parameter groups and the optimizer 2.*load a state"):
        optimizer.load_state_dict(saved)
    assert not optimizer.state
    assert len(made.groups) == 2
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    optimizer.load_state_dict(saved)
    halflife.regularize(optimizer, decay=0.1, model=model)
    assert float(optimizer.state[model.weight]["step"]) == 2
    before = model.weight.detach().clone()
    optimizer.state.clear()
    model.weight.grad = torch.zeros_like(model.weight)
    optimizer.step()
    torch.testing.assert_close(model.weight.detach(), 0.9 * before)


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda pair: pickle.loads(pickle.dumps(pair)),  # noqa: S301
}


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("case", CASES)
def test_a_copy_is_regularized_as_the_original_is(case, how):
    """A copied pair of model and optimizer goes on, bit for bit, where the original goes; neither moves the other."""
    model, optimizer, _ = built(*CASES[case])
    stepped(model, optimizer, range(3))
    other, copied = COPIES[how]((model, optimizer))
    halted = [p.detach().clone() for p in model.parameters()]
    stepped(other, copied, range(3, 6))
    assert all(torch.equal(p, old) for p, old in zip(model.parameters(), halted, strict=True))
    stepped(model, optimizer, range(3, 6))
    for p, q in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)
    with pytest.raises(BadInput, match="already regularized"):
        halflife.regularize(copied, decay=0.1)


def test_a_schedule_that_cannot_be_pickled_says_so():
    """A lambda is copied and saved by state_dict; to pickle the optimizer with it is refused in one sentence."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(3, 3))], lr=0.1)
    halflife.regularize(optimizer, decay=0.1, schedule=lambda step: 0.5)
    copy.deepcopy(optimizer)
    torch.save(optimizer.state_dict(), io.BytesIO())
    with pytest.raises(BadInput, match="<lambda>, which cannot be pickled") as caught:
        pickle.dumps(optimizer)
    assert "\n" not in str(caught.value)


def test_a_copy_of_an_optimizer_that_is_no_longer_regularized_is_plain():
    """`remove` takes off what would rebuild the hooks."""
    optimizer = torch.optim.Adamax([torch.nn.Parameter(torch.ones(3, 3))])
    halflife.regularize(optimizer, decay=0.1).remove()
    assert not copy.deepcopy(optimizer)._optimizer_step_pre_hooks
    assert "__reduce_ex__" not in vars(optimizer)


def stepped(model, optimizer, steps):
    for t in steps:
        generator = torch.Generator().manual_seed(t)
        for p in model.parameters():
            p.grad = torch.randn(p.shape, generator=generator).to(p.dtype) * 0.01
        optimizer.step()
