"""Who trains: the threads of this machine here, the workers of a cluster in `halflife.lab.cluster`.

A crew is given work, which is one pure function of a job, and told to start one job after another; it decides nothing
about results, only where and when they are made.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import jax

from halflife.lab.population import Chunk
from halflife.lab.settings import Setting
from halflife.lab.training import Trained


@dataclass(frozen=True, kw_only=True)
class Job:
    """One attempt at a chunk.

    Attributes:
        chunk: what is to be trained.
        parts: how many compiled calls its members are split over.
        attempt: counted from 1.
    """

    chunk: Chunk
    parts: int = 1
    attempt: int = 1

    @property
    def members(self) -> tuple[tuple[Setting, ...], ...]:
        """The settings of each part, all parts of one size; those beyond the chunk's repeat the last of them."""
        size = -(-self.chunk.size // self.parts)
        surplus = size * self.parts - len(self.chunk.settings)
        settings = self.chunk.settings + self.chunk.settings[-1:] * surplus
        return tuple(settings[first : first + size] for first in range(0, len(settings), size))


Done = tuple[Trained, float]
"""What a job came to, and the seconds that it took."""

Work = Callable[[Job, Callable[[], bool]], Done]
"""Does a job; asks the second argument between compiled calls whether to stop."""


class Crew(Protocol):
    """Those who work side by side."""

    @property
    def platform(self) -> str:
        """What they work on, "cpu" or "gpu"."""

    @property
    def slots(self) -> int:
        """How many of them there are now."""

    def at_work(self, work: Work) -> AbstractContextManager[Callable[[Job], "Future[Done]"]]:
        """A function that starts a job; when the context ends, so do the jobs that are unfinished."""


class Threads:
    """One thread a core, or one a GPU."""

    def __init__(self, slots: int, devices: Sequence[Any]):
        """So many threads, jobs dealt round these devices."""
        self.slots = slots
        self.platform: str = devices[0].platform
        self._devices = devices

    @contextmanager
    def at_work(self, work: Work) -> Iterator[Callable[[Job], "Future[Done]"]]:
        """A function that starts a job; when the context ends, so do jobs that are unfinished, between two calls."""
        stop = threading.Event()

        def do(job: Job) -> Done:
            with jax.default_device(self._devices[job.chunk.number % len(self._devices)]):
                return work(job, stop.is_set)

        pool = ThreadPoolExecutor(self.slots, thread_name_prefix="halflife")
        try:
            yield lambda job: pool.submit(do, job)
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
