"""A command line called in this process, in a folder of its own, and a small study made once."""

import sys

import pytest

from halflife.cli import main
from halflife.lab.compiler import keep_compiled_programs

keep_compiled_programs()


class Said:
    """What a command printed, and how it ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


def called(capsys, monkeypatch, *arguments):
    """Run `halflife` with these arguments in this process."""
    monkeypatch.setattr(sys, "argv", ["halflife", *map(str, arguments)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return Said(ended.value.code, captured.out, captured.err)


@pytest.fixture
def halflife(capsys, monkeypatch, tmp_path):
    """The command, called in a new, empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: called(capsys, monkeypatch, *arguments)


@pytest.fixture(scope="session")
def small_study(tmp_path_factory):
    """The file of a finished small study; tests that could change it work on copies."""
    import halflife

    path = tmp_path_factory.mktemp("study") / "small.db"
    halflife.study(
        "iris",
        rules=("sgd", "momentum"),
        lr=(0.1, 0.03, 0.01),
        strength=(0, 0.001, 0.01, 0.1, 1),
        epochs=3,
        hidden=(3,),
        seeds=2,
        out=path,
    )
    return path
