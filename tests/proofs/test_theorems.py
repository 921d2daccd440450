import json
import re
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
import sympy

from halflife import UnknownName
from halflife.proofs import (
    THEOREMS,
    Measurement,
    Proof,
    Proofs,
    Step,
    Theorem,
    Verdict,
    same_solution,
    same_steps,
    theorem,
)
from halflife.proofs.proposition_1 import theorem as proposition_1
from halflife.proofs.proposition_3 import theorem as proposition_3
from halflife.proofs.same_steps import agree_with
from halflife.rules import RULES
from mutants.wrong_claims import HONEST, MEANINGLESS, PLANTED, WRONG_DECAYS

SHOWN = [*THEOREMS, "same-steps-momentum", "same-solution-momentum", "same-steps-adam", "same-solution-preconditioned"]


def _theorem(name: str) -> Theorem:
    if name in THEOREMS:
        return theorem(name)
    question = same_steps if name.startswith("same-steps") else same_solution
    return question(name.split("-")[-1])


@pytest.mark.parametrize("name", THEOREMS)
def test_theorem_holds(name: str) -> None:
    """Each step of the proof, each witness and each counterexample of a named theorem holds."""
    proved = theorem(name)
    assert [step.says for step in proved.proof if not step.holds()] == []
    assert [str(m) for m in (*proved.witnesses, *proved.counterexamples) if not m.holds()] == []
    assert proved.check()
    assert proved.name == name
    assert proved.hypotheses
    assert proved.reference
    assert set(proved.rules) <= set(RULES)


@pytest.mark.parametrize("name", [name for name in SHOWN if name != "same-steps-adam"])
def test_every_equation_can_fail(name: str) -> None:
    """A proof with one equation changed, in any of its steps, does not check: no step is decoration."""
    proved = _theorem(name)
    shown = [number for number, step in enumerate(proved.proof) if step.right is not None]
    assert shown
    for number in shown:
        step = proved.proof[number]
        assert not replace(step, right=step.right + 1).holds(), step.says


@pytest.mark.parametrize("name", THEOREMS)
def test_witness_and_counterexample_are_far_apart(name: str) -> None:
    """What a dropped hypothesis does is at least ten times what a witness may miss by."""
    proved = theorem(name)
    assert proved.witnesses
    assert proved.counterexamples
    assert min(m.at_least for m in proved.counterexamples) >= 10 * min(m.at_most for m in proved.witnesses)


def _whole(**changes: Any) -> Theorem:
    """A theorem with one of everything, all of it true unless changed."""
    parts: dict[str, Any] = {
        "proof": (Step(says="", left=sympy.Symbol("x"), right=sympy.Symbol("x")),),
        "witnesses": (Measurement(says="", measure=lambda: 1.0, at_most=2.0),),
        "counterexamples": (Measurement(says="", measure=lambda: 1.0, at_least=0.5),),
        "certificate": HONEST,
        "verdict": Verdict.NOT_EQUIVALENT,
    }
    return Theorem(name="", title="", statement="", hypotheses=(), reference="", **parts | changes)


BROKEN: dict[str, dict[str, Any]] = {
    "proof": {"proof": (Step(says="", left=sympy.Symbol("x"), right=sympy.Symbol("y")),)},
    "witness": {"witnesses": (Measurement(says="", measure=lambda: 1.0, at_most=0.5),)},
    "counterexample": {"counterexamples": (Measurement(says="", measure=lambda: 1.0, at_least=2.0),)},
    "certificate": {"certificate": MEANINGLESS["a momentum of one"]},
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_broken_part_breaks_all_that_holds_it(name: str) -> None:
    """A theorem, the proof of its rule and the table of all rules check only if every part of every theorem does."""
    true, broken = _whole(), _whole(**BROKEN[name])
    assert true.check()
    assert not broken.check()
    good = Proof(rule="sgd", same_steps=true, same_solution=true, theorems=(true,))
    assert good.check()
    assert good.to_json()["checked"]
    assert Proofs(proofs=(good,), theorems=(true,)).check()
    assert not Proofs(proofs=(good,), theorems=(true, broken)).check()
    for place in ("same_steps", "same_solution", "theorems"):
        bad = replace(good, **{place: (true, broken) if place == "theorems" else broken})
        assert not bad.check()
        assert not bad.to_json()["checked"]
        assert Proofs(proofs=(good, bad)).check() == (place == "theorems")  # there they are asked by name, once


@pytest.mark.parametrize("name", WRONG_DECAYS)
def test_wrong_decay_is_refused(name: str) -> None:
    """A decay that does not take the steps of the penalty is refused; the true one of SGD is not."""
    rule, decay = WRONG_DECAYS[name]
    assert not agree_with(rule, decay)
    assert agree_with("sgd", lambda lr, l2: lr * l2)


def test_proposition_1_with_half_the_decay_is_refused() -> None:
    """α = ηλ/2 fails by algebra and by measurement alike."""
    wrong = proposition_1(share=sympy.Rational(1, 2))
    assert not wrong.check()
    assert not all(step.holds() for step in wrong.proof)
    assert not wrong.witnesses[0].holds()


def test_momentum_step_for_step_with_the_map_of_the_solution_is_refused() -> None:
    """Take the proof for μ = 0 and claim α = ηλ/(1−μ) in it: it does not check."""
    true = same_steps("momentum")
    eta, lamda, mu = sympy.symbols("eta_t lamda mu")
    wrong = replace(true, proof=(*true.proof[:-1], replace(true.proof[-1], right=eta * lamda / (1 - mu))))
    assert true.check()
    assert not wrong.check()


def test_misprinted_constant_is_refused() -> None:
    """Proposition 3 with the constant of the paper's main text fails by algebra and by measurement alike."""
    wrong = proposition_3(misprinted=True)
    assert not wrong.check()
    assert not all(step.holds() for step in wrong.proof)
    assert not wrong.witnesses[0].holds()
    assert wrong.witnesses[0].value > 0.1


def test_naive_decay_is_not_the_same_solution() -> None:
    """The last step of momentum's rest with α = ηλ does not check."""
    true = same_solution("momentum")
    step = next(step for step in true.proof if step.left == sympy.Symbol("alpha"))
    eta, lamda = sympy.symbols("eta lamda", positive=True)
    assert step.holds()
    assert not replace(step, right=eta * lamda).holds()


def test_planted_bugs_show() -> None:
    """A bug in a direction changes the verdict or the map that the true rule has."""
    assert same_steps(PLANTED["sgd that steps twice as far"]).map == "αₜ = 2·ηₜ·λ"
    assert same_solution(PLANTED["sgd that steps twice as far"]).map == "α = 2·η·λ"
    assert same_steps(PLANTED["nesterov that forgets"]).verdict is Verdict.EQUIVALENT
    assert same_steps(PLANTED["momentum that forgets"]).verdict is Verdict.EQUIVALENT
    assert same_steps(PLANTED["momentum that never fills its buffer"]).verdict is Verdict.EQUIVALENT


def test_named_theorems_refuse_a_planted_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a bug in SGD's direction, proposition 1 and the derivation do not check any more."""
    monkeypatch.setitem(RULES, "sgd", PLANTED["sgd that steps twice as far"])
    assert not theorem("proposition-1").check()
    assert not all(step.holds() for step in theorem("derivation").proof[-4:])


def test_the_derivation_covers_every_output_and_error() -> None:
    """Five pairs of output and error, each with its hidden layer, and both updates."""
    said = " ".join(step.says for step in theorem("derivation").proof)
    for pair in (
        "Identity output, squared error",
        "Logistic output, squared error",
        "Logistic output, cross-entropy",
        "Softmax output, squared error",
        "Softmax output, cross-entropy",
    ):
        assert pair in said
    assert said.count("from input to hidden") == 5


@pytest.mark.parametrize("name", SHOWN)
def test_renderings(name: str) -> None:
    """A theorem prints as text, as ASCII LaTeX with balanced braces, as Markdown and as JSON, equations included."""
    shown = _theorem(name)
    assert shown.statement in str(shown)
    assert shown.latex.isascii()
    assert shown.latex.count("{") == shown.latex.count("}")
    assert shown.latex.count(r"\begin") == shown.latex.count(r"\end")
    assert shown._repr_latex_() == shown.latex
    assert shown._repr_markdown_() == shown.markdown
    data = json.loads(json.dumps(shown.to_json()))
    assert data["checked"] is True
    assert [step["says"] for step in data["proof"]] == [step.says for step in shown.proof]
    if any(step.right is not None for step in shown.proof):
        assert re.search(r"\$\$ .* = .* \$\$", shown.markdown)
        assert r"\[" in shown.latex


def test_theorem_is_frozen() -> None:
    """Nothing in a theorem can be changed in place."""
    with pytest.raises(FrozenInstanceError):
        theorem("schedules").statement = "anything"  # type: ignore[misc]


def test_unknown_theorem() -> None:
    """An unknown theorem gets the nearest names."""
    with pytest.raises(UnknownName, match="proposition-1"):
        theorem("proposition-4")
