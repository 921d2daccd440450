"""Whatever stops a study between any two operations on its file, it opens again without half a chunk in it."""

import shutil
import subprocess

import numpy as np
import pytest

import disk
from halflife import BadStudy
from halflife.lab import Store
from study_files import chunk_of, everything, filled, of_format, opened

pytestmark = pytest.mark.skipif(disk.found() is None, reason="SQLite's own functions cannot be reached here")

CUTS = 8
"""How often the power is cut, each time with other luck, after each operation."""


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def put(folder, files):
    for path in folder.iterdir():
        path.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def write_chunk(path):
    with opened(path) as store:
        store._connection.execute("PRAGMA cache_size = 5")  # so that pages are written before all are known
        store.add_chunk(*chunk_of(2, seed=5), 1.0)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a study of two chunks, what is in it, and all that is done to it when a third is written."""
    folder = tmp_path_factory.mktemp("fire")
    path = filled(folder / "s.db")
    before, text_before = content(folder), everything(path)
    with disk.watched() as log:
        write_chunk(path)
    return path, before, text_before, log, everything(path)


def test_the_disk_sees_all_that_is_done(written):
    """What is replayed from the log is what is there; pages of study and journal are written, synced, deleted."""
    path, before, text_before, log, text_after = written
    assert text_before != text_after
    put(path.parent, disk.killed(before, log))
    assert everything(path) == text_after
    kinds = {(entry[0], entry[1]) for entry in log}
    both = {(operation, name) for operation in ("write", "sync") for name in ("s.db", "s.db-journal")}
    assert kinds >= both | {("delete", "s.db-journal")}
    assert sum(entry[0] == "write" and entry[1] == "s.db" for entry in log) > 5


def test_killed_after_any_operation(written):
    """It has two chunks or three, three if the writing was through, and goes on either way."""
    path, before, text_before, log, text_after = written
    seen = set()
    for stopped in range(len(log) + 1):
        put(path.parent, disk.killed(before, log[:stopped]))
        text = everything(path)
        assert text in (text_before, text_after)
        seen.add(text)
        if stopped == len(log):
            assert text == text_after
    assert seen == {text_before, text_after}


def test_power_cut_after_any_operation(written):
    """Pages that were not synced are there or not, whole or torn; never half a chunk, never a lost one."""
    path, before, text_before, log, text_after = written
    random = np.random.default_rng(0)
    for stopped in range(len(log) + 1):
        for _ in range(CUTS):
            put(path.parent, disk.cut(before, log[:stopped], random))
            text = everything(path)
            assert text in (text_before, text_after)
            if stopped == len(log):
                assert text == text_after, "a chunk that was reported as written outlives the power"
    put(path.parent, disk.cut(before, log[: len(log) // 2], random))
    if everything(path) == text_before:
        write_chunk(path)
    assert everything(path) == text_after


def test_a_disk_that_skips_the_syncs_is_caught(written):
    """The replay has teeth: the same writes without syncs leave a broken study or half a chunk somewhere."""
    path, before, text_before, log, text_after = written
    unsafe = [entry for entry in log if entry[0] != "sync"]
    random = np.random.default_rng(0)
    lost = 0
    for stopped in range(len(unsafe)):
        put(path.parent, disk.cut(before, unsafe[:stopped], random))
        try:
            lost += everything(path) not in (text_before, text_after)
        except BadStudy:
            lost += 1
    assert lost > 5


@pytest.mark.parametrize("nothing_works", [False, True], ids=["no room to grow", "no write at all"])
def test_a_full_disk_at_any_write(written, nothing_works):
    """One sentence, what was there before is kept, and with room again the same chunk is written."""
    path, before, text_before, log, text_after = written
    refused = 0
    for room in range(sum(entry[0] == "write" for entry in log)):
        put(path.parent, before)
        limit = lambda written, grows, room=room: written >= room and (grows or nothing_works)  # noqa: E731
        try:
            with disk.watched(full=limit):
                write_chunk(path)
            assert everything(path) == text_after
            continue
        except BadStudy as error:
            said = str(error)
        assert "full" in said
        assert "\n" not in said
        refused += 1
        assert everything(path) == text_before
        write_chunk(path)
        assert everything(path) == text_after
    assert refused > 5


def test_a_power_cut_while_an_old_study_is_brought_up_to_date(tmp_path):
    """It is of the old format or of the new one, and nothing in it is lost."""
    path = of_format(tmp_path / "s.db", 1)
    before = content(tmp_path)
    question = {
        "data": ["iris", "abc"],
        "rules": [["sgd"], ["sgd"]],
        "settings": [["sgd", "L2", 0.1, 0.5]],
        "seeds": [3],
    }

    def finished():
        with Store(path, question, versions={}) as store:
            return repr((store.finished(), store.outcomes()))

    with disk.watched() as log:
        expected = finished()
    random = np.random.default_rng(1)
    for stopped in range(0, len(log) + 1, 3):
        put(tmp_path, disk.cut(before, log[:stopped], random))
        assert finished() == expected


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of one megabyte, where this process may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    options = ("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place))
    if not mount or subprocess.run([mount, *options], capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("no file system may be mounted here")
    yield place
    subprocess.run([umount, str(place)], check=True)  # noqa: S603


def test_a_real_disk_that_fills_up(small_disk):
    """Chunk by chunk until it is full: a sentence, all chunks before are there, and with room it goes on."""
    path = small_disk / "s.db"
    (small_disk / "ballast").write_bytes(bytes(800_000))
    number = 0
    with opened(path) as store:
        try:
            for number in range(1000):
                store.add_chunk(*chunk_of(number, seed=number), 1.0)
        except BadStudy as error:
            said = str(error)
    assert 3 < number < 999
    assert "cannot be written" in said
    assert "full" in said
    with opened(path) as store:
        assert store.finished() == set(range(number))
        assert len(store.outcomes()) == 3 * number
    (small_disk / "ballast").unlink()
    with opened(path) as store:
        store.add_chunk(*chunk_of(number, seed=number), 1.0)
        assert store.finished() == set(range(number + 1))
