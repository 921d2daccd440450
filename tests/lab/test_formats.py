"""The ladder of formats: an old study is brought up to date whole or not at all, a newer one is refused."""

import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from halflife import BadStudy
from halflife.lab import Store, formats, shelf
from halflife.lab.program import CURVES
from study_files import of_format

QUESTION = {"data": ["iris", "abc"], "rules": [["sgd"], ["sgd"]], "settings": [["sgd", "L2", 0.1, 0.5]], "seeds": [3]}


def opened(path, question=QUESTION, **more):
    return Store(path, question, versions={"halflife": "0.1.0"}, **more)


def schema(path):
    with closing(sqlite3.connect(path)) as connection:
        return {
            name: [column[1] for column in connection.execute(f"PRAGMA table_info({name})")]
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }


@pytest.mark.parametrize("version", range(1, formats.FORMAT + 1))
def test_a_study_of_every_format_is_gone_on_with(tmp_path, version):
    """Nothing of it is lost, and it has the tables of a new one; the next opening finds it up to date."""
    path = of_format(tmp_path / "old.db", version)
    for _ in range(2):
        with opened(path) as store:
            (outcome,) = store.outcomes()
            assert store.finished() == {0}
            assert (outcome.seed, outcome.train, outcome.valid, outcome.norm) == (3, 0.25, 0.35, 2.0)
        assert path.read_bytes()[60:64] == formats.FORMAT.to_bytes(4, "big")
    with opened(tmp_path / "new.db"):
        pass
    assert schema(path) == schema(tmp_path / "new.db")
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["new.db", "old.db"]


def test_the_tables_are_those_described(tmp_path):
    """The description in the module names every table and column, and a curve has a column for all that is recorded."""
    with opened(tmp_path / "new.db"):
        pass
    found = schema(tmp_path / "new.db")
    for table, columns in found.items():
        listed = re.search(rf"^{table} +(.*)$", formats.__doc__, re.MULTILINE)[1]
        assert re.split(r"\s{2,}", listed)[0].split(", ") == columns
    assert found["curve"] == ["fold", "setting", "seed", "epoch", *CURVES]


@pytest.mark.parametrize("broken", range(len(formats.LADDER[-1]) + 1))
def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch, broken):
    """Wherever on the last rung it fails, not a byte changes, and a halflife that can do it goes on."""
    path = of_format(tmp_path / "old.db", formats.FORMAT - 1)
    before = path.read_bytes()
    torn = (*formats.LADDER[-1][:broken], "INSERT INTO nowhere VALUES (1)")
    monkeypatch.setattr(formats, "LADDER", (*formats.LADDER[:-1], torn))
    with pytest.raises(BadStudy, match=r"old\.db"):
        opened(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["old.db"]
    monkeypatch.undo()
    with opened(path) as store:
        assert store.finished() == {0}


def test_an_old_study_that_answers_another_question_is_left_as_it_was(tmp_path):
    """It is not brought up to date only to be refused."""
    path = of_format(tmp_path / "old.db", 1)
    before = path.read_bytes()
    for question, more in ((QUESTION | {"seeds": [4]}, {}), (QUESTION, {"kind": "tune"})):
        with pytest.raises(BadStudy, match=r"other seeds|made by `halflife study`"):
            opened(path, question, **more)
        assert path.read_bytes() == before


def test_a_newer_format_is_refused(tmp_path):
    """The sentence names its format, those that can be read, and what to do; ls passes it over."""
    path = of_format(tmp_path / "new.db", formats.FORMAT)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA user_version = {formats.FORMAT + 1}")
    before = path.read_bytes()
    sentence = rf"format {formats.FORMAT + 1} .* formats 1 to {formats.FORMAT}: take a newer halflife"
    with pytest.raises(BadStudy, match=sentence):
        opened(path)
    with pytest.raises(BadStudy, match=sentence):
        shelf.export(path, tmp_path / "never.csv")
    assert shelf.studies(tmp_path) == ()
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", range(1, formats.FORMAT + 1))
def test_an_old_study_is_listed_and_exported_as_it_is(tmp_path, version):
    """Reading alone changes no byte of it."""
    path = of_format(tmp_path / "old.db", version)
    before = path.read_bytes()
    (found,) = shelf.studies(tmp_path)
    assert (found.kind, found.done, found.total, found.best) == ("study", 1, 1, 0.35)
    assert shelf.export(path, tmp_path / "t.csv", curves=True) == 2
    assert path.read_bytes() == before


def test_a_file_answers_one_verb(tmp_path):
    """What one verb made another does not go on with, even with the same question; ls says which verb it was."""
    path = shutil.copy(of_format(tmp_path / "study.db", 1), tmp_path / "copy.db")
    with opened(tmp_path / "tune.db", kind="tune"):
        pass
    with pytest.raises(BadStudy, match="made by `halflife tune`"):
        opened(tmp_path / "tune.db")
    with opened(path) as store:
        assert store.finished() == {0}
    assert [found.kind for found in shelf.studies(tmp_path)] == ["study", "study", "tune"]
