"""What a running script shows of itself, its batch and its penalties; and that it is none the worse for it."""

import json
import runpy
import subprocess
import sys

import pytest
import torch

from halflife.audit._watch import compiled_so_far

PARTS = """
import random, numpy as np, torch
from torch import nn
torch.manual_seed(0); random.seed(0); np.random.seed(0)
"""

ODD = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn, self.drop = nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.Dropout(0.2)
        self.head, self.rnn, self.calls, self.kept = nn.Linear(8, 4), nn.GRU(4, 4), 0, []
        self.average = torch.zeros(8)
    def forward(self, x, *, scale):
        self.calls += 1
        self.kept.append(self.calls)
        x.mul_(1.001)
        noise = random.random() + np.random.rand()
        h = self.drop(torch.relu(self.bn(self.conv(x)))).mean((2, 3))
        self.average.lerp_(h.detach()[0], 0.1)
        print("called")
        return self.rnn(self.head(h * scale + 1e-3 * noise)[None])[0][0]
model = Net()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1)
inputs, labels = torch.randn(8, 3, 6, 6), torch.randint(0, 4, (8,))
for step in range(5):
    optimizer.zero_grad()
    for half in (slice(0, 4), slice(4, 8)):
        loss = nn.functional.cross_entropy(model(inputs[half], scale=1.1), labels[half])
        ((loss + 1e-3 * sum(p.pow(2).sum() for p in model.parameters())) / 2).backward()
    optimizer.step()
    model.eval()
    with torch.no_grad():
        model(inputs[:2].clone(), scale=1.0)
    model.train()
def digest(tensors):
    return [t.double().sum().item().hex() for t in tensors]
print(digest(model.state_dict().values()), digest(p.grad for p in model.parameters()), digest([model.average, inputs]))
print(model.calls, model.kept, torch.rand(1).item().hex(), random.random().hex(), np.random.rand().hex())
print([p._version for p in model.parameters()], [m.training for m in model.modules()], model._forward_hooks)
"""


def test_a_run_that_was_looked_at_ends_as_the_bare_one(halflife, tmp_path, capsys):
    """Weights, gradients, statistics, random numbers, inputs and attributes are bitwise those of the bare run."""
    script = tmp_path / "train.py"
    script.write_text(PARTS + ODD)
    runpy.run_path(str(script), run_name="__main__")
    bare = capsys.readouterr().out
    said = halflife("audit", "--continue", "--select", "HL005,HL008", "--", "train.py")
    assert said.code == 0
    assert said.out.splitlines()[-3:] == bare.splitlines()[-3:]
    assert said.out.count("called") == bare.count("called")
    assert "λ = 0.002 on conv.weight" in said.out
    assert "1 of 4 decayed weights are scale-invariant: conv.weight" in " ".join(said.out.split())
    assert "skipped" not in said.out


PLAIN = """
model = nn.Sequential(nn.Linear(4, 8, bias=False), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 2)).to(torch.{dtype})
optimizer = torch.optim.AdamW(model.parameters(), lr={lr}, weight_decay=0.1)
x, y = torch.randn(8, 4, dtype=torch.{dtype}), torch.randint(0, 2, (8,))
w = model[3].weight
scaler = torch.amp.GradScaler("cpu", enabled={scaled})
for step in range(4):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y) + {penalty}
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
"""
ROWS = [
    ({"penalty": "0.0"}, None),
    ({"penalty": "0.01 * w.square().sum()"}, 0.02),
    ({"penalty": "0.01 * w.square().sum()", "scaled": True}, 0.02),
    ({"penalty": "0.01 * w.square().sum()", "dtype": "bfloat16"}, 0.02),
    ({"penalty": "0.01 * w.square().sum()", "lr": 0.0}, 0.02),
    ({"penalty": "0.01 * w.norm()"}, None),
    ({"penalty": "0.01 * w.square().sum() ** 2"}, None),
    ({"penalty": "0.01 * w.abs().sum()"}, None),
]


def script_of(penalty, lr=1e-2, scaled=False, dtype="float32"):
    return PARTS + PLAIN.format(penalty=penalty, lr=lr, scaled=scaled, dtype=dtype)


@pytest.mark.parametrize(("settings", "l2"), ROWS, ids=[str(row) for row, _ in ROWS])
def test_the_penalty_of_a_script_is_measured(halflife, tmp_path, settings, l2):
    """λ comes out of the script's own backward passes, whatever scales its loss; norms and fourth powers are no L2."""
    (tmp_path / "train.py").write_text(script_of(**settings))
    read = json.loads(halflife("audit", "--json", "--select", "HL005,HL008", "--", "train.py").out)
    found = {f["code"]: f["message"] for f in read["findings"]}
    assert read["skipped"] == []
    assert "1 of 2" in found.pop("HL008")
    assert len(found) == (l2 is not None)
    for message in found.values():
        assert "on 3.weight," in message
        assert float(message.split("λ = ")[1].split(" ")[0]) == pytest.approx(l2, rel=0.01)


FUNCTIONAL = """
model = nn.Linear(4, 2)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
x = torch.randn(8, 4)
for step in range(3):
    for p, g in zip(model.parameters(), torch.autograd.grad(nn.functional.linear(x, model.weight, model.bias).sum(),
                                                            list(model.parameters()))):
        p.grad = g
    optimizer.step()
"""
COPIES = """
model = nn.Linear(4, 2).bfloat16()
copies = [p.detach().float().requires_grad_() for p in model.parameters()]
optimizer = torch.optim.AdamW(copies, lr=1e-2)
for step in range(3):
    model(torch.randn(8, 4).bfloat16()).sum().backward()
    for p, copy in zip(model.parameters(), copies):
        copy.grad = p.grad.float()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("script", "reasons"),
    [(FUNCTIONAL, {"HL005": "no backward call was seen", "HL008": "no call of the model"}),
     (COPIES, {"HL005": "trains copies of them"})],
    ids=["functional", "copies"],
)  # fmt: skip
def test_what_a_script_does_not_show_is_said(halflife, tmp_path, script, reasons):
    """Gradients from elsewhere, a model that is not called, master copies: the check says why it could not look."""
    (tmp_path / "train.py").write_text(PARTS + script)
    read = json.loads(halflife("audit", "--json", "--select", "HL005,HL008", "--", "train.py").out)
    said = {s["code"]: s["reason"] for s in read["skipped"]}
    assert all(words in said[code] for code, words in reasons.items())


PARTED = """
encoder, decoder = nn.Sequential(nn.Linear(4, 8, bias=False), nn.LayerNorm(8)), nn.Linear(8, 2)
model = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1)
for step in range(3):
    optimizer.zero_grad()
    hidden = torch.utils.checkpoint.checkpoint(encoder, torch.randn(8, 4), use_reentrant=False)
    decoder(hidden).square().sum().backward()
    optimizer.step()
"""


def test_a_model_that_is_called_in_parts_is_looked_at_in_parts(halflife, tmp_path):
    """Encoder and decoder are each called; the second call of a checkpoint, in the backward pass, is no other batch."""
    (tmp_path / "train.py").write_text(PARTS + "import torch.utils.checkpoint\n" + PARTED)
    read = json.loads(halflife("audit", "--json", "--select", "HL008", "--", "train.py").out)
    assert read["skipped"] == []
    assert [f["message"] for f in read["findings"]] == ["1 of 2 decayed weights are scale-invariant: encoder.0.weight."]


COMPILED = """
model = nn.Linear(4, 2)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1)
call = torch.compile(model, backend="eager")
for step in range(3):
    call(torch.randn(8, 4)).square().sum().backward()
    optimizer.step()
"""


TWICE = """
import sys
from halflife.cli import main
for _ in range(2):
    sys.argv = ["halflife", "audit", "--json", "--select", "HL008", "--", "train.py"]
    try:
        main()
    except SystemExit:
        pass
"""


def test_a_compiled_model_is_not_called_again(tmp_path):
    """A hook would have it compiled anew; a second run in one process finds it compiled, and is told the same."""
    (tmp_path / "train.py").write_text(PARTS + COMPILED)
    said = subprocess.run([sys.executable, "-c", TWICE], cwd=tmp_path, capture_output=True, text=True, check=True)  # noqa: S603
    reasons = [json.loads(line)["skipped"][0]["reason"] for line in said.stdout.splitlines()]
    assert len(reasons) == 2
    assert all("without torch.compile" in reason for reason in reasons)


def test_what_was_compiled_before_the_script_does_not_count(halflife, tmp_path):
    """Whoever calls the audit may have compiled something; that is none of the script's business."""
    torch.compile(lambda x: x + 1, backend="eager")(torch.ones(1))
    assert compiled_so_far() > 0
    (tmp_path / "train.py").write_text(PARTS + COMPILED.replace('torch.compile(model, backend="eager")', "model"))
    assert json.loads(halflife("audit", "--json", "--select", "HL008", "--", "train.py").out)["skipped"] == []
