"""Processes that a script starts by torch.multiprocessing.spawn: each is watched, and the first reports.

The function that they run is wrapped before it is sent to them; what the first process finds comes back through a
queue and is shown as it comes, by the process that the user started.
"""

import sys
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from threading import Thread
from typing import Any

from halflife.audit._result import Audit
from halflife.audit._watch import Enough, Orders, Watch


@dataclass(frozen=True)
class Child:
    """What a process runs: the script's own function, watched.

    Attributes:
        function: of the script.
        orders: of the user.
        queue: for audits, and for sentences that say why there is none.
    """

    function: Callable[..., Any]
    orders: Orders
    queue: Any

    def __call__(self, rank: int, *arguments: Any) -> None:
        from halflife.audit._noticed import noticed

        seen = Watch(orders=self.orders, show=self.queue.put if not rank else lambda _: None)
        with noticed(seen), redirect_stdout(sys.stderr) if self.orders.quiet else nullcontext():
            try:
                self.function(rank, *arguments)
            except Enough:
                pass
            finally:
                seen.close()
                for sentence in seen.refused if not rank else ():
                    self.queue.put(sentence)


def start(start_processes: Callable[..., Any], seen: Watch, fn: Any, *arguments: Any, **named: Any) -> Any:
    """Start a script's processes, and take in what the first of them finds.

    Raises:
        Enough: they have ended, there were optimizers in them, and the script need not go on.
    """
    import torch.multiprocessing

    method = named.get("start_method", arguments[4] if len(arguments) > 4 else "spawn")
    queue = torch.multiprocessing.get_context(method).SimpleQueue()
    heard = Thread(target=_listen, args=(queue, seen), daemon=True)
    heard.start()
    before = seen.answered
    seen.listening.append((queue, heard))
    context = start_processes(Child(fn, seen.orders, queue), *arguments, **named)
    if context is None:
        seen.listen_out()
        if not seen.orders.go_on and seen.answered > before:
            raise Enough
    return context


def _listen(queue: Any, seen: Watch) -> None:
    for each in iter(queue.get, None):
        if isinstance(each, Audit):
            seen.show(each)
            seen.shown += 1
        else:
            seen.refused.append(each)
