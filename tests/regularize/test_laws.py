"""The probe is the judge: it must report the law that was asked for."""

import importlib

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


PROBED = {
    "a function of the step": ({"decay": 1e-3, "schedule": lambda t: 1.0}, Law.CONSTANT, [1e-3]),
    "half of it": ({"decay": 2e-3, "schedule": lambda t: 0.5}, Law.CONSTANT, [1e-3]),
    "a little L1": ({"decay": 1e-3, "l1": 1e-9}, Law.DECOUPLED, [1e-3]),
    "strengths": ({"where": {"0.*": 2e-3, "1.*": 5e-4}}, Law.DECOUPLED, [2e-3, 5e-4]),
    "a little L2": ({"decay": 1e-3, "l2": 1e-9}, Law.DECOUPLED, [1e-3]),
}


@pytest.mark.parametrize("cls", [torch.optim.SGD, torch.optim.AdamW])
@pytest.mark.parametrize("case", PROBED)
def test_the_probe_finds_the_asked_share_beside_other_options(case, cls):
    """What else is asked for leaves law and strength as they are."""
    request, law, shares = PROBED[case]
    net = torch.nn.Sequential(torch.nn.Linear(4, 3, bias=False), torch.nn.Linear(3, 2, bias=False))
    groups = [{"params": [(name, p)]} for name, p in net.named_parameters()][: len(shares)]
    optimizer = cls(groups, lr=0.01, **({"momentum": 0.9} if cls is torch.optim.SGD else {}))
    halflife.regularize(optimizer, **request)
    report = halflife.probe(optimizer)
    found = report.groups or (report,)
    assert [each.law for each in found] == [law] * len(shares), report
    assert [each.decay for each in found] == pytest.approx(shares, rel=1e-4)


EIGHT_BIT = {"bitsandbytes": ("bitsandbytes.optim", "AdamW8bit"), "torchao": ("torchao.optim", "AdamW8bit")}


@pytest.mark.filterwarnings("ignore")  # these libraries warn about themselves
@pytest.mark.parametrize("law", [Law.DECOUPLED, Law.PROXIMAL])
@pytest.mark.parametrize("library", EIGHT_BIT)
def test_an_8_bit_optimizer_keeps_the_asked_share(library, law):
    """State in 8 bits, weights that decay as asked."""
    pytest.importorskip(library)
    module, name = EIGHT_BIT[library]
    p = torch.nn.Parameter(torch.ones(64, 128))
    optimizer = getattr(importlib.import_module(module), name)([p], lr=0.01, weight_decay=0.3)
    halflife.regularize(optimizer, decay=0.02, law=law)
    for _ in range(10):
        p.grad = torch.zeros_like(p)
        optimizer.step()
    kept = [v for v in optimizer.state[p].values() if getattr(v, "dtype", None) is torch.uint8 or hasattr(v, "codes")]
    assert kept, "its state is not in 8 bits"
    assert float(p.detach().mean()) == pytest.approx(0.98**10, rel=1e-5)
