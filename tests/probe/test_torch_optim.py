"""The answer sheet for torch.optim."""

import math

import pytest
import torch

import halflife
from halflife import Law
from halflife.rules import Order

SHEET = [
    (torch.optim.SGD, {}, Law.L2, False, False),
    (torch.optim.SGD, {"momentum": 0.9}, Law.L2, True, False),
    (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}, Law.L2, True, False),
    (torch.optim.SGD, {"momentum": 0.9, "dampening": 0.5}, Law.L2, True, False),
    (torch.optim.Adam, {}, Law.L2, True, True),
    (torch.optim.Adam, {"amsgrad": True}, Law.L2, True, True),
    (torch.optim.SGD, {"momentum": 0.9, "maximize": True}, Law.L2, True, False),
    (torch.optim.Adam, {"maximize": True}, Law.L2, True, True),
    (torch.optim.Adam, {"foreach": True}, Law.L2, True, True),
    (torch.optim.Adam, {"fused": True}, Law.L2, True, True),
    (torch.optim.RMSprop, {}, Law.L2, False, True),
    (torch.optim.RMSprop, {"momentum": 0.9, "centered": True}, Law.L2, True, True),
    (torch.optim.Adagrad, {}, Law.L2, False, True),
    (torch.optim.Adadelta, {}, Law.L2, False, True),
    (torch.optim.Adamax, {}, Law.L2, True, True),
    (torch.optim.NAdam, {}, Law.L2, True, True),
    (torch.optim.RAdam, {}, Law.L2, True, True),
    (torch.optim.ASGD, {}, Law.L2, False, False),
    (torch.optim.Adam, {"decoupled_weight_decay": True}, Law.DECOUPLED, False, False),
    (torch.optim.NAdam, {"decoupled_weight_decay": True}, Law.DECOUPLED, False, False),
    (torch.optim.RAdam, {"decoupled_weight_decay": True}, Law.DECOUPLED, False, False),
    (torch.optim.AdamW, {}, Law.DECOUPLED, False, False),
    (torch.optim.AdamW, {"fused": True}, Law.DECOUPLED, False, False),
    (torch.optim.AdamW, {"foreach": True}, Law.DECOUPLED, False, False),
    (torch.optim.Muon, {}, Law.DECOUPLED, False, False),
    (torch.optim.Adafactor, {}, Law.DECOUPLED, False, False),
    (torch.optim.SparseAdam, {}, Law.NONE, False, False),
    (torch.optim.Rprop, {}, Law.NONE, False, False),
]


@pytest.mark.parametrize(("optimizer", "arguments", "law", "momentum", "preconditioner"), SHEET)
def test_every_torch_optimizer_has_its_law(optimizer, arguments, law, momentum, preconditioner):
    """Law, coefficient and what the decay enters agree with the answer sheet, and no defect is named."""
    report = halflife.probe(optimizer, **arguments)
    assert report.law is law, report
    assert (report.enters_momentum, report.enters_preconditioner) == (momentum, preconditioner), report
    assert not report.defects, report
    if law is not Law.NONE:
        assert report.coefficient == pytest.approx(1.0, rel=1e-6)
        assert (report.none_gradient, report.zero_gradient) == ("not decayed", "decayed")
        assert not report.changes_gradient


def test_adamw_decays_before_the_step_with_its_half_life():
    """The half-life and what is left after a cosine schedule follow from lr times weight_decay."""
    report = halflife.probe("torch.optim:AdamW", lr=1e-3, weight_decay=0.01)
    assert report.order is Order.BEFORE
    assert report.decay == pytest.approx(1e-5, rel=1e-6)
    assert report.half_life == pytest.approx(math.log(2) / -math.log1p(-1e-5), rel=1e-6)
    cosine = halflife.rules.schedule.cosine(100_000)
    assert report.remaining(100_000, cosine) == pytest.approx(math.exp(-0.5), rel=1e-3)


def test_asgd_has_a_second_decay():
    """ASGD shrinks weights by lr·lambd although weight_decay is zero."""
    report = halflife.probe(torch.optim.ASGD, lr=0.1, lambd=1e-2)
    assert report.second_decay is not None
    assert report.second_decay.argument == "lambd"
    assert report.second_decay.decay == pytest.approx(1e-3, rel=0.01)


def test_bfloat16_keeps_nothing_of_a_small_decay():
    """A share of 1e-5 is kept by float32 and lost in bfloat16; that is the format's doing, so no defect."""
    report = halflife.probe(torch.optim.AdamW, lr=1e-3, weight_decay=0.01)
    assert report.precision["float32"] == pytest.approx(1.0, abs=0.05)
    assert report.precision["bfloat16"] == pytest.approx(0.0, abs=0.05)
    assert not report.defects
