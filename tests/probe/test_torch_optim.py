"""The answer sheet for torch.optim."""

import math
import time

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
        assert ("as configured, weight_decay is 0: nothing is regularized" in str(report)) == (report.strength == 0)


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
    assert (report.second_decay.argument, report.second_decay.value) == ("lambd", 1e-2)
    assert report.second_decay.decay == pytest.approx(1e-3, rel=0.01)


def test_bfloat16_keeps_nothing_of_a_small_decay():
    """A share of 1e-5 is kept by float32 and lost in bfloat16; that is the format's doing, so no defect."""
    report = halflife.probe(torch.optim.AdamW, lr=1e-3, weight_decay=0.01)
    assert report.precision["float32"] == pytest.approx(1.0, abs=0.05)
    assert report.precision["bfloat16"] == pytest.approx(0.0, abs=0.05)
    assert not report.defects


def test_a_torch_optimizer_takes_less_than_three_times_its_steps():
    """1,600 steps and what is made of them: half a second where a step of five small tensors takes 0.1 ms."""
    steps = 0

    class Counted(torch.optim.AdamW):
        def step(self, closure=None):
            nonlocal steps
            steps += 1
            return super().step(closure)

    def probed():
        assert halflife.probe(torch.optim.AdamW, lr=1e-3, weight_decay=0.01).law is Law.DECOUPLED

    def stepped():
        weights = [torch.ones(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(5)]
        for w in weights:
            w.grad = torch.ones_like(w)
        optimizer = torch.optim.AdamW(weights)
        for _ in range(steps):
            optimizer.step()

    def seconds(work):
        began = time.process_time()
        work()
        return time.process_time() - began

    halflife.probe(Counted, lr=1e-3, weight_decay=0.01)
    assert steps < 2000
    assert min(seconds(probed) / seconds(stepped) for _ in range(5)) < 3


def slow_root(pull, momentum):
    middle = 1 + momentum - pull
    return (middle + math.sqrt(middle * middle - 4 * momentum)) / 2


def test_l2_under_momentum_removes_what_its_slow_root_says():
    """α is what a step removes once the momentum is there: about ηλ/(1−μ), less by the dampening."""
    settings = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}
    plain = halflife.probe(torch.optim.SGD, **settings)
    assert plain.multiplied_by == ("lr", "1/(1−μ)")
    assert plain.decay == pytest.approx(1 - slow_root(pull=0.001, momentum=0.9), rel=1e-9)
    assert plain.decay > 9 * 0.001
    weight = torch.nn.Parameter(torch.ones(3, 2, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], **settings)
    weight.grad = torch.zeros_like(weight)
    for _ in range(round(plain.half_life) + 10):
        optimizer.step()
    assert float(weight[0, 0].detach()) == pytest.approx(0.5, rel=0.01)
    damped = halflife.probe(torch.optim.SGD, dampening=0.5, **settings)
    assert damped.multiplied_by == ("lr", "(1−τ)/(1−μ)")
    assert damped.decay == pytest.approx(1 - slow_root(pull=0.0005, momentum=0.9), rel=1e-9)


SPARSE = [
    (torch.optim.SGD, {}, "refused with regularization"),
    (torch.optim.Adagrad, {}, "refused with regularization"),
    (torch.optim.AdamW, {}, "refused"),
]


@pytest.mark.parametrize(("optimizer", "arguments", "said"), SPARSE)
def test_what_sparse_gradients_meet_is_said(optimizer, arguments, said):
    """They are refused, or a penalty beside them is."""
    assert halflife.probe(optimizer, weight_decay=0.1, **arguments).sparse_gradient == said


class EachTensor(torch.optim.Optimizer):
    """Moves each tensor that has a gradient, as its subclass says."""

    def __init__(self, params, lr=1e-2, weight_decay=0.1):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.move(p, group["lr"], group["weight_decay"])


@pytest.mark.parametrize(("everywhere", "said"), [(True, "all rows decayed"), (False, "rows with a gradient decayed")])
def test_rows_that_a_sparse_gradient_leaves_out_are_looked_at(everywhere, said):
    """An embedding's decay may reach the rows of the batch alone."""

    class Lazy(EachTensor):
        def move(self, p, lr, weight_decay):
            there = torch.ones_like(p) if not p.grad.is_sparse or everywhere else (p.grad.to_dense() != 0)
            p.sub_(lr * weight_decay * p * there)
            p.add_(p.grad, alpha=-lr)

    report = halflife.probe(Lazy)
    assert (report.law, report.sparse_gradient) == (Law.DECOUPLED, said), report


def test_a_clamped_trust_ratio_is_told_with_its_clamps():
    """LAMB with its ratio between a tenth and ten: where the step stops following the weights is in the evidence."""

    class Clamped(EachTensor):
        def move(self, p, lr, weight_decay):
            d = p.grad.sign() + weight_decay * p
            ratio = float((p.norm() / d.norm()).clamp(0.1, 10)) if p.norm() > 0 else 1.0
            p.sub_(d, alpha=lr * ratio)

    report = halflife.probe(Clamped)
    assert report.law is Law.TRUST_RATIO, report
    (clamps,) = (e.numbers for e in report.evidence if "clamped" in e.outcome)
    assert clamps["largest ratio"] == pytest.approx(10, rel=1e-6)
    assert clamps["smallest ratio"] == pytest.approx(0.1, rel=1e-6)
    assert clamps["largest norm that it follows"] == pytest.approx(10 * math.sqrt(12), rel=1e-6)


class NamedOnly(torch.optim.AdamW):
    """Takes the pairs of a module's `named_parameters()` and nothing else."""

    def __init__(self, named_parameters, lr=1e-3, weight_decay=0.1):
        super().__init__([p for _, p in named_parameters], lr=lr, weight_decay=weight_decay)


class ModuleOnly(torch.optim.AdamW):
    """Takes the module."""

    def __init__(self, module, lr=1e-3, weight_decay=0.1):
        super().__init__(module.parameters(), lr=lr, weight_decay=weight_decay)


class NeverOff(torch.optim.AdamW):
    """Refuses a decay of zero."""

    def __init__(self, params, lr=1e-3, weight_decay=0.1):
        if weight_decay <= 0:
            raise ValueError("weight_decay must be positive")
        super().__init__(params, lr=lr, weight_decay=weight_decay)


@pytest.mark.parametrize("optimizer", [NamedOnly, ModuleOnly, NeverOff])
def test_odd_constructors_are_served(optimizer):
    """Named parameters, a module, a decay that cannot be turned off: the law is found all the same."""
    report = halflife.probe(optimizer)
    assert (report.law, report.coefficient) == (Law.DECOUPLED, pytest.approx(1.0)), report


class LargeOnly(EachTensor):
    """Decays matrices alone, and takes those with a side below 4 for vectors."""

    def move(self, p, lr, weight_decay):
        matrix = p.ndim > 1 and min(p.shape) >= 4
        p.mul_(1 - lr * weight_decay * matrix).sub_(p.grad.sign(), alpha=lr)


def test_a_decay_of_larger_matrices_alone_is_no_decay_without_effect():
    """What nothing shows on small matrices is looked for on large ones before it is called without effect."""
    report = halflife.probe(LargeOnly)
    assert (report.law, report.defects, report.spares_vectors) == (Law.DECOUPLED, (), True), report


class MatricesInTrust(EachTensor):
    """LARS for matrices, SGD with a penalty for vectors."""

    def move(self, p, lr, weight_decay):
        d = p.grad + weight_decay * p
        ratio = p.norm() / (p.grad.norm() + weight_decay * p.norm() + 1e-9) if p.ndim > 1 else 1.0
        p.sub_(d * ratio, alpha=lr)


def test_matrices_and_vectors_may_each_have_a_law():
    """The law of the matrices is the law; that of the vectors is told beside it."""
    report = halflife.probe(MatricesInTrust)
    assert (report.law, report.vectors) == (Law.TRUST_RATIO, Law.L2), report
    assert report.to_dict()["vectors"] == "L2"
