"""A cluster against independent processes, and how many workers one driver can serve.

    python benchmarks/cluster.py throughput    two Ray workers against two processes of one core each
    python benchmarks/cluster.py driver        the driver of 1,000 fake workers and more

`throughput`: the default study's networks (digits, 300 rows, 64 hidden, 50 epochs), chunks dealt to two processes in
halves against the same chunks on a local Ray cluster of two workers, both after their first chunk; rounds alternate.

`driver`: the real run, store and progress of a study, fed by workers that do not train: each takes so many seconds for
a chunk and hands over the bytes of a real one. `served` is how many chunks a second were written over how many that
many workers make; `driver` is the share of one core that this process took. `most` is chunks a second from workers that
take no time at all, alone and through Ray.
"""

import argparse
import heapq
import multiprocessing
import os
import pickle
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHUNKS = 16
WORKERS = (100, 300, 1000, 3000)
SECONDS = 10.0


def work() -> tuple[Any, Any, Any]:
    from halflife.lab import Network, Regime, load, plan
    from halflife.lab.compiler import keep_compiled_programs
    from halflife.lab.grid import settings
    from halflife.lab.population import members_a_chunk

    keep_compiled_programs()
    data = load("digits", train_size=300, label_noise=0.4)
    network = Network(sizes=(data.train.x.shape[1], 64, 10), error="softmax_cross_entropy")
    regime = Regime(network=network, epochs=50)
    chunks = plan(settings("adam", None, None), range(2000), members=members_a_chunk(network, regime, ["adam"]))
    return data, regime, [chunk for chunk in chunks if len(chunk.settings) == chunk.size]


def half(share: int, gate: Any, out: Any) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[share]})
    from halflife.lab import run

    data, regime, chunks = work()
    for _ in run(data, regime, chunks[:1], workers=1):
        pass
    gate.wait()
    began, cpu = time.perf_counter(), time.process_time()
    for _ in run(data, regime, chunks[share:CHUNKS:2], workers=1):
        pass
    out.put((time.perf_counter() - began, time.process_time() - cpu))


def processes() -> tuple[float, float]:
    """Seconds until both are through, and seconds of processor time that they took together."""
    context = multiprocessing.get_context("spawn")
    gate, out = context.Barrier(2), context.Queue()
    both = [context.Process(target=half, args=(share, gate, out)) for share in (0, 1)]
    for one in both:
        one.start()
    times = [out.get() for _ in both]
    for one in both:
        one.join()
    return max(wall for wall, _ in times), sum(cpu for _, cpu in times)


def warm(data: Any, regime: Any, chunks: Any, crew: Any) -> None:
    """Until each of two workers has compiled and trained."""
    from halflife.lab import run

    with tempfile.TemporaryDirectory() as folder:
        while len(os.listdir(folder)) < 2:
            for _ in run(data, regime, chunks, crew=crew, trainer=_Signing(folder)):
                pass


class _Signing:
    """A trainer that leaves the number of its process in a folder, and gives the other time to do so."""

    def __init__(self, folder: str):
        self._folder = folder

    def __call__(self, *arguments: Any, **more: Any) -> Any:
        from halflife.lab import train

        trained = train(*arguments, **more)
        (Path(self._folder) / str(os.getpid())).touch()
        time.sleep(1)
        return trained


def throughput(rounds: int) -> None:
    import jax
    import ray

    from halflife.lab import cluster, run

    data, regime, chunks = work()
    members = chunks[0].size
    print(f"jax {jax.__version__}, ray {ray.__version__}, {CHUNKS} chunks of {members}, {os.cpu_count()} cores")
    print(f"{'round':>6}{'processes':>12}{'cluster':>10}{'ratio':>8}{'per core-second':>18}")
    ratios = []
    for number in range(rounds):
        alone, cpu = processes()
        with cluster.crew("local") as crew:
            warm(data, regime, chunks[-2:], crew)
            began = time.perf_counter()
            for _ in run(data, regime, chunks[:CHUNKS], crew=crew):
                pass
            together = time.perf_counter() - began
        ratios.append(alone / together)
        per_core = CHUNKS * members / cpu
        print(f"{number:>6}{alone:>10.2f} s{together:>8.2f} s{alone / together:>8.3f}{per_core:>18.1f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.3f}")


class Fake:
    """Workers that take a time for each job and then hand over the same bytes."""

    platform = "cpu"

    def __init__(self, slots: int, seconds: float, answer: bytes):
        self.slots, self._seconds, self._answer = slots, seconds, answer

    @contextmanager
    def at_work(self, _: Any) -> Iterator[Callable[[Any], "Future[Any]"]]:
        """Takes jobs; a thread hands over the bytes when they are due."""
        changed, stop = threading.Condition(), threading.Event()
        free = [time.perf_counter() + self._seconds * (k / self.slots - 1) for k in range(self.slots)]  # out of step
        due: list[tuple[float, int, Future[Any]]] = []
        count = iter(range(10**9))

        def start(_: Any) -> "Future[Any]":
            future: Future[Any] = Future()
            begins = max(heapq.heappop(free), time.perf_counter() - self._seconds)
            heapq.heappush(free, begins + self._seconds)
            with changed:
                heapq.heappush(due, (begins + self._seconds, next(count), future))
                changed.notify()
            return future

        def deliver() -> None:
            while not stop.is_set():
                with changed:
                    if not due:
                        changed.wait(0.1)
                        continue
                    wait = due[0][0] - time.perf_counter()
                    if wait > 0:
                        changed.wait(wait)
                        continue
                    future = heapq.heappop(due)[2]
                future.set_result((pickle.loads(self._answer), self._seconds))  # noqa: S301 - its own bytes

        thread = threading.Thread(target=deliver, daemon=True)
        thread.start()
        try:
            yield start
        finally:
            stop.set()
            thread.join()


def driven(crew: Any, data: Any, regime: Any, chunks: Any, seconds: float, trainer: Any = None) -> tuple[float, float]:
    """Chunks a second that a driver writes, and the share of a core that it takes."""
    from halflife.lab import Store, run
    from halflife.lab.population import ended

    options = {"trainer": trainer} if trainer else {}
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "s.db", {"data": ["d"]}, versions={}) as store:
        count, began, cpu = 0, time.perf_counter(), time.process_time()
        for chunk, trained, took in run(data, regime, chunks, crew=crew, **options):
            store.add_chunk(chunk, trained, took)
            min((o for o in ended(chunk, trained) if o.sound), key=lambda o: o.valid, default=None)
            count += 1
            if time.perf_counter() - began > seconds:
                break
        wall = time.perf_counter() - began
        return count / wall, (time.process_time() - cpu) / wall


def driver(chunk_seconds: float) -> None:
    from halflife.lab import cluster, run, train
    from halflife.lab.spread import Summarized

    data, regime, chunks = work()
    ((_, trained, _),) = run(data, regime, chunks[:1], trainer=Summarized(train))
    answer = pickle.dumps(trained, protocol=5)
    print(f"a chunk: {chunks[0].size} trainings, {len(answer) / 1e6:.2f} MB, {chunk_seconds:g} s")
    print(f"{'workers':>8}{'chunks/s made':>15}{'written':>10}{'served':>9}{'driver':>9}")
    for workers in WORKERS:
        crew = Fake(workers, chunk_seconds, answer)
        made = workers / chunk_seconds
        rate, share = driven(crew, data, regime, chunks, SECONDS)
        print(f"{workers:>8}{made:>15.1f}{rate:>10.1f}{min(1.0, rate / made):>9.2f}{share:>9.2f}", flush=True)
    rate, share = driven(Fake(1000, 0.0, answer), data, regime, chunks, SECONDS)
    print(f"most, alone: {rate:.0f} chunks/s, {rate * chunks[0].size:,.0f} trainings/s, {share:.2f} of a core")
    with cluster.crew("local") as crew:
        warm(data, regime, chunks[-2:], crew)
        rate, share = driven(crew, data, regime, chunks, SECONDS, trainer=_Ready(trained))
    print(
        f"most, through Ray: {rate:.0f} chunks/s, {rate * chunks[0].size:,.0f} trainings/s, {share:.2f} of a core here"
    )


class _Ready:
    """A trainer that has its answer already."""

    def __init__(self, trained: Any):
        self._trained = trained

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self._trained


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("throughput", "driver"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0, help="that a fake worker takes for a chunk")
    options = parser.parse_args()
    if options.what == "throughput":
        throughput(options.rounds)
    else:
        driver(options.seconds)


if __name__ == "__main__":
    main()
