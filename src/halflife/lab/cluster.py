"""Chunks as Ray tasks: the workers of a cluster train, this process alone decides and writes.

Every task is the same pure function of its chunk that a thread here would run, so where it runs and when decides
nothing, as long as all nodes have processors of one kind and the same versions of the libraries, which is checked.
"""

import logging
import os
import platform
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from importlib.metadata import version
from types import ModuleType
from typing import Any

from halflife._errors import BadInput
from halflife.lab.compiler import keep_compiled_programs
from halflife.lab.crew import Crew, Done, Job, Work
from halflife.lab.files import one_line
from halflife.lab.incidents import WorkerDied
from halflife.lab.population import cores

LOCAL = "local"
AUTO = "auto"
_SECONDS_TO_CONNECT = 3
_SECONDS_TO_JOIN = 15


@contextmanager
def crew(address: str | None) -> Iterator[Crew | None]:
    """The workers of a Ray cluster, one a core, or one a GPU if it has any; no address gives None, the threads here.

    A Ray that this process is part of already is used as it is. One that is started or joined here is left at the end.

    Args:
        address: HOST:PORT of the head, "auto" for the cluster that this machine is part of, or "local" for one that
            is started on this machine and ended afterwards.

    Raises:
        BadInput: Ray is not installed, or the address does not answer within seconds.
    """
    if address is None:
        yield None
        return
    if address not in (LOCAL, AUTO):
        _require_listener(address)  # before Ray is imported, which takes longer
    ray = _ray()
    if ray.is_initialized():
        yield Cluster(ray, address)
        return
    _join(ray, address)
    try:
        yield Cluster(ray, address)
    finally:
        ray.shutdown()


class Cluster:
    """The workers of the Ray cluster that this process is part of.

    Attributes:
        platform: "gpu" if tasks are given GPUs, else "cpu".
    """

    def __init__(self, ray: ModuleType, address: str):
        """Take whatever the cluster has; the address is for sentences alone."""
        self._ray, self._address = ray, address
        self.platform: str = "gpu" if ray.cluster_resources().get("GPU", 0) >= 1 else "cpu"

    @property
    def slots(self) -> int:
        """Cores of the cluster, or GPUs if it has any, at this moment; 1 while it has none."""
        return max(1, int(self._ray.cluster_resources().get(self.platform.upper(), 0)))

    @contextmanager
    def at_work(self, work: Work) -> Iterator[Callable[[Job], "Future[Done]"]]:
        """A function that starts a job; when the context ends, the jobs that are unfinished are ended at once."""
        shared = self._ray.put((work, versions()))  # once, not with every job
        needs = {"num_cpus": 1, "num_gpus": 1 if self.platform == "gpu" else 0}
        # Ray is not to try again by itself: the study says what happened
        task = self._ray.remote(_do).options(**needs, max_retries=0)
        at_work: dict[Future[Done], Any] = {}

        def start(job: Job) -> "Future[Done]":
            future: Future[Done] = Future()
            reference = at_work[future] = task.remote(shared, job)
            reference.future().add_done_callback(lambda ended: self._settle(future, ended, at_work))
            return future

        try:
            yield start
        finally:
            for reference in tuple(at_work.values()):
                self._ray.cancel(reference, force=True)

    def _settle(self, future: "Future[Done]", ended: "Future[Done]", at_work: dict["Future[Done]", Any]) -> None:
        error = ended.exception()
        if error is None:
            future.set_result(ended.result())
        elif not isinstance(error, self._ray.exceptions.RayError):
            future.set_exception(error)
        elif "No module named 'halflife'" in str(error):
            future.set_exception(
                BadInput(f"the nodes of {self._address} have no halflife: install version {version('halflife')} there.")
            )
        elif isinstance(error, self._ray.exceptions.RayTaskError):
            future.set_exception(getattr(error, "cause", error))
        else:
            future.set_exception(WorkerDied(_first_sentence(error)))
        at_work.pop(future, None)


def versions() -> dict[str, str]:
    """What must be the same on all nodes for bitwise the same results."""
    return {name: version(name) for name in ("halflife", "jax", "jaxlib", "numpy")} | {"machine": platform.machine()}


def _do(shared: tuple[Work, dict[str, str]], job: Job) -> Done:
    work, wanted = shared
    here = versions()
    for name in wanted:
        if here[name] != wanted[name]:
            raise BadInput(
                f"node {platform.node()} has {name} {here[name]} and this machine {wanted[name]}: "
                "install the same on all, for results depend on it."
            )
    os.environ.setdefault("NPROC", "1")  # a task has one core, and XLA's threads would contend for it
    keep_compiled_programs()
    return work(job, lambda: False)


def _ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        import ray
    except ImportError:
        raise BadInput("--ray needs Ray: pip install 'halflife[ray]'.") from None
    found: ModuleType = ray
    return found


def _join(ray: ModuleType, address: str) -> None:
    options: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False, "configure_logging": False}
    if address == LOCAL:
        options |= {"num_cpus": cores(), "include_dashboard": False}
    else:
        _require_answer(address)
    logging.getLogger("ray").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # JAX warns of forks; what Ray forks becomes another program at once
        warnings.filterwarnings("ignore", message="os.fork", category=RuntimeWarning)
        try:
            ray.init(address=address, **options)
        except (OSError, RuntimeError, ValueError) as error:
            raise BadInput(f"no Ray cluster can be joined at {address!r} ({_first_sentence(error)}).") from None


def _require_listener(address: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 2**16 or "/" in host:
        raise BadInput(f"--ray is {address!r}: it must be local, auto, or HOST:PORT such as 10.0.0.1:6379.")
    try:
        socket.create_connection((host, int(port)), timeout=_SECONDS_TO_CONNECT).close()
    except OSError as error:
        raise BadInput(
            f"the Ray address {address!r} does not answer ({error.strerror or error}): start a cluster with "
            "`ray start --head` there, or use --ray local."
        ) from None


def _require_answer(address: str) -> None:
    """Ray itself would wait for most of a minute."""
    try:
        found = subprocess.run(  # noqa: S603 - a constant program; the address is data to it
            [sys.executable, "-c", _ATTEMPT, address], capture_output=True, timeout=_SECONDS_TO_JOIN, check=False
        )
    except subprocess.TimeoutExpired:
        raise BadInput(
            f"something listens at {address!r}, but no Ray cluster that this machine is part of answers there: give "
            "HOST:PORT of its head, and run this on one of its nodes."
        ) from None
    if found.returncode:
        said = (found.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        raise BadInput(f"no Ray cluster can be joined at {address!r} ({_first_sentence(said)}).")


_ATTEMPT = "import ray, sys; ray.init(sys.argv[1], logging_level='ERROR', log_to_driver=False); ray.shutdown()"


def _first_sentence(error: object) -> str:
    return one_line(error).split(". ")[0].rstrip(".")
