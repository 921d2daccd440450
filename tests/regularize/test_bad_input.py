"""Each bad request ends in one sentence, and the optimizer is as it was."""

import contextlib
import copy
import importlib

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import halflife
from halflife import BadInput, Law
from halflife.regularize._ask import WEIGHT_SIDE, asked, in_steps

REQUESTS = [
    ({"decay": -0.1}, "decay is -0.1"),
    ({"decay": 1.0}, "decay is 1.0"),
    ({"decay": float("nan")}, "decay is nan"),
    ({"decay": "much"}, "decay is 'much'"),
    ({"l2": -1}, "l2 is -1"),
    ({"l2": float("inf")}, "l2 is inf"),
    ({"l1": -1}, "l1 is -1"),
    ({"decay": 0.1, "half_life": 10}, "both decay"),
    ({"half_life": 0.5}, "at least one step"),
    ({"half_life": "soon"}, "'soon'"),
    ({"half_life": "30 epochs"}, "steps_per_epoch"),
    ({"half_life": "1e999 steps"}, "finite"),
    ({"decay": 0.1, "law": Law.L2}, "l2="),
    ({"l2": 0.1, "law": Law.DECOUPLED}, "decay="),
    ({"decay": 0.1, "law": "DECUOPLED"}, "unknown law"),
    ({"decay": 0.1, "law": Law.TRUST_RATIO}, "TRUST_RATIO"),
    ({"decay": 0.1, "law": Law.NONE}, "NONE"),
    ({"decay": 0.1, "schedule": "cosine"}, "unknown schedule"),
    ({"decay": 0.1, "schedule": 3}, "schedule is 3"),
    ({"decay": 0.1, "schedule": "nothing", "law": Law.DECOUPLED}, "exclude"),
    ({"l2": 0.1, "cautious": True}, "cautious"),
    ({"decay": 0.1, "law": Law.PROXIMAL, "cautious": True}, "cautious"),
    ({"decay": 0.1, "rounding": "up"}, "unknown rounding"),
    ({"decay": 0.1, "seed": -1}, "seed is -1"),
    ({"decay": 0.1, "seed": "a"}, "seed is 'a'"),
    ({"decay": 0.1, "peak_lr": "a"}, "peak_lr is 'a'"),
    ({"half_life": "30 epochs", "steps_per_epoch": "a"}, "steps_per_epoch 'a'"),
    ({"decay": 0.1, "schedule": lambda t: float("nan")}, "schedule gives nan"),
    ({"decay": 0.1, "schedule": lambda t: -1}, "schedule gives -1"),
    ({"decay": 0.5, "schedule": lambda t: 3}, "times the decay 0.5"),
    ({"decay": 0.1, "schedule": lambda: 1}, "schedule fails"),
    ({"decay": 0.1, "toward": 3}, "toward is 3"),
    ({"decay": 0.1, "toward": [3]}, "must be a tensor"),
    ({"decay": 0.1, "model": 3}, "model is a int"),
    ({"decay": 0.1, "peak_lr": 0.0}, "peak_lr is 0.0"),
    ({"decay": 0.1, "toward": [torch.zeros(2, 2), torch.zeros(1)]}, "toward has 2"),
    ({"decay": 0.1, "toward": [torch.zeros(2, 2)]}, "shape"),
    ({"decay": 0.1, "toward": {"weight": torch.zeros(4, 3)}}, "names"),
    ({"decay": 0.1, "where": "head.*"}, "model="),
    ({"decay": 0.1, "model": torch.nn.Linear(2, 2)}, "model="),
    ({"decay": 0.1, "where": {"a": 0.1}}, "do not give"),
]


def seen(optimizer):
    settings = [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups]
    hooks = {k: len(v) for k, v in vars(optimizer).items() if k.endswith("hooks")}
    return copy.deepcopy(settings), hooks, [id(p) for g in optimizer.param_groups for p in g["params"]]


@pytest.mark.parametrize(("request_", "said"), REQUESTS)
def test_a_bad_request_is_one_sentence_and_changes_nothing(request_, said):
    """The message has the value and what is allowed; groups and hooks are as before."""
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(4, 3))])
    before = seen(optimizer)
    with pytest.raises(BadInput) as caught:
        halflife.regularize(optimizer, **request_)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert seen(optimizer) == before


def test_what_cannot_be_regularized_says_why():
    """Closure-only optimizers, no optimizers, one with lr 0, and one that halflife has already."""
    p = torch.nn.Parameter(torch.ones(4, 3))
    for optimizer, said in (
        (torch.optim.LBFGS([p]), "closure"),
        ("adam", "not a live torch optimizer"),
        (torch.optim.AdamW([p], lr=0.0), "peak_lr="),
        (torch.optim.SGD([p], differentiable=True), "SGD was built with differentiable=True"),
    ):
        before = seen(optimizer) if hasattr(optimizer, "param_groups") else None
        with pytest.raises(BadInput, match=said):
            halflife.regularize(optimizer, decay=0.1)
        assert before is None or seen(optimizer) == before
    optimizer = torch.optim.AdamW([p])
    halflife.regularize(optimizer, decay=0.1)
    before = seen(optimizer)
    with pytest.raises(BadInput, match="already regularized"):
        halflife.regularize(optimizer, decay=0.2)
    assert seen(optimizer) == before


@pytest.mark.parametrize("request_", [{"decay": 0.1, "cautious": True}, {"l1": 0.1}])
def test_complex_weights_decay_but_are_not_compared(request_):
    """Decay and L2 of complex weights are what they are; what needs an order of numbers is refused."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(4, 3, dtype=torch.complex64))], momentum=0.9)
    before = seen(optimizer)
    with pytest.raises(BadInput, match="complex"):
        halflife.regularize(optimizer, **request_)
    assert seen(optimizer) == before
    halflife.regularize(optimizer, decay=0.1)
    (p,) = optimizer.param_groups[0]["params"]
    p.grad = torch.zeros_like(p)
    optimizer.step()
    torch.testing.assert_close(p.detach(), torch.full((4, 3), 0.9 + 0j))


def test_a_schedule_that_leaves_its_interval_stops_before_anything_is_changed():
    """The step raises one sentence; weights, gradients and settings are as before it."""
    weights = [torch.nn.Parameter(torch.ones(2, 2)) for _ in range(2)]
    optimizer = torch.optim.SGD([{"params": [p]} for p in weights], momentum=0.9)
    halflife.regularize(optimizer, decay=0.5, l2=0.1, schedule=lambda t: 1.0 if t == 0 else 3.0)
    for p in weights:
        p.grad = torch.zeros_like(p)
    optimizer.step()
    before, held = seen(optimizer), [p.detach().clone() for p in weights]
    with pytest.raises(BadInput, match=r"schedule gives 3\.0 at step 1"):
        optimizer.step()
    assert seen(optimizer) == before
    assert all(torch.equal(p.detach(), old) for p, old in zip(weights, held, strict=True))
    assert float(held[0].max()) < 0.6


@pytest.mark.parametrize("served", ["own argument", "hooks"])
def test_a_group_that_is_added_later_is_left_as_it_comes_with_a_warning(served):
    """It keeps the decay of the optimizer's own, and whoever added it is told."""
    first, later = (torch.nn.Parameter(torch.ones(2, 2)) for _ in range(2))
    optimizer = torch.optim.AdamW([first], lr=0.1, weight_decay=0.5)
    made = halflife.regularize(optimizer, decay=0.2, **({} if served == "own argument" else {"law": "PROXIMAL"}))
    with pytest.warns(UserWarning, match=r"group 1 was added after .*'weight_decay': 0.5"):
        optimizer.add_param_group({"params": [later]})
    for p in (first, later):
        p.grad = torch.zeros_like(p)
    optimizer.step()
    assert float(first.detach().mean()) == pytest.approx(0.8)
    assert float(later.detach().mean()) == pytest.approx(0.95)
    made.remove()
    halflife.regularize(optimizer, decay=0.2)
    optimizer.step()
    assert float(later.detach().mean()) == pytest.approx(0.95 * 0.8)


def test_an_empty_group_and_empty_tensors_are_no_trouble():
    """Some libraries make groups that may be empty, and sharding makes empty tensors."""
    empty, p = torch.nn.Parameter(torch.ones(0, 3)), torch.nn.Parameter(torch.ones(2, 2))
    optimizer = torch.optim.AdamW([{"params": []}, {"params": [empty, p]}], lr=0.1)
    halflife.regularize(optimizer, decay=0.2, cautious=True, l1=0.1, toward=[torch.zeros(0, 3), torch.zeros(2, 2)])
    for each in (empty, p):
        each.grad = torch.zeros_like(each)
    optimizer.step()
    assert float(p.detach().mean()) == pytest.approx(0.8 - 0.1 * 0.1)


def test_a_failure_while_installing_is_rolled_back(monkeypatch):
    """Whatever breaks half-way, groups and hooks are as before."""
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(4, 3)), torch.nn.Parameter(torch.ones(4))])
    before = seen(optimizer)

    def broken(*_):
        raise RuntimeError("no hooks today")

    monkeypatch.setattr(type(optimizer), "register_step_post_hook", broken)
    with pytest.raises(RuntimeError):
        halflife.regularize(optimizer, decay=0.1, l1=0.1)
    assert seen(optimizer) == before


def test_stochastic_rounding_to_float16_is_refused():
    """It is bfloat16 that is the upper half of float32."""
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(4, 3, dtype=torch.float16))])
    with pytest.raises(BadInput, match="bfloat16"):
        halflife.regularize(optimizer, decay=0.1, rounding="stochastic")


@given(st.one_of(st.text(max_size=12), st.floats(), st.integers()))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_half_life_is_read_or_refused(words):
    """No half-life ends in anything but steps, one at least, or BadInput."""
    with contextlib.suppress(BadInput):
        assert in_steps(words) >= 1


@given(st.floats(0, 1, exclude_max=True), st.sampled_from(WEIGHT_SIDE))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_the_laws_own_strength_makes_the_asked_share_at_the_peak(decay, law):
    """From α to weight_decay and back, for every law of door 2."""
    strength = asked(decay=decay, law=law).weight_decay(decay, 0.03)
    assert law.decay(strength, lr=0.03, peak_lr=0.03) == pytest.approx(decay, rel=1e-9)


FOREIGN = {
    "schedulefree SGD": ("schedulefree", "SGDScheduleFree", {"lr": 0.1}, False),
    "schedulefree AdamW": ("schedulefree", "AdamWScheduleFree", {"lr": 0.01}, False),
    "lion-pytorch": ("lion_pytorch", "Lion", {"lr": 1e-3}, True),
    "optimi AdamW": ("optimi", "AdamW", {"lr": 1e-3}, True),
    "optimi SGD": ("optimi", "SGD", {"lr": 1e-2, "momentum": 0.9}, True),
}


@pytest.mark.parametrize("asked", [{"law": "PROXIMAL"}, {"cautious": True}], ids=["plain", "with more"])
@pytest.mark.parametrize(("package", "name", "arguments", "reached"), FOREIGN.values(), ids=FOREIGN)
def test_hooks_that_do_not_reach_every_copy_of_the_weights_are_refused(package, name, arguments, reached, asked):
    """An optimizer that keeps weights in its state is refused, and left as it was; others are not."""
    weights = torch.nn.Parameter(torch.ones(4, 4))
    optimizer = getattr(importlib.import_module(package), name)([weights], **arguments)
    before = repr(optimizer.param_groups)
    if reached:
        halflife.regularize(optimizer, decay=0.01, where="all", **asked)
        return
    with pytest.raises(BadInput, match="cannot be regularized from outside"):
        halflife.regularize(optimizer, decay=0.01, where="all", **asked)
    assert repr(optimizer.param_groups) == before
    assert not optimizer._optimizer_step_pre_hooks
