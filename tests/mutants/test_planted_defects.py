"""Right optimizers with their decay broken in one way each: the probe names the break, and none on the unbroken."""

import pytest
import torch

import halflife
from halflife import Law
from halflife.probe import Defect


class Planted(torch.optim.Optimizer):
    """Adam with a decay that a subclass gets wrong; without decay it is torch's own arithmetic."""

    def __init__(self, params, lr=1e-3, weight_decay=0.01, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure=None):
        self.before()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = self.gradient(p, group)
                state = self.state[p]
                if not state:
                    state.update(step=0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                state["step"] += 1
                b1, b2 = group["betas"]
                state["m"].lerp_(g, 1 - b1)
                state["v"].mul_(b2).addcmul_(g, g, value=1 - b2)
                root = (state["v"] / (1 - b2 ** state["step"])).sqrt() + group["eps"]
                d = state["m"] / (1 - b1 ** state["step"]) / root
                self.decay(p, group, d)
                p.sub_(d, alpha=group["lr"])
                self.after(p, group, d)
            self.close(group)

    def before(self):
        pass

    def gradient(self, p, group):
        return p.grad

    def decay(self, p, group, d):
        pass

    def after(self, p, group, d):
        pass

    def close(self, group):
        pass


class Right(Planted):
    def decay(self, p, group, d):
        p.mul_(1 - group["lr"] * group["weight_decay"])


class RightAfter(Planted):
    def after(self, p, group, d):
        p.mul_(1 - group["lr"] * group["weight_decay"])


class RightProximal(Planted):
    def after(self, p, group, d):
        p.div_(1 + group["lr"] * group["weight_decay"])


class RightPenalty(Planted):
    def gradient(self, p, group):
        return p.grad + group["weight_decay"] * p


class RightConstant(Planted):
    def decay(self, p, group, d):
        p.mul_(1 - group["weight_decay"])


class RightQuadratic(Planted):
    def decay(self, p, group, d):
        p.mul_(1 - group["lr"] ** 2 * group["weight_decay"])


class RightIndependent(Planted):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for group in self.param_groups:
            group["peak"] = group["lr"]

    def decay(self, p, group, d):
        p.mul_(1 - group["lr"] / group["peak"] * group["weight_decay"])


class RightCorrected(RightIndependent):
    def decay(self, p, group, d):
        p.mul_(1 - group["lr"] ** 2 / group["peak"] * group["weight_decay"])


class RightSparing(Planted):
    def decay(self, p, group, d):
        if p.ndim > 1:
            p.mul_(1 - group["lr"] * group["weight_decay"])


class RightClippedPenalty(Planted):
    """The penalty joins after the gradients have been clipped, so no twin can be handed it with them."""

    def gradient(self, p, group):
        return p.grad.clamp(-0.01, 0.01) + group["weight_decay"] * p


class RightDivided(Planted):
    """The constructor divides each strength by lr; a map of the rows after each step hides that from whole runs."""

    def __init__(self, params, lr=1e-3, weight_decay=0.01):
        super().__init__(params, lr, weight_decay)
        for group in self.param_groups:
            group["weight_decay"] /= lr

    def decay(self, p, group, d):
        p.mul_(1 - group["lr"] * group["weight_decay"])

    def close(self, group):
        for p in group["params"]:
            if p.ndim > 1:
                norm = p.norm(dim=-1, keepdim=True)
                p.div_(0.5 * torch.tanh(2 * norm - 3) + 1.5)


class RightSwitching(Planted):
    """A strength switches on a trust ratio besides."""

    def decay(self, p, group, d):
        if group["weight_decay"]:
            p.mul_(1 - group["lr"] * group["weight_decay"])
            d.mul_(p.norm() / d.norm().clamp_min(1e-30))


class RightCentralizing(Planted):
    """The penalty joins after the gradients have lost their mean."""

    def gradient(self, p, group):
        rows = tuple(range(1, p.ndim))
        return p.grad - (p.grad.mean(dim=rows, keepdim=True) if rows else 0) + group["weight_decay"] * p


class Nothing(Planted):
    def decay(self, p, group, d):
        p.clone().mul_(1 - group["lr"] * group["weight_decay"])


class Grows(Planted):
    def decay(self, p, group, d):
        p.mul_(1 + group["lr"] * group["weight_decay"])


class GrowsByPenalty(Planted):
    def gradient(self, p, group):
        return p.grad - group["weight_decay"] * p


class Subtracts(Planted):
    def decay(self, p, group, d):
        p.sub_(group["lr"] * group["weight_decay"])


class SubtractsInGradient(Planted):
    def gradient(self, p, group):
        return p.grad + group["weight_decay"]


class LastOnly(Planted):
    def close(self, group):
        p = group["params"][-1]
        p.mul_(1 - group["lr"] * group["weight_decay"])


class FirstGroupsLr(Planted):
    def decay(self, p, group, d):
        p.mul_(1 - self.param_groups[0]["lr"] * group["weight_decay"])


class LastGroupsLr(Planted):
    def decay(self, p, group, d):
        p.mul_(1 - self.param_groups[-1]["lr"] * group["weight_decay"])


class FirstGroupsStrength(Planted):
    def gradient(self, p, group):
        return p.grad + self.param_groups[0]["weight_decay"] * p


class LostInBfloat16(Planted):
    def decay(self, p, group, d):
        if p.dtype is not torch.bfloat16:
            p.mul_(1 - group["lr"] * group["weight_decay"])


class StopsAtFive(Planted):
    def gradient(self, p, group):
        steps = self.state[p].get("step", 0)
        return p.grad + group["weight_decay"] * (steps < 5) * p


class AbsoluteBehindAClip(Planted):
    def gradient(self, p, group):
        return p.grad.clamp(-0.01, 0.01) + group["weight_decay"] * p.abs()


class AbsoluteAndSwitching(RightSwitching):
    def decay(self, p, group, d):
        if group["weight_decay"]:
            p.sub_(group["lr"] * group["weight_decay"] * p.abs())
            d.mul_(p.norm() / d.norm().clamp_min(1e-30))


class NearlyPenalty(Planted):
    def gradient(self, p, group):
        return p.grad + group["weight_decay"] * (p + 0.01 * p.abs())


class ByTheFirstNorm(Planted):
    """A pull by the direction of the weights, as strong as they were at first: none after a start at zero."""

    def decay(self, p, group, d):
        norm = self.state[p].setdefault("norm", p.norm())
        p.sub_(group["lr"] * group["weight_decay"] * norm * p.sign())


class ByTheStep(Planted):
    """Relative to the size of the step, which is one as long as the gradients keep their signs."""

    def decay(self, p, group, d):
        p.sub_(group["lr"] * group["weight_decay"] * d.abs().mean() * p)


class ByTheGradient(Planted):
    def decay(self, p, group, d):
        p.sub_(group["lr"] * group["weight_decay"] * p.grad.norm() * p)


class RoundedFactor(Planted):
    def decay(self, p, group, d):
        p.mul_(torch.tensor(1 - group["lr"] * group["weight_decay"], dtype=torch.bfloat16).to(p.dtype))


class Stubborn(torch.optim.Optimizer):
    """AdamW as one writes it who knows no groups: its settings are its own attributes, or in a closure."""

    def __init__(self, params, lr=1e-3, weight_decay=0.01):
        super().__init__(params, {})
        self.keep(lr, weight_decay)

    def keep(self, lr, weight_decay):
        self.lr, self.weight_decay = lr, weight_decay

    def settings(self):
        return self.lr, self.weight_decay

    @torch.no_grad()
    def step(self, closure=None):
        lr, weight_decay = self.settings()
        for p in self.param_groups[0]["params"]:
            if p.grad is not None:
                m = self.state[p].setdefault("m", torch.zeros_like(p)).lerp_(p.grad, 0.1)
                self.decay(p, lr, weight_decay)
                p.sub_(lr * m.sign())

    def decay(self, p, lr, weight_decay):
        p.mul_(1 - lr * weight_decay)


class StubbornAtFirst(Stubborn):
    """By the lr that it was built with."""

    def decay(self, p, lr, weight_decay):
        p.mul_(1 - self.__dict__.setdefault("first", lr) * weight_decay)


class Closed(Stubborn):
    def keep(self, lr, weight_decay):
        self.settings = lambda: (lr, weight_decay)


class ClosedTwice(Closed):
    def decay(self, p, lr, weight_decay):
        p.mul_(1 - 2 * lr * weight_decay)


class ClosedSign(Closed):
    def decay(self, p, lr, weight_decay):
        p.sub_(lr * weight_decay * p.sign())


class ClosedQuadratic(Closed):
    def decay(self, p, lr, weight_decay):
        p.mul_(1 - lr**2 * weight_decay)


RIGHT = [
    (torch.optim.SGD, Law.L2),
    (torch.optim.AdamW, Law.DECOUPLED),
    (Right, Law.DECOUPLED),
    (RightAfter, Law.DECOUPLED),
    (RightProximal, Law.PROXIMAL),
    (RightPenalty, Law.L2),
    (RightConstant, Law.CONSTANT),
    (RightQuadratic, Law.QUADRATIC),
    (RightIndependent, Law.INDEPENDENT),
    (RightCorrected, Law.CORRECTED),
    (RightSparing, Law.DECOUPLED),
    (RightClippedPenalty, Law.L2),
    (RightDivided, Law.INDEPENDENT),
    (RightSwitching, Law.DECOUPLED),
]
BROKEN = [
    (Nothing, Law.NONE, Defect.NO_EFFECT),
    (Grows, Law.GROWTH, Defect.GROWTH),
    (GrowsByPenalty, Law.GROWTH, Defect.GROWTH),
    (Subtracts, Law.SUBTRACTED_CONSTANT, Defect.SUBTRACTED_CONSTANT),
    (SubtractsInGradient, Law.SUBTRACTED_CONSTANT, Defect.SUBTRACTED_CONSTANT),
    (LastOnly, Law.DECOUPLED, Defect.PARTIAL_REACH),
    (FirstGroupsLr, Law.DECOUPLED, Defect.WRONG_GROUP),
    (LastGroupsLr, Law.DECOUPLED, Defect.WRONG_GROUP),
    (FirstGroupsStrength, Law.L2, Defect.WRONG_GROUP),
    (LostInBfloat16, Law.DECOUPLED, Defect.LOST_IN_PRECISION),
    (StopsAtFive, Law.UNKNOWN, Defect.STOPS),
]
NO_LAW = (AbsoluteBehindAClip, AbsoluteAndSwitching, NearlyPenalty, ByTheFirstNorm)


@pytest.mark.parametrize(("optimizer", "law"), RIGHT)
def test_no_defect_is_named_on_an_unbroken_optimizer(optimizer, law):
    """A right decay is called by its law, its coefficient is 1, and nothing is held against it."""
    report = halflife.probe(optimizer, lr=1e-2, weight_decay=0.1)
    assert report.law is law, report
    assert report.coefficient == pytest.approx(1.0, rel=1e-6), report
    assert report.defects == (), report
    assert report.spares_vectors is (optimizer is RightSparing)


@pytest.mark.parametrize(("optimizer", "law", "defect"), BROKEN)
def test_each_planted_defect_is_named(optimizer, law, defect):
    """What was broken, and only that, is named."""
    report = halflife.probe(optimizer, lr=1e-2, weight_decay=0.1)
    assert report.defects == (defect,), report
    assert report.law is law, report


def test_gradients_centralized_before_the_penalty_joins():
    """Such a penalty is told where the steps, and with them what a twin cannot be handed, are small."""
    report = halflife.probe(RightCentralizing, lr=1e-2, weight_decay=0.1)
    assert report.law is Law.L2, report
    assert report.coefficient == pytest.approx(1.0, rel=1e-3), report
    assert report.defects == (), report
    assert report.precision["float32"] == pytest.approx(1.0, abs=0.01), report


@pytest.mark.parametrize(
    ("optimizer", "law", "coefficient"),
    [
        (Stubborn, Law.DECOUPLED, 1.0),
        (StubbornAtFirst, Law.UNSCHEDULED, 1.0),
        (Closed, Law.DECOUPLED, 1.0),
        (ClosedTwice, Law.DECOUPLED, 2.0),
        (ClosedQuadratic, Law.QUADRATIC, 1.0),
        (ClosedSign, Law.UNKNOWN, 0.0),
    ],
)
def test_settings_that_lie_outside_the_groups(optimizer, law, coefficient):
    """Attributes are turned as groups are; of what cannot be turned in mid-run the plainest law is named."""
    report = halflife.probe(optimizer, lr=1e-2, weight_decay=0.1)
    assert (report.law, report.defects) == (law, ()), report
    assert (report.coefficient or 0.0) == pytest.approx(coefficient, rel=1e-6), report
    assert report.lr == 1e-2


@pytest.mark.parametrize("optimizer", NO_LAW)
def test_no_other_place_makes_a_law_of_what_has_none(optimizer):
    """Under quiet gradients, with large weights, after many steps: what obeys no law is UNKNOWN, without a defect."""
    report = halflife.probe(optimizer, lr=1e-2, weight_decay=0.1)
    assert (report.law, report.defects) == (Law.UNKNOWN, ()), report


@pytest.mark.parametrize(("optimizer", "hears"), [(Right, False), (ByTheStep, True), (ByTheGradient, True)])
def test_a_share_that_hears_the_gradients_is_said_to(optimizer, hears):
    """Times how large they are, or how far their steps lead."""
    report = halflife.probe(optimizer, lr=1e-2, weight_decay=0.1)
    assert report.law is Law.DECOUPLED, report
    assert ("a factor that depends on the gradients" in report.multiplied_by) is hears, report


def test_a_factor_rounded_to_bfloat16_is_lost():
    """A decay whose factor rounds to one does nothing at the configured strength in any precision; that is said."""
    report = halflife.probe(RoundedFactor, lr=1e-3, weight_decay=0.1)
    assert report.defects == (Defect.LOST_IN_PRECISION,), report
    assert report.law is Law.DECOUPLED, report
    assert set(report.precision.values()) == {0.0}, report


@pytest.mark.parametrize(("optimizer", "order"), [(Right, "BEFORE"), (RightAfter, "AFTER")])
def test_the_order_is_told_apart(optimizer, order):
    """A decay before the step leaves the new step whole, one after it shrinks that too."""
    assert halflife.probe(optimizer, lr=1e-2, weight_decay=0.1).order.name == order
