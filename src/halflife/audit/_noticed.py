"""What of torch tells a watch about a running script, for the time of the run.

An optimizer's construction and a scheduler's, a backward pass, the scale of a loss and the start of processes are
noticed, and a hook is called after every step; nothing else is touched, and all is as it was afterwards.
"""

import multiprocessing.process
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from halflife.audit._groups import unwrapped
from halflife.audit._spawned import start
from halflife.audit._watch import Watch


@contextmanager
def noticed(seen: Watch) -> Iterator[None]:
    """Inside, a watch is told what happens."""
    import torch
    import torch.multiprocessing
    from torch.amp.grad_scaler import GradScaler
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LRScheduler
    from torch.optim.optimizer import register_optimizer_step_post_hook

    spawning = sys.modules["torch.multiprocessing.spawn"]
    process = multiprocessing.process.BaseProcess
    old = _Old()
    build, schedule, scale, begin = Optimizer.__init__, LRScheduler.__init__, GradScaler.scale, process.start
    backward, start_processes = torch.autograd.backward, torch.multiprocessing.start_processes

    def notice(self: Any, *arguments: Any, **named: Any) -> None:
        build(self, *arguments, **named)
        if any(isinstance(p, torch.Tensor) for group in self.param_groups for p in group["params"]):
            seen.built(self)

    def notice_schedule(self: Any, optimizer: Any, *arguments: Any, **named: Any) -> None:
        schedule(self, optimizer, *arguments, **named)
        seen.schedulers[id(unwrapped(optimizer))] = self

    def notice_scale(self: Any, outputs: Any) -> Any:
        scaled = scale(self, outputs)
        seen.backwards.loss_scale = float(self.get_scale()) if self.is_enabled() else 1.0
        return scaled

    def notice_backward(tensors: Any, *arguments: Any, **named: Any) -> None:
        with seen.backward(_roots(tensors)):
            backward(tensors, *arguments, **named)

    def notice_process(self: Any) -> None:
        seen.processes += 1
        begin(self)

    def notice_processes(*arguments: Any, **named: Any) -> Any:
        return start(start_processes, seen, *arguments, **named)

    def rest_in_child() -> None:
        seen.busy = True

    os.register_at_fork(after_in_child=rest_in_child)
    handle = register_optimizer_step_post_hook(lambda optimizer, *_: seen.stepped(optimizer))
    old.put(Optimizer, "__init__", notice)
    old.put(LRScheduler, "__init__", notice_schedule)
    old.put(GradScaler, "scale", notice_scale)
    old.put(torch.autograd, "backward", notice_backward)
    old.put(process, "start", notice_process)
    for module in (spawning, torch.multiprocessing):
        old.put(module, "start_processes", notice_processes)
    try:
        yield
    finally:
        old.put_back()
        handle.remove()


class _Old:
    """What was replaced."""

    def __init__(self) -> None:
        self._kept: list[tuple[Any, str, Any]] = []

    def put(self, owner: Any, name: str, new: Any) -> None:
        self._kept.append((owner, name, vars(owner)[name]))
        setattr(owner, name, new)

    def put_back(self) -> None:
        while self._kept:
            setattr(*self._kept.pop())


def _roots(tensors: Any) -> Sequence[Any]:
    import torch

    return (tensors,) if isinstance(tensors, torch.Tensor) else [t for t in tensors if isinstance(t, torch.Tensor)]
