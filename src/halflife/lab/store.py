"""One study, one SQLite file: written a chunk at a time in transactions, readable with any tool.

study     name, value      format, question, versions, as JSON
setting   id, rule, law, lr, strength, hyperparameters
training  setting, seed, chunk, diverged, train, train_score
curve     setting, seed, epoch, and a column for each of `CURVES`
twin      rule, alpha, lr, l2, precision, epoch, gap
chunk     number, seconds
"""

import hashlib
import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from halflife._errors import BadStudy
from halflife.lab.files import one_line
from halflife.lab.outcomes import Outcome
from halflife.lab.population import Chunk
from halflife.lab.settings import Setting
from halflife.lab.training import CURVES, Trained
from halflife.lab.twins import PRECISIONS, Twins, verdict
from halflife.rules import Law

FORMAT = 1
APPLICATION = 0x68616C66
_SCHEMA = f"""
CREATE TABLE study (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE setting (
    id INTEGER PRIMARY KEY, rule TEXT NOT NULL, law TEXT NOT NULL, lr REAL NOT NULL, strength REAL NOT NULL,
    hyperparameters TEXT NOT NULL, UNIQUE (rule, law, lr, strength, hyperparameters)
);
CREATE TABLE training (
    setting INTEGER NOT NULL REFERENCES setting, seed INTEGER NOT NULL, chunk INTEGER NOT NULL,
    diverged INTEGER NOT NULL, train REAL, train_score REAL, PRIMARY KEY (setting, seed)
) WITHOUT ROWID;
CREATE TABLE curve (
    setting INTEGER NOT NULL, seed INTEGER NOT NULL, epoch INTEGER NOT NULL,
    {", ".join(f"{name} REAL" for name in CURVES)}, PRIMARY KEY (setting, seed, epoch)
) WITHOUT ROWID;
CREATE TABLE twin (
    rule TEXT NOT NULL, alpha TEXT NOT NULL, lr REAL NOT NULL, l2 REAL NOT NULL, precision TEXT NOT NULL,
    epoch INTEGER NOT NULL, gap REAL, PRIMARY KEY (rule, alpha, precision, epoch)
) WITHOUT ROWID;
CREATE TABLE chunk (number INTEGER PRIMARY KEY, seconds REAL NOT NULL);
"""
_INSERT_CURVE = f"INSERT INTO curve VALUES ({', '.join('?' * (3 + len(CURVES)))})"  # noqa: S608 - made of constants


class Store:
    """A study file, open for one question.

    Attributes:
        path: where the file is.
    """

    def __init__(self, path: Path, question: Mapping[str, Any], *, versions: Mapping[str, str]):
        """Open the file, or make it.

        Args:
            path: the file; made with its question if there is none.
            question: everything that decides the results, as JSON values.
            versions: what a new file records of the software that made it.

        Raises:
            BadStudy: the file cannot be made or read, is not a study, is of another format, or asks another question.
        """
        self.path = path
        self._lock = FileLock(_lock_file(path))
        self._hold()
        try:
            self._open(question, versions)
        except BaseException:
            self._lock.release()
            raise

    def _hold(self) -> None:
        try:
            Path(self._lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(blocking=False)
        except Timeout:
            raise BadStudy(f"another process is working on {self.path}: wait for it, or name another file.") from None
        except OSError:
            return  # no cache folder to lock in: SQLite still keeps two writers apart, a chunk at a time

    def _open(self, question: Mapping[str, Any], versions: Mapping[str, str]) -> None:
        with self._readable():
            # made absolute, for SQLite takes some names, such as :memory:, for something else
            self._connection = sqlite3.connect(self.path.absolute(), timeout=30)
            try:
                if self._one("PRAGMA application_id") == 0 and self._one("SELECT count(*) FROM sqlite_master") == 0:
                    self._create(question, versions)
                self._require_study()
                self._require_question(question)
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._lock.release()

    def finished(self) -> set[int]:
        """The numbers of the chunks that are in the file."""
        with self._readable():
            return {int(number) for (number,) in self._connection.execute("SELECT number FROM chunk")}

    def seconds(self) -> float:
        """Seconds of training that the chunks took, added over workers."""
        with self._readable():
            return float(self._one("SELECT total(seconds) FROM chunk"))

    def add_chunk(self, chunk: Chunk, trained: Trained, seconds: float) -> None:
        """Write what a chunk's members came to, all of it or nothing."""
        with self._writable(), self._connection:
            for member, setting in enumerate(chunk.settings):
                number = self._number(setting)
                final = [_real(trained.final[name][member]) for name in ("train", "train_score")]
                diverged = int(trained.diverged[member])
                self._connection.execute(
                    "INSERT INTO training VALUES (?, ?, ?, ?, ?, ?)",
                    (number, chunk.seed, chunk.number, diverged, *((None, None) if diverged else final)),
                )
                columns = np.stack([trained.curves[name][:, member] for name in CURVES], axis=1)
                self._connection.executemany(
                    _INSERT_CURVE,
                    [
                        (number, chunk.seed, epoch, *map(_real, values))
                        for epoch, values in enumerate(columns.tolist(), start=1)
                    ],
                )
            self._connection.execute("INSERT INTO chunk VALUES (?, ?)", (chunk.number, seconds))

    def add_twins(self, twins: Sequence[Twins]) -> None:
        """Write the twins of one rule, all of them or nothing."""
        with self._writable(), self._connection:
            self._connection.executemany(
                "INSERT INTO twin VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (t.rule, t.alpha, t.lr, t.l2, precision, epoch, _real(gap))
                    for t in twins
                    for precision, gaps in t.gaps.items()
                    for epoch, gap in enumerate(gaps, start=1)
                ],
            )

    def twins(self) -> list[Twins]:
        """The twins in the file, rule by rule in the order they were written."""
        with self._readable():
            rows = self._connection.execute(
                "SELECT rule, alpha, lr, l2, precision, gap FROM twin ORDER BY epoch"
            ).fetchall()
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

    def outcomes(self) -> list[Outcome]:
        """How every training in the file ended."""
        with self._readable():
            rows = self._connection.execute(
                "SELECT rule, law, lr, strength, hyperparameters, seed, diverged, t.train, valid, test, train_score,"
                " valid_score, test_score, norm FROM training t JOIN setting ON setting.id = t.setting"
                " JOIN curve USING (setting, seed)"
                " WHERE epoch = (SELECT max(epoch) FROM curve) ORDER BY setting.id, seed"
            )
            return [_outcome(row) for row in rows]

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Whatever broken content does to the code that reads it is the file's fault."""
        try:
            yield
        except BadStudy:
            raise
        except (sqlite3.Error, ValueError, TypeError, LookupError, OverflowError) as error:
            raise BadStudy(
                f"{self.path} cannot be read as a study file ({one_line(error)}): name another with --out."
            ) from error

    @contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise BadStudy(
                f"{self.path} cannot be written ({one_line(error)}): what it held before is kept."
            ) from error

    def _create(self, question: Mapping[str, Any], versions: Mapping[str, str]) -> None:
        with self._connection:
            self._connection.execute("BEGIN")
            for statement in _SCHEMA.split(";"):
                self._connection.execute(statement)
            self._connection.executemany(
                "INSERT INTO study VALUES (?, ?)",
                [("question", json.dumps(question)), ("versions", json.dumps(dict(versions)))],
            )
            self._connection.execute(f"PRAGMA application_id = {APPLICATION}")
            self._connection.execute(f"PRAGMA user_version = {FORMAT}")

    def _require_study(self) -> None:
        if self._one("PRAGMA application_id") != APPLICATION:
            raise BadStudy(f"{self.path} is an SQLite file but not a study: name another with --out.")
        version = self._one("PRAGMA user_version")
        if version != FORMAT:
            raise BadStudy(
                f"{self.path} is a study of format {version}: this halflife reads format {FORMAT}. "
                "Name another file with --out."
            )
        found = self._one("PRAGMA quick_check")
        if found != "ok":
            raise BadStudy(f"{self.path} is a broken study ({one_line(found)}): name another with --out.")

    def _require_question(self, question: Mapping[str, Any]) -> None:
        asked = dict(json.loads(self._one("SELECT value FROM study WHERE name = 'question'")))
        wanted = json.loads(json.dumps(question))
        differing = sorted(key for key in asked.keys() | wanted.keys() if asked.get(key) != wanted.get(key))
        if differing:
            raise BadStudy(
                f"{self.path} holds a study with other {', '.join(differing)}: give the same options to go on with it, "
                "or name another file with --out."
            )

    def _number(self, setting: Setting) -> int:
        values = (setting.rule, str(setting.law), setting.lr, setting.strength, json.dumps(setting.hyperparameters))
        self._connection.execute(
            "INSERT OR IGNORE INTO setting (rule, law, lr, strength, hyperparameters) VALUES (?, ?, ?, ?, ?)", values
        )
        return int(
            self._one(
                "SELECT id FROM setting WHERE (rule, law, lr, strength, hyperparameters) = (?, ?, ?, ?, ?)", values
            )
        )

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        return self._connection.execute(query, values).fetchone()[0]


def _lock_file(study: Path) -> Path:
    """Beside the compiled programs, not beside the study: it stays behind, for removing a lock is a race."""
    name = hashlib.sha256(str(study.resolve()).encode()).hexdigest()[:16]
    folder = user_cache_path("halflife", appauthor=False) / "locks"
    return folder / name


def _real(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _outcome(row: Sequence[Any]) -> Outcome:
    rule, law, lr, strength, hyperparameters, seed, diverged, *measured = row
    pairs = tuple((name, value) for name, value in json.loads(hyperparameters))
    setting = Setting(rule=rule, law=Law[law], lr=lr, strength=strength, hyperparameters=pairs)
    names = ("train", "valid", "test", "train_score", "valid_score", "test_score", "norm")
    ends = (math.nan if value is None else float(value) for value in measured)
    return Outcome(setting=setting, seed=int(seed), diverged=int(diverged), **dict(zip(names, ends, strict=True)))
