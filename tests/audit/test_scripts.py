"""Scripts run unchanged under `halflife audit --`: plain torch, Accelerate, Lightning, the Hugging Face Trainer."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import halflife as package

HERE = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
PARTS = """
import sys, torch
from torch import nn
torch.manual_seed(0)
def net():
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
data = torch.utils.data.TensorDataset(torch.randn(64, 4), torch.randint(0, 2, (64,)))
loader = torch.utils.data.DataLoader(data, batch_size=8)
"""
PLAIN = """
print("arguments", sys.argv[1:])
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=0.01)
for epoch in range(3):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
print("the end")
"""
ACCELERATE = """
from accelerate import Accelerator
accelerator = Accelerator(cpu=True)
model = net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=0.01)
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
for x, y in loader:
    optimizer.zero_grad()
    accelerator.backward(nn.functional.cross_entropy(model(x), y))
    optimizer.step()
"""
LIGHTNING = """
import lightning
class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = net()
    def training_step(self, batch, index):
        return nn.functional.cross_entropy(self.net(batch[0]), batch[1])
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2, weight_decay=0.01)
off = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
lightning.Trainer(max_epochs=2, accelerator="cpu", **off).fit(Module(), loader)
"""
TRAINER = """
import tempfile
from transformers import Trainer, TrainingArguments
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = net()
    def forward(self, x, labels):
        return {"loss": nn.functional.cross_entropy(self.net(x), labels)}
rows = [{"x": x, "labels": y} for x, y in data]
arguments = TrainingArguments(
    tempfile.mkdtemp(), per_device_train_batch_size=8, num_train_epochs=50, weight_decay=0.1, learning_rate=1e-2,
    warmup_steps=5, report_to=[], use_cpu=True, disable_tqdm=True,
)
Trainer(model=Model(), args=arguments, train_dataset=rows).train()
"""


def audited(folder, script, *options):
    (folder / "train.py").write_text(PARTS + script)
    words = [sys.executable, "-m", "halflife", "audit", *options, "--", "train.py"]
    return subprocess.run(words, cwd=folder, env=HERE, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.parametrize(
    ("script", "needs", "law", "name"),
    [
        (PLAIN, "torch", "L2", "0.weight"),
        (ACCELERATE, "accelerate", "L2", "0.weight"),
        (LIGHTNING, "lightning", "L2", "0.weight"),
        (TRAINER, "transformers", "DECOUPLED", "0.weight"),
    ],
    ids=["plain", "accelerate", "lightning", "transformers"],
)
def test_a_script_is_audited_at_its_first_steps(tmp_path, script, needs, law, name):
    """Each framework's optimizer is caught, its law found, its parameters named; JSON is all there is on stdout."""
    if importlib.util.find_spec(needs) is None or (
        needs == "transformers" and not importlib.util.find_spec("accelerate")
    ):
        pytest.skip(f"{needs} is not installed")
    said = audited(tmp_path, script, "--json", "--by-parameter")
    assert said.returncode == 0, said.stderr[-2000:]
    read = json.loads(said.stdout)
    assert read["groups"][0]["law"] == law
    assert read["groups"][0]["members"][0]["name"].endswith(name)
    if needs == "transformers":
        # the trainer's own plan: 400 steps less the three taken, lr falling to zero over it
        assert read["steps"] == 397
        assert 0.15 < read["groups"][0]["removed"] < 0.2
        assert [f["code"] for f in read["findings"] if f["severity"] != "note"] == []
    else:
        assert "feels" in next(f["message"] for f in read["findings"] if f["code"] == "HL003")


def test_continue_lets_the_script_end(halflife, tmp_path):
    """A script stops after the audit, or goes on to its end; its arguments are its own."""
    (tmp_path / "train.py").write_text(PARTS + PLAIN)
    stopped = halflife("audit", "--", "train.py", "--lr", "3").out
    assert "arguments ['--lr', '3']" in stopped
    assert "the end" not in stopped
    assert "HL003" in stopped
    assert "the end" in halflife("audit", "--continue", "--", "train.py").out


TWO = """
first, second = net(), net()
one, two = torch.optim.SGD(first.parameters(), lr=0.1), torch.optim.AdamW(second.parameters())
two.param_groups[0]["weight_decay"] = -1.0
for x, y in loader:
    for model, optimizer in ((first, one), (second, two)):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
"""


def test_every_optimizer_of_a_script_is_audited(halflife, tmp_path):
    """Two optimizers are two audits; parameters of the one are not missed by the other; errors exit with 1."""
    (tmp_path / "train.py").write_text(PARTS + TWO)
    said = halflife("audit", "--json", "--", "train.py")
    read = json.loads(said.out)
    assert said.code == 1
    assert [g["optimizer"] for g in read["groups"]] == ["SGD", "AdamW"]
    assert [(f["code"], f["optimizer"]) for f in read["findings"] if f["severity"] == "error"] == [("HL017", "AdamW")]
    assert "HL010" not in {f["code"] for f in read["findings"]}


OVERWRITTEN = """
optimizer = torch.optim.Adam(net().parameters(), weight_decay=0.01)
model = net()
optimizer = torch.optim.AdamW(model.parameters())
for x, y in list(loader)[:4]:
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
"""


def test_an_optimizer_that_is_never_used_is_spoken_of_and_not_audited(halflife, tmp_path):
    """One that a script builds and overwrites has no model any more, and says nothing about the training."""
    (tmp_path / "train.py").write_text(PARTS + OVERWRITTEN)
    said = halflife("audit", "--json", "--", "train.py")
    assert json.loads(said.out)["optimizer"] == "AdamW"
    assert said.err == "halflife: Adam was built and took no step: it is not audited.\n"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("print('nothing to train')", "never built a torch optimizer"),
        ("raise ValueError('no data')", "failed before: ValueError: no data"),
        ("import sys; sys.exit(3)", "never built a torch optimizer"),
        ("o = torch.optim.LBFGS(net().parameters())", "needs a closure"),
    ],
)
def test_scripts_that_cannot_be_audited_end_in_one_sentence(halflife, tmp_path, script, words):
    """No optimizer, a failure before it, an optimizer that needs a closure: exit code 2 and the reason."""
    (tmp_path / "train.py").write_text(PARTS + script)
    said = halflife("audit", "--", "train.py")
    assert said.code == 2
    assert words in said.err
    assert said.err.count("\n") == 1


def test_a_missing_script_is_bad_input(halflife):
    """A script that is not there is said to be missing."""
    said = halflife("audit", "--", "absent.py")
    assert said.code == 2
    assert "is not a script" in said.err


def test_a_script_without_torch_is_one_sentence(halflife, tmp_path, monkeypatch):
    """Where PyTorch is not installed, how to install it is said before the script is run."""
    (tmp_path / "train.py").write_text("raise AssertionError('it ran')")
    monkeypatch.setitem(sys.modules, "torch", None)
    said = halflife("audit", "--", "train.py")
    assert said.code == 2
    assert "pip install torch" in said.err
    assert said.err.count("\n") == 1


def test_torch_is_as_it_was_after_an_audit(halflife, tmp_path):
    """What was changed in torch, in sys.argv and in sys.path for the run is put back."""
    import torch

    (tmp_path / "train.py").write_text(PARTS + PLAIN)
    build, path = torch.optim.Optimizer.__init__, list(sys.path)
    assert halflife("audit", "--", "train.py").code == 0
    assert torch.optim.Optimizer.__init__ is build
    assert sys.path == path


def test_what_is_no_optimizer_is_refused():
    """A class, a model, an optimizer that needs a closure, a wrong model, steps or schedule: one sentence each."""
    import torch

    from trainings import net, sound

    model = net()
    optimizer, _ = sound(model)
    for arguments, plan, words in (
        ((torch.optim.AdamW,), {}, "AdamW is not an optimizer"),
        ((model,), {}, "Net is not an optimizer"),
        ((torch.optim.LBFGS(model.parameters()),), {}, "needs a closure"),
        ((optimizer, "model"), {}, "must be a torch module"),
        ((optimizer, model), {"steps": 0}, "steps is 0"),
        ((optimizer, model), {"schedule": 3}, "schedule is a int"),
        ((optimizer, model), {"steps": 5, "schedule": "cosinus"}, "unknown schedule"),
        ((optimizer, model), {"select": ["X"]}, "is no check"),
    ):
        with pytest.raises(package.BadInput, match=words):
            package.audit(*arguments, **plan)
