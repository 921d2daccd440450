"""One member of a population against the same training written by hand, and against torch."""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from halflife import BadInput
from halflife.lab import Network, Regime, Setting, train
from halflife.lab.networks import ACTIVATIONS, ERRORS
from halflife.rules import Law
from trained_by_others import apart, by_numpy, by_torch, flat, small_data

TOLERANCE = 1e-10
POWER = 10
SEED = 7

SCHEDULES = ("constant", "linear", "cosine", "cosine-restarts", "step", "warmup-cosine")
LAWS = (
    Law.L2,
    Law.DECOUPLED,
    Law.INDEPENDENT,
    Law.CONSTANT,
    Law.UNSCHEDULED,
    Law.CORRECTED,
    Law.QUADRATIC,
    Law.PROXIMAL,
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row: what is trained. The hidden layers have 4 and 5 units."""

    rule: str
    law: Law
    error: str
    depth: int = 1
    activation: str = "tanh"
    output: str = "identity"
    schedule: str = "cosine"
    initialization: str = "torch"
    regularize_biases: bool = False
    lr: float = 0.2
    strength: float = 0.2
    hyperparameters: tuple[tuple[str, float], ...] = field(default=())

    @property
    def task(self) -> str:
        return "classification" if "entropy" in self.error else "regression"

    @property
    def regime(self) -> Regime:
        sizes = (3, *(4, 5)[: self.depth], 3)
        network = Network(
            sizes=sizes,
            error=self.error,
            activation=self.activation,
            output=self.output,
            initialization=self.initialization,
        )
        return Regime(
            network=network,
            epochs=4,
            batch_size=8,
            schedule=self.schedule,
            precision="float64",
            regularize_biases=self.regularize_biases,
        )

    @property
    def settings(self) -> list[Setting]:
        """As the case says; without regularization; and one that differs in every number."""
        mine = Setting(
            rule=self.rule, law=self.law, lr=self.lr, strength=self.strength, hyperparameters=self.hyperparameters
        )
        numbers = tuple((name, 0.7 * value) for name, value in mine.hyperparameters)
        other = replace(mine, lr=0.6 * self.lr, strength=2 * self.strength, hyperparameters=numbers)
        return [mine, replace(mine, strength=0.0), other]

    @cache  # noqa: B019 - the cases live as long as the tests
    def trained(self) -> Any:
        return train(small_data(self.task), self.regime, self.settings, seed=SEED)


CASES = [
    Case(rule="sgd", law=Law.L2, error="squared", depth=0, schedule="linear"),
    Case(rule="sgd", law=Law.DECOUPLED, error="mean_squared", activation="relu", schedule="step"),
    Case(rule="sgd", law=Law.INDEPENDENT, error="squared", output="logistic", activation="logistic"),
    Case(rule="sgd", law=Law.CONSTANT, error="softmax_cross_entropy", depth=2, regularize_biases=True),
    Case(rule="sgd", law=Law.UNSCHEDULED, error="mean_squared", schedule="cosine", activation="tanh"),
    Case(rule="sgd", law=Law.PROXIMAL, error="squared", schedule="warmup-cosine", strength=0.4),
    Case(rule="momentum", law=Law.L2, error="softmax_cross_entropy", activation="gelu", regularize_biases=True),
    Case(
        rule="momentum",
        law=Law.CORRECTED,
        error="logistic_cross_entropy",
        depth=2,
        schedule="cosine-restarts",
        hyperparameters=(("momentum", 0.8), ("dampening", 0.3)),
    ),
    Case(rule="momentum", law=Law.PROXIMAL, error="mean_squared", initialization="glorot", regularize_biases=True),
    Case(rule="adam", law=Law.L2, error="logistic_cross_entropy", initialization="he", lr=0.05),
    Case(rule="adam", law=Law.DECOUPLED, error="softmax_cross_entropy", depth=2, activation="relu", lr=0.05),
    Case(rule="adam", law=Law.QUADRATIC, error="squared", activation="identity", schedule="constant", lr=0.05),
]
JUDGED_BY_TORCH = [case for case in CASES if case.law is Law.L2 or (case.law is Law.DECOUPLED and case.rule == "adam")]


def _name(case: Case) -> str:
    return f"{case.rule}-{case.law}-{case.error}-{case.depth}"


def test_the_cases_cover_what_the_lab_can_do():
    """Each law, error, activation, schedule and depth is in a row; biases are regularized in some, in others not."""
    assert {case.law for case in CASES} == set(LAWS)
    assert {case.error for case in CASES} == set(ERRORS)
    assert {case.activation for case in CASES} == set(ACTIVATIONS)
    assert {case.schedule for case in CASES} == set(SCHEDULES)
    assert {case.depth for case in CASES} == {0, 1, 2}
    assert {case.regularize_biases for case in CASES} == {True, False}


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_every_member_takes_the_path_written_by_hand(case):
    """After 12 steps, the smaller last batches among them, each member has the weights of a loop over NumPy arrays."""
    ends = [by_numpy(small_data(case.task), case.regime, setting, seed=SEED)[-1] for setting in case.settings]
    assert apart(ends[0], ends[1]) >= POWER * TOLERANCE, "regularization does too little to be seen"
    assert apart(ends[0], ends[2]) >= POWER * TOLERANCE
    for member, end in enumerate(ends):
        assert apart(flat(case.trained(), member), end) <= TOLERANCE


@pytest.mark.parametrize("case", JUDGED_BY_TORCH, ids=_name)
def test_every_member_takes_the_path_of_torch(case):
    """Each member has the weights of a torch.nn.Sequential under torch.optim, with λ or wd in its parameter groups."""
    ends = [by_torch(small_data(case.task), case.regime, setting, seed=SEED) for setting in case.settings]
    assert apart(ends[0], ends[1]) >= POWER * TOLERANCE, "regularization does too little to be seen"
    for member, end in enumerate(ends):
        assert apart(flat(case.trained(), member), end) <= TOLERANCE


WRONG_TURNS = {
    "biases taken for weights, or the reverse": lambda regime, s: (
        replace(regime, regularize_biases=not regime.regularize_biases),
        s,
    ),
    "last batch of another size": lambda regime, s: (replace(regime, batch_size=9), s),
    "no smaller last batch": lambda regime, s: (replace(regime, batch_size=23), s),
    "another schedule": lambda regime, s: (
        replace(regime, schedule="linear" if regime.schedule == "constant" else "constant"),
        s,
    ),
    "half the strength": lambda regime, s: (regime, replace(s, strength=s.strength / 2)),
    "lr off by a thousandth": lambda regime, s: (regime, replace(s, lr=1.001 * s.lr)),
    "another law": lambda regime, s: (regime, replace(s, law=Law.CONSTANT if s.law is not Law.CONSTANT else Law.L2)),
}


@pytest.mark.parametrize("turn", WRONG_TURNS)
@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_wrong_turn_would_be_seen(case, turn):
    """Were the lab to make one of these mistakes, the loop by hand would be far from it: these tests can fail."""
    regime, setting = WRONG_TURNS[turn](case.regime, case.settings[0])
    wrong = by_numpy(small_data(case.task), regime, setting, seed=SEED)[-1]
    assert apart(flat(case.trained(), 0), wrong) >= POWER * TOLERANCE


@pytest.mark.parametrize("law", [law for law in Law if law not in LAWS], ids=str)
def test_other_laws_are_refused(law):
    """A law that does not act by a share of the weights cannot be trained, and a setting says so at once."""
    with pytest.raises(BadInput, match="no decay per step of its own"):
        Setting(rule="sgd", law=law, lr=0.1, strength=0.1)
