"""Study files that are there already: what is in them, and their numbers as tables for other tools."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from halflife._errors import BadInput, BadStudy
from halflife.lab import formats
from halflife.lab.rows import TRAININGS

_TRAININGS = f"""
SELECT fold, rule, law, lr, strength, hyperparameters, seed, diverged, training.train AS train, train_score, penalty,
       valid, test, valid_score, test_score, norm
{TRAININGS} ORDER BY fold, setting.id, seed
"""
_CURVES = """
SELECT rule, law, lr, strength, hyperparameters, curve.* FROM curve JOIN setting ON setting.id = curve.setting
ORDER BY fold, setting.id, seed, epoch
"""


@dataclass(frozen=True, kw_only=True)
class StudyFile:
    """What a study file holds.

    Attributes:
        path: where it is.
        kind: the verb that made it.
        data: the name of the data set.
        rules: of its grid.
        done: trainings in the file.
        total: trainings that the study has when it is finished; as many as are done where a search decides on the way.
        best: lowest validation error so far; None before the first training.
    """

    path: Path
    kind: str
    data: str
    rules: tuple[str, ...]
    done: int
    total: int
    best: float | None


def studies(folder: str | Path = ".") -> tuple[StudyFile, ...]:
    """The study files in a folder, by name; files that are something else are passed over.

    Raises:
        BadInput: it is not a folder.
    """
    if not Path(folder).is_dir():
        raise BadInput(f"{str(folder)!r} is not a folder: name one that holds study files.")
    return tuple(found for path in sorted(Path(folder).glob("*.db")) if (found := _look(path)))


def export(study: str | Path, to: str | Path, *, curves: bool = False) -> int:
    """Write the trainings of a study, or their curves, as a table.

    Args:
        study: the study file; it is only read.
        to: a .csv or .parquet file.
        curves: a row an epoch instead of a row a training.

    Returns:
        How many rows were written.

    Raises:
        BadStudy: it is not a study file.
        BadInput: the ending is another, the file cannot be written, or no Parquet writer is installed.
    """
    import pandas as pd

    ending = Path(to).suffix
    if ending not in (".csv", ".parquet"):
        raise BadInput(f"{str(to)!r} ends in {ending!r}: it must end in .csv or .parquet.")
    with _reading(Path(study)) as connection:
        table = pd.read_sql_query(_CURVES if curves else _TRAININGS, connection)
    try:
        table.to_csv(to, index=False) if ending == ".csv" else table.to_parquet(to, index=False)
    except OSError as error:
        raise BadInput(f"{str(to)!r} cannot be written ({error.strerror or error}): name another file.") from None
    except ImportError:
        raise BadInput("Parquet needs a writer: pip install 'halflife[parquet]', or name a .csv file.") from None
    return len(table)


def told(study: str | Path, kind: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The question that a file answers, and the versions that made it.

    Raises:
        BadStudy: it is not a study file, or another verb made it.
    """
    with _reading(Path(study)) as connection:
        try:
            kept = {name: json.loads(value) for name, value in connection.execute("SELECT name, value FROM study")}
            made_by, question, versions = kept["kind"], dict(kept["question"]), dict(kept["versions"])
        except (LookupError, TypeError, ValueError) as error:
            raise BadStudy(f"{str(study)!r} cannot be read as a study file ({error}).") from None
    if made_by != kind:
        raise BadStudy(f"{str(study)!r} was made by `halflife {made_by}`, and a file of `halflife {kind}` is wanted.")
    return question, versions


def kind_of(study: str | Path) -> str:
    """The verb that made a file.

    Raises:
        BadStudy: it is not a study file.
    """
    with _reading(Path(study)) as connection:
        try:
            return str(json.loads(connection.execute("SELECT value FROM study WHERE name = 'kind'").fetchone()[0]))
        except (TypeError, ValueError) as error:
            raise BadStudy(f"{str(study)!r} cannot be read as a study file ({error}).") from None


def _look(path: Path) -> StudyFile | None:
    try:
        with _reading(path) as connection:
            about = {name: json.loads(value) for name, value in connection.execute("SELECT name, value FROM study")}
            done = connection.execute("SELECT count(*) FROM training").fetchone()[0]
            best = connection.execute(f"SELECT min(valid) FROM ({_TRAININGS})").fetchone()[0]  # noqa: S608 - a constant
        question = about["question"]
        return StudyFile(
            path=path,
            kind=about["kind"],
            data=question["data"][0],
            rules=tuple(question["rules"][1]),
            done=done,
            total=max(done, len(question["settings"]) * len(question["seeds"])),
            best=best,
        )
    except (BadStudy, sqlite3.Error, ValueError, LookupError, TypeError):
        return None


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A file of an older format is left as it is: a copy in memory is brought up to date and read.

    Opened for writing only so that SQLite may take back the chunk that was in flight when a study was killed.
    """
    if not path.is_file():
        raise BadStudy(f"there is no study file {str(path)!r}: `halflife ls` lists those in a folder.")
    try:
        with (
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection,
            closing(sqlite3.connect(":memory:")) as copy,
        ):
            version = formats.format_of(connection, str(path))
            if version == 0:
                raise BadStudy(f"{str(path)!r} is empty: `halflife ls` lists the study files in a folder.")
            if version < formats.FORMAT:
                connection.backup(copy)
                formats.climb(copy, version)
            yield connection if version == formats.FORMAT else copy
    except sqlite3.Error as error:
        raise BadStudy(f"{str(path)!r} cannot be read as a study file ({error}).") from None
