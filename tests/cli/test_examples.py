"""Every example that a verb's help shows is run as it stands; long ones with what makes them short, named here."""

import re
import shlex
import shutil

import pytest
import torch
import typer

import halflife as package
from halflife.cli import app
from halflife.rules import RULES

VERBS = typer.main.get_command(app).commands
EXAMPLE = re.compile(r"^(?:Example: |[ ]+)(halflife [^\n]*?)(?:[ ]{3,}[^\n]*)?$", re.M)
TINY = ["--epochs", "1", "--lr", "0.1"]
SHORT = {
    "study": [*TINY, "--strength", "0.1"],
    "tune": [*TINY, "--l2", "0.1", "--decay", "0.01", "--folds", "2", "--seeds", "1"],
}
"""What is added to a verb's examples, so that they train as little as there is."""

SCRIPT = """
import torch
model = torch.nn.Linear(3, 2)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
for step in range(5):
    model(torch.randn(4, 3)).pow(2).mean().backward()
    optimizer.step()
    optimizer.zero_grad()
"""


def examples():
    for verb, command in sorted(VERBS.items()):
        found = EXAMPLE.findall(f"{command.help or ''}\n{command.epilog or ''}")
        assert found, verb
        yield from found


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """What the examples read: a study, a script, checkpoints, a table."""
    folder = tmp_path_factory.mktemp("examples")
    grid = {"rules": ["adam"], "lr": [0.1], "strength": [0.1], "epochs": 1, "hidden": [2], "seeds": 1}
    package.study("iris", **grid, out=folder / "study.db")
    shutil.copy(folder / "study.db", folder / "halflife-digits-8f466b17.db")
    (folder / "results").mkdir()
    (folder / "docs").mkdir()
    (folder / "train.py").write_text(SCRIPT)
    (folder / "houses.csv").write_text(
        "a,b,price\n" + "".join(f"{k % 7},{k % 5},{k % 7 + k / 9:.3f}\n" for k in range(60))
    )
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, folder / "checkpoint.pt")
    pytest.importorskip("safetensors.torch").save_file(model.state_dict(), folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("example", list(examples()))
def test_the_example_works(example, files, halflife, monkeypatch):
    """Exit 0, or 1 of a check that found something; no traceback, and something to read."""
    monkeypatch.chdir(files)
    monkeypatch.setattr("halflife.probe._installed.targets", lambda: ["torch.optim:SGD"])
    monkeypatch.setattr("halflife.proofs.RULES", {name: RULES[name] for name in ("sgd", "momentum", "adam")})
    launched = []

    def launch(words):
        launched.extend(words)
        raise typer.Exit(0)

    monkeypatch.setattr("halflife.cli.audit._restart", launch)
    _, verb, *words = shlex.split(example)
    said = halflife(verb, *words, *SHORT.get(verb, ()))
    assert said.code in ((0, 1) if verb == "audit" else (0,)), said.err
    if "torchrun" in example:
        assert launched[:3] == ["torchrun", "--nproc-per-node", "2"], "tests/audit starts it in earnest"
    else:
        assert said.out
