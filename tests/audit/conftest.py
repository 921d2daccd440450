"""A command line called in this process, in a folder of its own."""

import sys

import pytest

from halflife.cli import main


class Said:
    """What a command printed, and how it ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def halflife(capsys, monkeypatch, tmp_path):
    """The command, called in a new folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["halflife", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Said(ended.value.code, captured.out, captured.err)

    return call
