"""What a user's own optimizer and model do, parameter by parameter, and what is wrong.

`halflife.audit(optimizer, model)` probes each parameter group, follows its decay through the planned run, and asks a
list of questions. One check is one file, named by its code: read `_finding.py` and `_check.py`, then any of them.

The package itself is callable, so that `halflife.audit(...)` is the verb however the package was imported.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from halflife._errors import BadInput
from halflife.audit._audit import examine
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._result import Audit

__all__ = ["Audit", "Finding", "Severity", "Skipped", "audit"]


def audit(
    optimizer: Any,
    model: Any = None,
    *,
    steps: int | None = None,
    schedule: Any = None,
    loss: Callable[[], Any] | None = None,
    example_input: Any = None,
    steps_per_epoch: int | None = None,
    others: Sequence[Any] = (),
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
) -> Audit:
    """Say what an optimizer's decay does to a model over the planned run, and what is wrong with it.

    The optimizer's law is found by experiment on fresh parameters; its weights and state are left as they are.

    Args:
        optimizer: a live torch optimizer, also inside the wrappers of Accelerate and Lightning; or a Keras one.
        model: the module that it trains, for names, exclusions and kinds of layer; of several, a dict by name, such as
            `{"encoder": encoder, "decoder": decoder}`.
        steps: planned from now on.
        schedule: of lr: a torch scheduler, stepped once a step; a function from the step to lr as a share of its
            peak; or the name of a schedule, such as `"cosine"`. Constant when None.
        loss: a function without arguments that computes the training loss of the model as it is.
        example_input: one batch: a tensor, a tuple of arguments or a dict of them.
        steps_per_epoch: for half-lives in epochs.
        others: optimizers that train the rest of the model, whose parameters are not missed here.
        select: codes of the only checks to run, or how they begin.
        ignore: codes of checks to leave out.

    Returns:
        The groups, the findings, and the checks that could not run with the reason.

    Raises:
        BadInput: it is no optimizer, cannot be stepped on fresh parameters, or an argument cannot be used.
    """
    from halflife.audit import _keras
    from halflife.audit._calls import Call
    from halflife.audit._groups import held_by, training_of
    from halflife.audit._modules import together
    from halflife.audit._penalty import penalties_of

    if loss is not None and not callable(loss):
        raise BadInput(
            f"loss is of type {type(loss).__name__}: it must be a function without arguments that computes the "
            "training loss, as in loss=lambda: criterion(model(x), y)."
        )
    model = together(model) if isinstance(model, Mapping) else model
    calls = None if example_input is None else (Call.on(model, example_input),)
    plan = {"steps": steps, "steps_per_epoch": steps_per_epoch, "schedule": schedule, "calls": calls}
    if _keras.is_optimizer(optimizer):
        training = _keras.training_of(optimizer, model, **plan)
    else:
        penalties = None if loss is None else penalties_of(loss, model)
        training = training_of(optimizer, model, elsewhere=held_by(others), penalties=penalties, **plan)
    return examine(training, select=select, ignore=ignore)


class _Callable(ModuleType):
    def __call__(self, optimizer: Any, model: Any = None, **arguments: Any) -> Audit:
        return audit(optimizer, model, **arguments)


sys.modules[__name__].__class__ = _Callable
