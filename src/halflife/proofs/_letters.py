"""Letters: the symbols that proofs are written in, and how they are printed.

One quantity has one letter here. In the blog post that asked the question, and in the AdamW paper, the same letters
mean other things: `LETTERS` is the dictionary.
"""

import re
from collections.abc import Iterable

import sympy
from sympy.printing.latex import LatexPrinter
from sympy.printing.pretty.pretty_symbology import pretty_symbol
from sympy.printing.str import StrPrinter

from halflife.rules import Rule

LETTERS: tuple[tuple[str, str, str, str, str], ...] = (
    ("quantity", "halflife", "blog post", "Loshchilov & Hutter 2019", "PyTorch"),
    ("learning rate", "η, lr", "η", "α (times the schedule η_t)", "lr"),
    ("L2 constant, in the error", "λ, l2", "λ", "λ′", "weight_decay of SGD and Adam"),
    ("decay, share of a weight per step", "α, decay", "α", "λ (times η_t)", "lr · weight_decay of AdamW"),
    ("momentum", "μ, momentum", "μ", "β₁", "momentum"),
    ("dampening", "τ, dampening", "", "", "dampening"),
    ("weights", "w", "w", "θ", "param"),
    ("error without penalty", "E", "E", "f", "loss"),
)
"""The same letter, other meanings: a header and one row a quantity."""

_NAMES = {
    "momentum": "mu",
    "dampening": "tau",
    "scale": "M",
    "smoothing": "rho",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "eps": "varepsilon",
    "momentum_decay": "psi",
}
_SUBSCRIPTS = str.maketrans("ijk0123456789", "ᵢⱼₖ₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LATEX = {
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "η": r"\eta",
    "λ": r"\lambda",
    "μ": r"\mu",
    "π": r"\pi",
    "ρ": r"\rho",
    "τ": r"\tau",
    "ψ": r"\psi",
    "θ": r"\theta",
    "Π": r"\Pi",
    "Σ": r"\Sigma",
    "∇": r"\nabla",
    "∞": r"\infty",
    "√": r"\surd",
    "·": r"\cdot",
    "×": r"\times",
    "⊙": r"\odot",
    "−": "-",
    "±": r"\pm",
    "≤": r"\le",
    "≥": r"\ge",
    "≠": r"\ne",
    "≈": r"\approx",
    "→": r"\to",
    "←": r"\leftarrow",
    "‖": r"\Vert",
    "′": "'",
    "½": r"\tfrac12",
    "ₜ": "_t",
    "ᵢ": "_i",
    "ⱼ": "_j",
    "ₖ": "_k",
    "ᵗ": "^t",
    "ᵀ": "^T",
    "ᵏ": "^k",
    "⁻": "^-",
    "₋": "_-",
    "—": "-",
    "…": r"\dots",
}
_LATEX |= {digit: f"_{n}" for n, digit in enumerate("₀₁₂₃₄₅₆₇₈₉")}
_LATEX |= {digit: f"^{n}" for n, digit in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}


class Letters:
    """The symbols of one proof; each is made once, so that equal names are equal symbols.

    `Letters(positive=True)` promises that all of them are positive: square roots and absolute values then resolve.
    """

    def __init__(self, **assumptions: bool):
        self._assumptions = assumptions

    def __getattr__(self, name: str) -> sympy.Symbol:
        return sympy.Symbol(name, **self._assumptions)

    def many(self, name: str, count: int) -> list[sympy.Symbol]:
        """`name_1`, `name_2`, ... up to `count`."""
        return [getattr(self, f"{name}_{n}") for n in range(1, count + 1)]

    def hyperparameters(self, rule: Rule, suffix: str = "") -> dict[str, sympy.Symbol]:
        """The letter of each hyperparameter, with the suffix for those that each weight has of its own."""
        return {
            name: getattr(self, _NAMES.get(name, name) + (suffix if allowed.per_weight else ""))
            for name, allowed in rule.hyperparameters.items()
        }


class _PositiveFirst:
    """A sum is written 1 − x, not −x + 1."""

    def _as_ordered_terms(self, expr: sympy.Add, order: str | None = None) -> list[sympy.Expr]:
        terms: list[sympy.Expr] = super()._as_ordered_terms(expr, order)  # type: ignore[misc]
        positive = (term for term in terms if not term.could_extract_minus_sign())
        first = next(positive, terms[0])
        return [first, *(term for term in terms if term is not first)]


class _Unicode(_PositiveFirst, StrPrinter):  # type: ignore[misc]
    def _print_Symbol(self, expr: sympy.Symbol) -> str:  # noqa: N802 - SymPy finds it by this name
        name = str(pretty_symbol(expr.name.replace("varepsilon", "epsilon")))
        return re.sub(r"_([ijk]+)(\d?)", lambda index: (index[1] + index[2]).translate(_SUBSCRIPTS), name)

    def _print_Pi(self, _: sympy.Basic) -> str:  # noqa: N802
        return "π"

    def _print_Derivative(self, expr: sympy.Derivative) -> str:  # noqa: N802
        return f"∂{self._print(expr.expr)}/∂{self._print(expr.variables[0])}"


class _Latex(_PositiveFirst, LatexPrinter):  # type: ignore[misc]
    def _print_Derivative(self, expr: sympy.Derivative) -> str:  # noqa: N802
        return rf"\frac{{\partial {self._print(expr.expr)}}}{{\partial {self._print(expr.variables[0])}}}"


def unicode(expression: sympy.Basic) -> str:
    """One line of Unicode: αₜ = ηₜ·λ."""
    text = _Unicode().doprint(expression)
    text = re.sub(r"\*\*(\d+)", lambda power: power[1].translate(_SUPERSCRIPTS), text)
    return text.replace("**", "^").replace("*", "·").replace("-", "−").replace("sqrt(", "√(")


def latex(expression: sympy.Basic) -> str:
    """The same as LaTeX, without dollar signs."""
    return str(_Latex().doprint(expression))


def latex_sentence(sentence: str) -> str:
    """A sentence as LaTeX: every mathematical letter in it becomes a command, all else stays."""
    escaped = re.sub(r"([#%&_$])", r"\\\1", sentence.replace("ŝ", "s\u0302"))
    escaped = re.sub("(.)\u0302", r"\\ensuremath{\\hat{\1}}", escaped)
    return "".join(rf"\ensuremath{{{_LATEX[c]}}}" if c in _LATEX else c for c in escaped)


def listed(names: Iterable[str], *, by: str) -> str:
    """`a, b or c`."""
    *most, last = names
    return f"{', '.join(most)} {by} {last}" if most else last
