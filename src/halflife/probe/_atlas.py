"""Everything that is installed, probed: one row for each optimizer."""

import importlib.metadata
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from halflife._errors import BadInput
from halflife._html import table
from halflife.probe._report import LawReport, ordinal
from halflife.probe._verdict import ESTIMATED

HEADINGS = ("optimizer", "law", "order", "coefficient", "times", "argument", "notes")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One optimizer: its report, or why there is none."""

    target: str
    report: LawReport | None = None
    reason: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """What a table shows of it."""
        if self.report is None:
            return (self.target, "-", "", "", "", "", self.reason)
        r = self.report
        notes = [defect.name for defect in r.defects]
        notes += [f"every {ordinal(r.every)} step"] if r.every > 1 else []
        notes += ["1-D spared"] if r.spares_vectors else []
        notes += [f"second decay by {r.second_decay.argument or 'its own'}"] if r.second_decay else []
        return (
            self.target,
            str(r.law),
            "" if r.order is None else r.order.name.lower(),
            "" if r.coefficient is None or ESTIMATED in r.multiplied_by else f"{r.coefficient:.4g}",
            ", ".join(r.multiplied_by),
            "" if r.strength_name is None else f"{r.strength_name}={r.strength:g}",
            "; ".join(notes),
        )

    def to_dict(self) -> dict[str, Any]:
        """The report under its target, or the reason why there is none."""
        if self.report is None:
            return {"target": self.target, "reason": self.reason}
        return {"target": self.target, **self.report.to_dict()}


@dataclass(frozen=True, kw_only=True)
class Atlas:
    """All rows; a table in a notebook."""

    rows: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"rows": [row.to_dict() for row in self.rows]}

    def to_json(self) -> str:
        """A list of objects: the reports, and for those without one `target` and `reason`."""
        return json.dumps(self.to_dict()["rows"], indent=2, ensure_ascii=False)

    def to_markdown(self) -> str:
        """The docs page: one table a package, with the versions that were measured."""
        lines = [
            "# Atlas",
            "",
            "How each optimizer regularizes, as `halflife atlas --markdown` measured it by default, at lr 1e-3 where",
            "one has to be given. What a law means stands in the table of laws; `halflife probe NAME` shows the",
            "evidence.",
        ]
        packages: dict[str, list[Row]] = {}
        for row in self.rows:
            packages.setdefault(row.target.partition(":")[0].partition(".")[0], []).append(row)
        for package, members in packages.items():
            lines += [
                "",
                f"## {package} {_version(package)}",
                "",
                "| " + " | ".join(HEADINGS) + " |",
                "|---" * len(HEADINGS) + "|",
            ]
            lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row.cells) + " |" for row in members]
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        return table(HEADINGS, (row.cells for row in self.rows))


def survey(names: Iterable[str], progress: Callable[[str], None]) -> Atlas:
    """Probe each of them; one that cannot be probed keeps its place with the reason.

    Args:
        names: dotted, as `halflife.probe` takes them.
        progress: told each name before it is probed.
    """
    from halflife.probe._target import probe

    rows = []
    for name in names:
        progress(name)
        try:
            rows.append(Row(target=name, report=probe(name)))
        except BadInput as error:
            rows.append(Row(target=name, reason=str(error).removeprefix(f"{name} ")))
    return Atlas(rows=tuple(rows))


def _version(package: str) -> str:
    names = importlib.metadata.packages_distributions().get(package, [])
    return importlib.metadata.version(names[0]) if names else ""
