"""`halflife probe`, `halflife atlas`, live optimizers, and the helper for other people's tests."""

import json

import pytest
import torch
from typer.testing import CliRunner

import halflife
from halflife import BadInput, Law
from halflife.cli import app
from halflife.probe import probe_groups
from halflife.probe._atlas import Atlas, Row
from halflife.testing import assert_law


def test_probe_prints_one_json_object():
    """`--json` prints the report with the keys that machines rely on."""
    result = CliRunner().invoke(app, ["probe", "torch.optim:AdamW", "lr=1e-3", "weight_decay=0.01", "--json"])
    found = json.loads(result.stdout)
    assert found["law"] == "DECOUPLED"
    assert found["order"] == "BEFORE"
    assert found["coefficient"] == pytest.approx(1.0)
    assert found["enters_momentum"] is False
    assert {"precision", "none_gradient", "evidence"} <= found.keys()


@pytest.mark.parametrize("words", [["torch.optim:No"], ["torch.optim:AdamW", "lr"], ["torch.optim:LBFGS"]])
def test_bad_input_reaches_the_command_line_as_bad_input(words):
    """`main` turns it into one sentence and exit code 2."""
    assert isinstance(CliRunner().invoke(app, ["probe", *words]).exception, BadInput)


def test_arguments_are_literals_and_never_code(tmp_path):
    """What is no literal is text, so nothing that is written as an argument runs."""
    mark = tmp_path / "ran"
    result = CliRunner().invoke(app, ["probe", "torch.optim:SGD", f"lr=open({str(mark)!r}, 'w')"])
    assert isinstance(result.exception, BadInput)
    assert not mark.exists()


def test_atlas_writes_a_page_from_measurements(tmp_path):
    """The table has a row for each optimizer, and the page says which version was measured."""
    page = tmp_path / "atlas.md"
    result = CliRunner().invoke(app, ["atlas", "torch.optim:Adam", "--markdown", str(page)])
    assert result.exit_code == 0
    text = page.read_text()
    assert "| torch.optim:AdamW | DECOUPLED | before | 1 | lr |" in text
    assert f"## torch {torch.__version__}" in text
    rows = (Row(target="<b>", reason="no"),)
    assert Atlas(rows=rows).to_dict() == {"rows": [{"target": "<b>", "reason": "no"}]}
    assert "<td>&lt;b&gt;</td>" in Atlas(rows=rows)._repr_html_()


def test_atlas_reports_to_machines_and_on_a_page(tmp_path):
    """`--json` is a list of reports; `--report` says where the page is, which has the row."""
    page = tmp_path / "atlas.html"
    result = CliRunner().invoke(app, ["atlas", "torch.optim:SGD", "--json"])
    assert [row["law"] for row in json.loads(result.stdout)] == ["L2"]
    result = CliRunner().invoke(app, ["atlas", "torch.optim:SGD", "--report", str(page)])
    assert result.exit_code == 0
    assert str(page) in result.stdout
    assert "SGD" in page.read_text()
    missing = CliRunner().invoke(app, ["atlas", "torch.optim:SGD", "--report", str(tmp_path / "no" / "atlas.html")])
    assert isinstance(missing.exception, BadInput)


def test_a_live_optimizer_is_left_as_it_was():
    """Weights, gradients, state, groups and random numbers are the same after probing; groups are told apart."""
    model = torch.nn.Linear(3, 2)
    groups = [{"params": [model.weight], "weight_decay": 0.1}, {"params": [model.bias], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    schedule.step()
    before = str((model.state_dict(), optimizer.state_dict(), model.weight.grad, torch.get_rng_state().sum()))
    reports = probe_groups(optimizer)
    assert before == str((model.state_dict(), optimizer.state_dict(), model.weight.grad, torch.get_rng_state().sum()))
    assert [report.strength for report in reports] == [0.1, 0.0]
    lr = optimizer.param_groups[0]["lr"]
    assert [report.decay for report in reports] == [pytest.approx(0.1 * lr, rel=1e-6), 0.0]
    assert halflife.probe(optimizer).law is Law.DECOUPLED


@pytest.mark.parametrize(
    ("argument", "law", "second"), [("weight_decay", Law.UNKNOWN, None), ("shrink", Law.L2, "shrink")]
)
def test_a_live_optimizer_is_probed_with_its_hooks(argument, law, second):
    """A step hook's decay counts: by the class's own argument it blurs the law, by another it is a second decay."""
    weight = torch.nn.Parameter(torch.ones(3, 2))
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)

    def shrink(which, args, kwargs):
        for group in which.param_groups:
            for p in group["params"]:
                p.data.mul_(1 - group["lr"] * group[argument])

    optimizer.register_step_pre_hook(shrink)
    optimizer.param_groups[0][argument] = 0.1
    report = halflife.probe(optimizer)
    assert report.law is law, report
    assert (report.second_decay and report.second_decay.argument) == second, report
    assert second is None or report.second_decay.decay == pytest.approx(0.01, rel=1e-6)
    assert torch.equal(weight, torch.ones(3, 2))


def test_assert_law_shows_the_evidence():
    """It passes on the law, and fails with the report on another."""
    assert_law(torch.optim.AdamW, Law.DECOUPLED, lr=1e-3, weight_decay=0.1, coefficient=1.0)
    with pytest.raises(AssertionError, match="the law is L2, not DECOUPLED") as caught:
        assert_law(torch.optim.Adam, Law.DECOUPLED, lr=1e-3, weight_decay=0.1)
    assert "walks the same path" in str(caught.value)
