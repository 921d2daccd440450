"""On recipes that are well built there is no error and no false warning; on a model of any size it takes no time."""

import time

import pytest
import torch
from torch import nn

import halflife
from halflife.audit import Severity


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        q, k, v = self.c_attn(self.ln_1(x)).chunk(3, dim=-1)
        x = x + self.c_proj(nn.functional.scaled_dot_product_attention(q, k, v))
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """A small language model with tied embeddings, as nanoGPT has."""

    def __init__(self, width=16, depth=2, words=32):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(words, width), nn.Embedding(8, width)
        self.h = nn.ModuleList(Block(width) for _ in range(depth))
        self.ln_f = nn.LayerNorm(width)
        self.lm_head = nn.Linear(width, words, bias=False)
        self.lm_head.weight = self.wte.weight

    def forward(self, tokens):
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


def nanogpt(model):
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": 0.1},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=6e-4, betas=(0.9, 0.95))


def timm(model):
    """Layer-wise lr, as fine-tuning with timm has it: a group a layer and kind."""
    groups = []
    for name, p in model.named_parameters():
        scale = 0.75 ** (2 if "h.0" in name else 1)
        strength = 0.0 if p.ndim <= 1 or name.endswith(".bias") else 0.05
        groups.append({"params": [p], "weight_decay": strength, "lr": 1e-3 * scale, "lr_scale": scale})
    return torch.optim.AdamW(groups)


def hugging_face(model):
    spared = ("bias", "ln_")
    groups = [
        {"params": [p for n, p in model.named_parameters() if not any(s in n for s in spared)], "weight_decay": 0.1},
        {"params": [p for n, p in model.named_parameters() if any(s in n for s in spared)], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=5e-5, betas=(0.9, 0.999), eps=1e-8)


def residual_sgd(model):
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 5e-4},
        {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)


@pytest.mark.parametrize("recipe", [nanogpt, timm, hugging_face, residual_sgd])
@pytest.mark.parametrize("begun", [False])
def test_a_well_built_recipe_has_no_error_and_no_warning(recipe, begun):
    """With a warm-up and a cosine, before the first step and after some: only notes."""
    torch.manual_seed(0)
    model = Transformer()
    optimizer = recipe(model)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, halflife.rules.schedule.named("warmup-cosine", 10_000))
    tokens = torch.randint(0, 32, (4, 8))

    def loss():
        return nn.functional.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten())

    for _ in range(3 if begun else 0):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        scheduler.step()
    result = halflife.audit(optimizer, model, steps=10_000, schedule=scheduler, loss=loss, example_input=(tokens,))
    assert [str(f) for f in result.findings if f.severity is not Severity.NOTE] == []
    assert result.skipped == ()


def test_a_billion_parameters_on_the_meta_device_take_under_two_seconds():
    """The model has no weights to look at, and none are needed but by checks that say so; processor time."""
    with torch.device("meta"):
        model = Transformer(width=2048, depth=24, words=50_000)
    assert sum(p.numel() for p in model.parameters()) > 1e9
    optimizer = nanogpt(model)
    taken = []
    for _ in range(6):
        began = time.process_time()
        result = halflife.audit(optimizer, model, steps=100_000, schedule="cosine")
        taken.append(time.process_time() - began)
        if taken[-1] < 2:
            break
    assert min(taken) < 2
    assert result.groups[0].removed == pytest.approx(1 - 0.0498, abs=2e-3)
    assert {s.code for s in result.skipped} == {"HL005", "HL008"}
