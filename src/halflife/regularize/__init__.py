"""Opens either door on an optimizer that a user already has.

`halflife.regularize(torch.optim.Adam(model.parameters()), half_life=5000)` gives Adam decoupled decay under which an
untouched weight halves in 5,000 steps. What was asked is one frozen value (`_ask`), which parameters it means is
another (`_selection`); the probe says whether the optimizer's own argument already is the asked thing (`_native`), and
where it is not, hooks around the step do it (`_hooks`, with the arithmetic in `_arithmetic`).

The package itself is callable, so that `halflife.regularize(...)` is the function however it was imported.
"""

import sys
from types import ModuleType
from typing import Any

from halflife.regularize._ask import Rounding
from halflife.regularize._handle import GroupSummary, Regularization
from halflife.regularize._regularize import monitor, regularize

__all__ = ["GroupSummary", "Regularization", "Rounding", "monitor", "regularize"]


class _Callable(ModuleType):
    def __call__(self, optimizer: Any, /, **arguments: Any) -> Regularization:
        return regularize(optimizer, **arguments)


sys.modules[__name__].__class__ = _Callable
