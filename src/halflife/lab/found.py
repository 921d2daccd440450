"""A study as it is found in its file: what was asked, what came out, and the answer made from these numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from halflife._errors import BadStudy
from halflife._html import table
from halflife.lab import answer as words
from halflife.lab import plain
from halflife.lab.foresight import Foresight, foresee
from halflife.lab.grid import LAWS
from halflife.lab.incidents import Incident, diverged
from halflife.lab.networks import Network
from halflife.lab.outcomes import GridResult, Outcome, summarize
from halflife.lab.regime import Regime
from halflife.lab.settings import Setting
from halflife.lab.shelf import told
from halflife.lab.spread import Spread
from halflife.lab.store import Store
from halflife.lab.twinning import Twins
from halflife.rules import Law


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How a study was measured; empty where a file of an older format does not say.

    Attributes:
        command: that asks the same.
        date: when it was begun, as 2026-01-31.
        rows: to learn from; None if not known.
        cores: that the machine allowed; None if not known.
        seconds: of training, added over workers.
        versions: of the software, and the machine.
        fingerprint: SHA-256 of the rows and labels.
    """

    command: str
    date: str
    rows: int | None
    cores: int | None
    seconds: float
    versions: Mapping[str, str]
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class Study:
    """What a study found.

    Attributes:
        data: the data set in one line.
        score: "accuracy" or "R²".
        regime: what all networks had in common.
        seeds: of initialization and order of rows.
        twins: for each rule, how far apart the twins are.
        foresights: for each rule, what is proved of its twins.
        grid: for each rule and law, the best setting and what it gains.
        outcomes: how every network of the grid ended.
        spreads: what the weights of the best networks look like, those of the first seed.
        incidents: what went wrong on the way and was got over, since the study was begun.
        provenance: how it was measured.
        seconds: how long this call took; a study that was already finished is only read.
        path: the study file.
    """

    data: str
    score: str
    regime: Regime
    seeds: tuple[int, ...]
    twins: tuple[Twins, ...]
    foresights: Mapping[str, Foresight]
    grid: tuple[GridResult, ...]
    outcomes: tuple[Outcome, ...]
    spreads: tuple[Spread, ...]
    incidents: tuple[Incident, ...]
    provenance: Provenance
    seconds: float
    path: Path

    @property
    def trainings(self) -> int:
        """Networks trained for the grid."""
        return len(self.outcomes)

    @property
    def headline(self) -> tuple[str, ...]:
        """The answer in two sentences."""
        return words.headline(self.twins, self.foresights, self.grid)

    @property
    def limits(self) -> str:
        """What these numbers do not show."""
        return words.limits(self.grid)

    @property
    def answer(self) -> tuple[str, ...]:
        """The answer in plain sentences, from these numbers."""
        return words.answer(self.twins, self.foresights, self.grid)

    def __str__(self) -> str:
        return "\n".join((self.data, *self.answer, *(incident.words for incident in self.incidents)))

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(sentence)}</p>" for sentence in (self.data, *self.headline))
        rows = [
            (
                g.rule,
                str(g.law),
                f"{g.best.lr:.2g}",
                f"{g.best.strength:.2g}",
                f"{g.best.test.mean:.3f}",
                f"{g.unregularized.test.mean:.3f}",
            )
            for g in self.grid
        ]
        return said + table(("rule", "law", "lr", "strength", "test error", "without"), rows)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        return {
            "data": self.data,
            "twins": [plain.twins(t, self.foresights[t.rule]) for t in self.twins],
            "grid": [plain.grid(g) for g in self.grid],
            "answer": list(self.answer),
            "trainings": self.trainings,
            "incidents": [vars(incident) for incident in self.incidents],
            "seconds": round(self.seconds, 3),
            "study": str(self.path),
        }


def read(path: str | Path) -> Study:
    """A study from its file alone; what is proved of its rules is proved again.

    Raises:
        BadStudy: there is no such file, it is not a study, or another process is working on it.
    """
    question, versions = told(path, "study")
    with Store(Path(path), question, versions=versions) as store:
        try:
            foresights = {name: foresee(name) for name in question["rules"][0]}
            return found_in(store, foresights, seconds=0.0)
        except (LookupError, TypeError, ValueError) as error:
            if isinstance(error, BadStudy):
                raise
            raise BadStudy(f"{str(path)!r} cannot be read as a study ({error}): make it again.") from error


def found_in(store: Store, foresights: Mapping[str, Foresight], *, seconds: float) -> Study:
    """What is in an open file, finished or not."""
    kept = store.told()
    question, about = kept["question"], kept["about"]
    outcomes, twins = store.outcomes(), store.twins()
    results = (summarize(outcomes, name, law) for name in dict.fromkeys(question["rules"][1]) for law in LAWS)
    grid = tuple(result for result in results if result)
    shape = dict(question["regime"]["network"])
    network = Network(**{**shape, "sizes": tuple(shape["sizes"])})
    return Study(
        data=about.get("data", question["data"][0]),
        score="R²" if about.get("task") == "regression" else "accuracy",
        regime=Regime(**{**question["regime"], "network": network}),
        seeds=tuple(question["seeds"]),
        twins=tuple(t for name in foresights for t in twins if t.rule == name),
        foresights=foresights,
        grid=grid,
        outcomes=tuple(outcomes),
        spreads=tuple(s for setting in best_settings(grid) if (s := store.spread(setting, question["seeds"][0]))),
        incidents=(*store.incidents(), *diverged(outcomes)),
        provenance=provenance(store),
        seconds=seconds,
        path=store.path,
    )


def provenance(store: Store) -> Provenance:
    """What an open file says of how it was measured."""
    kept = store.told()
    about = kept["about"]
    return Provenance(
        command=about.get("command", ""),
        date=about.get("date", ""),
        rows=about.get("rows"),
        cores=about.get("cores"),
        seconds=store.seconds(),
        versions=kept["versions"],
        fingerprint=kept["question"]["data"][1],
    )


def best_settings(grid: tuple[GridResult, ...]) -> tuple[Setting, ...]:
    """The best setting without regularization of each rule, and with each law."""
    chosen = [
        Setting(rule=g.rule, law=law, lr=best.lr, strength=best.strength)
        for g in grid
        for law, best in ((Law.L2, g.unregularized), (g.law, g.best))
    ]
    return tuple(dict.fromkeys(chosen))
