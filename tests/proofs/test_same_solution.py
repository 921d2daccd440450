from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife.proofs import Verdict, same_solution
from halflife.proofs._exact import Exact, Late
from halflife.proofs._rest import resting_memory
from halflife.proofs._runs import apart, quadratic, run
from halflife.rules import RULES, Hyperparameter, Order, Rule, update

SAME, IFF, NOT = Verdict.EQUIVALENT, Verdict.EQUIVALENT_IFF, Verdict.NOT_EQUIVALENT
CHANGES = "α would change with the weight"
VERDICTS = {
    "sgd": (SAME, "α = η·λ"),
    "momentum": (SAME, "α = η·λ·(1 − τ)/(1 − μ)"),
    "momentum_lr_inside": (SAME, "α = η·λ/(1 − μ)"),
    "nesterov": (SAME, "α = η·λ/(1 − μ)"),
    "mccaffrey": (SAME, "α = η·λ·(μ + 1)/(η·λ·μ + η·λ + 1)"),
    "preconditioned": (IFF, "M₁ = M₂"),
    "rmsprop_centred": (IFF, "100000000·η·λ < 1"),
    "adadelta": (SAME, "α = η·λ; not reached in 3000 steps"),
    "adagrad": (NOT, "the memory has no rest"),
}
SHARES = st.fractions(min_value=Fraction(1, 20), max_value=Fraction(19, 20), max_denominator=20)
SMALL = st.fractions(min_value=Fraction(1, 4), max_value=3, max_denominator=4)
WEIGHTS = st.fractions(min_value=-3, max_value=3, max_denominator=12).filter(bool)


@pytest.mark.parametrize("rule", RULES)
def test_verdict_of_every_rule(rule: str) -> None:
    """Linear rules rest alike by a map, Adam and its kin do not; everything checks."""
    theorem = same_solution(rule)
    assert (theorem.verdict, theorem.condition) == VERDICTS.get(rule, (NOT, CHANGES))
    assert theorem.check()


def test_decay_after_the_step_changes_the_map() -> None:
    """At μ = 0 and decay after the step λ′ = α/((1−α)·η), so α = ηλ/(1 + ηλ)."""
    assert same_solution("sgd", order=Order.AFTER).map == "α = η·λ/(η·λ + 1)"


def test_rest_of_zero_over_zero_is_not_decided() -> None:
    """Adam with ε = 0 has no direction where its gradient is zero: nothing is claimed."""
    assert same_solution("adam", eps=0.0).verdict is Verdict.UNDECIDED


@settings(deadline=None, derandomize=True, max_examples=60)
@given(WEIGHTS, SHARES, SHARES, SHARES, SHARES)
def test_momenta_rest_at_random_penalized_solutions(
    weight: Fraction, lr: Fraction, l2: Fraction, momentum: Fraction, dampening: Fraction
) -> None:
    """In exact arithmetic, at any penalized solution, the claimed decay leaves weight and memory as they are."""
    claims = [
        ("momentum", {"momentum": momentum, "dampening": dampening}, lr * l2 * (1 - dampening) / (1 - momentum)),
        ("momentum_lr_inside", {"momentum": momentum}, lr * l2 / (1 - momentum)),
        ("nesterov", {"momentum": momentum}, lr * l2 / (1 - momentum)),
        ("mccaffrey", {"momentum": momentum}, lr * l2 * (1 + momentum) / (1 + lr * l2 * (1 + momentum))),
    ]
    gradient = -l2 * weight
    for rule, chosen, decay in claims:
        memory = resting_memory(RULES[rule], weight, gradient, lr=lr, settings=chosen)
        assert memory is not None
        common: dict[str, Any] = {"step": Late(), "lr": lr, **chosen}
        assert update(RULES[rule], weight, gradient, memory, decay=decay, **common) == (weight, memory)
        assert update(RULES[rule], weight, gradient, memory, decay=lr * l2 / 2, **common)[0] != weight


@settings(deadline=None, derandomize=True, max_examples=15)
@given(SMALL, SHARES, st.sampled_from([Fraction(1, 2), Fraction(1, 5), Fraction(3, 4)]))
def test_adadelta_rests_at_random_penalized_solutions(weight: Fraction, lr: Fraction, l2: Fraction) -> None:
    """Adadelta's direction at rest is the gradient itself, so α = ηλ leaves it there, exactly."""
    here, gradient = Exact(weight), Exact(-l2 * weight)
    memory = {"square": gradient * gradient, "moved": gradient * gradient}
    exact = {"smoothing": Exact("9/10"), "eps": Exact("1/1000000")}
    after = update(RULES["adadelta"], here, gradient, memory, step=Late(), lr=lr, decay=lr * l2, **exact)
    assert after == (here, memory)


def test_adadelta_arrives_where_eps_lets_it() -> None:
    """With ε = 1e-2 the rest is near in time: 20,000 steps end at the ridge solution; half the decay does not."""
    hessian, b = quadratic(seed=5)
    ridge = np.linalg.solve(hessian + 0.3 * np.eye(len(b)), b)

    def distance(decay: float) -> float:
        path = run(RULES["adadelta"], 0 * b, lambda w, _: hessian @ w - b, 20_000, lr=0.1, decay=decay, eps=1e-2)
        return apart(path[-1], ridge)

    assert distance(0.03) < 1e-9
    assert distance(0.015) > 1e-2


def _root(gradient: Any, state: Any, *, step: Any, keep: Any) -> Any:
    v = keep * state["v"] + gradient / 3
    return v, {"v": v}


def test_new_rule_gets_its_map_without_a_proof() -> None:
    """A rule that nobody thought of rests by the map that its own memory gives."""
    rule = Rule(
        name="made up",
        direction=_root,
        formula="v ← keep·v + g/3",
        reference="this test",
        hyperparameters={"keep": Hyperparameter(default=0.5, low=0.0, high=1.0, meaning="made up")},
        initial={"v": 0},
    )
    theorem = same_solution(rule)
    assert theorem.map == "α = η·λ/(3·(1 − keep))"
    assert theorem.check()


def test_rest_is_in_the_certificate() -> None:
    """The refutation of Adam carries two resting twins whose demands differ."""
    certificate = same_solution("adam").certificate
    assert certificate is not None
    assert certificate.check()
    assert all(situation.memory for situation in certificate.situations)
