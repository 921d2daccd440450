"""The seed question on real data: are L2 regularization and weight decay the same here, and how much does it matter?"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from halflife._errors import BadInput
from halflife.lab import cluster, plain
from halflife.lab.command import command_line
from halflife.lab.compiler import keep_compiled_programs
from halflife.lab.crew import Crew
from halflife.lab.data import Data, load
from halflife.lab.foresight import foresee
from halflife.lab.found import Study, found_in
from halflife.lab.grid import MIDDLE_LR, settings
from halflife.lab.networks import Network
from halflife.lab.origin import file_for, versions
from halflife.lab.outcomes import Outcome
from halflife.lab.population import MEMORY, Chunk, cores, ended, members_a_chunk, plan
from halflife.lab.regime import Regime
from halflife.lab.running import run
from halflife.lab.spread import Summarized
from halflife.lab.store import Store
from halflife.lab.training import train
from halflife.lab.twinning import Twins, twins
from halflife.rules import rule as rule_named

TWIN_RULES = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "lion")
GRID_RULES = ("sgd", "momentum", "adam")
DEMONSTRATION = {"train_size": 300, "label_noise": 0.4}
"""How the default data is made to overfit: 300 of digits' 1,797 rows to learn from, two fifths of them mislabelled."""

_SEEDS = 2**63
_TWIN_EPOCHS = 20
_TWIN_L2 = 0.01


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a study is.

    Attributes:
        stage: "twins" or "trainings".
        done: how many of them are finished.
        total: how many there are.
        best: the training with the lowest validation error so far.
    """

    stage: str
    done: int
    total: int
    best: Outcome | None = None


def study(
    source: str | Path | None = None,
    *,
    rules: Sequence[str] | None = None,
    lr: Sequence[float] | None = None,
    strength: Sequence[float] | None = None,
    epochs: int = 50,
    hidden: Sequence[int] = (64,),
    activation: str = "relu",
    initialization: str = "he",
    error: str | None = None,
    output: str = "identity",
    batch_size: int = 32,
    schedule: str = "constant",
    seeds: int = 3,
    seed: int = 0,
    precision: str = "float32",
    regularize_biases: bool = False,
    target: str | None = None,
    train_size: int | float | None = None,
    label_noise: float | None = None,
    memory: int = MEMORY,
    ray: str | None = None,
    out: str | Path | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Study:
    """Train twins and a grid of networks, and say whether L2 regularization and weight decay are the same here.

    An interrupted study keeps every chunk that was finished; the same call goes on from there, and a finished one is
    read from its file.

    Args:
        source: a data set by name or a file (see `halflife.lab.data.load`); by default 300 rows of digits, two
            fifths of them mislabelled, so that overfitting is really there.
        rules: of twins and grid; by default six for the twins and three for the grid.
        lr: peak learning rates for every rule; by default six round a middle one of each rule.
        strength: λ of the penalty; decay is tried at α = lr·strength. By default 1e-4 to 1, half a decade apart, and
            for decay as much stronger as the rule needs.
        epochs: how often each training row is seen.
        hidden: units of each hidden layer.
        activation: of the hidden layers.
        initialization: how weights start.
        error: what the networks minimize; by default softmax_cross_entropy for classes, squared for numbers.
        output: activation of the output layer, for the squared errors.
        batch_size: rows a step.
        schedule: of lr, by name.
        seeds: how many seeds for every setting.
        seed: the first of them; it also decides the split of the rows.
        precision: of the grid, "float32" or "float64"; twins always use both.
        regularize_biases: whether both doors act on biases too.
        target: what to predict, for files.
        train_size: rows to learn from, a count or a share.
        label_noise: share of training labels to replace.
        memory: bytes that training on this machine may take.
        ray: a Ray cluster to train on, "local", "auto" or HOST:PORT (see `halflife.lab.cluster.crew`); the results are
            bitwise those of one machine of the same kind.
        out: the study file; by default halflife-NAME-HASH.db here, so that the same question finds its file again.
        progress: told after each rule's twins and each chunk of the grid.

    Raises:
        BadInput: an option cannot be used; BadData, BadStudy and UnknownName are of this kind.
        KeyboardInterrupt: after what was finished is safe.
    """
    began, chosen = time.perf_counter(), locals()
    twin_rules, grid_rules = (tuple(rules), tuple(rules)) if rules else (TWIN_RULES, GRID_RULES)
    for name in (*twin_rules, *grid_rules):
        rule_named(name)
    if seeds < 1:
        raise BadInput(f"seeds is {seeds}: it must be 1 or more.")
    if seed + seeds > _SEEDS:
        raise BadInput(f"seed is {seed}: the last seed must be below 2^63.")
    if source is None:
        train_size = DEMONSTRATION["train_size"] if train_size is None else train_size
        label_noise = DEMONSTRATION["label_noise"] if label_noise is None else label_noise
    every_setting = list(dict.fromkeys(s for name in grid_rules for s in settings(name, lr, strength)))
    if not any(s.strength for s in every_setting):
        raise BadInput("strength is 0 only: give at least one above 0 to compare with.")
    data = load(source or "digits", target=target, seed=seed, train_size=train_size, label_noise=label_noise or 0.0)
    network = Network(
        sizes=(data.train.x.shape[1], *hidden, data.train.y.shape[1]),
        error=error or ("softmax_cross_entropy" if data.task == "classification" else "squared"),
        output=output,
        activation=activation,
        initialization=initialization,
    )
    regime = Regime(
        network=network,
        epochs=epochs,
        batch_size=batch_size,
        schedule=schedule,
        precision=precision,
        regularize_biases=regularize_biases,
    )
    numbers = tuple(range(seed, seed + seeds))
    keep_compiled_programs()
    with cluster.crew(ray) as crew, ThreadPoolExecutor(1) as aside:
        members = members_a_chunk(network, regime, grid_rules, memory=memory, platform=crew.platform if crew else None)
        chunks = plan(every_setting, numbers, members=members)
        question = {
            "data": [data.name, data.fingerprint],
            "regime": plain.regime(regime),
            "rules": [twin_rules, grid_rules],
            "settings": [[s.rule, str(s.law), s.lr, s.strength] for s in every_setting],
            "seeds": numbers,
            "chunk size": members,
        }
        path = Path(out) if out else file_for(data.name, question)
        with Store(path, question, versions=versions()) as store:
            foreseen = {name: aside.submit(foresee, name) for name in dict.fromkeys(twin_rules)}
            store.tell(
                data=data.describe(),
                task=data.task,
                rows=len(data.train),
                command=command_line(study, chosen),
                date=date.today().isoformat(),
                cores=cores(),
            )
            _train_twins(store, data, regime, twin_rules, seed, progress)
            _train_grid(store, data, regime, chunks, memory, crew, progress)
            foresights = {name: future.result() for name, future in foreseen.items()}
            return found_in(store, foresights, seconds=time.perf_counter() - began)


def _train_twins(
    store: Store, data: Data, regime: Regime, rules: Sequence[str], seed: int, progress: Callable[[Progress], None]
) -> None:
    missing = [rule for rule in dict.fromkeys(rules) if rule not in {t.rule for t in store.twins()}]
    short = Regime(**{**vars(regime), "epochs": min(regime.epochs, _TWIN_EPOCHS)})
    stop = threading.Event()

    def work(rule: str) -> tuple[Twins, ...]:
        return twins(data, short, rule=rule, lr=MIDDLE_LR[rule], l2=_TWIN_L2, seed=seed, stop=stop.is_set)

    pool = ThreadPoolExecutor(cores())
    try:
        waiting = [pool.submit(work, rule) for rule in missing]
        progress(Progress(stage="twins", done=0, total=len(missing)))
        for done, future in enumerate(as_completed(waiting), start=1):
            store.add_twins(future.result())
            progress(Progress(stage="twins", done=done, total=len(missing)))
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _train_grid(
    store: Store,
    data: Data,
    regime: Regime,
    chunks: Sequence[Chunk],
    memory: int,
    crew: Crew | None,
    progress: Callable[[Progress], None],
) -> None:
    finished = store.finished()
    total = sum(len(chunk.settings) for chunk in chunks)
    outcomes = store.outcomes()
    best = min((o for o in outcomes if o.sound), key=lambda o: o.valid, default=None)
    done = len(outcomes)
    progress(Progress(stage="trainings", done=done, total=total, best=best))
    remaining = [chunk for chunk in chunks if chunk.number not in finished]
    for chunk, trained, seconds in run(
        data, regime, remaining, memory=memory, trainer=Summarized(train), crew=crew, happened=store.add_incident
    ):
        store.add_chunk(chunk, trained, seconds)
        done += len(chunk.settings)
        candidates = [o for o in (best, *ended(chunk, trained)) if o and o.sound]
        best = min(candidates, key=lambda o: o.valid, default=None)
        progress(Progress(stage="trainings", done=done, total=total, best=best))
