"""Runs a user's training script unchanged and audits each torch optimizer that it builds, at its first steps.

Nothing of the script is changed but three things of torch, and those for the time of the run: an optimizer's
construction and a scheduler's are noticed, and a hook is called after every step. At the third step of an optimizer
its second moments and gradients are there to be looked at. What trains with it, is found among the live modules.
"""

import gc
import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from halflife._errors import BadInput
from halflife.audit._groups import held_by, training_of, unwrapped
from halflife.audit._plan import lr_of
from halflife.audit._planned import planned
from halflife.audit._training import Training

LOOK = 3
"""An optimizer is audited after so many steps of its own."""
PATIENCE = 10
"""A script in which another optimizer never gets there is stopped after so many times as many steps."""


class _Enough(BaseException):
    """Everything was seen. Not an Exception, so that a script's own handlers let it pass."""


@dataclass
class Watch:
    """What was noticed so far: optimizers with their schedulers and steps, and what becomes of those looked at."""

    look: Callable[[Any, "Watch"], None]
    go_on: bool
    optimizers: dict[int, Any] = field(default_factory=dict)
    schedulers: dict[int, Any] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    built_lrs: dict[int, list[float]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    busy: bool = False

    def built(self, optimizer: Any) -> None:
        """Remember an optimizer of the script; those that a probe builds meanwhile are not the script's."""
        if not self.busy:
            self.optimizers[id(optimizer)] = optimizer
            self.built_lrs[id(optimizer)] = [lr_of(group) for group in optimizer.param_groups]

    def stepped(self, optimizer: Any) -> None:
        """Count a step; look when it is time, and stop when all has been looked at."""
        key = id(optimizer)
        if self.busy or key not in self.optimizers:
            return
        self.steps[key] = self.steps.get(key, 0) + 1
        if self.steps[key] == LOOK:
            self.finish(optimizer)
        if not self.go_on and (self.seen >= self.optimizers.keys() or self.steps[key] >= PATIENCE * LOOK):
            self.rest()
            raise _Enough

    def finish(self, optimizer: Any) -> None:
        """Look at an optimizer, once."""
        if id(optimizer) not in self.seen:
            self.seen.add(id(optimizer))
            self.busy = True
            try:
                self.look(optimizer, self)
            finally:
                self.busy = False

    def rest(self) -> None:
        """Look at those that never got to the third step."""
        for optimizer in list(self.optimizers.values()):
            self.finish(optimizer)


def watch(words: Sequence[str], look: Callable[[Any, Watch], None], *, go_on: bool) -> BaseException | None:
    """Run a script and look at its optimizers.

    Args:
        words: the script and its arguments; or -m, a module and its arguments; a leading `python` is left out.
        look: called with each optimizer.
        go_on: let the script run to its end.

    Returns:
        What ended the script early, if it was neither us nor success.

    Raises:
        BadInput: there is no such script, it never builds a torch optimizer, or there is no PyTorch.
    """
    words = list(words[1:] if Path(words[0]).name.startswith("python") else words)
    module = words[:1] == ["-m"]
    words = words[1:] if module else words
    if not words or not (module or Path(words[0]).is_file()):
        raise BadInput(
            f"{(words or ['nothing'])[0]!r} is not a script: write -- train.py ARGS, or -- -m package.module."
        )
    if find_spec("torch") is None:
        raise BadInput(f"{words[0]!r} cannot be audited without PyTorch, which is not installed: pip install torch.")
    seen = Watch(look=look, go_on=go_on)
    failure: BaseException | None = None
    with _noticed(seen), _as_main(words, module):
        try:
            runpy.run_module(words[0], run_name="__main__", alter_sys=True) if module else runpy.run_path(
                words[0], run_name="__main__"
            )
        except _Enough:
            pass
        except SystemExit as ended:
            failure = ended if ended.code else None
        except Exception as error:
            failure = error
    if not seen.optimizers:
        why = "" if failure is None else f", it failed before: {type(failure).__name__}: {failure}"
        raise BadInput(f"{words[0]} never built a torch optimizer{why}.") from failure
    seen.rest()
    return failure


def audited(optimizer: Any, seen: Watch, **plan: Any) -> Training:
    """The training of an optimizer in a running script.

    Raises:
        BadInput: it cannot be probed.
    """
    model = model_of(optimizer)
    elsewhere = held_by([other for other in seen.optimizers.values() if other is not optimizer])
    taken = seen.steps.get(id(optimizer), 0)
    scheduler = seen.schedulers.get(id(optimizer))
    # one that has not moved by now follows epochs, or metrics: nobody can tell how many steps those are
    if taken < LOOK or getattr(scheduler, "_step_count", taken) < taken:
        scheduler = None
    steps, per_epoch = planned(scheduler)
    if plan.get("steps") is None and steps is not None:
        plan["steps"] = max(1, steps - taken)
    plan["steps_per_epoch"] = plan.get("steps_per_epoch") or per_epoch
    plan["schedule"] = scheduler or plan.get("schedule")
    return training_of(optimizer, model, elsewhere=elsewhere, built=seen.built_lrs.get(id(optimizer)), **plan)


def model_of(optimizer: Any) -> Any:
    """The live module that holds most of an optimizer's parameters; of several the largest, and its innermost self."""
    import torch

    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    best: tuple[int, int, int] = (0, 0, 0)
    found = None
    for value in gc.get_objects():
        try:
            if not issubclass(type(value), torch.nn.Module):
                continue
            names = [(name, id(p)) for name, p in value.named_parameters()]
        except Exception:  # noqa: S112 - an object that is being built or taken down
            continue
        ids = {key for _, key in names}
        rank = (len(ids & held), len(ids), -sum(len(name) for name, _ in names))
        if rank > best:
            best, found = rank, value
    return found


@contextmanager
def _noticed(seen: Watch) -> Iterator[None]:
    import torch
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler
    from torch.optim.optimizer import register_optimizer_step_post_hook

    build, schedule = Optimizer.__init__, LRScheduler.__init__

    def notice(self: Any, *arguments: Any, **named: Any) -> None:
        build(self, *arguments, **named)
        if any(isinstance(p, torch.Tensor) for group in self.param_groups for p in group["params"]):
            seen.built(self)

    def notice_schedule(self: Any, optimizer: Any, *arguments: Any, **named: Any) -> None:
        schedule(self, optimizer, *arguments, **named)
        seen.schedulers[id(unwrapped(optimizer))] = self

    handle = register_optimizer_step_post_hook(lambda optimizer, *_: seen.stepped(optimizer))
    Optimizer.__init__, LRScheduler.__init__ = notice, notice_schedule
    try:
        yield
    finally:
        Optimizer.__init__, LRScheduler.__init__ = build, schedule
        handle.remove()


@contextmanager
def _as_main(words: list[str], module: bool) -> Iterator[None]:
    arguments, path, main = sys.argv, list(sys.path), sys.modules.get("__main__")
    sys.argv = list(words)
    sys.path.insert(0, "" if module else str(Path(words[0]).resolve().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = arguments, path
        if main is not None:
            sys.modules["__main__"] = main
