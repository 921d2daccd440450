"""What every verb prints, on every kind of terminal: one screen of 80 columns, the answer first, in its letters."""

import io
import re
import shutil
from functools import cache

import pytest
import torch
import typer
from rich.cells import cell_len

from cli.conftest import called
from halflife.cli import app
from halflife.proofs import prove
from halflife.rules import RULES

VERBS = typer.main.get_command(app).commands
SCREEN = 50
TINY = ("--no-report", "--epochs", "1", "--lr", "0.1", "--hidden", "3", "--seeds", "1")
ADAMW = "torch.optim.AdamW(lr=0.003, weight_decay=0.2)"
SCREENS = {
    "study": (
        ("iris", *TINY, "--rules", "sgd,rmsprop_centred", "--strength", "0.1"),
        "Are L2 regularization and weight decay the same",
    ),
    "tune": (
        ("iris", *TINY, "--l2", "0.1", "--decay", "0.01", "--folds", "2"),
        "How much should I regularize?",
    ),
    "prove": ((), "Does some decay take the steps that a penalty makes an optimizer take?"),
    "prove adam": (("--short",), "adam: does some decay do what a penalty does?"),
    "prove sgd": ((), "sgd: same steps? EQUIVALENT"),
    "prove momentum-rates": ((), ""),
    "probe": (("torch.optim:AdamW", "lr=1e-3", "weight_decay=0.01"), "torch.optim:AdamW: DECOUPLED"),
    "audit": (("checkpoint.pt", "--steps", "1000"), "Adam, 1 parameter group"),
    "atlas": ((), "2 optimizers by their law"),
    "translate": ((ADAMW, "--short"), "The setting: adam"),
    "translate all": ((ADAMW,), "The setting: adam"),
    "translate keras": ((ADAMW, "--to", "keras"), "keras: FIRST ORDER"),
    "report": (("small.db",), "page in small.html"),
    "plot": (("small.db", "--only", "twins"), "twins.svg"),
    "ls": ((), "file"),
    "export": (("small.db", "-o", "rows.csv"), ""),
}
"""For each verb its arguments, and what its answer begins with."""
IN_FULL = ("prove sgd", "translate all")
"""What is asked for in full may be longer than a screen."""


proved = cache(prove)
"""A proof is a proof on every terminal."""


class Terminal(io.TextIOWrapper):
    """Standard output with an encoding, which may be a terminal's."""

    def __init__(self, encoding, tty):
        super().__init__(io.BytesIO(), encoding=encoding)
        self.tty = tty

    def isatty(self):
        return self.tty

    @property
    def text(self):
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


TERMINALS = {"pipe": ("utf-8", False), "ascii": ("ascii", False), "latin": ("latin-1", True), "colour": ("utf-8", True)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, small_study):
    """What the verbs read: a study, a checkpoint."""
    folder = tmp_path_factory.mktemp("screens")
    shutil.copy(small_study, folder / "small.db")
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LayerNorm(4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, folder / "checkpoint.pt")
    return folder


@pytest.fixture
def printed(folder, capsys, monkeypatch):
    """What a command prints on a terminal of 80 columns."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("halflife.probe._installed.targets", lambda: ["torch.optim:SGD", "torch.optim:NAdam"])
    monkeypatch.setattr("halflife.proofs.RULES", {name: RULES[name] for name in ("sgd", "momentum_lr_inside", "adam")})
    monkeypatch.setattr("halflife.proofs.prove", proved)

    def run(*words, terminal):
        out = Terminal(*TERMINALS[terminal])
        with monkeypatch.context() as there:
            there.setattr("sys.stdout", out)
            said = called(capsys, there, *words)
        assert said.code in (0, 1), said.err
        return out.text

    return run


def words_of(screen):
    verb, *more = screen.split()
    return (verb, *more, *SCREENS[screen][0]) if verb == "prove" else (verb, *SCREENS[screen][0])


def test_every_verb_has_a_row():
    """A new verb needs one."""
    assert {screen.split()[0] for screen in SCREENS} == set(VERBS)


@pytest.mark.parametrize("screen", SCREENS)
def test_one_screen_the_answer_first_on_every_terminal(screen, printed):
    """No more than 80 columns and 50 lines, no control letters in a pipe, ASCII alone where there is nothing else."""
    terminals = ["pipe", "ascii"] if screen in ("report", "plot") else TERMINALS
    questions = 0
    for terminal in terminals:
        shown = printed(*words_of(screen), terminal=terminal)
        plain = re.sub(r"\x1b\[[\d;]*m", "", shown)
        assert plain.startswith(SCREENS[screen][1])
        assert len(plain.splitlines()) <= SCREEN or screen in IN_FULL
        too_long = [line for line in plain.splitlines() if cell_len(line.rstrip()) > 80]
        assert too_long == [], terminal
        assert "\x1b" not in plain
        assert TERMINALS[terminal][1] or "\x1b" not in shown
        questions = questions or plain.count("?")
        assert plain.count("?") == questions, "a letter has no other"
        if terminal == "ascii":
            assert plain.isascii()


@pytest.mark.parametrize("screen", ["study", "prove", "audit", "translate"])
def test_colour_is_only_an_aid(screen, printed, monkeypatch):
    """With NO_COLOR the same words stand there, bold perhaps, but without a colour; and so they do with it."""
    coloured = printed(*words_of(screen), terminal="colour")
    monkeypatch.setenv("NO_COLOR", "1")
    bare = printed(*words_of(screen), terminal="colour")
    codes = [code for found in re.findall(r"\x1b\[([\d;]*)m", bare) for code in found.split(";")]
    assert not [code for code in codes if code and int(code) >= 30]
    strip = lambda text: re.sub(r"\x1b\[[\d;]*m|\d+\.\d+ s", "", text)  # noqa: E731
    assert strip(bare) == strip(coloured)
