"""What an audit is made of: a finding, and a check that could not run.

A finding says what was seen, why that matters and what to do about it. Its code is the name of the file that found
it: HL003 comes from `hl003_l2_through_adaptive.py`, whose docstring is its page.
"""

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Severity(Enum):
    """How bad it is; the order is that of a report."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found.

    Attributes:
        code: of the check, such as HL003.
        title: of the check.
        severity: an error is wrong, a warning is probably not what was meant, a note is good to know.
        where: the parameter group or parameter, in words.
        message: what was seen, with its numbers.
        why: why it matters.
        advice: what to do.
        fix: lines of Python that do it, with `optimizer` and `model` as the user calls them; empty where there is no
            one thing to do.
    """

    code: str
    title: str
    severity: Severity
    where: str
    message: str
    why: str
    advice: str
    fix: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"severity": self.severity.value}

    def __str__(self) -> str:
        return f"{self.severity} {self.code} {self.where}: {self.message}\n  why: {self.why}\n  do: {self.advice}"


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A check that did not run, which is not the same as one that found nothing.

    Attributes:
        code: of the check.
        title: of the check.
        reason: what it needs.
    """

    code: str
    title: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    def __str__(self) -> str:
        return f"skipped {self.code} {self.title}: {self.reason}"
