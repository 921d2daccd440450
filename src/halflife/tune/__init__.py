"""How much should I regularize? The question behind weight decay, answered for a user's own data.

`halflife.tune("houses.csv", target="price")` trains networks without regularization, with L2 and with decay over lr
and strength, the folds side by side, and hands back the best setting with what it gains. `_search` says what is tried
next, `_trials` tries it, `_drive` leads from the first batch to the finalists in the time there is, `_choose` makes
choices of trials, `_found` reads it all from the file, `_tune` puts them together.

The package itself is callable, so that `halflife.tune(...)` means `halflife.tune.tune(...)` however it was imported.
"""

import sys
from types import ModuleType
from typing import Any

from halflife.tune._found import read
from halflife.tune._point import Door, Point
from halflife.tune._result import Choice, Tuning
from halflife.tune._trials import Progress, Trial
from halflife.tune._tune import tune

__all__ = ["Choice", "Door", "Point", "Progress", "Trial", "Tuning", "read", "tune"]


class _Callable(ModuleType):
    def __call__(self, data: Any, /, **options: Any) -> Tuning:
        return tune(data, **options)


sys.modules[__name__].__class__ = _Callable
