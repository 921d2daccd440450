"""What projects have really done wrong, as their issues tell it, is found, and nothing else is complained of."""

import pytest
import torch
from torch import nn

import halflife
from halflife.audit import Severity
from recipes_projects import GPT, TOKENS
from recipes_sound import split
from trainings import DecaysAll

NO_DECAY = ("bias", "LayerNorm.bias", "LayerNorm.weight")


def adamw(decayed, spared, name="weight_decay", **settings):
    groups = [{"params": decayed, name: 0.1}, {"params": spared, name: 0.0}]
    return torch.optim.AdamW(groups, **{"lr": 1e-3} | settings)


def names_compared_whole(model):
    """`n not in no_decay` asks for the very name, where a part of it was meant (namisan/mt-dnn, pull 37)."""
    named = list(model.named_parameters())
    return adamw([p for n, p in named if n not in NO_DECAY], [p for n, p in named if n in NO_DECAY])


def norms_called_otherwise(model):
    """BERT's list on a model that calls its norms ln_1 (deepspeedai/DeepSpeedExamples, pull 755)."""
    named = list(model.named_parameters())
    return adamw(
        [p for n, p in named if not any(word in n for word in NO_DECAY)],
        [p for n, p in named if any(word in n for word in NO_DECAY)],
    )


def both_branches_alike(model):
    """`with_decay if wanted else with_decay` (yandex-research/tabular-dl-tabr, issue 19)."""
    with_decay, without = [], []
    for p in model.parameters():
        (with_decay if p.ndim > 1 else with_decay).append(p)  # noqa: RUF034 - that is what was done
    return adamw(with_decay, without)


def the_wrong_way_round(model):
    """Only biases and norms are decayed (facebookresearch/BalancingGroups, issue 6)."""
    decayed, spared = (group["params"] for group in split(model, 0.1))
    return adamw(spared, decayed)


def name_of_another_optimizer(model):
    """BertAdam's `weight_decay_rate` in the groups of AdamW, which decays all by its default (same pull of mt-dnn)."""
    decayed, spared = (group["params"] for group in split(model, 0.1))
    return adamw(decayed, spared, "weight_decay_rate", lr=1e-2)


def names_read_once(model):
    """A generator of names is empty when the second group asks it (a `list` was forgotten)."""
    named = model.named_parameters()
    return adamw([p for _, p in named if p.ndim > 1], [p for _, p in named if p.ndim < 2])


def frozen_but_decayed(model):
    """An optimizer that decays before it looks at gradients, on frozen layers (open-mmlab/OpenPCDet, issue 845)."""
    model.h[0].requires_grad_(False)
    return DecaysAll(split_all(model))


def split_all(model):
    return [{"params": [p for p in model.parameters() if (p.ndim > 1) is large], "weight_decay": 0.1 * large}
            for large in (True, False)]  # fmt: skip


@pytest.mark.filterwarnings("ignore:optimizer contains a parameter group with duplicate")
def shared_embedding(model):
    """Encoder and decoder share their embedding, and the list of both holds it twice."""
    decayed, spared = (group["params"] for group in split(model, 0.1))
    return adamw([*decayed, model.wte.weight], spared)


def adapters_after_the_optimizer(model):
    """Layers that are put in later belong to nobody."""
    optimizer = adamw(*(group["params"] for group in split(model, 0.1)))
    model.h[1].out = nn.Sequential(model.h[1].out, nn.Linear(16, 16, bias=False))
    return optimizer


def setting_that_nobody_reads(model):
    """A loop that sets `wd` of every group, where the optimizer reads `weight_decay`."""
    optimizer = adamw(*(group["params"] for group in split(model, 0.1)))
    for group in optimizer.param_groups:
        group["wd"] = 0.04
    return optimizer


def pretraining_decay_at_a_fine_tuning_lr(model):
    """A decay for pre-training at the lr of fine-tuning, for an hour."""
    return adamw(*(group["params"] for group in split(model, 0.01)), lr=1e-6)


BAD = [
    (names_compared_whole, {"HL006"}), (norms_called_otherwise, {"HL006"}), (both_branches_alike, {"HL006"}),
    (the_wrong_way_round, {"HL006"}), (name_of_another_optimizer, {"HL002", "HL006"}), (names_read_once, {"HL010"}),
    (frozen_but_decayed, {"HL009"}), (shared_embedding, {"HL011"}), (adapters_after_the_optimizer, {"HL010"}),
    (setting_that_nobody_reads, {"HL002"}), (pretraining_decay_at_a_fine_tuning_lr, {"HL001"}),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:optimizer contains a parameter group with duplicate")
@pytest.mark.parametrize(("recipe", "codes"), BAD, ids=[recipe.__name__ for recipe, _ in BAD])
def test_what_projects_have_done_is_found_and_nothing_else(recipe, codes):
    """After three steps, the errors and warnings are these."""
    torch.manual_seed(0)
    model = GPT(bias=True)
    optimizer = recipe(model)
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(TOKENS).flatten(0, 1), TOKENS.flatten()).backward()
        optimizer.step()
    result = halflife.audit(optimizer, model, steps=5000, schedule="cosine")
    assert {f.code for f in result.findings if f.severity is not Severity.NOTE} == codes
