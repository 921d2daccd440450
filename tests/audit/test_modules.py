"""An optimizer over several modules: each of its parameters has a name, and the modules are left as they are."""

import json
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import halflife as package
from halflife.audit._modules import model_of
from trainings import net

SCRIPT = """
import torch
from torch import nn
def train():
    encoder, decoder = nn.Sequential(nn.Linear(4, 8, bias=False), nn.LayerNorm(8)), nn.Linear(8, 3)
    adversary, scale = nn.Linear(3, 1), nn.Parameter(torch.ones(()))
    whole = nn.Sequential(encoder, nn.Linear(1, 1))
    optimizer = torch.optim.AdamW([*encoder.parameters(), *decoder.parameters(), scale], lr=1e-2, weight_decay=0.1)
    for step in range(4):
        optimizer.zero_grad()
        (decoder(whole[0](torch.randn(6, 4))) * scale).square().mean().backward()
        optimizer.step()
    print(step, sorted(locals()), [name for name, _ in encoder.named_modules()])
train()
"""
NAMES = ["0.0.weight", "0.1.weight", "0.1.bias"]


def test_parts_that_a_script_builds_one_by_one_are_named(halflife, tmp_path):
    """By their variables, the larger wrapper before what is in it; each is called, so each is looked at."""
    (tmp_path / "train.py").write_text(SCRIPT)
    said = halflife("audit", "--continue", "--json", "--by-parameter", "--", "train.py")
    read = json.loads(said.out)
    names = [each["name"] for each in read["groups"][0]["members"]]
    assert names == [*(f"whole.{name}" for name in NAMES), "decoder.weight", "decoder.bias", "parameter 5 of group 0"]
    assert "HL010" not in {f["code"] for f in read["findings"]}
    assert "scale-invariant: whole.0.0.weight." in next(f["message"] for f in read["findings"] if f["code"] == "HL008")
    known = ["adversary", "decoder", "encoder", "optimizer", "scale", "step", "whole"]
    assert said.err.splitlines()[-1] == f"3 {known} ['', '0', '1']"


def test_one_module_that_holds_all_is_the_model_itself():
    """Of wrappers around it the innermost, of larger ones the largest; what is not held is no part."""
    model, other = net(), net()
    wrapper = nn.ModuleDict({"module": model})
    assert model_of(torch.optim.SGD(model.parameters())) is model
    assert model_of(torch.optim.SGD([nn.Parameter(torch.ones(1))])) is None
    tied = nn.ModuleDict({"model": model, "head": nn.ModuleDict({"again": model.head})})
    assert model_of(torch.optim.SGD(model.parameters())) is tied
    both = model_of(torch.optim.SGD([*model.parameters(), other.head.weight]))
    assert list(both.children()) == [tied, other]
    assert len({name for name, _ in both.named_children()}) == 2
    assert wrapper.training


def test_modules_are_given_by_name():
    """A dict of them is one model; parameters of both are missed if they are in no group."""
    first, second = net(), net()
    optimizer = torch.optim.AdamW([*first.parameters(), *second.hidden.parameters()])
    result = package.audit(optimizer, {"first": first, "second": second}, select=["HL010"])
    assert [p.name for p in result.groups[0].members][:2] == ["first.table.weight", "first.hidden.weight"]
    assert result.groups[0].members[-1].name == "second.hidden.weight"
    assert "second.table.weight, second.norm.weight" in result.findings[0].message


@pytest.mark.parametrize(
    ("given", "words"),
    [({"encoder": 3}, r"model\['encoder'\] is of type int"), ({"a.b": net()}, r"model\['a.b'\] cannot be named so")],
    ids=["no-module", "no-name"],
)
def test_what_is_no_module_is_refused(given, words):
    """One sentence with the name that was given."""
    with pytest.raises(package.BadInput, match=words):
        package.audit(torch.optim.AdamW(net().parameters()), given)


def test_a_flat_tensor_in_place_of_parameters_bears_their_names():
    """As DeepSpeed's ZeRO lays them out: 16-bit parameters whose float32 values lie side by side in one tensor."""
    model = nn.Linear(4, 2).bfloat16()
    flat = torch.cat([p.detach().flatten() for p in model.parameters()]).float().requires_grad_()
    for p, start, end in ((model.weight, 0, 8), (model.bias, 8, 10)):
        p._hp_mapping = SimpleNamespace(hp_fragment=flat.detach()[start:end])
    optimizer = torch.optim.AdamW([flat], lr=1e-2, weight_decay=0.1)
    assert model_of(optimizer) is model
    result = package.audit(optimizer, model, select=["HL006", "HL010"])
    assert [p.name for p in result.groups[0].members] == ["weight and 1 more"]
    assert result.findings == ()
    assert [s.code for s in result.skipped] == ["HL006"]
