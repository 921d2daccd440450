"""What a theorem is: read this file and you can read every theorem beside it.

A theorem here is not a text about mathematics. Each step of its proof is an equation that SymPy must reduce to 0 = 0,
its witness is a number measured by running `halflife.rules.update`, and so is the counterexample when a hypothesis is
dropped. `check()` does all of it again; text, LaTeX and JSON are renderings of the same object.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

import sympy

from halflife.proofs import _html
from halflife.proofs._certificate import Certificate
from halflife.proofs._letters import latex, latex_sentence, unicode


class Verdict(Enum):
    """Whether the two doors lead to the same place."""

    EQUIVALENT = "EQUIVALENT"
    EQUIVALENT_IFF = "EQUIVALENT IFF"
    NOT_EQUIVALENT = "NOT EQUIVALENT"
    UNDECIDED = "UNDECIDED"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line of a proof: a sentence and an equation that must hold identically.

    Attributes:
        says: the sentence.
        left: the left side, as it is shown.
        right: the right side.
        where: what the shown letters stand for, one mapping for each case; the equation must hold in all of them.
        test: what must be true of the step instead, where its equation is not an identity but a consequence.
    """

    says: str
    left: sympy.Expr | None = None
    right: sympy.Expr | None = None
    where: tuple[Mapping[sympy.Expr, sympy.Expr], ...] = ({},)
    test: "Callable[[Step], bool] | None" = field(default=None, compare=False, repr=False)

    def holds(self) -> bool:
        """Whether the equation is an identity, or the test is true."""
        if self.test is not None:
            return self.test(self)
        return all(vanishes(self.difference.xreplace(dict(case)).doit()) for case in self.where)

    @property
    def difference(self) -> sympy.Expr:
        """Left side minus right side; zero where nothing is claimed."""
        return sympy.S.Zero if self.left is None or self.right is None else self.left - self.right

    def equation(self, write: Callable[[sympy.Basic], str]) -> str:
        """The equation in the given writing, or nothing."""
        if self.left is None or self.right is None:
            return ""
        return f"{write(self.left)} = {write(self.right)}"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """A number measured by running the update, and the bound that it must keep.

    Attributes:
        says: what is measured, in words.
        measure: runs it.
        at_most: the upper bound.
        at_least: the lower bound.
    """

    says: str
    measure: Callable[[], float] = field(compare=False, repr=False)
    at_most: float = float("inf")
    at_least: float = float("-inf")

    @cached_property
    def value(self) -> float:
        """What came out, measured once."""
        return float(self.measure())

    def holds(self) -> bool:
        """Whether the bound is kept."""
        return self.at_least <= self.value <= self.at_most

    @property
    def bound(self) -> str:
        """What is claimed of it, whatever machine measures."""
        return f"at most {self.at_most:g}" if self.at_most < float("inf") else f"at least {self.at_least:g}"

    def __str__(self) -> str:
        return f"{self.says}: {self.value:.3g} ({self.bound})"


@dataclass(frozen=True, kw_only=True)
class Theorem:
    """A statement with everything needed to believe it.

    Attributes:
        name: how it is called for, in code and on the command line.
        title: its heading.
        statement: what is claimed, in a sentence.
        hypotheses: what must hold for it.
        reference: where it was first stated, or whose question it answers.
        proof: the steps.
        witnesses: what running the update shows where the hypotheses hold.
        counterexamples: what it shows where one of them does not.
        rules: the rules that it speaks of.
        verdict: for a comparison of the two doors, the outcome.
        condition: when they are the same; for a map without condition, the map.
        map: the decay that does it.
        certificate: two situations that no decay can serve.
    """

    name: str
    title: str
    statement: str
    hypotheses: tuple[str, ...]
    reference: str
    proof: tuple[Step, ...]
    witnesses: tuple[Measurement, ...] = ()
    counterexamples: tuple[Measurement, ...] = ()
    rules: tuple[str, ...] = ()
    verdict: Verdict | None = None
    condition: str = ""
    map: str = ""
    certificate: Certificate | None = None

    def check(self) -> bool:
        """Whether all of it holds: every step, every measurement, and the certificate. A theorem is checked once."""
        return self._holds

    @cached_property
    def _holds(self) -> bool:
        return (
            all(step.holds() for step in self.proof)
            and all(measurement.holds() for measurement in (*self.witnesses, *self.counterexamples))
            and (self.certificate is None or self.certificate.check())
        )

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "name": self.name,
            "title": self.title,
            "statement": self.statement,
            "hypotheses": list(self.hypotheses),
            "reference": self.reference,
            "proof": [{"says": step.says, "equation": step.equation(unicode)} for step in self.proof],
            "witnesses": [_measured(m) for m in self.witnesses],
            "counterexamples": [_measured(m) for m in self.counterexamples],
            "rules": list(self.rules),
            "verdict": str(self.verdict) if self.verdict else None,
            "condition": self.condition,
            "map": self.map,
            "certificate": self.certificate.to_json() if self.certificate else None,
            "checked": self.check(),
        }

    def __str__(self) -> str:
        lines = [self.title, "", f"  {self.statement}", ""]
        lines += [f"  Given: {hypothesis}" for hypothesis in self.hypotheses]
        lines += [f"  Source: {self.reference}", "", "  Proof"]
        for number, step in enumerate(self.proof, 1):
            lines.append(f"  {number:>3}. {step.says}")
            if equation := step.equation(unicode):
                lines.append(f"         {equation}")
        lines += [f"  Measured: {m}" for m in self.witnesses]
        lines += [f"  Without the hypothesis: {m}" for m in self.counterexamples]
        if self.certificate:
            lines += ["  Certificate", *(f"       {line}" for line in self.certificate.lines())]
        return "\n".join(lines)

    @property
    def latex(self) -> str:
        """The theorem and its proof as LaTeX, needing only amsmath, amsthm and amssymb."""
        lines = [rf"\paragraph{{{latex_sentence(self.title)}.}}", latex_sentence(self.statement)]
        lines += _itemized("Given", map(latex_sentence, self.hypotheses))
        lines.append(rf"\emph{{Source:}} {latex_sentence(self.reference)}.")
        lines += [r"\begin{proof}", r"\begin{enumerate}"]
        for step in self.proof:
            lines.append(rf"\item {latex_sentence(step.says)}")
            if equation := step.equation(latex):
                lines.append(rf"\[ {equation} \]")
        lines += [r"\end{enumerate}", r"\end{proof}"]
        lines += _itemized("Measured", (latex_sentence(str(m)) for m in self.witnesses))
        lines += _itemized("Without the hypothesis", (latex_sentence(str(m)) for m in self.counterexamples))
        if self.certificate:
            lines += _itemized("Certificate", map(latex_sentence, self.certificate.lines()))
        return "\n".join(lines)

    @property
    def markdown(self) -> str:
        """The theorem as Markdown with LaTeX equations: what a notebook and the documentation show."""
        lines = [f"### {self.title}", "", self.statement, ""]
        lines += [f"- *Given:* {hypothesis}" for hypothesis in self.hypotheses]
        lines += [f"- *Source:* {self.reference}", "", "*Proof.*", ""]
        for number, step in enumerate(self.proof, 1):
            lines.append(f"{number}. {step.says}")
            if equation := step.equation(latex):
                lines += ["", f"    $$ {equation} $$", ""]
        lines.append("")
        lines += [f"- *Measured:* {m.says}: {m.bound}" for m in self.witnesses]
        lines += [f"- *Without the hypothesis:* {m.says}: {m.bound}" for m in self.counterexamples]
        if self.certificate:
            lines += [f"- *Certificate:* {line}" for line in self.certificate.lines()]
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        return _html.theorem(self)

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_latex_(self) -> str:
        return self.latex


def vanishes(expression: sympy.Expr) -> bool:
    """Whether an expression is identically zero: exactly where it is rational in its letters, exponentials and such."""
    rational = _without_functions(sympy.sympify(expression))
    letters = sorted(rational.free_symbols, key=sympy.default_sort_key)
    if rational.is_rational_function(*letters):
        return bool(sympy.QQ.frac_field(*letters).from_sympy(rational) == 0) if letters else bool(rational == 0)
    factored = expression.replace(
        lambda e: e.is_Pow and e.exp == sympy.Rational(1, 2), lambda e: sympy.sqrt(sympy.factor(e.base))
    )
    return bool(sympy.expand(factored) == 0 or sympy.simplify(factored) == 0)


def _without_functions(expression: sympy.Expr) -> sympy.Expr:
    """The expression with letters for tanh and log, and for the exponentials, e^(a+2b) as two of them: A·B²."""
    letters: dict[sympy.Expr, sympy.Dummy] = {}

    def product(exponent: sympy.Expr) -> sympy.Expr:
        terms = (term.as_coeff_Mul() for term in sympy.Add.make_args(sympy.expand(exponent)))
        return sympy.Mul(*(letters.setdefault(term, sympy.Dummy()) ** times for times, term in terms))

    rational = expression.replace(sympy.exp, product)
    return rational.xreplace({atom: sympy.Dummy() for atom in rational.atoms(sympy.tanh, sympy.log)})


def _measured(m: Measurement) -> dict[str, Any]:
    bounds = {"at_most": m.at_most, "at_least": m.at_least}
    return {"says": m.says, "value": m.value} | {k: v for k, v in bounds.items() if abs(v) != float("inf")}


def _itemized(heading: str, items: Iterable[str]) -> list[str]:
    entries = [rf"\item {item}" for item in items]
    return [rf"\emph{{{heading}:}}", r"\begin{itemize}", *entries, r"\end{itemize}"] if entries else []
