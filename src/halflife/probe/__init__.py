"""Black box in, law out: what does this optimizer's weight decay really do?

`halflife.probe(torch.optim.Adam, lr=1e-3)` runs some 1,500 small steps and says L2; for AdamW it says DECOUPLED,
before the step, times lr. How that is found out is told by three files: `_bench` (the planned runs), `_experiments`
(what is compared with what) and `_decide` (which law predicts it). One file a framework says how to start an optimizer.

The package itself is callable, so that `halflife.probe(...)` means `halflife.probe.probe(...)` however it was imported.
"""

import sys
from types import ModuleType
from typing import Any

from halflife.probe._report import Defect, Evidence, LawReport, SecondDecay
from halflife.probe._target import probe, probe_groups

__all__ = ["Defect", "Evidence", "LawReport", "SecondDecay", "probe", "probe_groups"]


class _Callable(ModuleType):
    def __call__(self, target: Any, /, **arguments: Any) -> LawReport:
        return probe(target, **arguments)


sys.modules[__name__].__class__ = _Callable
