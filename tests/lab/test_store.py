"""A study file: what is written is read back, a chunk is there or not, and a file that is no study is left alone."""

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from halflife import BadStudy
from halflife.lab import Store
from halflife.lab.population import ended
from halflife.lab.program import CURVES
from study_files import EPOCHS, QUESTION, SETTINGS, TWINS, VERSIONS, chunk_of, everything, filled, opened


def test_what_weights_look_like_is_kept(tmp_path):
    """Smallest, middle and largest weight of each net that did not diverge, to four digits; biases are no weights."""
    _, trained = chunk_of(1, seed=1)
    with opened(filled(tmp_path / "study.db")) as store:
        for member, setting in enumerate(SETTINGS):
            weights = trained.parameters[0]["weights"][member]
            spread = store.spread(setting, 1)
            if member == 1:
                assert spread is None
                continue
            (layer,) = spread.layers
            assert len(layer) == 41
            told = [layer[0], layer[20], layer[40]]
            np.testing.assert_allclose(told, [weights.min(), np.median(weights), weights.max()], rtol=1e-3)
        assert store.spread(SETTINGS[0], 7) is None


def test_what_is_written_is_read_back(tmp_path):
    """Outcomes, twins, finished chunks and seconds come back as they were, in this opening and the next."""
    path = filled(tmp_path / "study.db")
    expected = [o for number in (0, 1) for o in ended(*chunk_of(number, seed=number))]
    with opened(path) as store:
        assert store.finished() == {0, 1}
        assert store.seconds() == 3.0
        assert repr(store.twins()) == repr(list(TWINS))
        found = sorted(store.outcomes(), key=lambda o: (o.seed, SETTINGS.index(o.setting)))
    assert repr(found) == repr(expected)


def test_what_a_file_tells_of_its_beginning_stays(tmp_path):
    """What it was made by is told once, whoever goes on with it; what was found gives way to what is found later."""
    with opened(filled(tmp_path / "study.db")) as store:
        for number in (1, 2):
            store.tell(cores=number)
            store.keep(best=number)
        assert (store.told()["about"], store.told()["found"]) == ({"cores": 1}, {"best": 2})


def test_curves_are_there_for_any_tool(tmp_path):
    """Any reader of SQLite finds every curve of every member, NULL where it diverged, and what was asked."""
    path = filled(tmp_path / "study.db")
    _, trained = chunk_of(0)
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            f"SELECT {', '.join(CURVES)} FROM curve JOIN setting ON id = setting"  # noqa: S608 - made of constants
            " WHERE seed = 0 AND law = 'L2' AND strength > 0 ORDER BY epoch"
        ).fetchall()
        lost = connection.execute("SELECT count(*) FROM curve WHERE train IS NULL").fetchone()
        question = connection.execute("SELECT value FROM study WHERE name = 'question'").fetchone()
        versions = connection.execute("SELECT value FROM study WHERE name = 'versions'").fetchone()
    connection.close()
    assert rows == [tuple(trained.curves[name][epoch, 2] for name in CURVES) for epoch in range(EPOCHS)]
    assert lost == (2 * (EPOCHS - 1),)
    assert json.loads(question[0]) == json.loads(json.dumps(QUESTION))
    assert json.loads(versions[0]) == VERSIONS


def test_a_chunk_that_fails_half_way_leaves_nothing(tmp_path):
    """An error in the middle of a chunk takes back what was written of it, and the chunk can be written again."""
    path = filled(tmp_path / "study.db")
    before = everything(path)
    chunk, trained = chunk_of(2, seed=5)
    torn = replace(trained, curves=trained.curves | {CURVES[-1]: trained.curves[CURVES[-1]][:, :2]})
    with opened(path) as store, pytest.raises(IndexError):
        store.add_chunk(chunk, torn, 1.0)
    assert everything(path) == before
    with opened(path) as store:
        store.add_chunk(chunk, trained, 1.0)
        assert store.finished() == {0, 1, 2}
        assert len(store.outcomes()) == 9


def test_a_chunk_comes_once(tmp_path):
    """A chunk that is there already is refused, and what was there stays."""
    path = filled(tmp_path / "study.db")
    before = everything(path)
    with opened(path) as store, pytest.raises(BadStudy, match="cannot be written"):
        store.add_chunk(*chunk_of(0), 1.0)
    assert everything(path) == before


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"data": ["iris", "abd"]}, "other data:"),
        ({"lr": [0.1]}, "other lr:"),
        ({"seeds": [0, 1, 2], "regime": {"epochs": 4}}, "other regime, seeds:"),
        ({"new option": 1}, "other new option:"),
    ],
)
def test_another_question_is_refused_by_name(tmp_path, changes, named):
    """A study file answers the question it was made for; the sentence names what differs, and not a byte changes."""
    path = filled(tmp_path / "study.db")
    before = path.read_bytes()
    with pytest.raises(BadStudy, match=named):
        opened(path, QUESTION | changes)
    assert path.read_bytes() == before


def _sqlite(path, *statements):
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path


FOREIGN = {
    "text": lambda path: path.write_text("lr,strength\n0.1,0.2\n" * 100),
    "random bytes": lambda path: path.write_bytes(np.random.default_rng(0).bytes(5000)),
    "header alone": lambda path: path.write_bytes(b"SQLite format 3\0"),
    "another database": lambda path: _sqlite(path, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"),
    "another database, write-ahead": lambda path: _sqlite(path, "PRAGMA journal_mode = WAL", "CREATE TABLE t (x)"),
    "another program's": lambda path: _sqlite(path, "PRAGMA application_id = 7"),
    "another format": lambda path: _sqlite(filled(path), "PRAGMA user_version = 999"),
    "a table dropped": lambda path: _sqlite(filled(path), "DROP TABLE study"),
    "no question": lambda path: _sqlite(filled(path), "DELETE FROM study"),
    "question not JSON": lambda path: _sqlite(filled(path), "UPDATE study SET value = '{'"),
    "question not an object": lambda path: _sqlite(filled(path), "UPDATE study SET value = '3'"),
    "truncated": lambda path: path.write_bytes(filled(path).read_bytes()[:-5000]),
    "page overwritten": lambda path: path.write_bytes(
        (whole := filled(path).read_bytes())[:4096] + b"\xff" * 4096 + whole[8192:]
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_file_that_is_no_sound_study_is_refused_and_left_alone(tmp_path, case):
    """One sentence that names the file, and not a byte of it changes."""
    path = tmp_path / "study.db"
    FOREIGN[case](path)
    before = path.read_bytes()
    with pytest.raises(BadStudy, match=r"study\.db") as caught:
        opened(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["study.db"]


BROKEN_INSIDE = {
    "unknown law": "UPDATE setting SET law = 'L3'",
    "unknown rule": "UPDATE setting SET rule = 'adum'",
    "negative lr": "UPDATE setting SET lr = -1",
    "hyperparameters not JSON": "UPDATE setting SET hyperparameters = '[['",
    "text for a number": "UPDATE curve SET valid = 'much'",
    "bytes for a number": "UPDATE training SET train = x'00ff'",
    "text for a gap": "UPDATE twin SET gap = 'wide'",
    "a precision lost": "DELETE FROM twin WHERE precision = 'float64'",
    "not UTF-8": "UPDATE setting SET rule = CAST(x'ff' AS TEXT)",
    "a table lost": "DROP TABLE curve",
    "a column renamed": "ALTER TABLE chunk RENAME COLUMN number TO numero",
}


@pytest.mark.parametrize("case", BROKEN_INSIDE)
def test_broken_content_is_a_bad_study(tmp_path, case):
    """A file whose structure is sound and whose content is not is refused in a sentence when it is read."""
    path = _sqlite(filled(tmp_path / "study.db"), BROKEN_INSIDE[case])
    with pytest.raises(BadStudy, match=r"study\.db") as caught:
        everything(path)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("whole") / "study.db")


@given(flips=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 7)), min_size=1, max_size=4))
@hypothesis_settings(deadline=None, derandomize=True, max_examples=150)
def test_flipped_bits_never_end_in_a_traceback(whole, flips):
    """Whatever bits of a study flip, it is read or refused, and not changed by the attempt."""
    content = bytearray(whole.read_bytes())
    for place, bit in flips:
        content[place % len(content)] ^= 1 << bit
    path = whole.with_name("flipped.db")
    path.write_bytes(content)
    try:
        everything(path)
    except BadStudy as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is allowed
    assert path.read_bytes() == bytes(content)


@given(share=st.floats(0.001, 0.999))
@hypothesis_settings(deadline=None, derandomize=True, max_examples=40)
def test_a_truncated_study_is_refused(whole, share):
    """A study that lost its end is refused, wherever it was cut, and not made worse."""
    content = whole.read_bytes()[: int(share * whole.stat().st_size)]
    path = whole.with_name("truncated.db")
    path.write_bytes(content)
    with pytest.raises(BadStudy):
        everything(path)
    assert path.read_bytes() == content


def test_places_that_cannot_be_written(tmp_path):
    """A folder, a folder that is not there, and one that is a file are refused in a sentence."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "missing" / "study.db", tmp_path / "file" / "study.db"):
        with pytest.raises(BadStudy, match=path.name):
            opened(path)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_without_permission(tmp_path):
    """A folder in which nothing may be made is refused in a sentence."""
    tmp_path.chmod(0o500)
    with pytest.raises(BadStudy, match=r"study\.db"):
        opened(tmp_path / "study.db")
    tmp_path.chmod(0o700)


def test_a_study_is_a_file_whatever_its_name(tmp_path, monkeypatch):
    """A name that SQLite would keep in memory alone makes a file like any other."""
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    filled(Path(":memory:"))
    assert (tmp_path / ":memory:").stat().st_size > 0


def test_a_second_process_is_told(tmp_path):
    """While one process works on a study another is refused in one sentence; afterwards it may go on."""
    path = tmp_path / "s.db"
    opens = f"Store(Path({str(path)!r}), {QUESTION!r}, versions={{}})"
    code = f"from pathlib import Path; from halflife.lab import Store; {opens}"
    with Store(path, QUESTION, versions=VERSIONS) as store:
        store.add_chunk(*chunk_of(0), 1.0)
        second = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
        assert "BadStudy: another process is working on" in second.stderr
        with pytest.raises(BadStudy, match="another process"):
            Store(path, QUESTION, versions=VERSIONS)
        assert store.finished() == {0}
    with Store(path, QUESTION, versions=VERSIONS) as store:
        assert store.finished() == {0}


def test_without_a_lock_two_processes_corrupt_nothing(tmp_path, monkeypatch):
    """Where no lock can be held, as on two machines, who comes second to a chunk is told; what is there stays."""
    monkeypatch.setattr(Store, "_hold", lambda self: None)
    path = tmp_path / "s.db"
    with opened(path) as one, opened(path) as other:
        one.add_chunk(*chunk_of(0), 1.0)
        other.add_chunk(*chunk_of(1, seed=1), 1.0)
        with pytest.raises(BadStudy, match="another process seems to be working on it, and what it wrote is kept"):
            other.add_chunk(*chunk_of(0), 1.0)
        other.add_chunk(*chunk_of(2, seed=2), 1.0)
        assert one.finished() == other.finished() == {0, 1, 2}
        assert len(one.outcomes()) == 9
