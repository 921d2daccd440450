"""Results as rows of a study file, and rows as results; the tables are described in `halflife.lab.formats`."""

import json
import math
import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np

from halflife.lab.incidents import Incident
from halflife.lab.outcomes import Outcome
from halflife.lab.population import Chunk
from halflife.lab.program import CURVES
from halflife.lab.settings import Setting
from halflife.lab.spread import Spread, quantiles
from halflife.lab.training import Trained
from halflife.lab.twinning import PRECISIONS, Twins, verdict
from halflife.rules import Law

TRAININGS = """
FROM setting JOIN training ON training.setting = setting.id CROSS JOIN curve USING (fold, setting, seed)
WHERE epoch = (
    SELECT max(epoch) FROM curve AS mine
    WHERE (mine.fold, mine.setting, mine.seed) = (training.fold, training.setting, training.seed)
)"""
"""Trainings with their settings and their last epoch; CROSS keeps SQLite from reading all epochs to find it."""

_INSERT_CURVE = f"INSERT INTO curve VALUES ({', '.join('?' * (4 + len(CURVES)))})"  # noqa: S608 - made of constants


def write_chunk(connection: sqlite3.Connection, chunk: Chunk, trained: Trained, seconds: float, fold: int) -> None:
    """What a chunk's members came to."""
    spreads = trained.spreads or quantiles(trained.parameters)
    connection.execute("INSERT INTO chunk VALUES (?, ?, ?)", (chunk.number, seconds, trained.parts))
    for member, setting in enumerate(chunk.settings):
        number = _number(connection, setting)
        final = [_real(trained.final[name][member]) for name in ("train", "train_score")]
        diverged = int(trained.diverged[member])
        connection.execute(
            "INSERT INTO training VALUES (?, ?, ?, ?, ?, ?, ?)",
            (fold, number, chunk.seed, chunk.number, diverged, *((None, None) if diverged else final)),
        )
        columns = np.stack([trained.curves[name][:, member] for name in CURVES], axis=1)
        connection.executemany(
            _INSERT_CURVE,
            [
                (fold, number, chunk.seed, epoch, *map(_real, values))
                for epoch, values in enumerate(columns.tolist(), start=1)
            ],
        )
        connection.executemany(
            "INSERT INTO spread VALUES (?, ?, ?, ?, ?)",
            [
                (fold, number, chunk.seed, layer, _short(levels[member]))
                for layer, levels in enumerate(spreads)
                if not diverged
            ],
        )


def read_outcomes(connection: sqlite3.Connection, fold: int) -> list[Outcome]:
    """How every training of a fold ended."""
    rows = connection.execute(
        "SELECT rule, law, lr, strength, hyperparameters, seed, diverged, training.train, valid, test,"
        f" train_score, valid_score, test_score, norm {TRAININGS} AND fold = ? ORDER BY setting.id, seed",
        (fold,),
    )
    return [_outcome(row) for row in rows]


def read_spread(connection: sqlite3.Connection, setting: Setting, seed: int, fold: int) -> Spread | None:
    """What the weights of one training look like; None if it is not there."""
    rows = connection.execute(
        "SELECT quantiles FROM spread JOIN setting ON setting.id = spread.setting WHERE"
        " (fold, rule, law, lr, strength, hyperparameters, seed) = (?, ?, ?, ?, ?, ?, ?) ORDER BY layer",
        (fold, *_key(setting), seed),
    )
    layers = tuple(tuple(map(float, json.loads(row[0]))) for row in rows)
    return Spread(setting=setting, seed=seed, layers=layers) if layers else None


def write_twins(connection: sqlite3.Connection, twins: Sequence[Twins]) -> None:
    """The gaps of twins after every epoch."""
    connection.executemany(
        "INSERT INTO twin VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (t.rule, t.alpha, t.lr, t.l2, precision, epoch, _real(gap))
            for t in twins
            for precision, gaps in t.gaps.items()
            for epoch, gap in enumerate(gaps, start=1)
        ],
    )


def read_twins(connection: sqlite3.Connection) -> list[Twins]:
    """All twins, rule by rule in the order they were written."""
    rows = connection.execute("SELECT rule, alpha, lr, l2, precision, gap FROM twin ORDER BY epoch").fetchall()
    found = []
    for rule, alpha, lr, l2 in dict.fromkeys(row[:4] for row in rows):
        gaps = {
            precision: tuple(
                math.nan if row[5] is None else float(row[5])
                for row in rows
                if row[:5] == (rule, alpha, lr, l2, precision)
            )
            for precision in PRECISIONS
        }
        ends = (gaps[precision][-1] for precision in PRECISIONS)
        found.append(Twins(rule=rule, alpha=alpha, lr=lr, l2=l2, gaps=gaps, verdict=verdict(*ends)))
    return found


def write_incident(connection: sqlite3.Connection, incident: Incident) -> None:
    """What went wrong and was got over."""
    connection.execute(
        "INSERT INTO incident (chunk, kind, words) VALUES (?, ?, ?)",
        (incident.chunk, incident.kind, incident.words),
    )


def read_incidents(connection: sqlite3.Connection) -> list[Incident]:
    """What went wrong and was got over, in the order it happened."""
    rows = connection.execute("SELECT chunk, kind, words FROM incident ORDER BY number")
    return [Incident(chunk=chunk, kind=str(kind), words=str(words)) for chunk, kind, words in rows]


def _number(connection: sqlite3.Connection, setting: Setting) -> int:
    values = _key(setting)
    connection.execute(
        "INSERT OR IGNORE INTO setting (rule, law, lr, strength, hyperparameters) VALUES (?, ?, ?, ?, ?)", values
    )
    found = connection.execute(
        "SELECT id FROM setting WHERE (rule, law, lr, strength, hyperparameters) = (?, ?, ?, ?, ?)", values
    )
    return int(found.fetchone()[0])


def _key(setting: Setting) -> tuple[Any, ...]:
    return (setting.rule, str(setting.law), setting.lr, setting.strength, json.dumps(setting.hyperparameters))


def _short(values: np.ndarray) -> str:
    return json.dumps([float(f"{value:.4g}") for value in values])


def _real(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _outcome(row: Sequence[Any]) -> Outcome:
    rule, law, lr, strength, hyperparameters, seed, diverged, *measured = row
    pairs = tuple((name, value) for name, value in json.loads(hyperparameters))
    setting = Setting(rule=rule, law=Law[law], lr=lr, strength=strength, hyperparameters=pairs)
    names = ("train", "valid", "test", "train_score", "valid_score", "test_score", "norm")
    ends = (math.nan if value is None else float(value) for value in measured)
    return Outcome(setting=setting, seed=int(seed), diverged=int(diverged), **dict(zip(names, ends, strict=True)))
