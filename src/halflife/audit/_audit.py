"""The audit itself: a training in, a frozen result out, which knows how to print itself."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from halflife._errors import BadInput
from halflife.audit._checks import CHECKS
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._text import as_text
from halflife.audit._training import Group, Parameter, Training


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What is regularized, how much, and what is wrong.

    Attributes:
        training: what was looked at, with its groups.
        findings: errors first.
        skipped: checks that could not run, with the reason.
    """

    training: Training
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        """The parameter groups with their laws."""
        return self.training.groups

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that are errors."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    def to_dict(self, *, by_parameter: bool = False) -> dict[str, Any]:
        """Everything, as JSON has it.

        Args:
            by_parameter: list the parameters of each group, too.
        """
        return {
            "optimizer": self.training.name,
            "steps": self.training.steps,
            "groups": [_group(group, self.training, by_parameter) for group in self.groups],
            "findings": [finding.to_dict() for finding in self.findings],
            "skipped": [skipped.to_dict() for skipped in self.skipped],
        }

    def to_json(self, *, by_parameter: bool = False) -> str:
        """`to_dict`, written out."""
        return json.dumps(self.to_dict(by_parameter=by_parameter), indent=2, ensure_ascii=False)

    def text(self, *, by_parameter: bool = False) -> str:
        """The table and the findings, for people."""
        return as_text(self.training, self.findings, self.skipped, by_parameter=by_parameter)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def examine(training: Training, *, select: Sequence[str] | None = None, ignore: Sequence[str] = ()) -> Audit:
    """Ask a training all questions, or some of them.

    Args:
        training: what to look at.
        select: codes of the checks to run, or beginnings of them; all when None.
        ignore: codes of the checks to leave out.

    Raises:
        BadInput: a code belongs to no check.
    """
    for code in (*(select or ()), *ignore):
        if not code or not any(check.code.startswith(code.upper()) for check in CHECKS):
            known = f"{CHECKS[0].code} to {CHECKS[-1].code}"
            raise BadInput(f"{code!r} is no check: the checks are {known}.")
    chosen = [
        check for check in CHECKS if (select is None or _is_one(check.code, select)) and not _is_one(check.code, ignore)
    ]
    said = [each for check in chosen for each in check.ask(training)]
    order = list(Severity)
    found = sorted((f for f in said if isinstance(f, Finding)), key=lambda f: (order.index(f.severity), f.code))
    return Audit(training=training, findings=tuple(found), skipped=tuple(s for s in said if isinstance(s, Skipped)))


def _is_one(code: str, of: Iterable[str]) -> bool:
    return any(code.startswith(each.upper()) for each in of)


def _group(group: Group, training: Training, by_parameter: bool) -> dict[str, Any]:
    per_epoch = training.steps_per_epoch
    half = group.half_life
    row = {
        "index": group.index,
        "law": group.law.name,
        "strength": group.strength,
        "strength_name": group.report.strength_name,
        "lr": group.lr,
        "decay": _finite(group.decay),
        "half_life": _finite(half),
        "half_life_epochs": None if half is None or per_epoch is None else _finite(half / per_epoch),
        "removed": _finite(group.removed),
        "tensors": len(group.members),
        "parameters": group.count,
    }
    return row | ({"members": [_parameter(group, p) for p in group.members]} if by_parameter else {})


def _parameter(group: Group, p: Parameter) -> dict[str, Any]:
    return {
        "name": p.name,
        "shape": list(p.shape),
        "dtype": p.dtype,
        "kind": p.kind.name.lower(),
        "trainable": p.trainable,
        "decayed": group.reaches(p),
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
