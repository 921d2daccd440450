"""One study, one SQLite file: written a chunk at a time in transactions, readable with any tool.

The tables are described in `halflife.lab.formats`, which also brings older files up to date. Whatever trains in chunks
can keep its results here: its question says what they are results of, its kind which verb asked.
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
from halflife.lab import formats
from halflife.lab.files import one_line
from halflife.lab.incidents import Incident
from halflife.lab.outcomes import Outcome
from halflife.lab.population import Chunk
from halflife.lab.settings import Setting
from halflife.lab.spread import Spread, quantiles
from halflife.lab.training import CURVES, Trained
from halflife.lab.twins import PRECISIONS, Twins, verdict
from halflife.rules import Law

TRAININGS = """
FROM setting JOIN training ON training.setting = setting.id CROSS JOIN curve USING (fold, setting, seed)
WHERE epoch = (
    SELECT max(epoch) FROM curve AS mine
    WHERE (mine.fold, mine.setting, mine.seed) = (training.fold, training.setting, training.seed)
)"""
"""Trainings with their settings and their last epoch; CROSS keeps SQLite from reading all epochs to find it."""

_INSERT_CURVE = f"INSERT INTO curve VALUES ({', '.join('?' * (4 + len(CURVES)))})"  # noqa: S608 - made of constants


class Store:
    """A study file, open for one question.

    Attributes:
        path: where the file is.
    """

    def __init__(self, path: Path, question: Mapping[str, Any], *, versions: Mapping[str, str], kind: str = "study"):
        """Open the file, or make it; a file of an older format is brought up to date.

        Args:
            path: the file; made with its question if there is none.
            question: everything that decides the results, as JSON values. `halflife ls` reads its data (name first),
                rules, settings, seeds and, if there are any, folds.
            versions: what a new file records of the software that made it.
            kind: the verb that asks; a file answers one.

        Raises:
            BadStudy: the file cannot be made or read, is not a study, is of another format, or asks another question.
        """
        self.path = path
        self._lock = FileLock(_lock_file(path))
        self._hold()
        try:
            self._open(kind, question, versions)
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

    def _open(self, kind: str, question: Mapping[str, Any], versions: Mapping[str, str]) -> None:
        with self._readable():
            # made absolute, for SQLite takes some names, such as :memory:, for something else
            self._connection = sqlite3.connect(self.path.absolute(), timeout=30)
            try:
                self._connection.execute("PRAGMA synchronous = EXTRA")  # a chunk once written outlives a power cut
                if formats.format_of(self._connection, str(self.path)) < formats.FORMAT:
                    self._bring_up_to_date(kind, question, versions)
                self._require_question(kind, question)
            except BaseException:
                self._connection.close()
                raise

    def _bring_up_to_date(self, kind: str, question: Mapping[str, Any], versions: Mapping[str, str]) -> None:
        """Lead the file to the last format, all the way or not at all; only if it answers this question."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            version = formats.format_of(self._connection, str(self.path))
            formats.climb(self._connection, version)
            if version == 0:
                told = {"kind": kind, "question": question, "versions": dict(versions)}
                self._connection.executemany(
                    "INSERT OR REPLACE INTO study VALUES (?, ?)",
                    [(name, json.dumps(value)) for name, value in told.items()],
                )
            self._require_question(kind, question)

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

    def add_chunk(self, chunk: Chunk, trained: Trained, seconds: float, *, fold: int = 0) -> None:
        """Write what a chunk's members came to, all of it or nothing."""
        spreads = quantiles(trained.parameters)
        with self._writable(), self._connection:
            self._connection.execute("INSERT INTO chunk VALUES (?, ?, ?)", (chunk.number, seconds, trained.parts))
            for member, setting in enumerate(chunk.settings):
                number = self._number(setting)
                final = [_real(trained.final[name][member]) for name in ("train", "train_score")]
                diverged = int(trained.diverged[member])
                self._connection.execute(
                    "INSERT INTO training VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (fold, number, chunk.seed, chunk.number, diverged, *((None, None) if diverged else final)),
                )
                columns = np.stack([trained.curves[name][:, member] for name in CURVES], axis=1)
                self._connection.executemany(
                    _INSERT_CURVE,
                    [
                        (fold, number, chunk.seed, epoch, *map(_real, values))
                        for epoch, values in enumerate(columns.tolist(), start=1)
                    ],
                )
                self._connection.executemany(
                    "INSERT INTO spread VALUES (?, ?, ?, ?, ?)",
                    [
                        (
                            fold,
                            number,
                            chunk.seed,
                            layer,
                            _short(levels[member]),
                        )
                        for layer, levels in enumerate(spreads)
                        if not diverged
                    ],
                )

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

    def add_incident(self, incident: Incident) -> None:
        """Write what went wrong and was got over."""
        with self._writable(), self._connection:
            self._connection.execute(
                "INSERT INTO incident (chunk, kind, words) VALUES (?, ?, ?)",
                (incident.chunk, incident.kind, incident.words),
            )

    def incidents(self) -> list[Incident]:
        """What went wrong and was got over, in the order it happened."""
        with self._readable():
            rows = self._connection.execute("SELECT chunk, kind, words FROM incident ORDER BY number")
            return [Incident(chunk=chunk, kind=str(kind), words=str(words)) for chunk, kind, words in rows]

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

    def outcomes(self, *, fold: int = 0) -> list[Outcome]:
        """How every training of a fold ended, those in the file."""
        with self._readable():
            rows = self._connection.execute(
                "SELECT rule, law, lr, strength, hyperparameters, seed, diverged, training.train, valid, test,"
                f" train_score, valid_score, test_score, norm {TRAININGS} AND fold = ? ORDER BY setting.id, seed",
                (fold,),
            )
            return [_outcome(row) for row in rows]

    def spread(self, setting: Setting, seed: int, *, fold: int = 0) -> Spread | None:
        """What the weights of one training look like; None if it is not in the file."""
        with self._readable():
            rows = self._connection.execute(
                "SELECT quantiles FROM spread JOIN setting ON setting.id = spread.setting WHERE"
                " (fold, rule, law, lr, strength, hyperparameters, seed) = (?, ?, ?, ?, ?, ?, ?) ORDER BY layer",
                (fold, *_key(setting), seed),
            )
            layers = tuple(tuple(map(float, json.loads(row[0]))) for row in rows)
            return Spread(setting=setting, seed=seed, layers=layers) if layers else None

    def tell(self, **about: Any) -> None:
        """Keep what takes no part in the question, unless the file says it already."""
        with self._writable(), self._connection:
            self._connection.execute("INSERT OR IGNORE INTO study VALUES ('about', ?)", (json.dumps(about),))

    def told(self) -> dict[str, dict[str, Any]]:
        """What the file says of itself: question, versions, and about."""
        with self._readable():
            kept = self._connection.execute("SELECT name, value FROM study WHERE name != 'kind'")
            return {"about": {}} | {name: dict(json.loads(value)) for name, value in kept}

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
        except sqlite3.IntegrityError as error:
            raise BadStudy(
                f"{self.path} cannot be written ({one_line(error)}): another process seems to be working on it, and "
                "what it wrote is kept."
            ) from error
        except sqlite3.Error as error:
            raise BadStudy(
                f"{self.path} cannot be written ({one_line(error)}): what it held before is kept."
            ) from error

    def _require_question(self, kind: str, question: Mapping[str, Any]) -> None:
        kept = {name: json.loads(value) for name, value in self._connection.execute("SELECT name, value FROM study")}
        if kept["kind"] != kind:
            raise BadStudy(f"{self.path} was made by `halflife {kept['kind']}`: name another file with --out.")
        asked, wanted = dict(kept["question"]), json.loads(json.dumps(question))
        differing = sorted(key for key in asked.keys() | wanted.keys() if asked.get(key) != wanted.get(key))
        if differing:
            raise BadStudy(
                f"{self.path} holds a {kind} with other {', '.join(differing)}: give the same options to go on with "
                "it, or name another file with --out."
            )

    def _number(self, setting: Setting) -> int:
        values = _key(setting)
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
