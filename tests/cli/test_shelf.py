"""`halflife ls` and `halflife export` on a small study."""

import json
import sys

import pytest

import halflife
from halflife.cli import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shelf")
    small = {"rules": ["sgd"], "lr": [0.01], "strength": [0.1], "epochs": 2, "hidden": [3], "seeds": 2}
    halflife.study("iris", **small, out=folder / "a.db")
    return folder


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["halflife", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code, *capsys.readouterr()


def test_ls_says_what_is_done(folder, monkeypatch, capsys):
    """A line a study; with --json a list of objects."""
    code, out, _ = run(monkeypatch, capsys, "ls", folder)
    assert (code, ["study", "iris", "sgd", "6/6"]) == (0, out.splitlines()[1].split()[1:5])
    _, out, _ = run(monkeypatch, capsys, "ls", folder, "--json")
    (found,) = json.loads(out)
    assert (found["data"], found["done"], found["total"]) == ("iris", 6, 6)


def test_export_counts_its_rows(folder, monkeypatch, capsys):
    """What is printed is what is in the file, header aside."""
    out_file = folder / "curves.csv"
    code, out, _ = run(monkeypatch, capsys, "export", folder / "a.db", "-o", out_file, "--curves", "--json")
    assert code == 0
    assert json.loads(out) == {"rows": 12, "out": str(out_file)}
    assert len(out_file.read_text().splitlines()) == 13


@pytest.mark.parametrize(
    "arguments", [("ls", "nowhere"), ("export", "nothing.db", "-o", "t.csv"), ("export", "nothing.db", "-o", "t.xls")]
)
def test_bad_input_is_one_sentence(arguments, monkeypatch, capsys, tmp_path):
    """Exit 2, one line on standard error, nothing on standard output."""
    monkeypatch.chdir(tmp_path)
    code, out, err = run(monkeypatch, capsys, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
