"""A saved training: read without executing anything, its law by experiment or honestly unknown."""

import json
import os
import pickle
from pathlib import Path

import pytest
import torch

from halflife.audit import examine
from halflife.audit._checkpoint import trainings_of
from trainings import net, sound, trained


def saved(path, optimizer, model, keys=("optimizer", "model")):
    torch.save({keys[0]: optimizer.state_dict(), keys[1]: model.state_dict(), "epoch": 3}, path)
    return path


@pytest.mark.parametrize(
    ("make", "law"),
    [
        (torch.optim.AdamW, "DECOUPLED"),
        (torch.optim.Adam, "L2"),
        (torch.optim.SGD, "L2"),
        (torch.optim.RMSprop, "L2"),
        (torch.optim.NAdam, "L2"),
    ],
)
def test_the_law_of_a_saved_optimizer_is_found(tmp_path, make, law):
    """The settings' names leave few of torch's optimizers, which are probed with the saved settings."""
    model = net()
    optimizer = trained(make(model.parameters(), lr=1e-2, weight_decay=0.1), model)
    (training,) = trainings_of(saved(tmp_path / "c.pt", optimizer, model))
    assert training.groups[0].law.name == law
    assert [p.name for p in training.groups[0].members] == [name for name, _ in model.named_parameters()]


def test_a_checkpoint_says_what_the_live_training_says(tmp_path):
    """The same findings on Adam's L2 from the file as from the optimizer, the spread over its moments included."""
    import halflife

    model = net()
    optimizer = trained(torch.optim.Adam(model.parameters(), weight_decay=0.1), model)
    (training,) = trainings_of(saved(tmp_path / "c.pt", optimizer, model, ("optimizer_state_dict", "state_dict")))
    here = examine(training, select=["HL003"]).findings
    there = halflife.audit(optimizer, model, select=["HL003"]).findings
    assert [f.message for f in here] == [f.message for f in there]
    assert "feels" in here[0].message


def test_an_unknown_optimizer_is_unknown_until_it_is_named(tmp_path):
    """Settings that no optimizer of torch has say nothing of a law; --optimizer does."""
    model = net()
    state = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1).state_dict()
    state["param_groups"][0] = {
        "lr": 0.1,
        "weight_decay": 0.1,
        "oddity": 1,
        "params": state["param_groups"][0]["params"],
    }
    torch.save(state, tmp_path / "c.pt")
    (training,) = trainings_of(tmp_path / "c.pt")
    assert training.groups[0].law.name == "UNKNOWN"
    assert examine(training, select=["HL018"]).findings
    (training,) = trainings_of(tmp_path / "c.pt", optimizer="torch.optim:SGD")
    assert training.groups[0].law.name == "L2"


def test_optimizers_of_two_laws_that_may_be_meant_leave_it_unknown(tmp_path, monkeypatch):
    """Where the settings' names fit several optimizers and these do not obey one law, none of them is taken."""

    class Other(torch.optim.SGD):
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.data.mul_(1 - group["weight_decay"]).sub_(p.grad, alpha=group["lr"])

    model = net()
    path = saved(tmp_path / "c.pt", torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.1), model)
    monkeypatch.setattr("halflife.audit._checkpoint._candidates", lambda group: [torch.optim.SGD, Other])
    (training,) = trainings_of(path)
    assert (training.name, training.groups[0].law.name) == ("the saved optimizer", "UNKNOWN")


def test_running_statistics_are_no_weights(tmp_path):
    """What batch norm keeps of its inputs is in the file, and no parameter."""
    model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    torch.save(model.state_dict(), tmp_path / "c.pt")
    (training,) = trainings_of(tmp_path / "c.pt", optimizer="torch.optim:SGD", arguments={"weight_decay": 0.1})
    assert [p.name for p in training.groups[0].members] == [name for name, _ in model.named_parameters()]


def test_safetensors_need_an_optimizer_named(tmp_path):
    """Weights alone are audited with the optimizer that the user names."""
    save_file = pytest.importorskip("safetensors.torch").save_file
    save_file(net().state_dict(), tmp_path / "m.safetensors")
    (training,) = trainings_of(
        tmp_path / "m.safetensors", optimizer="torch.optim:AdamW", arguments={"lr": 1e-3, "weight_decay": 0.1}
    )
    kinds = {p.name: p.kind.name for p in training.groups[0].members}
    assert kinds["norm.weight"] == "NORM"
    assert kinds["head.bias"] == "BIAS"
    assert [f.code for f in examine(training, select=["HL006"]).findings] == ["HL006"]


class Bomb:
    """A pickle that would leave a file behind if it were loaded."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def test_bad_checkpoints_end_in_one_sentence(halflife, tmp_path):
    """Empty, no checkpoint, nothing in it, weights alone, missing, wanting code: exit code 2 and the reason."""
    (tmp_path / "empty.pt").touch()
    (tmp_path / "text.pt").write_text("not a checkpoint")
    (tmp_path / "text.safetensors").write_text("not a checkpoint")
    torch.save({}, tmp_path / "nothing.pt")
    torch.save(net().state_dict(), tmp_path / "weights.pt")
    torch.save({"optimizer": Bomb(tmp_path / "boom")}, tmp_path / "bomb.pt")
    torch.save({"state": {}, "param_groups": [{"lr": 1.0, "params": []}]}, tmp_path / "none.pt")
    for name, words in {
        "empty.pt": "is empty",
        "text.pt": "not a checkpoint",
        "text.safetensors": "not a safetensors file",
        "nothing.pt": "neither",
        "weights.pt": "--optimizer",
        "missing.pt": "is not a file",
        "bomb.pt": "execute code",
        "none.pt": "no parameters",
    }.items():
        said = halflife("audit", tmp_path / name)
        assert said.code == 2, name
        assert words in said.err
        assert said.err.count("\n") == 1
        assert said.out == ""
    assert not (tmp_path / "boom").exists()


def test_exit_codes_and_json(halflife, tmp_path):
    """1 with errors, 0 without, --ignore takes them out, and --json is one object with groups and findings."""
    optimizer, model = sound()
    saved(tmp_path / "good.pt", optimizer, model)
    optimizer.param_groups[0]["weight_decay"] = -0.1
    saved(tmp_path / "bad.pt", optimizer, model)
    assert halflife("audit", tmp_path / "good.pt", "--steps", "1000").code == 0
    said = halflife("audit", tmp_path / "bad.pt", "--json")
    assert said.code == 1
    read = json.loads(said.out)
    assert {"groups", "findings", "skipped"} <= read.keys()
    assert {"code", "severity", "where", "message"} <= read["findings"][0].keys()
    assert (read["findings"][0]["code"], read["findings"][0]["severity"]) == ("HL017", "error")
    assert halflife("audit", tmp_path / "bad.pt", "--ignore", "HL017").code == 0
    chosen = json.loads(halflife("audit", tmp_path / "bad.pt", "--select", "HL017", "--json").out)
    assert {f["code"] for f in chosen["findings"]} == {"HL017"}
    assert halflife("audit", tmp_path / "bad.pt", "--select", "HL999").code == 2
    rows = json.loads(halflife("audit", tmp_path / "good.pt", "--json", "--by-parameter").out)["groups"]
    assert [m["decayed"] for m in rows[0]["members"]] == [True, True]
    assert "spared" not in halflife("audit", tmp_path / "good.pt", "--by-parameter").err


def test_an_optimizer_without_memory_leaves_no_shapes(halflife, tmp_path):
    """Plain SGD's checkpoint tells its law, and neither counts parameters nor takes them for biases."""
    model = torch.nn.Linear(3, 2)
    torch.save(torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.01).state_dict(), "sgd.pt")
    said = halflife("audit", "sgd.pt")
    assert said.code == 0
    assert "It acts on 2 tensors whose shapes are not known." in said.out
    assert "skipped HL006" in said.out
    assert "warning" not in said.out.replace("0 warnings", "")


def test_a_bare_pickle_is_refused_in_one_sentence(halflife, tmp_path):
    """Python's own pickle of an object is neither loaded nor warned about."""
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(Path("x"), protocol=4))
    said = halflife("audit", "bare.pt")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "nothing else is loaded" in said.err
