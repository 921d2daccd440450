"""`halflife study` from end to end, on a study small enough for a test."""

import json
import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import halflife as package
from halflife import BadInput
from halflife.lab import Network, Regime, Setting, load, plan, run
from halflife.rules import Law

SMALL = (
    *("study", "iris", "--rules", "sgd,momentum", "--lr", "0.1,0.03,0.01", "--strength", "0,0.001,0.01,0.1,1"),
    *("--epochs", "3", "--hidden", "3", "--seeds", "2", "--no-report"),
)
"""The command of the fixture's study: 2 rules × 3 lr × (1 + 4 strengths × 2 laws) × 2 seeds."""

TRAININGS = 108
BEST = {"lr", "strength", "valid", "test"}


def contents(path):
    """All that a study file holds, bit for bit, but the seconds it took and the order in which it came."""
    setting = "rule, law, lr, strength, hyperparameters"
    queries = {
        "training": f"SELECT {setting}, training.* FROM training JOIN setting ON id = setting",  # noqa: S608
        "curve": f"SELECT {setting}, curve.* FROM curve JOIN setting ON id = setting",  # noqa: S608
        "twin": "SELECT * FROM twin",
    }
    with sqlite3.connect(path) as connection:
        cursors = {name: connection.execute(query) for name, query in queries.items()}
        found = {
            name: sorted(
                repr([v for column, v in zip(cursor.description, row, strict=True) if column[0] != "setting"])
                for row in cursor
            )
            for name, cursor in cursors.items()
        }
    connection.close()
    return found


@pytest.fixture
def finished(small_study, tmp_path):
    """A copy of the finished study, to be spoilt."""
    return shutil.copy(small_study, tmp_path / "study.db")


def strict(text):
    """The one JSON object in a text, NaN and infinities not being JSON."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_holds_all_that_is_promised(halflife, finished):
    """`--json` prints one object with twins, grid, trainings, seconds and the file, each with its parts."""
    said = halflife(*SMALL, "--out", finished, "--json")
    assert (said.code, said.err) == (0, "")
    answer = strict(said.out)
    assert answer["trainings"] == TRAININGS
    assert answer["seconds"] > 0
    assert answer["study"] == str(finished)
    assert [t["rule"] for t in answer["twins"]] == ["sgd", "momentum", "momentum"]
    assert [t["verdict"] for t in answer["twins"]] == ["rounding", "real", "real"]
    for t in answer["twins"]:
        assert t["gap"].keys() == {"float32", "float64"}
        assert all(0 <= gap < 1 for gap in t["gap"].values())
    doors = [(g["rule"], g["law"]) for g in answer["grid"]]
    assert doors == [(rule, law) for rule in ("sgd", "momentum") for law in ("L2", "INDEPENDENT")]
    for g in answer["grid"]:
        assert g["best"].keys() >= BEST
        assert g["unregularized"].keys() >= BEST
        assert g["best"]["strength"] > 0 == g["unregularized"]["strength"]
        low, high = g["best"]["test_interval"]
        assert low < g["best"]["test"] < high
        assert "slope" in g
    assert all(isinstance(sentence, str) for sentence in answer["answer"])


def test_a_finished_study_is_read_and_not_trained_again(halflife, finished):
    """The same command again prints the same numbers from the same bytes; `halflife.study` returns them too."""
    before = finished.read_bytes()
    first, second = (strict(halflife(*SMALL, "--out", finished, "--json").out) for _ in range(2))
    assert first.pop("seconds") > 0
    assert second.pop("seconds") < 20
    assert first == second
    reports = []
    options = {"rules": ("sgd", "momentum"), "lr": (0.1, 0.03, 0.01), "strength": (0, 0.001, 0.01, 0.1, 1)}
    result = package.study("iris", **options, epochs=3, hidden=(3,), seeds=2, out=finished, progress=reports.append)
    by_name = result.to_dict()
    assert by_name.pop("seconds") > 0
    assert strict(json.dumps(by_name)) == first
    assert (reports[-1].stage, reports[-1].done, reports[-1].total) == ("trainings", TRAININGS, TRAININGS)
    assert reports[-1].best.valid <= min(g["best"]["valid"] for g in first["grid"])
    assert finished.read_bytes() == before


def test_people_read_tables_and_sentences(halflife, finished):
    """Without `--json` the same study comes as text, the answer first, its twins with `--details`."""
    said, more = (halflife(*SMALL, "--out", finished, *details) for details in ((), ("--details",)))
    assert (said.code, said.err) == (more.code, more.err) == (0, "")
    for word in ("sgd", "momentum", "rounding", "real"):
        assert word in more.out
    assert len(said.out.splitlines()) < len(more.out.splitlines())
    flowing = " ".join(said.out.split())
    for sentence in package.lab.read(finished).headline:
        assert " ".join(sentence.split()[:5]) in flowing


def test_the_two_doors_of_sgd_are_the_same_trainings(finished):
    """In the grid of SGD the decay α = lr·λ ends where the penalty λ does: one map, sheared along lr."""
    with sqlite3.connect(finished) as connection:
        pairs = connection.execute(
            "SELECT l.valid, d.valid FROM curve l JOIN setting s ON s.id = l.setting JOIN setting t ON"
            " s.rule = 'sgd' AND t.rule = 'sgd' AND s.law = 'L2' AND t.law = 'INDEPENDENT' AND s.lr = t.lr"
            " AND abs(t.strength - s.lr * s.strength) < 1e-3 * t.strength"
            " JOIN curve d ON d.setting = t.id AND d.seed = l.seed AND d.epoch = l.epoch WHERE l.epoch = 3"
        ).fetchall()
    connection.close()
    assert len(pairs) == 3 * 4 * 2
    for l2, decay in pairs:
        assert decay == pytest.approx(l2, rel=1e-3)
    assert len({round(l2, 3) for l2, _ in pairs}) > 10


def test_without_out_the_same_question_finds_its_file(halflife, tmp_path):
    """The file is named by data and question: the same command makes one file, another question another."""
    tiny = (
        "study",
        "--no-report",
        "iris",
        "--rules",
        "sgd",
        "--lr",
        "0.1",
        "--strength",
        "0.1",
        "--hidden",
        "2",
        "--epochs",
    )
    first = strict(halflife(*tiny, 1, "--json").out)
    again = strict(halflife(*tiny, 1, "--json").out)
    other = strict(halflife(*tiny, 2, "--json").out)
    assert first["study"] == again["study"] != other["study"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([first["study"], other["study"]])
    assert first["study"].startswith("halflife-iris-")


MANY = (
    *("study", "iris", "--rules", "sgd", "--epochs", "25", "--batch-size", "8", "--hidden", "3", "--seeds", "5"),
    *("--memory", "1MB", "--lr", "0.1,0.05,0.02,0.01,0.005", "--strength", "0.001,0.003,0.01,0.03,0.1,0.3"),
)


def chunks_in(path):
    """How many chunks a file that another process is writing has by now."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=0)) as connection:
            return connection.execute("SELECT count(*) FROM chunk").fetchone()[0]
    except sqlite3.Error:  # not there yet, or being written
        return 0


@pytest.mark.skipif(os.name != "posix", reason="an interrupt is sent as on POSIX")
def test_an_interrupted_study_goes_on_and_ends_bitwise_the_same(halflife, tmp_path):
    """Ctrl-C ends with 130 and says what is kept; the same command goes on and ends as if never stopped."""
    broken, whole = tmp_path / "broken.db", tmp_path / "whole.db"
    command = [sys.executable, "-m", "halflife", *MANY, "--out", str(broken)]
    here = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=here, **pipes) as process:  # noqa: S603
        patience = time.monotonic() + 90
        while chunks_in(broken) < 2 and process.poll() is None and time.monotonic() < patience:
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    kept = chunks_in(broken)
    assert process.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert "kept" in err
    assert "same command" in err
    assert halflife(*MANY, "--out", whole, "--json").code == 0
    assert 2 <= kept < chunks_in(whole)
    resumed = halflife(*MANY, "--out", broken, "--json")
    assert resumed.code == 0, resumed.err
    assert strict(resumed.out)["trainings"] == len(contents(whole)["training"])
    assert contents(broken) == contents(whole)


KILLS = 3


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_study_killed_again_and_again_ends_bitwise_the_same(halflife, tmp_path):
    """Killed at random moments, with no chance to clean up, it loses what was in flight and nothing else."""
    broken, whole = tmp_path / "broken.db", tmp_path / "whole.db"
    here = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
    random = np.random.default_rng(0)
    kept = 0
    for _ in range(KILLS):
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "halflife", *MANY, "--out", str(broken)], env=here, stderr=subprocess.DEVNULL
        )
        patience = time.monotonic() + 90
        while chunks_in(broken) <= kept and process.poll() is None and time.monotonic() < patience:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.05))
        process.kill()
        assert process.wait() == -signal.SIGKILL
        before, kept = kept, chunks_in(broken)
        assert kept > before
    assert halflife(*MANY, "--out", whole, "--json").code == 0
    assert kept < chunks_in(whole), "the last kill came too late"
    assert halflife(*MANY, "--out", broken, "--json").code == 0
    assert contents(broken) == contents(whole)


def test_bad_input_in_a_thread_is_bad_input():
    """What is raised while a chunk is trained on another thread comes out as itself."""

    def refuse(*_, **__):
        raise BadInput("this cannot be trained.")

    regime = Regime(network=Network(sizes=(4, 2, 3), error="softmax_cross_entropy"), epochs=1)
    chunks = plan([Setting(rule="sgd", law=Law.L2, lr=0.1, strength=0.1)], (0, 1), members=1)
    with pytest.raises(BadInput, match=r"this cannot be trained\."):
        list(run(load("iris"), regime, chunks, trainer=refuse))


def test_everything_may_diverge(halflife):
    """A study whose every training diverges ends in an answer all the same."""
    said = halflife(
        *("study", "iris", "--rules", "sgd", "--lr", "1e30", "--strength", "1", "--seeds", "1"),
        *("--epochs", "1", "--hidden", "2", "--json"),
    )
    assert (said.code, said.err) == (0, "")
    assert strict(said.out)["grid"] == []
    assert not math.isnan(strict(said.out)["twins"][0]["gap"]["float64"])
