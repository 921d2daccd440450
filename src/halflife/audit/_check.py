"""What a check is: a small class in a file of its own, whose docstring is its page.

The first line of the docstring is the title; the paragraphs that begin with "Why:" and "Advice:" are printed with
each finding, so page and report cannot say different things.
"""

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._training import Training


class Check(ABC):
    """One question that is asked of every training.

    Attributes:
        needs: what the training must have for it, as (attribute, how the user gives it).
    """

    needs: ClassVar[tuple[tuple[str, str], ...]] = ()

    @property
    def code(self) -> str:
        """The first five letters of the file's name."""
        return type(self).__module__.rpartition(".")[2][:5].upper()

    @property
    def title(self) -> str:
        """The first line of the page."""
        return self.page.partition("\n")[0].rstrip(".")

    @property
    def page(self) -> str:
        """The documentation."""
        return inspect.cleandoc(type(self).__doc__ or "")

    def ask(self, training: Training) -> list[Finding | Skipped]:
        """All findings, or the one reason why there can be none."""
        missing = {attribute: said for attribute, said in self.needs if getattr(training, attribute) is None}
        if missing:
            known = [training.absent[attribute] for attribute in missing if attribute in training.absent]
            return [self.skip(known[0] if known else f"needs {' and '.join(missing.values())}")]
        return list(self.find(training))

    @abstractmethod
    def find(self, training: Training) -> Iterable[Finding | Skipped]:
        """The findings, one after another; a `Skipped` where a part of the question could not be asked."""

    def finding(self, severity: Severity, where: str, message: str, fix: str = "") -> Finding:
        """A finding of this check, with code that mends it, if there is any."""
        return Finding(
            code=self.code,
            title=self.title,
            severity=severity,
            where=where,
            message=message,
            why=self._paragraph("Why"),
            advice=self._paragraph("Advice"),
            fix=fix,
        )

    def skip(self, reason: str) -> Skipped:
        """Why it could not run."""
        return Skipped(code=self.code, title=self.title, reason=reason)

    def _paragraph(self, heading: str) -> str:
        found = re.search(rf"^{heading}: (.*?)(?:\n\n|\Z)", self.page, re.DOTALL | re.MULTILINE)
        return " ".join(found[1].split()) if found else ""
