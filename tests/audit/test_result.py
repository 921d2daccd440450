"""What an audit prints: the answer first, within 80 columns, and code that mends what was found when it is pasted."""

import json
from dataclasses import replace

import pytest
import torch

import halflife
from audit_made import bias, group, planned, table, training, weight
from halflife.audit import examine
from halflife.audit._rows import group_rows
from halflife.rules import Law
from trainings import net, trained


def adamw(model, **settings):
    return torch.optim.AdamW(model.parameters(), **settings)


def adam(model, **settings):
    return torch.optim.Adam(model.parameters(), **settings)


MENDED = {
    "HL001": lambda m: adamw(m, lr=2e-5, weight_decay=0.01),
    "HL003": lambda m: adam(m, lr=1e-3, weight_decay=0.01),
    "HL006": lambda m: adamw(m, lr=1e-3, weight_decay=0.1),
    "HL010": lambda m: torch.optim.AdamW(m.hidden.parameters(), lr=1e-3),
    "HL015": lambda m: torch.optim.SGD(m.parameters(), lr=1.0, momentum=0.9, weight_decay=0.01),
}


@pytest.mark.parametrize("code", MENDED)
def test_pasted_code_mends_what_was_found(code):
    """The lines of a finding run where `optimizer` and `model` are known, and then there is no such finding."""
    model = net()
    scope = {"torch": torch, "halflife": halflife, "model": model, "optimizer": MENDED[code](model)}
    (finding,) = halflife.audit(scope["optimizer"], model, steps=3000, select=[code]).findings
    assert all(len(line) <= 75 for line in finding.fix.splitlines())
    exec(finding.fix, scope)  # noqa: S102
    assert halflife.audit(scope["optimizer"], model, steps=3000, select=[code]).findings == ()


def test_the_first_lines_say_that_a_decay_does_nothing():
    """A half-life of 3.5 million steps in a run of 3,000 is the first thing said."""
    result = halflife.audit(adamw(net(), lr=2e-5, weight_decay=0.01), steps=3000, select=["HL001"])
    assert "In effect there is no weight decay: the half-life is 3,465,736 steps" in str(result).splitlines()[1]
    assert "3,000 steps remove 0.06 % of a weight" in result.answer[1]


ANSWERS = [
    (training(group(Law.DECOUPLED, 0.0)), "decays nothing"),
    (training(group(Law.NONE)), "Wrong: Set, but a no-op (HL002)"),
    (training(group(Law.UNKNOWN)), "could not be established"),
    (training(group(Law.GROWTH, decay=-0.1)), "Wrong: The weights grow (HL017)"),
    (training(group(Law.L2, decay=None, enters_preconditioner=True)), "L2 through an adaptive optimizer"),
    (training(planned(0.005)), "hardly any weight decay"),
    (training(planned(0.5)), "1,000 steps remove 50.0 %"),
    (training(group(), steps=None), "The half-life is 693 steps: a run of under 10 steps"),
]


@pytest.mark.parametrize(("made", "words"), ANSWERS, ids=[words for _, words in ANSWERS])
def test_the_answer_says_what_decay_does(made, words):
    """One verdict for each thing that can be the matter."""
    assert words in examine(made).answer[0]


def test_the_answer_names_what_is_doubtful():
    """Warnings are named after the verdict, whatever their number; notes are not."""
    made = training(group(Law.DECOUPLED, 0.1, bias()), group(Law.DECOUPLED, 0.2, bias(), table()), steps=None)
    assert (
        examine(made, ignore=["HL011"]).answer[-1]
        == "Doubtful: Biases, norms and other 1-D parameters decayed (HL006)."
    )
    wrong = training(group(Law.NONE), group(Law.DECOUPLED, 0.2, bias()), steps=None)
    assert examine(wrong).answer[-1].startswith("Also doubtful: Biases")


def test_groups_that_differ_are_a_span():
    """The share that a run removes is that of the least and of the most."""
    result = examine(training(planned(0.5), planned(0.1)), select=["HL001"])
    assert result.answer[0].startswith(
        "1,000 steps remove 10.0 % to 50.0 % of a weight without gradient; the half-life"
    )


def test_a_new_optimizer_is_pasted_once():
    """Two groups of one fault bring one optimizer, and a line for each where a line mends it."""
    made = training(group(Law.DECOUPLED, 0.1, bias()), group(Law.DECOUPLED, 0.2, bias(), index=1))
    assert made.groups[0].lr == 0.01
    assert str(examine(made, select=["HL006"])).count("optimizer = ") == 1
    made = training(group(Law.DECOUPLED, -0.1), group(Law.DECOUPLED, -0.2, index=1))
    assert str(examine(made, select=["HL017"])).count("# shrinks them") == 2


@pytest.mark.parametrize("law", list(Law))
def test_everything_fits_eighty_columns(law):
    """Whatever the law, with long names and many groups, by parameter and in epochs."""
    long = weight("transformer.h.11.attention.query_key_value.weight" * 2, (40_000, 5_000))
    groups = [group(law, 0.1 + i % 3, long, index=i, decay=1e-9) for i in range(40)]
    result = examine(training(*groups, steps_per_epoch=7))
    assert max(map(len, result.text(by_parameter=True).splitlines())) <= 80


def test_half_lives_are_told_in_epochs_where_their_length_is_known():
    """Seven hundred steps of seven an epoch are a hundred epochs, on the screen and for machines."""
    made = training(group(Law.DECOUPLED, 0.1, decay=1 - 2 ** (-1 / 700)), steps_per_epoch=7)
    result = examine(made, select=["HL002"])
    headings, (row,) = group_rows(result)
    assert dict(zip(headings, row, strict=True))["epochs"] == "100"
    assert result.to_dict()["groups"][0]["half_life_epochs"] == pytest.approx(100)
    without = examine(replace(made, steps_per_epoch=None), select=["HL002"])
    assert without.to_dict()["groups"][0]["half_life_epochs"] is None
    assert "epochs" not in group_rows(without)[0]


def test_what_is_outside_of_every_group_is_what_could_be_trained():
    """A frozen parameter that no optimizer holds is as it should be."""
    result = examine(training(group(), outside=(weight("frozen", trainable=False), weight("lost"))))
    assert [p.name for p in result.outside] == ["lost"] == result.to_dict()["outside"]


def test_groups_that_are_alike_share_a_row():
    """Forty groups of three settings are three rows."""
    result = examine(training(*(group(Law.DECOUPLED, 0.1 + i % 3, index=i) for i in range(40))), select=["HL002"])
    assert sum("DECOUPLED" in line for line in str(result).splitlines()) == 3


def test_names_are_escaped_in_a_notebook():
    """A parameter called like a tag is text."""
    result = examine(training(group(Law.DECOUPLED, 0.1, weight("<script>x</script>", (3,), trainable=False))))
    assert "<script>" not in result._repr_html_()
    assert "&lt;script&gt;" in result._repr_html_()
    assert "<b>" not in replace(result, optimizer="<b>")._repr_html_()


def test_a_result_is_plain():
    """It holds no tensor, is JSON throughout, and lists what each parameter loses."""
    model = net()
    result = halflife.audit(trained(adam(model, weight_decay=0.01), model), model, steps=100)
    assert all(p.tensor is None for g in result.groups for p in g.members)
    read = json.loads(result.to_json(by_parameter=True))
    felt = [m["decay"] for m in read["groups"][0]["members"]]
    assert len(felt) == 6
    assert max(felt) > 3 * min(felt) > 0


def test_special_parameters_are_not_false_alarms():
    """Frozen bases, float32 master copies and the other half of a pair of optimizers are not complained of."""
    frozen = net().requires_grad_(False)
    frozen.head.low_rank = torch.nn.Parameter(torch.ones(3, 2))
    assert {f.code for f in halflife.audit(adamw(frozen, lr=1e-2, weight_decay=0.1), frozen).findings} == {"HL009"}
    short = net().bfloat16()
    copies = [p.detach().float().requires_grad_() for p in short.parameters()]
    result = halflife.audit(torch.optim.AdamW(copies, lr=1e-2), short)
    assert [p.name for p in result.groups[0].members] == [name for name, _ in short.named_parameters()]
    assert not {f.code for f in result.findings} & {"HL004", "HL010"}
    model = net()
    muon = torch.optim.Muon([model.hidden.weight], lr=1e-2)
    rest = torch.optim.AdamW([p for p in model.parameters() if p is not model.hidden.weight], lr=1e-3)
    assert [f.code for f in halflife.audit(muon, model, select=["HL010"]).findings] == ["HL010"]
    assert halflife.audit(muon, model, others=[rest], select=["HL010"]).findings == ()


def test_a_warm_up_by_hand_keeps_the_peak():
    """A loop that has scaled lr down for its first steps is judged by the lr that the optimizer was built with."""
    optimizer = adamw(net(), lr=1e-2, weight_decay=0.1)
    for settings in optimizer.param_groups:
        settings["lr"] = 1e-6
    assert halflife.audit(optimizer, steps=1000).groups[0].lr == 1e-2
