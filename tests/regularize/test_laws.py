"""The probe is the judge: it must report the law that was asked for."""

import pytest
import torch

import halflife
from halflife import Law

ALL = (Law.L2, Law.DECOUPLED, Law.INDEPENDENT, Law.CONSTANT, Law.CORRECTED, Law.QUADRATIC, Law.PROXIMAL)
OPTIMIZERS = [
    (torch.optim.SGD, {"lr": 0.1}),
    (torch.optim.RMSprop, {}),
    (torch.optim.Adagrad, {}),
    (torch.optim.Adadelta, {}),
    (torch.optim.Adamax, {}),
    (torch.optim.NAdam, {}),
    (torch.optim.RAdam, {}),
    (torch.optim.Rprop, {}),
    (torch.optim.ASGD, {}),
    (torch.optim.Muon, {}),
    (torch.optim.Adafactor, {}),
    (torch.optim.SparseAdam, {}),
    (torch.optim.Adam, {"fused": True}),
    (torch.optim.AdamW, {"foreach": True}),
]
EVERY_LAW = [(torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}), (torch.optim.Adam, {}), (torch.optim.AdamW, {})]
# every law meets every kind of optimizer; which of the weight-side laws meets whom goes round
CASES = [(cls, kw, law) for cls, kw in EVERY_LAW for law in ALL] + [
    (cls, kw, law) for i, (cls, kw) in enumerate(OPTIMIZERS) for law in (Law.L2, ALL[1 + i % 6], ALL[1 + (i + 3) % 6])
]


@pytest.mark.parametrize(("cls", "arguments", "law"), CASES)
def test_the_probe_reports_the_law_that_was_asked_for(cls, arguments, law):
    """Whatever the optimizer did before, the law and its coefficient come out as asked, with no defect."""
    optimizer = cls([torch.nn.Parameter(torch.randn(4, 3))], **arguments)
    strength = {"l2": 0.02} if law is Law.L2 else {"decay": 1e-3}
    halflife.regularize(optimizer, law=law, **strength)
    report = halflife.probe(optimizer)
    assert report.law is law, report
    assert report.coefficient == pytest.approx(1.0, rel=1e-6), report
    assert not report.defects, report
    assert report.second_decay is None
    assert not report.changes_gradient
    assert report.none_gradient == "not decayed"
    if law is not Law.L2:
        assert report.decay == pytest.approx(1e-3, rel=1e-4)


@pytest.mark.parametrize(
    ("cls", "arguments", "law", "served"),
    [
        (torch.optim.AdamW, {}, Law.DECOUPLED, "at no cost"),
        (torch.optim.Adam, {}, Law.DECOUPLED, "at no cost"),
        (torch.optim.Adam, {}, Law.L2, "at no cost"),
        (torch.optim.SGD, {"momentum": 0.9}, Law.L2, "at no cost"),
        (torch.optim.AdamW, {}, Law.INDEPENDENT, "set anew"),
        (torch.optim.SGD, {"momentum": 0.9}, Law.DECOUPLED, "hooks"),
        (torch.optim.AdamW, {}, Law.L2, "for the time of a step"),
        (torch.optim.AdamW, {"weight_decay": 0.0}, Law.L2, "for the time of a step"),
    ],
)
def test_the_optimizers_own_argument_serves_where_it_is_the_same_thing(cls, arguments, law, served):
    """AdamW decouples by itself, Adam by its switch; SGD with momentum cannot."""
    optimizer = cls([torch.nn.Parameter(torch.randn(4, 3))], **arguments)
    strength = {"l2": 0.02} if law is Law.L2 else {"decay": 1e-3}
    regularization = halflife.regularize(optimizer, law=law, **strength)
    assert served in regularization.groups[0].served_by
    assert bool(optimizer._optimizer_step_pre_hooks) is (served != "at no cost")


def test_asking_for_nothing_removes_what_was_there():
    """All decay of AdamW and of ASGD, its second one too, is gone when none is asked for."""
    for cls in (torch.optim.AdamW, torch.optim.ASGD):
        optimizer = cls([torch.nn.Parameter(torch.randn(4, 3))])
        assert halflife.probe(optimizer).decay or halflife.probe(optimizer).second_decay
        halflife.regularize(optimizer)
        report = halflife.probe(optimizer)
        assert not report.decay
        assert report.second_decay is None


@pytest.mark.parametrize("library", ["lion_pytorch", "optimi"])
def test_optimizers_of_other_libraries_open_either_door(library):
    """What is not of torch is asked of the probe in the same way."""
    module = pytest.importorskip(library)
    cls = {"lion_pytorch": "Lion", "optimi": "SGD"}[library]
    for law, strength in ((Law.L2, {"l2": 0.02}), (Law.DECOUPLED, {"decay": 1e-3})):
        optimizer = getattr(module, cls)([torch.nn.Parameter(torch.randn(4, 3))], lr=0.01)
        halflife.regularize(optimizer, law=law, **strength)
        assert halflife.probe(optimizer).law is law
