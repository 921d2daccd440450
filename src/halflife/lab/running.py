"""Training the chunks of a plan, whoever does it and whatever befalls them.

A chunk that runs out of memory is trained again in halves, one whose worker died is trained again as it was. Splitting
a chunk changes the order of sums and so the last bits of its curves: `Trained.parts` says how it was done.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from queue import SimpleQueue

import jax
import numpy as np

from halflife._errors import BadInput
from halflife.lab.crew import Crew, Done, Job, Threads
from halflife.lab.data import Data
from halflife.lab.files import one_line
from halflife.lab.incidents import Incident, OutOfMemory, WorkerDied
from halflife.lab.population import MEMORY, Chunk, bytes_a_member, cores
from halflife.lab.regime import Regime
from halflife.lab.training import Trained, train

ATTEMPTS = 4
"""How often a chunk is begun in all when its worker dies."""

_AHEAD = 2
"""Jobs that are handed out for each worker, so that none waits for the next."""


def run(
    data: Data,
    regime: Regime,
    chunks: Sequence[Chunk],
    *,
    memory: int = MEMORY,
    workers: int | None = None,
    trainer: Callable[..., Trained] = train,
    crew: Crew | None = None,
    happened: Callable[[Incident], None] = lambda _: None,
) -> Iterator[tuple[Chunk, Trained, float]]:
    """Train chunks side by side and yield each as it is finished, with its seconds.

    Closing the iterator, or an interrupt, ends the training of unfinished chunks between two compiled calls.

    Args:
        data: the rows.
        regime: what all members share.
        chunks: from a plan.
        memory: bytes that the threads of this machine may take together.
        workers: threads, by default one a core, or one a GPU.
        trainer: `train`, or `train` told more than a chunk knows; for a cluster it must be picklable.
        crew: who trains, by default the threads of this machine.
        happened: told of what went wrong and was got over.

    Raises:
        BadInput: after all others are finished, a chunk that cannot be trained: one network does not fit the memory,
            or its worker died `ATTEMPTS` times.
    """
    folds = [(data, regime)]
    return run_folds(folds, chunks, memory=memory, workers=workers, trainer=trainer, crew=crew, happened=happened)


def run_folds(
    folds: Sequence[tuple[Data, Regime]],
    chunks: Sequence[Chunk],
    *,
    memory: int = MEMORY,
    workers: int | None = None,
    trainer: Callable[..., Trained] = train,
    crew: Crew | None = None,
    happened: Callable[[Incident], None] = lambda _: None,
) -> Iterator[tuple[Chunk, Trained, float]]:
    """As `run`, each chunk on the rows of its fold, under that fold's regime."""
    if not chunks:
        return
    crew = crew or _threads(folds[0][1], chunks, memory, workers)
    to_start = deque(Job(chunk=chunk) for chunk in chunks)
    at_work: dict[Future[Done], Job] = {}
    finished: SimpleQueue[Future[Done]] = SimpleQueue()
    hopeless: list[str] = []
    with crew.at_work(partial(_do, folds, trainer)) as start:
        while to_start or at_work:
            while to_start and len(at_work) < _AHEAD * crew.slots:
                future = start(to_start[0])
                at_work[future] = to_start.popleft()
                future.add_done_callback(finished.put)
            future = finished.get()
            job = at_work.pop(future)
            try:
                trained, seconds = future.result()
            except (OutOfMemory, WorkerDied) as error:
                again, words = _after(job, error)
                if again is None:
                    hopeless.append(words)
                else:
                    to_start.append(again)
                    happened(Incident(kind=_KINDS[type(error)], chunk=job.chunk.number, words=words))
            else:
                yield job.chunk, trained, seconds
    if hopeless:
        raise BadInput(" ".join((*hopeless, "What is finished is kept: the same command goes on from there.")))


_KINDS = {OutOfMemory: "out of memory", WorkerDied: "worker died"}


def _threads(regime: Regime, chunks: Sequence[Chunk], memory: int, workers: int | None) -> Threads:
    devices = jax.local_devices()
    rules = sorted({setting.rule for chunk in chunks for setting in chunk.settings})
    needed = bytes_a_member(regime.network, regime, rules) * max(chunk.size for chunk in chunks)
    most = workers or (cores() if devices[0].platform == "cpu" else len(devices))
    return Threads(min(most, max(1, memory // needed)), devices)


def _after(job: Job, error: Exception) -> tuple[Job | None, str]:
    """What to do after a failure, None if there is nothing to be done, and what is said of it."""
    chunk, reason = job.chunk, one_line(error)
    about = f"{len(chunk.settings)} {chunk.settings[0].rule} networks of seed {chunk.seed} (chunk {chunk.number})"
    if isinstance(error, OutOfMemory):
        if job.parts >= chunk.size:
            return None, f"{about} do not fit the memory one at a time ({reason}): choose smaller layers or batches."
        again = replace(job, parts=min(2 * job.parts, chunk.size))
        return again, (
            f"{about} ran out of memory ({reason}) and were trained again in {again.parts} parts, which shows in the "
            "last bits of their curves."
        )
    if job.attempt == ATTEMPTS:
        return None, f"{about} were given up after their worker had died {ATTEMPTS} times ({reason})."
    return replace(job, attempt=job.attempt + 1), f"{about} lost their worker ({reason}) and were trained again."


def _do(
    folds: Sequence[tuple[Data, Regime]],
    trainer: Callable[..., Trained],
    job: Job,
    stop: Callable[[], bool] = lambda: False,
) -> Done:
    """Train the members of a job, part by part."""
    began = time.perf_counter()
    data, regime = folds[job.chunk.fold]
    try:
        parts = [trainer(data, regime, members, seed=job.chunk.seed, stop=stop) for members in job.members]
    except MemoryError as error:
        raise OutOfMemory(one_line(error) or "MemoryError") from None
    except jax.errors.JaxRuntimeError as error:
        kind = OutOfMemory if "RESOURCE_EXHAUSTED" in str(error) else WorkerDied
        raise kind(one_line(error)) from None
    return _joined(parts, job.chunk.size), time.perf_counter() - began


def _joined(parts: Sequence[Trained], size: int) -> Trained:
    if len(parts) == 1:
        return parts[0]

    def over_members(*arrays: np.ndarray) -> np.ndarray:
        return np.concatenate(arrays)[:size]

    return Trained(
        curves={name: np.concatenate([p.curves[name] for p in parts], axis=1)[:, :size] for name in parts[0].curves},
        final={name: over_members(*(p.final[name] for p in parts)) for name in parts[0].final},
        diverged=over_members(*(p.diverged for p in parts)),
        parameters=jax.tree.map(over_members, *(p.parameters for p in parts)),
        states=jax.tree.map(over_members, *(p.states for p in parts)),
        parts=len(parts),
        spreads=tuple(over_members(*of_layer) for of_layer in zip(*(p.spreads for p in parts), strict=True)),
    )
