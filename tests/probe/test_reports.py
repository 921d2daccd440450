"""What a report says of the numbers that it holds, and what is made of reports: JSON, tables, assertions, a roof."""

import json

import numpy as np
import optax
import pytest
import torch
from typer.testing import CliRunner

import halflife
from halflife import BadInput, Law
from halflife.cli import app
from halflife.probe import Defect, LawReport, probe_groups
from halflife.probe._atlas import Atlas, Row
from halflife.probe._optax import from_factory
from halflife.rules import Order
from halflife.testing import assert_law
from mutants.planted import Decay, planted, sgd
from mutants.test_planted_defects import RightConstant, RightCorrected, RightProximal, RightQuadratic

PLAIN = {"name": "it", "strength": 0.1, "strength_name": "weight_decay", "lr": 0.01}


@pytest.mark.parametrize(
    ("law", "left"), [(Law.DECOUPLED, 0.9 * 0.95), (Law.CONSTANT, 0.9 * 0.9), (Law.CORRECTED, 0.9 * 0.975)]
)
def test_what_is_left_follows_the_schedule_as_the_law_does(law, left):
    """α falls with lr, not at all, or with its square; where weights grow there is no share to multiply."""
    report = LawReport(law=law, decay=0.1, **PLAIN)
    assert report.remaining(2, lambda step: 1 / (1 + step)) == pytest.approx(left, rel=1e-12)
    with pytest.raises(BadInput, match="no share per step"):
        LawReport(law=Law.GROWTH, decay=-0.1, **PLAIN).remaining(2)


@pytest.mark.parametrize(
    ("optimizer", "strength", "decay"),
    [(RightProximal, 5e3, 1 / 3), (RightCorrected, 5e3, 0.5), (RightQuadratic, 5e3, 5e-5), (RightConstant, 0.5, 0.5)],
)
def test_the_share_is_that_of_the_settings_and_not_of_the_probing(optimizer, strength, decay):
    """At an lr and a strength far from those of the experiments, α is what the law makes of them."""
    assert halflife.probe(optimizer, lr=1e-4, weight_decay=strength).decay == pytest.approx(decay, rel=1e-6)


@pytest.mark.parametrize(("always", "changed"), [(False, True), (True, False)])
def test_gradients_that_regularization_overwrites_are_spoken_of(always, changed):
    """A penalty added to `.grad` itself is; what an optimizer does to its gradients without one is not."""

    class InPlace(torch.optim.SGD):
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.grad.mul_(0.5 if always else 1).add_(p.detach(), alpha=group["weight_decay"])
                        p.data.sub_(p.grad, alpha=group["lr"])

    report = halflife.probe(InPlace, lr=0.1, weight_decay=0.1)
    assert report.law is Law.L2, report
    assert report.changes_gradient is changed
    assert ("changes the caller's gradients in place" in str(report)) is changed


def test_a_decay_that_goes_by_the_lr_of_the_step_before_has_its_law():
    """It follows a schedule a step late, as one does whose lr is set at the end of a step: no other law, no defect."""

    def amount(p, group, groups, t):
        before = p.__dict__.setdefault("lr", group["lr"])
        p.lr = group["lr"]
        return before * group["weight_decay"]

    report = halflife.probe(planted(sgd, Decay(place="before", amount=amount)), lr=1e-2, weight_decay=0.1)
    assert (report.law, report.defects) == (Law.DECOUPLED, ()), report
    assert "α follows it a step late" in str(report)


def test_groups_of_two_laws_stand_under_a_roof():
    """Groups that differ in lr alone are probed each; those of several laws have no law together."""
    weights = [torch.nn.Parameter(torch.ones(3, 2)) for _ in range(3)]
    settings = ({"lr": 0.1}, {"lr": 0.2}, {"lr": 0.1, "decoupled_weight_decay": True})
    groups = [{"params": [p], **each} for p, each in zip(weights, settings, strict=True)]
    optimizer = torch.optim.Adam(groups, weight_decay=0.1)
    assert [report.lr for report in probe_groups(optimizer)] == [0.1, 0.2, 0.1]
    report = halflife.probe(optimizer)
    assert report.law is Law.UNKNOWN
    assert [group.law for group in report.groups] == [Law.L2, Law.L2, Law.DECOUPLED]
    assert "Adam group 2 DECOUPLED" in str(report)
    optimizer.param_groups.pop()
    assert halflife.probe(optimizer).law is Law.L2


def test_numbers_that_are_none_are_null():
    """JSON knows no NaN: what rounding drowns is null there, and named in words."""
    report = LawReport(law=Law.DECOUPLED, decay=0.1, precision={"float32": 1.0, "bfloat16": float("nan")}, **PLAIN)

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    assert json.loads(report.to_json(), parse_constant=refuse)["precision"] == {"float32": 1.0, "bfloat16": None}
    assert "bfloat16 drowned by rounding" in str(report)


GOOD = {"law": Law.DECOUPLED, "order": Order.BEFORE, "coefficient": 1.0}
GROWS = {"law": Law.GROWTH, "defects": (Defect.GROWTH,)}
ASSERTED = [
    (GOOD, Law.DECOUPLED, {"order": Order.BEFORE, "coefficient": 1.0}, ""),
    (GOOD | {"coefficient": 1.0009}, Law.DECOUPLED, {"coefficient": 1.0}, ""),
    (GOOD, Law.L2, {}, "the law is DECOUPLED, not L2"),
    (GOOD, Law.DECOUPLED, {"order": Order.AFTER}, "the order is Order.BEFORE, not Order.AFTER"),
    (GOOD | {"coefficient": 1.01}, Law.DECOUPLED, {"coefficient": 1.0}, "the coefficient is 1.01, not 1.0"),
    (GOOD | {"coefficient": None}, Law.DECOUPLED, {"coefficient": 1.0}, "the coefficient is None, not 1.0"),
    (GOOD | {"defects": (Defect.PARTIAL_REACH,)}, Law.DECOUPLED, {}, "PARTIAL_REACH"),
    (GROWS, Law.GROWTH, {}, ""),
    (GROWS | {"defects": (Defect.GROWTH, Defect.PARTIAL_REACH)}, Law.GROWTH, {}, "PARTIAL_REACH"),
]


@pytest.mark.parametrize(("found", "law", "asked", "said"), ASSERTED)
def test_a_law_is_asserted_with_its_order_coefficient_and_defects(monkeypatch, found, law, asked, said):
    """What is asked for must be so, what is not asked for may be anything, and no further defect may be there."""
    monkeypatch.setattr("halflife.testing.probe", lambda factory, **arguments: LawReport(**PLAIN, **found))
    if not said:
        assert assert_law(object, law, **asked).law is law
        return
    with pytest.raises(AssertionError, match=said.replace("(", r"\(")):
        assert_law(object, law, **asked)


def test_a_table_of_markdown_has_no_more_columns_than_headings():
    """A bar in a name or a reason does not begin another cell."""
    page = Atlas(rows=(Row(target="nowhere:A|B", reason="x | y"),)).to_markdown()
    assert "| nowhere:A\\|B | - |" in page
    assert "x \\| y |" in page


def test_the_atlas_is_of_names_that_hold_any_of_the_words(monkeypatch):
    """Several words are several wishes."""
    asked = []
    names = ["torch.optim:SGD", "torch.optim:Rprop", "torch.optim:Adam"]
    monkeypatch.setattr("halflife.probe._installed.targets", lambda: names)
    monkeypatch.setattr("halflife.probe._atlas.survey", lambda found, progress: asked.extend(found) or Atlas(rows=()))
    assert CliRunner().invoke(app, ["atlas", "Rprop", "SGD", "--json"]).exit_code == 0
    assert asked == ["torch.optim:SGD", "torch.optim:Rprop"]


def test_an_optax_optimizer_started_as_configured_can_have_its_lr_changed():
    """It is one compiled program with the one that is started with the same numbers."""
    subject = from_factory(optax.sgd, {"learning_rate": 0.5}, "sgd")
    with subject.session():
        run = subject.start(((2,),), np.zeros(2))
        run.scale_lr(0.5)
        run.step(np.ones(2))
        assert run.weights() == pytest.approx([-0.25, -0.25])
        subject.start(((2,),), np.zeros(2), lr=0.5)
    assert len(subject._compiled) == 1
