"""Checks that call the user's loss or model once more: what they find by it, and that they leave no trace."""

import random

import numpy as np
import pytest
import torch

import halflife
from trainings import TOKENS, found, loss_of, sound


@pytest.mark.parametrize("penalty", [0.0, 1e-4, 3e-2])
def test_a_penalty_in_the_loss_is_measured(penalty):
    """λ is found to a per cent where there is a penalty, on the weights that it is on, and nowhere else."""
    optimizer, model = sound()
    plain = loss_of(model)

    def loss():
        return plain() + (penalty / 2 * model.hidden.weight.pow(2).sum() if penalty else 0.0)

    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    findings = found("HL005", optimizer, model, loss=loss)
    assert all(torch.equal(before[name], p) for name, p in model.named_parameters())
    assert len(findings) == (penalty > 0)
    for finding in findings:
        assert "hidden.weight" in finding.message
        assert "head.weight" not in finding.message
        assert float(finding.message.split("λ = ")[1].split(" ")[0]) == pytest.approx(penalty, rel=0.01)


@pytest.mark.parametrize(
    "square",
    [
        lambda p: p.norm() ** 2,
        lambda p: (p * p).sum(),
        lambda p: p.square().sum(),
        lambda p: p.flatten() @ p.flatten(),
    ],
)
def test_a_penalty_is_found_however_it_is_written(square):
    """The square of a norm, a product with itself, square(): all are λ = 0.02."""
    optimizer, model = sound()
    plain = loss_of(model)
    (finding,) = found("HL005", optimizer, model, loss=lambda: plain() + 0.01 * square(model.head.weight))
    assert float(finding.message.split("λ = ")[1].split(" ")[0]) == pytest.approx(0.02, rel=0.01)


def test_an_l1_penalty_is_not_l2():
    """A penalty on absolute values is not taken for one on squares."""
    optimizer, model = sound()
    plain = loss_of(model)
    assert found("HL005", optimizer, model, loss=lambda: plain() + 0.01 * model.head.weight.abs().sum()) == []


def test_scale_invariance_is_told_from_no_influence():
    """The layer before the norm is invariant; the head is not; a layer behind a zero gain has no influence at all."""
    optimizer, model = sound()
    (finding,) = found("HL008", optimizer, model, example_input=TOKENS)
    assert "1 of 2" in finding.message
    assert "hidden.weight" in finding.message
    with torch.no_grad():
        model.norm.weight.zero_()
    assert found("HL008", optimizer, model, example_input=TOKENS) == []


def test_auditing_leaves_the_training_alone():
    """Weights, buffers, modes, state, settings and random numbers are after an audit what they were before."""
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8), torch.nn.Dropout(), torch.nn.Linear(8, 2)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    x = torch.randn(6, 4)
    model(x).sum().backward()
    optimizer.step()
    model[2].eval()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    saved, noise = repr(optimizer.state_dict()), torch.get_rng_state()
    chances = random.getstate(), np.random.get_state()[1].tolist()

    def loss():
        return model(x).sum() * random.uniform(1, 2) * np.random.uniform(1, 2)  # noqa: S311 - a loss that draws

    halflife.audit(optimizer, model, steps=9, loss=loss, example_input=x)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == chances
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert repr(optimizer.state_dict()) == saved
    assert torch.equal(torch.get_rng_state(), noise)
    assert [m.training for m in model] == [True, True, False, True]
