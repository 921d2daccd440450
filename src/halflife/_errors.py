"""What can go wrong, and whose turn it is.

    HalflifeError
    └── BadInput            the caller can mend it: exit code 2 on the command line
        ├── UnknownName     a rule, law, data set ... that does not exist; carries the nearest names
        ├── BadData         a table that cannot be learned from
        └── BadStudy        a study file that cannot be read or does not fit the question

Every message says what is wrong, the value that was received and what is allowed.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class HalflifeError(Exception):
    """Base of every error that halflife raises on purpose."""


class BadInput(HalflifeError, ValueError):
    """A value that the caller gave cannot be used."""


class BadData(BadInput):
    """A data set cannot be read or cannot be learned from."""


class BadStudy(BadInput):
    """A study file is broken, foreign, or answers another question."""


class UnknownName(BadInput, LookupError):
    """A name is not one of the known ones.

    Attributes:
        nearest: the known names that look most like the one received, best first.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        names = list(known)
        spelled = {known.lower(): known for known in reversed(names)}
        self.nearest = [spelled[near] for near in get_close_matches(name.lower(), spelled, n=3, cutoff=0.5)]
        hint = f"did you mean {' or '.join(self.nearest)}?" if self.nearest else f"known: {', '.join(names)}."
        super().__init__(f"unknown {kind} {name!r}: {hint}")
