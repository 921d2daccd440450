"""Scripts that do not end well: what was found until then is shown, and the exit code says how they ended."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import halflife as package

TRAINED = """
import os, signal, torch
model = torch.nn.Linear(4, 2)
optimizer = torch.optim.Adam(model.parameters(), weight_decay=0.01)
for step in range(6):
    optimizer.zero_grad()
    model(torch.randn(8, 4)).square().sum().backward()
    optimizer.step()
    if step == {step}:
        {end}
"""
FAILS = "raise RuntimeError('out of data')"
FAILED = "halflife: the script ended with RuntimeError: out of data"
INTERRUPTED = "raise KeyboardInterrupt"
SIGNALLED = "os.kill(os.getpid(), signal.SIGINT)"


@pytest.mark.parametrize(
    ("step", "end", "options", "code", "last"),
    [
        (1, FAILS, (), 1, FAILED),
        (4, FAILS, ("--continue",), 1, FAILED),
        (1, "raise SystemExit(3)", (), 1, "halflife: the script ended with SystemExit: 3"),
        (1, INTERRUPTED, (), 130, "halflife: stopped."),
        (4, INTERRUPTED, ("--continue",), 130, "halflife: stopped."),
    ],
    ids=["fails-early", "fails-late", "exits", "interrupted-early", "interrupted-late"],
)
def test_what_was_found_is_shown_when_a_script_ends_badly(halflife, tmp_path, step, end, options, code, last):
    """Before its third step, or after the audit: the findings on stdout, the traceback of the script on stderr."""
    (tmp_path / "train.py").write_text(TRAINED.format(step=step, end=end))
    said = halflife("audit", "--json", *options, "--", "train.py")
    assert said.code == code
    assert "HL003" in {finding["code"] for finding in json.loads(said.out)["findings"]}
    assert said.err.splitlines()[-1] == last
    assert ('File "train.py", line 10' in said.err) == (end == FAILS)
    assert "runpy" not in said.err


def test_an_interrupt_before_there_is_an_optimizer_ends_as_such(halflife, tmp_path):
    """Nothing was found, and that is no fault of the script's."""
    (tmp_path / "train.py").write_text(INTERRUPTED)
    said = halflife("audit", "--report", "page.html", "--", "train.py")
    assert (said.code, said.out, said.err) == (130, "", "halflife: stopped.\n")


def test_a_signal_is_an_interrupt(tmp_path):
    """What Ctrl-C sends, in a process of its own: the findings stay, and the exit code is that of a signal."""
    (tmp_path / "train.py").write_text(TRAINED.format(step=4, end=SIGNALLED))
    words = [sys.executable, "-m", "halflife", "audit", "--continue", "--", "train.py"]
    here = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
    said = subprocess.run(words, cwd=tmp_path, env=here, capture_output=True, text=True, check=False)  # noqa: S603
    assert said.returncode == 130
    assert "HL003" in said.stdout
    assert said.stderr == "halflife: stopped.\n"


def test_an_interrupted_launcher_is_waited_for(halflife, monkeypatch):
    """The processes that a launcher starts are interrupted with it, and may speak before all ends."""
    waits = []

    class Started:
        def __init__(self, command):
            waits.append(Path(command[0]).name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            waits.append("closed")

        def wait(self):
            waits.append("waited")
            if len(waits) == 2:
                raise KeyboardInterrupt
            return 1

    monkeypatch.setattr(subprocess, "Popen", Started)
    said = halflife("audit", "--", "torchrun", "train.py")
    assert said.code == 130
    assert waits == ["torchrun", "waited", "waited", "closed"]


@pytest.mark.parametrize("loss", [5, "mse", [1.0]])
def test_a_loss_that_cannot_be_called_is_one_sentence(loss):
    """It says what was given, and what is wanted."""
    import torch

    model = torch.nn.Linear(2, 2)
    with pytest.raises(package.BadInput, match=rf"loss is of type {type(loss).__name__}: .*lambda: criterion\(.*\)\.$"):
        package.audit(torch.optim.AdamW(model.parameters()), model, loss=loss)


def test_a_loss_that_is_no_tensor_is_a_reason_to_skip():
    """A float has lost what autograd needs."""
    import torch

    model = torch.nn.Linear(2, 2)
    said = package.audit(torch.optim.AdamW(model.parameters()), model, loss=lambda: 1.0, select=["HL005"]).skipped
    assert "it returned a float, no tensor" in said[0].reason
