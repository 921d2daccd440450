"""Know what your optimizer's weight decay really does; choose it fast; carry it anywhere.

Everything below is loaded on first use, so that `import halflife` costs nothing.
"""

from typing import Any

from halflife._errors import BadData, BadInput, BadStudy, HalflifeError, UnknownName
from halflife._lazy import import_quickly

__version__ = "0.1.0"

_HOMES = {
    "Audit": "halflife.audit",
    "Grade": "halflife.recipes",
    "Law": "halflife.rules",
    "LawReport": "halflife.probe",
    "Recipe": "halflife.recipes",
    "Rule": "halflife.rules",
    "Study": "halflife.lab",
    "audit": "halflife.audit",
    "half_life": "halflife.rules",
    "load": "halflife.lab",
    "monitor": "halflife.regularize",
    "optax": "halflife.optax",
    "probe": "halflife.probe",
    "regularize": "halflife.regularize",
    "report": "halflife.report",
    "prove": "halflife.proofs",
    "remaining": "halflife.rules",
    "study": "halflife.lab",
    "timescale": "halflife.rules",
    "translate": "halflife.recipes",
    "tune": "halflife.tune",
    "update": "halflife.rules",
}
"""Where each public name lives."""

__all__ = ["BadData", "BadInput", "BadStudy", "HalflifeError", "UnknownName", "__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'halflife' has no attribute {name!r}")
    home = import_quickly(_HOMES[name])
    # a package that is called like its verb is callable itself, so that importing it does not hide the verb
    value = home if home.__name__ == f"{__name__}.{name}" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
