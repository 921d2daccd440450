"""A study is finished whatever befalls its chunks, and says what did: no memory, lost workers, divergence."""

import sqlite3
from collections import Counter
from concurrent.futures import Future
from contextlib import closing, contextmanager

import jax
import numpy as np
import pytest

import halflife
from halflife import BadInput
from halflife.lab import Network, Regime, Setting, Store, plan, run, studying, train
from halflife.lab.crew import Job
from halflife.lab.incidents import WorkerDied
from halflife.lab.program import CURVES
from halflife.lab.running import ATTEMPTS
from halflife.lab.spread import Summarized
from halflife.rules import Law
from trained_by_others import small_data

DATA = small_data("regression")
REGIME = Regime(network=Network(sizes=(3, 4, 3), error="squared"), epochs=3, batch_size=8)
SETTINGS = [Setting(rule="momentum", law=Law.L2, lr=0.01, strength=s) for s in (0.0, 0.1, 0.2, 0.3, 0.4)]
CHUNKS = plan(SETTINGS, [0, 1], members=5)


def short_of_memory(error, *, room):
    """`train` on a machine with room for so many members."""

    def trainer(data, regime, settings, **more):
        if len(settings) > room:
            raise error
        return train(data, regime, settings, **more)

    return trainer


NO_MEMORY = {
    "Python": MemoryError("cannot allocate 3 GiB"),
    "NumPy": np._core._exceptions._ArrayMemoryError((2**40,), np.dtype("float32")),
    "XLA": jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 123 bytes."),
}


@pytest.mark.parametrize("error", NO_MEMORY.values(), ids=NO_MEMORY)
def test_a_chunk_without_memory_is_halved_until_it_fits(error):
    """Five members, room for two: parts of three, then of two; the curves are bitwise those of such parts."""
    told = []
    found = list(run(DATA, REGIME, CHUNKS, trainer=short_of_memory(error, room=2), happened=told.append))
    assert sorted(chunk.number for chunk, _, _ in found) == [0, 1]
    assert Counter((i.kind, i.chunk) for i in told) == {("out of memory", 0): 2, ("out of memory", 1): 2}
    assert "trained again in 4 parts" in told[-1].words
    assert "\n" not in told[-1].words
    for chunk, trained, _ in found:
        assert trained.parts == 4
        pairs = [SETTINGS[0:2], SETTINGS[2:4], [SETTINGS[4]] * 2]
        parts = [train(DATA, REGIME, pair, seed=chunk.seed) for pair in pairs]
        for name in CURVES:
            expected = np.concatenate([part.curves[name] for part in parts], axis=1)[:, :5]
            assert trained.curves[name].tobytes() == expected.tobytes()
        last = trained.parameters[0]["weights"][4]
        assert last.tobytes() == parts[2].parameters[0]["weights"][0].tobytes()
        assert all(len(values) == 5 for values in trained.final.values())


def test_what_does_not_fit_at_all_is_said_when_the_others_are_finished():
    """A sentence names the chunk, the reason and what to do; nothing that could be trained is lost."""

    def trainer(data, regime, settings, *, seed, **more):
        if seed == 0:
            raise MemoryError("cannot allocate 3 GiB")
        return train(data, regime, settings, seed=seed, **more)

    finished = []
    with pytest.raises(BadInput, match=r"seed 0 \(chunk 0\) do not fit .* one at a time \(cannot allocate 3 GiB\)"):
        finished.extend(chunk.number for chunk, _, _ in run(DATA, REGIME, CHUNKS, trainer=trainer))
    assert finished == [1]


def test_other_errors_are_not_swallowed():
    """Bad input and defects end the run at once, as they are."""
    for error in (BadInput("no"), ZeroDivisionError("defect")):

        def trainer(*_, error=error, **__):
            raise error

        with pytest.raises(type(error), match=str(error)):
            list(run(DATA, REGIME, CHUNKS, trainer=trainer))


class Mortal:
    """A crew whose workers die in the first attempts at a chunk."""

    platform, slots = "cpu", 2

    def __init__(self, deaths):
        self.deaths, self.jobs = deaths, []

    @contextmanager
    def at_work(self, work):
        def start(job: Job):
            self.jobs.append((job.chunk.number, job.attempt))
            future = Future()
            if job.attempt <= self.deaths.get(job.chunk.number, 0):
                future.set_exception(WorkerDied("killed by signal 9"))
            else:
                future.set_result(work(job, lambda: False))
            return future

        yield start


def test_a_chunk_whose_worker_died_is_trained_again():
    """It costs that chunk's attempt alone, comes to bitwise the same, and is told."""
    told, crew = [], Mortal({1: 2})
    lost = {chunk.number: trained for chunk, trained, _ in run(DATA, REGIME, CHUNKS, crew=crew, happened=told.append)}
    whole = {chunk.number: trained for chunk, trained, _ in run(DATA, REGIME, CHUNKS)}
    assert crew.jobs == [(0, 1), (1, 1), (1, 2), (1, 3)]
    assert [(i.kind, i.chunk) for i in told] == [("worker died", 1)] * 2
    assert "killed by signal 9" in told[0].words
    for number in (0, 1):
        for name in CURVES:
            assert lost[number].curves[name].tobytes() == whole[number].curves[name].tobytes()


def test_a_chunk_that_kills_every_worker_is_given_up():
    """After so many attempts, when the others are finished, in a sentence."""
    crew, finished = Mortal({0: ATTEMPTS}), []
    with pytest.raises(BadInput, match=rf"chunk 0\) were given up after their worker had died {ATTEMPTS} times"):
        finished.extend(chunk.number for chunk, _, _ in run(DATA, REGIME, CHUNKS, crew=crew))
    assert finished == [1]
    assert crew.jobs.count((0, ATTEMPTS)) == 1


def test_a_device_that_fails_is_a_worker_that_died():
    """XLA errors that are not about memory are tried again."""
    failures = iter([jax.errors.JaxRuntimeError("INTERNAL: device lost")])

    def trainer(*arguments, **more):
        for failure in failures:
            raise failure
        return train(*arguments, **more)

    told = []
    assert len(list(run(DATA, REGIME, CHUNKS, workers=1, trainer=trainer, happened=told.append))) == 2
    assert [i.kind for i in told] == ["worker died"]


SMALL = {"rules": ["sgd"], "lr": [0.1, 1e30], "strength": [0.1], "epochs": 2, "hidden": [3], "seeds": 2}


def test_a_study_says_what_happened_and_remembers_it(tmp_path, monkeypatch):
    """Memory that ran out is told by the call that met it and by every later one; so is divergence."""
    path = tmp_path / "s.db"
    trainer = short_of_memory(MemoryError("no more"), room=4)
    monkeypatch.setattr(studying, "run", lambda *a, **k: run(*a, **k | {"trainer": trainer}))
    first = halflife.study("iris", **SMALL, out=path)
    monkeypatch.undo()
    again = halflife.study("iris", **SMALL, out=path)
    assert first.incidents == again.incidents
    kinds = [incident.kind for incident in first.incidents]
    assert kinds[:-1] == ["out of memory"] * (len(kinds) - 1)
    assert (len(kinds) > 1, kinds[-1]) == (True, "diverged")
    assert first.incidents[-1].words.startswith("6 of 12 trainings diverged (6 sgd)")
    assert first.to_dict()["incidents"] == [vars(incident) for incident in first.incidents]
    assert all(incident.words in str(first) for incident in first.incidents)


def test_the_parts_of_a_chunk_are_recorded(tmp_path):
    """What decides the last bits of a chunk's curves is in the file."""
    question = {"data": ["x", "y"], "rules": [[], ["momentum"]], "settings": [], "seeds": [0, 1]}
    with Store(tmp_path / "s.db", question, versions={}) as store:
        trainer = short_of_memory(MemoryError(), room=3)
        for chunk, trained, seconds in run(DATA, REGIME, CHUNKS[:1], trainer=trainer):
            store.add_chunk(chunk, trained, seconds)
        for chunk, trained, seconds in run(DATA, REGIME, CHUNKS[1:]):
            store.add_chunk(chunk, trained, seconds)
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        found = connection.execute("SELECT number, parts FROM chunk ORDER BY number").fetchall()
    assert found == [(0, 2), (1, 1)]


@pytest.mark.parametrize("room", [5, 2], ids=["whole", "in parts"])
def test_what_workers_say_of_the_weights_is_what_the_weights_say(room, tmp_path):
    """The quantiles of a worker, for all members of a chunk that was split, too, and without the weights themselves."""
    trainer = short_of_memory(MemoryError("cannot allocate"), room=room)
    kept = []
    for number, told in enumerate((trainer, Summarized(trainer))):
        with Store(tmp_path / f"{number}.db", {"data": ["d"]}, versions={}) as store:
            for chunk, trained, seconds in run(DATA, REGIME, CHUNKS, trainer=told):
                assert (trained.parameters == []) == (told is not trainer)
                store.add_chunk(chunk, trained, seconds)
            kept.append([store.spread(setting, seed) for setting in SETTINGS for seed in (0, 1)])
    assert kept[0] == kept[1]
    assert len({spread.layers for spread in kept[0]}) == len(kept[0])
