"""What `prove` returns: everything known of one rule, and the table of all of them.

Both print themselves as text, LaTeX, Markdown and JSON, and check themselves; a notebook shows the mathematics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from halflife._html import table
from halflife.proofs import _html
from halflife.proofs._theorem import Theorem, Verdict


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The two doors of one rule.

    Attributes:
        rule: its name.
        same_steps: whether some decay takes the steps of a penalty.
        same_solution: whether some decay rests where a penalty does.
        theorems: what else is proved of the rule.
    """

    rule: str
    same_steps: Theorem
    same_solution: Theorem
    theorems: tuple[Theorem, ...] = ()

    def check(self) -> bool:
        """Check every theorem again."""
        return all(theorem.check() for theorem in (self.same_steps, self.same_solution, *self.theorems))

    def to_json(self) -> dict[str, Any]:
        """Verdicts first, then the theorems in full; `checked` says whether all of it was checked and holds."""
        steps, solution = self.same_steps, self.same_solution
        theorems = [theorem.to_json() for theorem in (steps, solution, *self.theorems)]
        return {
            "rule": self.rule,
            "same_steps": str(steps.verdict),
            "condition": steps.condition,
            "map": steps.map,
            "same_solution": str(solution.verdict),
            "same_solution_condition": solution.condition,
            "certificate": steps.certificate.to_json() if steps.certificate else None,
            "checked": all(theorem["checked"] for theorem in theorems),
            "theorems": theorems,
        }

    @property
    def summary(self) -> str:
        """Every question of the rule that has a verdict, each answered in a line."""
        asked = [("same steps", self.same_steps), ("same solution", self.same_solution)]
        asked += [(theorem.title.lower(), theorem) for theorem in self.theorems if theorem.verdict]
        lines = [f"{question}? {_answer(theorem)}" for question, theorem in asked]
        return f"{self.rule}: " + f"\n{' ' * len(self.rule)}  ".join(lines)

    def __str__(self) -> str:
        return "\n\n".join([self.summary, *map(str, (self.same_steps, self.same_solution, *self.theorems))])

    @property
    def latex(self) -> str:
        """All of its theorems as LaTeX."""
        return "\n\n".join(theorem.latex for theorem in (self.same_steps, self.same_solution, *self.theorems))

    @property
    def markdown(self) -> str:
        """All of its theorems as Markdown with LaTeX equations."""
        return "\n".join(theorem.markdown for theorem in (self.same_steps, self.same_solution, *self.theorems))

    def _repr_html_(self) -> str:
        asked = "<br>".join(escape(line) for line in self.summary.splitlines())
        return f"<p>{asked}</p>" + "".join(map(_html.theorem, (self.same_steps, self.same_solution, *self.theorems)))

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_latex_(self) -> str:
        return self.latex


@dataclass(frozen=True, kw_only=True)
class Proofs:
    """The proofs of several rules, and the theorems that stand for themselves."""

    proofs: tuple[Proof, ...]
    theorems: tuple[Theorem, ...] = ()

    def check(self) -> bool:
        """Check every theorem again, each once."""
        own = (theorem for proof in self.proofs for theorem in (proof.same_steps, proof.same_solution))
        return all(theorem.check() for theorem in (*own, *self.theorems))

    def to_json(self) -> list[dict[str, Any]]:
        """One object a rule."""
        return [proof.to_json() for proof in self.proofs]

    def rows(self) -> Sequence[tuple[str, str, str, str]]:
        """A header and one row a rule: what the table shows."""
        header = ("rule", "same steps?", "same solution?", "certificate")
        return [header, *(_row(proof) for proof in self.proofs)]

    @property
    def latex(self) -> str:
        """All theorems as LaTeX, each once."""
        own = (theorem for proof in self.proofs for theorem in (proof.same_steps, proof.same_solution))
        return "\n\n".join(theorem.latex for theorem in (*self.theorems, *own))

    @property
    def markdown(self) -> str:
        """The table as Markdown."""
        header, *rows = ("| " + " | ".join(row) + " |" for row in self.rows())
        return "\n".join([header, "|---|---|---|---|", *rows]) + "\n"

    def _repr_html_(self) -> str:
        headings, *rows = self.rows()
        return table(headings, rows)

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __str__(self) -> str:
        rows = self.rows()
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _row(proof: Proof) -> tuple[str, str, str, str]:
    certificate = proof.same_steps.certificate
    demands = (
        " ≠ ".join(f"α = {float(s.demand):.4g}" for s in certificate.situations)
        + f" in step {len(certificate.situations[0].gradients)}"
        if certificate
        else "-"
    )
    return proof.rule, _answer(proof.same_steps), _answer(proof.same_solution), demands


def _answer(theorem: Theorem) -> str:
    joint = " " if theorem.verdict is Verdict.EQUIVALENT_IFF else ": "
    return f"{theorem.verdict}{joint}{theorem.condition}"
