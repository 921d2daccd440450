from pathlib import Path

import pytest

import halflife
from halflife import BadInput, UnknownName
from halflife.proofs import Proof, Proofs, Theorem, prove
from halflife.proofs._page import page
from halflife.rules import RULES


@pytest.fixture(scope="module")
def everything() -> Proofs:
    proofs = prove()
    assert isinstance(proofs, Proofs)
    return proofs


def test_everything_is_proved_and_checked(everything: Proofs) -> None:
    """Without a name every rule is proved, in the order of the rules, and all of it holds."""
    assert [proof.rule for proof in everything.proofs] == list(RULES)
    assert everything.check()
    assert len(everything.rows()) == len(RULES) + 1
    assert all(data["checked"] for data in everything.to_json())


def test_docs_page_is_what_the_theorems_say(everything: Proofs) -> None:
    """The committed page is the generated one: `python -m halflife.proofs > docs/theorems.md`."""
    committed = Path(__file__).parents[2] / "docs" / "theorems.md"
    assert committed.read_text(encoding="utf-8") == page(everything)


def test_page_holds_every_theorem(everything: Proofs) -> None:
    """No theorem is left out of the page, and no equation of theirs."""
    text = page(everything)
    for theorem in everything.theorems:
        assert theorem.markdown.rstrip() in text
    for proof in everything.proofs:
        assert proof.same_steps.markdown.rstrip() in text
        assert proof.same_solution.markdown.rstrip() in text


def test_prove_one_rule() -> None:
    """`halflife.prove("momentum")` has both answers and momentum's theorems; a notebook shows its mathematics."""
    proof = halflife.prove("momentum")
    assert isinstance(proof, Proof)
    assert [theorem.name for theorem in proof.theorems] == ["momentum-solution", "momentum-rates", "other-momentum"]
    assert proof.check()
    assert "$$" in proof._repr_markdown_()
    assert r"\begin{proof}" in proof._repr_latex_()
    assert "EQUIVALENT IFF μ = 0 or λ = 0" in str(proof)
    assert "at another momentum? EQUIVALENT IFF heavy ball: momentum μ·(1 − α)" in str(proof)


def test_adam_comes_with_the_general_statement() -> None:
    """Adam's proof includes proposition 2 and what is known of its scale and of weights without gradient."""
    proof = prove("adam")
    assert isinstance(proof, Proof)
    assert {"proposition-2", "adam-without-gradient", "adam-loss-scale"} <= {t.name for t in proof.theorems}


def test_prove_a_theorem_and_a_rule_of_ones_own() -> None:
    """A theorem is called for by its name, and a rule need not be a known one."""
    assert isinstance(prove("schedules"), Theorem)
    assert isinstance(prove(RULES["sign"]), Proof)


def test_bad_input() -> None:
    """What cannot be proved is refused with one sentence."""
    with pytest.raises(UnknownName, match="did you mean nesterov"):
        prove("nestorov")
    with pytest.raises(BadInput, match=r"momentum of momentum is 1\.0: it must be in \[0\.0, 1\.0\)"):
        prove("momentum", momentum=1.0)
    with pytest.raises(BadInput, match="from 1 to 4"):
        prove("sgd", steps=0)
    with pytest.raises(BadInput, match="name the rule first"):
        prove(momentum=0.5)
    with pytest.raises(BadInput, match="only rules have hyperparameters"):
        prove("schedules", momentum=0.5)
