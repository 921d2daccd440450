from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from halflife import BadInput, UnknownName
from halflife.proofs import Theorem, Verdict, same_steps
from halflife.proofs._elimination import eliminate
from halflife.proofs._twins import LETTERS, trace
from halflife.rules import RULES, Hyperparameter, Order, Rule, update

IFF, NOT = Verdict.EQUIVALENT_IFF, Verdict.NOT_EQUIVALENT
VERDICTS = {
    "sgd": (Verdict.EQUIVALENT, "αₜ = ηₜ·λ"),
    "momentum": (IFF, "μ = 0 or λ = 0"),
    "momentum_lr_inside": (IFF, "μ = 0 or λ = 0"),
    "nesterov": (IFF, "μ = 0 or λ = 0"),
    "preconditioned": (IFF, "M₁ = M₂ or λ = 0"),
}
NEVER = "α would change with the weights and the gradients"
FRACTIONS = st.fractions(min_value=-3, max_value=3, max_denominator=12)
SHARES = st.fractions(min_value=Fraction(1, 20), max_value=Fraction(19, 20), max_denominator=20)


@pytest.mark.parametrize("rule", RULES)
def test_verdict_of_every_rule(rule: str) -> None:
    """Polynomial rules get their exact condition, all others a certificate; everything checks."""
    theorem = same_steps(rule)
    assert (theorem.verdict, theorem.condition) == VERDICTS.get(rule, (NOT, NEVER))
    assert (theorem.certificate is None) == (theorem.verdict is Verdict.EQUIVALENT)
    assert theorem.check()


def _left(rule: str, **numbers: Any) -> sympy.Expr:
    """What elimination leaves of two steps, with one lr for all of them."""
    traced = trace(RULES[rule], numbers, steps=2, order=Order.JOINT)
    (one,) = {sympy.factor(p.subs(dict.fromkeys(traced.lrs, LETTERS.eta))) for p in eliminate(traced)}
    return one


def test_elimination_leaves_the_published_polynomials() -> None:
    """η²λμ for heavy ball and for McCaffrey's program with joint decay, η²λμ²(1+μ) for Nesterov."""
    eta, lamda, mu = LETTERS.eta, LETTERS.lamda, LETTERS.mu
    assert _left("momentum", dampening=0) == eta**2 * lamda * mu
    assert _left("momentum_lr_inside") == eta**2 * lamda * mu
    assert _left("mccaffrey") == eta**2 * lamda * mu
    assert _left("nesterov") == eta**2 * lamda * mu**2 * (1 + mu)


def test_dampening_enters_the_map() -> None:
    """At μ = 0 the first step is undampened and all later ones are."""
    theorem = same_steps("momentum")
    assert theorem.map == "α₁ = η₁·λ and αₜ = ηₜ·λ·(1 − τ) from then on"


@pytest.mark.parametrize("rule", ["momentum", "momentum_lr_inside", "nesterov"])
def test_fixed_hyperparameters_decide(rule: str) -> None:
    """With μ fixed at 0 the twins are one; at any other value they are not, and there is no condition left."""
    assert same_steps(rule, momentum=0.0).verdict is Verdict.EQUIVALENT
    fixed = same_steps(rule, momentum=0.5)
    assert fixed.verdict is NOT
    assert fixed.certificate is not None
    assert fixed.certificate.settings["momentum"] == Fraction(1, 2)


def test_order_is_part_of_the_question() -> None:
    """Decay after the step also shrinks the new step, so not even SGD's twins agree; joint, McCaffrey's do at μ = 0."""
    assert same_steps("sgd", order=Order.AFTER).verdict is NOT
    assert same_steps("sgd", order=Order.BEFORE).verdict is Verdict.EQUIVALENT
    assert same_steps("mccaffrey", order=Order.JOINT).condition == "μ = 0 or λ = 0"


def test_too_few_steps_decide_nothing() -> None:
    """One step cannot tell momentum from SGD: no verdict is given, instead of a wrong one."""
    theorem = same_steps("momentum", steps=1)
    assert theorem.verdict is Verdict.UNDECIDED
    assert theorem.certificate is None


def _share(name: str, low: float = 0.0, high: float = 1.0) -> dict[str, Hyperparameter]:
    return {name: Hyperparameter(default=0.5, low=low, high=high, meaning="made up")}


def _averaged(gradient: Any, state: Any, *, step: Any, mix: Any) -> Any:
    return (1 - mix) * gradient + mix * state["last"], {"last": gradient}


def _counting(gradient: Any, state: Any, *, step: Any, pace: Any) -> Any:
    count = state["count"] + 1
    return gradient / (1 + pace * count), {"count": count}


def _balanced(gradient: Any, state: Any, *, step: Any, mix: Any) -> Any:
    return gradient + (2 * mix - 1) * state["last"], {"last": gradient}


MADE_UP = {
    "averaged": (_averaged, _share("mix"), {"last": 0}, IFF, "mix = 0 or λ = 0"),
    "never pure": (_averaged, _share("mix", low=0.1), {"last": 0}, NOT, NEVER),
    "counting": (_counting, _share("pace"), {"count": 0}, Verdict.EQUIVALENT, None),
    "balanced": (_balanced, _share("mix"), {"last": 0}, IFF, "mix = 1/2 or λ = 0"),
}


@pytest.mark.parametrize("name", MADE_UP)
def test_new_rule_gets_its_verdict_without_a_proof(name: str) -> None:
    """A rule that nobody thought of: a condition with its own root, a root outside the domain, a state that agrees."""
    direction, hyperparameters, initial, verdict, condition = MADE_UP[name]
    rule = Rule(
        name=name,
        direction=direction,
        formula="made up",
        reference="this test",
        hyperparameters=hyperparameters,
        initial=initial,
    )
    theorem = same_steps(rule)
    assert theorem.verdict is verdict
    assert condition is None or theorem.condition == condition
    assert theorem.check()


def _twins(rule: str, start: Fraction, path: list[Any], l2: Fraction, decay: Any, **settings: Any) -> list[Any]:
    """Both twins on exact numbers: the gaps after each step, and those of a twin with no regularization."""
    chosen = RULES[rule]
    with_l2 = with_decay = plain = (start, chosen.initial_state(start))
    gaps = []
    for step, (lr, gradient) in enumerate(path, 1):
        common = {"step": step, "lr": lr, **settings}
        with_l2 = update(chosen, with_l2[0], gradient, with_l2[1], l2=l2, **common)
        with_decay = update(chosen, with_decay[0], gradient, with_decay[1], decay=decay(step, lr), **common)
        plain = update(chosen, plain[0], gradient, plain[1], **common)
        gaps.append((with_l2[0] - with_decay[0], with_l2[0] - plain[0]))
    return gaps


PATHS = st.lists(st.tuples(SHARES, FRACTIONS), min_size=1, max_size=6)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(FRACTIONS, PATHS, SHARES, SHARES, SHARES)
def test_equivalences_hold_on_random_numbers(
    start: Fraction, path: list[Any], l2: Fraction, dampening: Fraction, scale: Fraction
) -> None:
    """For random weights, gradients, schedules and strengths, the twins agree exactly where that is proved."""

    def dampened(step: int, lr: Fraction) -> Fraction:
        return lr * l2 * (1 if step == 1 else 1 - dampening)

    claims = [
        _twins("sgd", start, path, l2, lambda _, lr: lr * l2),
        _twins("momentum", start, path, l2, dampened, momentum=0, dampening=dampening),
        _twins("momentum_lr_inside", start, path, l2, lambda _, lr: lr * l2, momentum=0),
        _twins("nesterov", start, path, l2, lambda _, lr: lr * l2, momentum=0),
        _twins("preconditioned", start, path, l2, lambda _, lr: lr * l2 * scale, scale=scale),
    ]
    assert all(gap == 0 for gaps in claims for gap, _ in gaps)
    if start != 0:
        assert all(gaps[0][1] != 0 for gaps in claims)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(SHARES, SHARES, SHARES, FRACTIONS, FRACTIONS)
def test_momentum_never_agrees_on_random_numbers(
    momentum: Fraction, l2: Fraction, lr: Fraction, start: Fraction, gradient: Fraction
) -> None:
    """The step that α₁ = η·λ saves, the next one loses: whatever α₂ one gradient asks for, another refuses."""
    assume(start != 0)
    demands = []
    for first_gradient in (gradient, gradient + 1):
        rule = RULES["momentum"]
        first, state = update(rule, start, first_gradient, {"v": Fraction(0)}, step=1, lr=lr, l2=l2, momentum=momentum)
        after, _ = update(rule, first, Fraction(0), state, step=2, lr=lr, l2=l2, momentum=momentum)
        kept, memory = update(
            rule, start, first_gradient, {"v": Fraction(0)}, step=1, lr=lr, decay=lr * l2, momentum=momentum
        )
        assert kept == first
        plain, _ = update(rule, kept, Fraction(0), memory, step=2, lr=lr, momentum=momentum)
        assume(kept != 0)
        demands.append((plain - after) / kept)
    assert demands[0] != demands[1]
    assert len(demands) == 2 or 0 in (start,) or len(demands) < 2


@pytest.mark.parametrize("rule", ["momentum", "adam"])
def test_settings_outside_the_domain(rule: str) -> None:
    """A hyperparameter outside its interval is refused with the interval; an unknown one with the nearest names."""
    name = "momentum" if rule == "momentum" else "beta1"
    with pytest.raises(BadInput, match=r"1\.2: it must be in \[0\.0, 1\.0\)"):
        same_steps(rule, **{name: 1.2})
    with pytest.raises(UnknownName):
        same_steps(rule, nonsense=0.5)
    with pytest.raises(UnknownName, match="adam"):
        same_steps("adan")


def test_same_steps_is_a_theorem_in_full() -> None:
    """The result has a statement, hypotheses, a reference and a proof."""
    theorem = same_steps("nesterov")
    assert isinstance(theorem, Theorem)
    assert theorem.statement
    assert theorem.hypotheses
    assert theorem.reference
    assert len(theorem.proof) >= 4
