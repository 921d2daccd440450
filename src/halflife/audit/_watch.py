"""What is known of a running script: its optimizers, how far they are, and what they leave to be looked at.

At its first step an optimizer's model is looked for among the live modules, and the calls of it are caught from then
on; at its third step second moments, gradients, a batch and the terms of the loss are there, and it is audited.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from halflife._errors import BadInput
from halflife.audit._audit import examine
from halflife.audit._calls import Catcher
from halflife.audit._groups import held_by, training_of
from halflife.audit._modules import is_compiled, model_of, tensors_of
from halflife.audit._penalty import Backwards
from halflife.audit._plan import lr_of
from halflife.audit._planned import planned
from halflife.audit._result import Audit
from halflife.audit._training import Training

LOOK = 3
"""An optimizer is audited after so many steps of its own."""
PATIENCE = 10
"""A script in which another optimizer never gets there is stopped after so many times as many steps."""
SHARDED = "a model that several processes train is not called again, for they would wait for each other"
COMPILED = "a compiled model is not called again: audit the script without torch.compile"
UNSEEN = "no call of the model was seen between its first and its third step"


def compiled_so_far() -> int:
    """How many pieces of code this process has compiled; a hook would have them compiled anew."""
    counters = getattr(sys.modules.get("torch._dynamo.utils"), "counters", {})
    return sum(counters.get("frames", {}).values())


class Enough(BaseException):
    """Everything was seen. Not an Exception, so that a script's own handlers let it pass."""


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What the user asked for; it goes along to the processes that a script starts.

    Attributes:
        plan: steps, steps_per_epoch and schedule, as for `training_of`.
        chosen: select and ignore, as for `examine`.
        go_on: let the script run to its end.
        quiet: keep what the script prints off the standard output.
    """

    plan: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, Any] = field(default_factory=dict)
    go_on: bool = False
    quiet: bool = False


@dataclass
class Watch:
    """What was noticed so far.

    Attributes:
        orders: of the user.
        show: called with each audit.
        refused: why an optimizer could not be audited, a sentence each.
        shown: how many could.
        busy: whether what happens is our own doing, or another process's.
        processes: how many the script has started.
        compiled_before: how many pieces of code were compiled before the script began.
        listening: to processes that are watched, too: the queue of each lot and who empties it.
    """

    orders: Orders
    show: Callable[[Audit], None]
    refused: list[str] = field(default_factory=list)
    shown: int = 0
    busy: bool = False
    processes: int = 0
    listening: list[tuple[Any, Thread]] = field(default_factory=list)
    optimizers: dict[int, Any] = field(default_factory=dict)
    schedulers: dict[int, Any] = field(default_factory=dict)
    steps: dict[int, int] = field(default_factory=dict)
    built_lrs: dict[int, list[float]] = field(default_factory=dict)
    models: dict[int, Any] = field(default_factory=dict)
    catchers: dict[int, Catcher] = field(default_factory=dict)
    absent: dict[int, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    backwards: Backwards = field(default_factory=Backwards)
    compiled_before: int = field(default_factory=compiled_so_far)

    def built(self, optimizer: Any) -> None:
        """Remember an optimizer of the script; those that a probe builds meanwhile are not the script's."""
        if not self.busy:
            self.optimizers[id(optimizer)] = optimizer
            self.built_lrs[id(optimizer)] = [lr_of(group) for group in optimizer.param_groups]

    @contextmanager
    def backward(self, roots: Any) -> Iterator[None]:
        """A backward pass of the script, inside; looked at as long as an optimizer waits to be audited."""
        waiting = [optimizer for key, optimizer in self.optimizers.items() if key not in self.seen]
        if self.busy or not waiting:
            yield
            return
        with self.backwards.watched(roots, {id(p): p for each in waiting for p in tensors_of(each)}):
            yield

    def stepped(self, optimizer: Any) -> None:
        """Count a step; look when it is time, and stop when all has been looked at."""
        key = id(optimizer)
        if self.busy or key not in self.optimizers:
            return
        taken = self.steps[key] = self.steps.get(key, 0) + 1
        if key not in self.seen:
            self.backwards.stepped(tensors_of(optimizer))
        if taken == 1:
            self._catch(optimizer)
        if taken == LOOK:
            self.finish(optimizer)
        if not self.orders.go_on and (self.seen >= self.optimizers.keys() or taken >= PATIENCE * LOOK):
            self.rest()
            raise Enough

    def finish(self, optimizer: Any) -> None:
        """Look at an optimizer, once; whatever comes of it, the script is none the worse for it."""
        key = id(optimizer)
        if key in self.seen:
            return
        self.seen.add(key)
        self.busy = True
        try:
            self.show(examine(self._training(optimizer), **self.orders.chosen))
            self.shown += 1
        except BadInput as error:
            self.refused.append(str(error))
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            name = type(optimizer).__name__
            self.refused.append(f"{name} could not be audited: {type(error).__name__}: {said}")
        finally:
            self.busy = False

    @property
    def answered(self) -> int:
        """How many optimizers were looked at, here and in other processes."""
        return self.shown + len(self.refused)

    def listen_out(self) -> None:
        """Take in what other processes have said, to the end."""
        while self.listening:
            queue, listener = self.listening.pop()
            queue.put(None)
            listener.join()

    def rest(self) -> None:
        """Look at those that never got to the third step."""
        for optimizer in list(self.optimizers.values()):
            self.finish(optimizer)

    def close(self) -> None:
        """The script has ended; what it built beside others and never used says nothing about them."""
        for key, optimizer in self.optimizers.items():
            if self.shown and key not in self.seen | self.steps.keys():
                self.seen.add(key)
                self.refused.append(f"{type(optimizer).__name__} was built and took no step: it is not audited.")
        self.rest()

    def _catch(self, optimizer: Any) -> None:
        key = id(optimizer)
        self.models[key] = model = model_of(optimizer)
        if model is None:
            return
        if _processes() > 1:
            self.absent[key] = SHARDED
        elif is_compiled(model) or compiled_so_far() != self.compiled_before:
            self.absent[key] = COMPILED
        else:
            self.catchers[key] = Catcher(model)

    def _training(self, optimizer: Any) -> Training:
        key = id(optimizer)
        taken = self.steps.get(key, 0)
        catcher = self.catchers.pop(key, None)
        calls = None if catcher is None else catcher.release() or None
        model = self.models.pop(key) if key in self.models else model_of(optimizer)
        scheduler = self.schedulers.get(key)
        # one that has not moved by now follows epochs, or metrics: nobody can tell how many steps those are
        if taken < LOOK or getattr(scheduler, "_step_count", taken) < taken:
            scheduler = None
        steps, per_epoch = planned(scheduler)
        plan = dict(self.orders.plan)
        if plan.get("steps") is None and steps is not None:
            plan["steps"] = max(1, steps - taken)
        plan["steps_per_epoch"] = plan.get("steps_per_epoch") or per_epoch
        plan["schedule"] = scheduler or plan.get("schedule")
        return training_of(
            optimizer,
            model,
            elsewhere=held_by([other for other in self.optimizers.values() if other is not optimizer]),
            built=self.built_lrs.get(key),
            penalties=self.backwards.penalties,
            calls=calls,
            absent={"calls": self.absent.get(key, UNSEEN)},
            **plan,
        )


def _processes() -> int:
    import torch

    distributed = torch.distributed
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1
