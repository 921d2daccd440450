"""One study, one SQLite file: written a chunk at a time in transactions, readable with any tool.

The tables are described in `halflife.lab.formats`, which also brings older files up to date. Whatever trains in chunks
can keep its results here: its question says what they are results of, its kind which verb asked.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

from halflife._errors import BadStudy
from halflife.lab import formats, rows
from halflife.lab.files import one_line
from halflife.lab.incidents import Incident
from halflife.lab.outcomes import Outcome
from halflife.lab.population import Chunk
from halflife.lab.settings import Setting
from halflife.lab.spread import Spread
from halflife.lab.training import Trained
from halflife.lab.twinning import Twins


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
                rules, settings and seeds.
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
        with self._writable(), self._connection:
            rows.write_chunk(self._connection, chunk, trained, seconds, fold)

    def add_twins(self, twins: Sequence[Twins]) -> None:
        """Write the twins of one rule, all of them or nothing."""
        with self._writable(), self._connection:
            rows.write_twins(self._connection, twins)

    def add_incident(self, incident: Incident) -> None:
        """Write what went wrong and was got over."""
        with self._writable(), self._connection:
            rows.write_incident(self._connection, incident)

    def incidents(self) -> list[Incident]:
        """What went wrong and was got over, in the order it happened."""
        with self._readable():
            return rows.read_incidents(self._connection)

    def twins(self) -> list[Twins]:
        """The twins in the file, rule by rule in the order they were written."""
        with self._readable():
            return rows.read_twins(self._connection)

    def outcomes(self, *, fold: int = 0) -> list[Outcome]:
        """How every training of a fold ended, those in the file."""
        with self._readable():
            return rows.read_outcomes(self._connection, fold)

    def spread(self, setting: Setting, seed: int, *, fold: int = 0) -> Spread | None:
        """What the weights of one training look like; None if it is not in the file."""
        with self._readable():
            return rows.read_spread(self._connection, setting, seed, fold)

    def tell(self, **about: Any) -> None:
        """Keep what takes no part in the question, unless the file says it already."""
        with self._writable(), self._connection:
            self._connection.execute("INSERT OR IGNORE INTO study VALUES ('about', ?)", (json.dumps(about),))

    def keep(self, **found: Any) -> None:
        """Keep what came out, in place of what came out before."""
        with self._writable(), self._connection:
            self._connection.execute("INSERT OR REPLACE INTO study VALUES ('found', ?)", (json.dumps(found),))

    def told(self) -> dict[str, dict[str, Any]]:
        """What the file says of itself: question, versions, about, and what was found if a search kept it."""
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

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        return self._connection.execute(query, values).fetchone()[0]


def _lock_file(study: Path) -> Path:
    """Beside the compiled programs, not beside the study: it stays behind, for removing a lock is a race."""
    name = hashlib.sha256(str(study.resolve()).encode()).hexdigest()[:16]
    folder = user_cache_path("halflife", appauthor=False) / "locks"
    return folder / name
