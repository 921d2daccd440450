"""On a model of any size an audit takes no time."""

import time

import pytest
import torch

import halflife
from recipes_projects import GPT
from recipes_sound import split


def test_a_billion_parameters_on_the_meta_device_take_under_two_seconds():
    """The model has no weights to look at, and none are needed but by checks that say so; processor time."""
    with torch.device("meta"):
        model = GPT(width=2048, depth=24, words=50_000, bias=True)
    assert sum(p.numel() for p in model.parameters()) > 1e9
    optimizer = torch.optim.AdamW(split(model, 0.1), lr=6e-4, betas=(0.9, 0.95))
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
