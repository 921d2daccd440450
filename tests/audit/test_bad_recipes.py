"""In trainings that are badly built the code that says so is found; each is what users have asked about or done."""

import pytest
import torch
from torch import nn

import halflife
from halflife.audit import Severity
from recipes_sound import IMAGES, LABELS, ResNet, split
from trainings import Constant


def sgd(model, **settings):
    return torch.optim.SGD(split(model, settings.pop("weight_decay", 1e-4)), **{"lr": 0.1, "momentum": 0.9} | settings)


def adamw(model, strength=0.05, **settings):
    return torch.optim.AdamW(split(model, strength), **{"lr": 1e-3} | settings)


def adam_as_adamw(model):
    """Adam's weight_decay taken for AdamW's."""
    return torch.optim.Adam(split(model, 0.01), lr=1e-3), {}


def all_in_one_group(model):
    """Biases and norms decayed along."""
    return torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05), {}


def strength_of_sgd_in_adamw(model):
    """5e-4, good for SGD, removes nothing under AdamW."""
    return adamw(model, 5e-4, lr=1e-4), {"steps": 1000}


def strength_of_adamw_in_sgd(model):
    """0.1, good for AdamW, swings under SGD with momentum."""
    return sgd(model, weight_decay=0.1), {}


def strength_of_adamw_where_lr_does_not_multiply(model):
    """1.0, good for Lion, removes the whole weight where lr does not multiply."""
    return Constant(split(model, 1.0), lr=1e-4), {}


def penalty_and_decay(model):
    """A sum of squares in the loss, and AdamW's decay."""
    return adamw(model), {
        "loss": lambda: (
            nn.functional.cross_entropy(model(IMAGES), LABELS)
            + 1e-4 * sum(p.square().sum() for p in model.parameters())
        )
    }


def model_in_bfloat16(model):
    """No master weights."""
    model.bfloat16()
    return adamw(model), {}


def negative(model):
    """A minus too many."""
    return adamw(model, -0.05), {}


def head_replaced_too_late(model):
    """The optimizer holds the old head."""
    optimizer = adamw(model)
    model.fc = nn.Linear(8, 7)
    return optimizer, {}


def other_model(model):
    """The optimizer was built on a copy."""
    return adamw(ResNet()), {}


def held_twice(model):
    """The head in the backbone's group as well, which torch only refuses within one call."""
    optimizer = adamw(model)
    optimizer.param_groups[1]["params"].append(model.fc.weight)
    return optimizer, {}


def warm_up_for_ever(model):
    """An lr that never leaves the ground."""
    return adamw(model), {"steps": 1000, "schedule": lambda step: 1e-4}


def lr_of_adamw_in_sgd_with_nesterov(model):
    """ηλ beyond every bound."""
    return sgd(model, lr=10.0, weight_decay=0.5, nesterov=True), {}


def frozen_and_shrinking(model):
    """A frozen backbone under gradients of zero."""
    optimizer = adamw(model)
    for p in model.layer1.parameters():
        p.grad = torch.zeros_like(p)
        p.requires_grad_(False)
    return optimizer, {}


def amsgrad_with_l2(model):
    """Another adaptive optimizer whose weight_decay is L2."""
    return torch.optim.NAdam(split(model, 1e-2), lr=2e-3), {}


BAD = [
    (adam_as_adamw, "HL003"), (all_in_one_group, "HL006"), (strength_of_sgd_in_adamw, "HL001"),
    (strength_of_adamw_in_sgd, "HL015"), (strength_of_adamw_where_lr_does_not_multiply, "HL016"),
    (penalty_and_decay, "HL005"), (model_in_bfloat16, "HL004"), (negative, "HL017"), (head_replaced_too_late, "HL010"),
    (other_model, "HL010"), (held_twice, "HL011"), (warm_up_for_ever, "HL001"),
    (lr_of_adamw_in_sgd_with_nesterov, "HL016"), (frozen_and_shrinking, "HL009"), (amsgrad_with_l2, "HL003"),
]  # fmt: skip


@pytest.mark.parametrize(("recipe", "code"), BAD, ids=[recipe.__name__ for recipe, _ in BAD])
def test_the_right_code_is_found_and_no_other(recipe, code):
    """Of errors and warnings there is that one alone."""
    torch.manual_seed(0)
    model = ResNet()
    optimizer, plan = recipe(model)
    result = halflife.audit(optimizer, model, **{"steps": 10_000} | plan)
    assert {f.code for f in result.findings if f.severity is not Severity.NOTE} == {code}
