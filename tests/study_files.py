"""Study files with known content, for the tests of what keeps and reads them."""

import math
import sqlite3
from contextlib import closing

import numpy as np

from halflife.lab import Chunk, Setting, Store, Trained, Twins, formats
from halflife.lab.program import CURVES
from halflife.rules import Law

QUESTION = {"data": ["iris", "abc"], "lr": [0.1, 0.01], "seeds": (0, 1), "regime": {"epochs": 3}}
VERSIONS = {"halflife": "0.1.0"}
EPOCHS = 3
SETTINGS = (
    Setting(rule="adam", law=Law.L2, lr=0.1, strength=0.0),
    Setting(rule="adam", law=Law.INDEPENDENT, lr=0.1, strength=1 / 3),
    Setting(rule="adam", law=Law.L2, lr=0.1, strength=2e-5, hyperparameters=(("beta1", 0.8),)),
)


def chunk_of(number, seed=0):
    """A chunk of three members, and what it came to: numbers without end, of which the second diverged."""
    random = np.random.default_rng([number, seed])
    diverged = np.array([0, 2, 0])
    curves = {name: random.normal(size=(EPOCHS, 3)) for name in CURVES}
    for values in curves.values():
        values[1:, 1] = np.nan
    final = {name: random.normal(size=3) for name in ("train", "train_score")}
    layer = {"weights": random.normal(size=(3, 4, 5)), "biases": np.zeros((3, 4, 1))}
    return Chunk(number=number, seed=seed, settings=SETTINGS, size=3), Trained(
        curves=curves, final=final, diverged=diverged, parameters=[layer], states=[]
    )


TWINS = (
    Twins(
        rule="momentum",
        alpha="η·λ",
        lr=0.01,
        l2=0.1,
        gaps={"float32": (0.1, 0.25), "float64": (0.1, 1 / 3)},
        verdict="real",
    ),
    Twins(
        rule="momentum",
        alpha="η·λ/(1−μ)",
        lr=0.01,
        l2=0.1,
        gaps={"float32": (0.1, math.nan), "float64": (0.1, math.nan)},
        verdict="diverged",
    ),
)


def opened(path, question=QUESTION):
    return Store(path, question, versions=VERSIONS)


def filled(path):
    """A study file with two chunks and a rule's twins."""
    with opened(path) as store:
        store.add_twins(TWINS)
        for number in (0, 1):
            store.add_chunk(*chunk_of(number, seed=number), 1.5)
    return path


def everything(path):
    with opened(path) as store:
        spreads = [store.spread(SETTINGS[0], seed) for seed in (0, 1)]
        return repr((sorted(store.finished()), store.outcomes(), store.twins(), store.seconds(), spreads))


def of_format(path, version):
    """A study file as a halflife of that format left it, with one training of two epochs and a question."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for rung in formats.LADDER[:version]:
            for statement in rung:
                connection.execute(statement)
        kept = (
            '{"data": ["iris", "abc"], "rules": [["sgd"], ["sgd"]], "settings": [["sgd", "L2", 0.1, 0.5]],'
            ' "seeds": [3]}'
        )
        connection.execute("INSERT INTO study VALUES ('question', ?)", (kept,))
        connection.execute("INSERT INTO study VALUES ('versions', '{\"halflife\": \"0.0.9\"}')")
        connection.execute("INSERT INTO setting VALUES (1, 'sgd', 'L2', 0.1, 0.5, '[]')")
        fold = "" if version == 1 else "0, "
        connection.execute(f"INSERT INTO training VALUES ({fold}1, 3, 0, 0, 0.25, 0.5)")  # noqa: S608 - constants
        for epoch in (1, 2):
            values = f"{fold}1, 3, {epoch}, 1.0, 0.1, {0.7 / epoch}, 0.8, 0.6, 0.5, 2.0"
            connection.execute(f"INSERT INTO curve VALUES ({values})")  # noqa: S608 - constants
        connection.execute(
            "INSERT INTO chunk VALUES (0, 1.5)" if version == 1 else "INSERT INTO chunk VALUES (0, 1.5, 1)"
        )
        connection.execute(f"PRAGMA application_id = {formats.APPLICATION}")
        connection.execute(f"PRAGMA user_version = {version}")
    return path
