"""A study on a Ray cluster is bitwise the study on one machine, whoever dies on the way.

`test_cluster.py` runs these in a process of their own: Ray's threads, forks and signals are no company for other tests.
"""

import os
import signal
import threading
import time
import warnings

import pytest
import ray

import halflife
from halflife import BadInput
from halflife.lab import Network, Regime, Setting, cluster, plan, run, train
from halflife.lab.program import CURVES
from halflife.rules import Law
from trained_by_others import small_data

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray leaves sockets and forks to the garbage collector

DATA = small_data("regression")
REGIME = Regime(network=Network(sizes=(3, 4, 3), error="squared"), epochs=3, batch_size=8)
SETTINGS = [Setting(rule="momentum", law=Law.L2, lr=lr, strength=s) for lr in (0.01, 0.02) for s in (0.0, 0.1, 0.2)]
CHUNKS = plan(SETTINGS, range(4), members=2)


@pytest.fixture(scope="module")
def nodes():
    """A head without cores and two nodes of one core each, as Ray's own tests make them."""
    from ray.cluster_utils import Cluster

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        ray.init(made.address, log_to_driver=False, logging_level="ERROR", configure_logging=False)
        workers = [made.add_node(num_cpus=1) for _ in range(2)]
        made.wait_for_nodes()
    yield made, workers
    ray.shutdown()
    made.shutdown()


def curves_of(trained):
    return [trained.curves[name].tobytes() for name in CURVES]


@pytest.fixture(scope="module")
def alone():
    return {chunk.number: curves_of(trained) for chunk, trained, _ in run(DATA, REGIME, CHUNKS)}


def test_a_cluster_comes_to_the_same(nodes, alone):
    """Every chunk, in whatever order, bitwise as the threads of one process make it."""
    with cluster.crew("auto") as crew:
        assert (crew.platform, crew.slots) == ("cpu", 2)
        found = {c.number: curves_of(t) for c, t, _ in run(DATA, REGIME, CHUNKS[::-1], crew=crew)}
    assert found == alone
    assert ray.is_initialized(), "what was there before is left as it was"


def test_a_search_on_a_cluster_is_bitwise_the_search_on_threads(nodes, tmp_path):
    """And the file of the one goes on with the other."""
    grid = {"lr": (0.01, 0.03), "l2": (0.1, 1.0), "decay": ()}
    options = {"epochs": 4, "folds": 2, "seeds": 1, "hidden": (5,), "grid": grid}

    def without_time(found):
        return {k: v for k, v in found.to_dict().items() if k not in ("seconds", "study")}

    there = halflife.tune("wine", **options, ray="auto", out=tmp_path / "cluster.db")
    here = halflife.tune("wine", **options, out=tmp_path / "threads.db")
    assert without_time(there) == without_time(here)
    assert without_time(halflife.tune("wine", **options, out=tmp_path / "cluster.db")) == without_time(here)


def test_memory_that_runs_out_on_a_worker_is_halved(nodes):
    """As on the threads of one process."""

    def small(data, regime, settings, **more):
        if len(settings) > 1:
            raise MemoryError("cannot allocate")
        return train(data, regime, settings, **more)

    told = []
    with cluster.crew("auto") as crew:
        (found,) = run(DATA, REGIME, CHUNKS[:1], crew=crew, trainer=small, happened=told.append)
    assert found[1].parts == 2
    assert [incident.kind for incident in told] == ["out of memory"]


def test_a_killed_worker_costs_its_chunk_in_flight(nodes, alone, tmp_path):
    """A worker process that is killed is replaced; its chunk is trained again, bitwise the same, and told."""

    def kills_once(data, regime, settings, *, seed, **more):
        import os
        import pathlib
        import signal

        mark = pathlib.Path(killed)
        if seed == 2 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return train(data, regime, settings, seed=seed, **more)

    killed = str(tmp_path / "killed")
    told = []
    with cluster.crew("auto") as crew:
        started = run(DATA, REGIME, CHUNKS, crew=crew, trainer=kills_once, happened=told.append)
        found = {c.number: curves_of(t) for c, t, _ in started}
    assert found == alone
    assert {incident.kind for incident in told} == {"worker died"}
    assert len(told) <= 2


def test_a_killed_node_costs_its_chunks_in_flight(nodes, alone, tmp_path):
    """One of two nodes dies over its first chunk: the other finishes, bitwise the same; what it had is redone."""
    made, workers = nodes
    doomed, begun = workers.pop(), tmp_path / "begun"

    def hangs_there(data, regime, settings, *, where=doomed.node_id, mark=str(begun), **more):
        import pathlib
        import time

        import ray

        if ray.get_runtime_context().get_node_id() == where:
            pathlib.Path(mark).touch()
            time.sleep(600)
        time.sleep(0.3)
        return train(data, regime, settings, **more)

    def kills():
        deadline = time.monotonic() + 60
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        made.remove_node(doomed, allow_graceful=False)

    told = []
    killer = threading.Thread(target=kills)
    killer.start()
    with cluster.crew("auto") as crew:
        started = run(DATA, REGIME, CHUNKS, crew=crew, trainer=hangs_there, happened=told.append)
        found = {c.number: curves_of(t) for c, t, _ in started}
    killer.join()
    assert found == alone
    assert 1 <= len(told) <= 2
    assert {incident.kind for incident in told} == {"worker died"}


def test_an_interrupt_ends_the_tasks(nodes):
    """Leaving a run frees the workers at once, whatever they were doing."""

    def forever(*_, **__):
        import time

        time.sleep(600)

    with cluster.crew("auto") as crew:
        timer = threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            list(run(DATA, REGIME, CHUNKS, crew=crew, trainer=forever))
        assert len(list(run(DATA, REGIME, CHUNKS[:2], crew=crew))) == 2
    assert time.monotonic() - began < 60


def test_bad_input_on_a_worker_is_bad_input(nodes):
    """It comes out as itself, one sentence, not as a traceback of another machine."""

    def refuse(*_, **__):
        raise BadInput("this cannot be trained.")

    with cluster.crew("auto") as crew, pytest.raises(BadInput) as caught:
        list(run(DATA, REGIME, CHUNKS, crew=crew, trainer=refuse))
    assert str(caught.value) == "this cannot be trained."


def test_other_versions_are_refused(nodes, monkeypatch):
    """Nodes with other versions of what decides the bits are named, and nothing is trained."""
    monkeypatch.setattr(cluster, "versions", lambda: {"jax": "0.0.1"})
    with cluster.crew("auto") as crew, pytest.raises(BadInput, match=r"has jax .* and this machine 0\.0\.1"):
        list(run(DATA, REGIME, CHUNKS, crew=crew))
