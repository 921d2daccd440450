"""`halflife probe`, `halflife atlas`, live optimizers, and the helper for other people's tests."""

import json
from dataclasses import replace

import numpy as np
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


@pytest.mark.parametrize(
    ("word", "told"),
    [("lr=abc", "not 'abc'"), ("lr=nan", "not 'nan'"), ("weight_decay=x", "not 'x'"), ("eps=", "not ''")],
)
def test_what_must_be_a_number_is_said_to_be_one(word, told):
    """The sentence names the argument and the value."""
    caught = CliRunner().invoke(app, ["probe", "torch.optim:AdamW", word]).exception
    assert isinstance(caught, BadInput)
    assert f"{word.partition('=')[0]} of torch.optim:AdamW must be a finite number" in str(caught)
    assert told in str(caught)


def test_numbers_may_be_tensors_or_numpys():
    """An lr in a tensor, and NumPy's numbers, are the numbers that they hold."""
    for settings in (
        {"lr": torch.tensor(1e-2, dtype=torch.float64), "weight_decay": 0.1},
        {"lr": np.float32(1e-2), "weight_decay": np.float64(0.1)},
    ):
        report = halflife.probe(torch.optim.SGD, **settings)
        assert (report.law, report.strength) == (Law.L2, 0.1)
        assert report.lr == pytest.approx(1e-2, rel=1e-6)


class _Ends(torch.optim.SGD):
    def step(self, closure=None):
        raise SystemExit(7)


def test_an_optimizer_that_ends_the_program_is_bad_input():
    """Its exit code is not taken over, live or built."""
    with pytest.raises(BadInput, match="ends the program"):
        halflife.probe(_Ends, lr=0.1)
    with pytest.raises(BadInput, match="ends the program"):
        halflife.probe(_Ends([torch.nn.Parameter(torch.ones(2))], lr=0.1))


class _ByName(torch.optim.SGD):
    def __init__(self, named, lr=1e-3, weight_decay=0.01):
        groups = [
            {"params": [p], "weight_decay": weight_decay if name.endswith("weight") else 0.0}
            for name, p in dict(named).items()
        ]
        super().__init__(groups, lr=lr)


class _Noisy(torch.optim.SGD):
    def step(self, closure=None):
        super().step(closure)
        for group in self.param_groups:
            for p in group["params"]:
                p.data.add_(torch.randn_like(p), alpha=0.1)


def test_noise_is_no_preconditioner():
    """Langevin steps are as linear in the gradient as those of SGD: the noise would be there without gradients."""
    report = halflife.probe(_Noisy, lr=1e-2, weight_decay=0.1)
    assert (report.law, report.enters_preconditioner, report.multiplied_by) == (Law.L2, False, ("lr",))


def test_an_optimizer_that_goes_by_names_is_handed_those_of_layers():
    """Matrices are called weights and 1-D parameters biases, as in a model."""
    report = halflife.probe(_ByName)
    assert (report.law, report.spares_vectors) == (Law.L2, True)


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
    rare = replace(halflife.probe(torch.optim.SGD, lr=0.1, weight_decay=0.1), every=4)
    assert Row(target="rare", report=rare).cells[-1] == "every 4th step"
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
