"""Study files are listed and exported, and whatever is no study file is refused or passed over."""

import shutil
import sqlite3
from contextlib import closing

import pandas as pd
import pytest

import halflife
from halflife.lab import shelf


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies")
    halflife.study(
        "iris", rules=["sgd"], lr=[0.01, 0.02], strength=[0.1], epochs=2, hidden=[3], seeds=2, out=folder / "a.db"
    )
    (folder / "broken.db").write_bytes(b"no database")
    sqlite3.connect(folder / "other.db").execute("CREATE TABLE t (x)")
    return folder


def test_only_studies_are_listed_with_what_is_done(folder):
    """Two lrs, three settings each (penalty, decay, none), two seeds: twelve of twelve."""
    (found,) = shelf.studies(folder)
    assert (found.path, found.data, found.rules) == (folder / "a.db", "iris", ("sgd",))
    assert found.done == found.total == 12
    assert found.best == pytest.approx(min(shelf_table(folder)["valid"]))


def shelf_table(folder, **options):
    shelf.export(folder / "a.db", folder / "t.csv", **options)
    return pd.read_csv(folder / "t.csv")


@pytest.mark.parametrize(("curves", "rows"), [(False, 12), (True, 24)])
def test_csv_and_parquet_hold_the_same_rows(folder, curves, rows):
    """A row a training, or a row an epoch, in either format."""
    table = shelf_table(folder, curves=curves)
    assert shelf.export(folder / "a.db", folder / "t.parquet", curves=curves) == rows == len(table)
    pd.testing.assert_frame_equal(table, pd.read_parquet(folder / "t.parquet"), check_dtype=False)
    assert set(table["law"]) == {"L2", "INDEPENDENT"}
    assert table["test"].notna().all()


@pytest.mark.parametrize("name", ["broken.db", "other.db", "missing.db"])
def test_what_is_no_study_is_refused(folder, name):
    """Exporting something else is one sentence, and nothing is written."""
    with pytest.raises(halflife.BadStudy, match=name):
        shelf.export(folder / name, folder / "never.csv")
    assert not (folder / "never.csv").exists()


def test_other_endings_and_folders_are_refused(folder):
    """The sentence names what was given and what is allowed."""
    with pytest.raises(halflife.BadInput, match=r"xlsx.*\.csv or \.parquet"):
        shelf.export(folder / "a.db", "table.xlsx")
    with pytest.raises(halflife.BadInput, match="not a folder"):
        shelf.studies(folder / "a.db")
    with pytest.raises(halflife.BadInput, match="cannot be written"):
        shelf.export(folder / "a.db", folder / "no" / "t.csv")


def test_a_study_killed_in_mid_write_is_listed_with_what_it_had_before(folder, tmp_path):
    """The file and its journal as they lie on the disk while a chunk is being written; SQLite takes that chunk back."""
    shutil.copy(folder / "a.db", tmp_path / "killed.db")
    writing = sqlite3.connect(tmp_path / "killed.db", isolation_level=None)
    writing.execute("PRAGMA cache_size = 1")
    writing.execute("BEGIN")
    writing.execute("DELETE FROM training")
    writing.execute("DELETE FROM curve")
    (tmp_path / "after").mkdir()
    for name in ("killed.db", "killed.db-journal"):
        shutil.copy(tmp_path / name, tmp_path / "after" / name)
    reading = sqlite3.connect(f"file:{tmp_path / 'after' / 'killed.db'}?mode=ro", uri=True)
    with closing(reading), pytest.raises(sqlite3.OperationalError):
        reading.execute("SELECT count(*) FROM training")
    (found,) = shelf.studies(tmp_path / "after")
    assert found.done == 12
    writing.close()
