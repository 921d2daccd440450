"""Draws what the other parts found: pages, pictures, screens.

`halflife.report("study.db", "report.html")` writes one self-contained HTML page of a study; it takes what
`halflife.study`, `halflife.tune` and `halflife.audit` return, too. `page` is the same as text. `figures` names the
single pictures of a study; `twins`, `maps`, `paths` and `weights` draw one, as a matplotlib figure. `strengths` draws a
search.

The package itself is callable, so that `halflife.report(...)` means `halflife.report.report(...)` however it was
imported. Nothing heavy is loaded before it is used.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

_HOMES = {
    **dict.fromkeys(("page", "report"), "halflife.report._report"),
    **dict.fromkeys(("figures", "maps", "paths", "strengths", "twins", "weights"), "halflife.report._figures"),
}

__all__ = [*sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'halflife.report' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


class _Callable(ModuleType):
    def __call__(self, result: Any, out: str | Path | None = None) -> Path:
        path: Path = self.report(result, out)
        return path


sys.modules[__name__].__class__ = _Callable
