"""Theorems in a notebook: every word escaped, equations between dollar signs, where MathJax finds them."""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from halflife.proofs._letters import latex

if TYPE_CHECKING:
    from halflife.proofs._theorem import Theorem


def theorem(of: "Theorem") -> str:
    """A theorem with its proof, what was measured, and its certificate."""
    given = [f"Given: {hypothesis}" for hypothesis in of.hypotheses]
    measured = [f"Measured: {m}" for m in of.witnesses]
    measured += [f"Without the hypothesis: {m}" for m in of.counterexamples]
    measured += [f"Certificate: {line}" for line in of.certificate.lines()] if of.certificate else []
    steps = "".join(
        f"<li>{escape(step.says)}{f'$$ {escape(equation)} $$' if (equation := step.equation(latex)) else ''}</li>"
        for step in of.proof
    )
    return (
        f"<h4>{escape(of.title)}</h4><p>{escape(of.statement)}</p>"
        f"{_items([*given, f'Source: {of.reference}'])}<p>Proof.</p><ol>{steps}</ol>{_items(measured)}"
    )


def _items(texts: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{items}</ul>" if items else ""
