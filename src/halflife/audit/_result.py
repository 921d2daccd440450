"""What an audit found: frozen and plain, holding no tensor of the user's, able to print itself."""

import json
import math
from dataclasses import dataclass
from typing import Any

from halflife.audit._answer import answer
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._training import Group, Parameter


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What is regularized, how much, and what is wrong.

    Attributes:
        optimizer: its name.
        steps: planned from now on; None when unknown.
        steps_per_epoch: None when unknown.
        groups: the parameter groups with their laws and parameters.
        outside: trainable parameters of the model that no optimizer holds.
        findings: errors first.
        skipped: checks that could not run, with the reason.
    """

    optimizer: str
    steps: int | None
    steps_per_epoch: int | None
    groups: tuple[Group, ...]
    outside: tuple[Parameter, ...]
    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]

    @property
    def answer(self) -> tuple[str, ...]:
        """What decay does here, in sentences; the first is the verdict."""
        return answer(self.optimizer, self.groups, self.findings, self.steps)

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
            "optimizer": self.optimizer,
            "steps": self.steps,
            "steps_per_epoch": self.steps_per_epoch,
            "answer": list(self.answer),
            "groups": [_group(group, self.steps_per_epoch, by_parameter) for group in self.groups],
            "outside": [p.name for p in self.outside],
            "findings": [finding.to_dict() for finding in self.findings],
            "skipped": [skipped.to_dict() for skipped in self.skipped],
        }

    def to_json(self, *, by_parameter: bool = False) -> str:
        """`to_dict`, written out."""
        return json.dumps(self.to_dict(by_parameter=by_parameter), indent=2, ensure_ascii=False)

    def text(self, *, by_parameter: bool = False, width: int = 80) -> str:
        """The answer, the table and the findings, for people.

        Args:
            by_parameter: list the parameters of each group, too.
            width: of the lines, in characters.
        """
        from halflife.audit._screen import as_text

        return as_text(self, by_parameter=by_parameter, width=width)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        from halflife.audit._html import as_html

        return as_html(self)


def _group(group: Group, per_epoch: int | None, by_parameter: bool) -> dict[str, Any]:
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
        "first_half": _finite(group.early),
        "momentum": group.momentum,
        "tensors": len(group.members),
        "parameters": group.count,
        "decayed_parameters": sum(p.count for p in group.acting_on()),
    }
    return row | ({"members": [_parameter(group, p) for p in group.members]} if by_parameter else {})


def _parameter(group: Group, p: Parameter) -> dict[str, Any]:
    removed = group.removed_from(p)
    return {
        "name": p.name,
        "aliases": list(p.aliases),
        "shape": list(p.shape),
        "dtype": p.dtype,
        "kind": p.kind.name.lower(),
        "parameters": p.count,
        "trainable": p.trainable,
        "decayed": group.acts_on(p),
        "decay": _finite(p.decay),
        "half_life": _finite(p.half_life),
        "removed": _finite(removed),
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
