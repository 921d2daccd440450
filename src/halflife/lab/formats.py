"""What is in a study file, and the ladder of formats that led there.

An empty file is format 0. Each rung of `LADDER` takes a file from one format to the next, so that a new file and an
old one come to the same tables by the same statements. Below are the tables at the top.

study     name, value      kind, question, versions, about, and what a search found, as JSON
setting   id, rule, law, lr, strength, hyperparameters
training  fold, setting, seed, chunk, diverged, train, train_score
curve     fold, setting, seed, epoch, train, penalty, valid, test, valid_score, test_score, norm
spread    fold, setting, seed, layer, quantiles      of the layer's weights, as JSON
twin      rule, alpha, lr, l2, precision, epoch, gap
chunk     number, seconds, parts
incident  number, chunk, kind, words
"""

import sqlite3

from halflife._errors import BadStudy
from halflife.lab.files import one_line

APPLICATION = 0x68616C66
"""What PRAGMA application_id says of a study file."""

LADDER: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE study (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE setting (id INTEGER PRIMARY KEY, rule TEXT NOT NULL, law TEXT NOT NULL, lr REAL NOT NULL,"
        " strength REAL NOT NULL, hyperparameters TEXT NOT NULL, UNIQUE (rule, law, lr, strength, hyperparameters))",
        "CREATE TABLE training (setting INTEGER NOT NULL REFERENCES setting, seed INTEGER NOT NULL,"
        " chunk INTEGER NOT NULL, diverged INTEGER NOT NULL, train REAL, train_score REAL,"
        " PRIMARY KEY (setting, seed)) WITHOUT ROWID",
        "CREATE TABLE curve (setting INTEGER NOT NULL, seed INTEGER NOT NULL, epoch INTEGER NOT NULL, train REAL,"
        " penalty REAL, valid REAL, test REAL, valid_score REAL, test_score REAL, norm REAL,"
        " PRIMARY KEY (setting, seed, epoch)) WITHOUT ROWID",
        "CREATE TABLE twin (rule TEXT NOT NULL, alpha TEXT NOT NULL, lr REAL NOT NULL, l2 REAL NOT NULL,"
        " precision TEXT NOT NULL, epoch INTEGER NOT NULL, gap REAL,"
        " PRIMARY KEY (rule, alpha, precision, epoch)) WITHOUT ROWID",
        "CREATE TABLE chunk (number INTEGER PRIMARY KEY, seconds REAL NOT NULL)",
    ),
    (  # kinds of study besides the first, folds, and what went wrong on the way
        "INSERT INTO study VALUES ('kind', '\"study\"')",
        "ALTER TABLE training RENAME TO training_1",
        "CREATE TABLE training (fold INTEGER NOT NULL, setting INTEGER NOT NULL REFERENCES setting,"
        " seed INTEGER NOT NULL, chunk INTEGER NOT NULL, diverged INTEGER NOT NULL, train REAL, train_score REAL,"
        " PRIMARY KEY (fold, setting, seed)) WITHOUT ROWID",
        "INSERT INTO training SELECT 0, setting, seed, chunk, diverged, train, train_score FROM training_1",
        "DROP TABLE training_1",
        "ALTER TABLE curve RENAME TO curve_1",
        "CREATE TABLE curve (fold INTEGER NOT NULL, setting INTEGER NOT NULL, seed INTEGER NOT NULL,"
        " epoch INTEGER NOT NULL, train REAL, penalty REAL, valid REAL, test REAL, valid_score REAL, test_score REAL,"
        " norm REAL, PRIMARY KEY (fold, setting, seed, epoch)) WITHOUT ROWID",
        "INSERT INTO curve SELECT 0, setting, seed, epoch, train, penalty, valid, test, valid_score, test_score, norm"
        " FROM curve_1",
        "DROP TABLE curve_1",
        "ALTER TABLE chunk ADD COLUMN parts INTEGER NOT NULL DEFAULT 1",
        "CREATE TABLE incident (number INTEGER PRIMARY KEY, chunk INTEGER, kind TEXT NOT NULL, words TEXT NOT NULL)",
    ),
    (  # what the trained weights look like
        "CREATE TABLE spread (fold INTEGER NOT NULL, setting INTEGER NOT NULL, seed INTEGER NOT NULL,"
        " layer INTEGER NOT NULL, quantiles TEXT NOT NULL, PRIMARY KEY (fold, setting, seed, layer)) WITHOUT ROWID",
    ),
)
"""The statements that lead from each format to the next, never changed once released: a new format is a new rung."""

FORMAT = len(LADDER)


def format_of(connection: sqlite3.Connection, name: str) -> int:
    """The format of an open file, 0 if there is nothing in it.

    Raises:
        BadStudy: it is another program's database, of a newer format, or broken.
    """
    if not _one(connection, "SELECT count(*) FROM sqlite_master") and not _one(connection, "PRAGMA application_id"):
        return 0
    if _one(connection, "PRAGMA application_id") != APPLICATION:
        raise BadStudy(f"{name} is an SQLite file but not a study: name another file with --out.")
    version = int(_one(connection, "PRAGMA user_version"))
    if not 1 <= version <= FORMAT:
        raise BadStudy(
            f"{name} is a study of format {version} and this halflife reads formats 1 to {FORMAT}: "
            "take a newer halflife, or name another file with --out."
        )
    found = _one(connection, "PRAGMA quick_check")
    if found != "ok":
        raise BadStudy(f"{name} is a broken study ({one_line(found)}): name another file with --out.")
    return version


def climb(connection: sqlite3.Connection, version: int) -> None:
    """Take a file of this format up to the last, in the transaction that the caller has begun and will end."""
    for rung in LADDER[version:]:
        for statement in rung:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def _one(connection: sqlite3.Connection, query: str) -> int | str:
    value: int | str = connection.execute(query).fetchone()[0]
    return value
