"""Which parameters are regularized, and what is said about it."""

import pytest
import torch
from torch import nn

import halflife
from halflife import BadInput, Law


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.body = nn.Linear(4, 4)
        self.norm = nn.LayerNorm((2, 4))
        self.head = nn.Linear(4, 3, bias=False)


def decayed(model, optimizer):
    """The share that one step without gradient takes from each parameter."""
    for p in model.parameters():
        with torch.no_grad():
            p.fill_(1.0)
        p.grad = torch.zeros_like(p)
    optimizer.step()
    return {name: 1 - float(p.detach().mean()) for name, p in model.named_parameters()}


def expect(found, wanted):
    assert found == pytest.approx(dict.fromkeys(found, 0.0) | wanted, abs=1e-6)


@pytest.mark.parametrize("known", ["by model", "by names"])
@pytest.mark.parametrize("cls", [torch.optim.AdamW, torch.optim.RMSprop])
@pytest.mark.parametrize("scheduled", [False, True])
def test_weights_spares_biases_norms_and_embeddings(known, cls, scheduled):
    """Only matrices of ordinary layers are decayed, by the optimizer's own argument, or by hooks under a scheduler."""
    model = Small()
    optimizer = cls(model.named_parameters() if known == "by names" else model.parameters(), lr=0.1, weight_decay=0.3)
    if scheduled:
        torch.optim.lr_scheduler.StepLR(optimizer, 10)
    made = halflife.regularize(optimizer, decay=0.01, model=model if known == "by model" else None)
    split = cls is torch.optim.AdamW and not scheduled
    assert len(optimizer.param_groups) == (2 if split else 1)
    expect(decayed(model, optimizer), {"body.weight": 0.01, "head.weight": 0.01})
    assert sum(group.tensors for group in made.groups) == 2
    assert sum(group.weights for group in made.groups) == 28
    assert sum(group.spared for group in made.groups) == 4


def test_patterns_have_strengths_of_their_own():
    """A dict gives each pattern its decay; the first that matches counts, the rest is spared."""
    for cls in (torch.optim.AdamW, torch.optim.RMSprop):
        model = Small()
        optimizer = cls(model.parameters(), lr=0.1)
        halflife.regularize(optimizer, where={"head.*": 0.02, "*.weight": 0.005}, model=model)
        wanted = {"head.weight": 0.02, "body.weight": 0.005, "embed.weight": 0.005, "norm.weight": 0.005}
        expect(decayed(model, optimizer), wanted)


def test_a_pattern_a_predicate_and_all():
    """The other ways to say which."""
    everything = dict.fromkeys(
        ("embed.weight", "body.weight", "body.bias", "norm.weight", "norm.bias", "head.weight"), 0.01
    )
    for where, wanted in (
        ("head.*", {"head.weight": 0.01}),
        (lambda name, p: p.ndim == 1, {"body.bias": 0.01}),
        ("all", everything),
    ):
        model = Small()
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
        halflife.regularize(optimizer, decay=0.01, where=where, model=model)
        expect(decayed(model, optimizer), wanted)


def test_tied_weights_are_regularized_once_and_spared_if_any_layer_spares_them():
    """A tensor that an embedding shares with a head is one tensor."""
    model = Small()
    model.head.weight = nn.Parameter(torch.ones(7, 4))
    model.embed.weight = model.head.weight
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.1)
    made = halflife.regularize(optimizer, decay=0.01, model=model)
    assert made.groups[0].tensors == 1
    expect(decayed(model, optimizer), {"body.weight": 0.01})


@pytest.mark.parametrize("cls", [torch.optim.AdamW, torch.optim.SGD, torch.optim.Rprop])
@pytest.mark.parametrize("scheduled", [False, True])
def test_what_is_spared_is_spared_by_both_doors(cls, scheduled):
    """With L2 beside decay, a bias, a norm and an embedding without gradient stay where they are."""
    model = Small()
    optimizer = cls(model.parameters(), lr=0.1)
    if scheduled:
        torch.optim.lr_scheduler.StepLR(optimizer, 10)
    halflife.regularize(optimizer, decay=0.01, l2=0.5, model=model)
    found = decayed(model, optimizer)
    spared = {name for name, share in found.items() if share == 0}
    assert spared == {"embed.weight", "body.bias", "norm.weight", "norm.bias"}, found
    assert min(found["body.weight"], found["head.weight"]) > 0.02


def test_groups_keep_their_own_lr():
    """Each group's decay is α at its own peak, whatever the lr."""
    model = Small()
    groups = [{"params": model.body.parameters(), "lr": 0.5}, {"params": model.head.parameters()}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    halflife.regularize(optimizer, decay=0.01, law=Law.DECOUPLED)
    assert [g["weight_decay"] for g in optimizer.param_groups] == pytest.approx([0.02, 0.1])
    found = decayed(model, optimizer)
    assert (found["body.weight"], found["head.weight"]) == pytest.approx((0.01, 0.01), abs=1e-6)


def test_describe_says_the_counts_the_half_life_and_what_serves():
    """One line a group, in words and numbers."""
    model = Small()
    made = halflife.regularize(torch.optim.AdamW(model.parameters()), half_life=5000, l1=0.1, model=model)
    text = made.describe()
    for part in ("AdamW", "2 tensors of 28 weights", "body.weight", "half-life 5,000 steps", "own argument", "L1"):
        assert part in " ".join(text.split()), text
    assert "none of 4 tensors" in text
    assert "at lr 0.001" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80
    assert made.to_dict()["groups"][0]["law"] == "DECOUPLED"


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("haed.*", "'haed.*'"),
        ({"head.*": 0.1, "nobody.*": 0.1}, "'nobody.*'"),
        ({"head.*": -0.1}, "-0.1"),
        ({}, "empty"),
        (lambda name, p: False, "matches no parameter"),
        (7, "7"),
    ],
)
def test_a_selection_that_cannot_be_meant_is_refused(where, said):
    """What matches nothing is named."""
    model = Small()
    with pytest.raises(BadInput, match=said.replace("*", r"\*")):
        halflife.regularize(
            torch.optim.AdamW(model.parameters()),
            where=where,
            model=model,
            **({} if isinstance(where, dict) else {"decay": 0.1}),
        )
