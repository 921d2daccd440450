"""What is printed where the terminal, or the file behind a pipe, cannot encode λ, ‖ or █: its nearest in ASCII."""

import codecs
import io
import sys
from collections.abc import Iterator

_NAMES = {"α": "alpha", "β": "beta", "η": "eta", "λ": "lambda", "μ": "mu", "ε": "eps", "τ": "tau", "ξ": "xi"}
_SIGNS = {
    "‖": "||",
    "−": "-",
    "·": "*",
    "×": "x",
    "±": "+-",
    "←": "<-",
    "→": "->",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "½": "1/2",
    "√": "sqrt ",
    "∇": "grad ",
    "Σ": "sum ",
    "Π": "prod ",
    "∞": "inf",
    "≈": "~",
    "∂": "d",
    "Δ": "Delta",
    "…": "...",
    "–": "-",
    "—": "-",
    "′": "'",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "ₜ": "_t",
    "ᵗ": "^t",
}
_NEAREST = {
    **_NAMES,
    **_SIGNS,
    **dict(zip("█▇▆▅▄▃▂▁", "87654321", strict=True)),
    **dict(zip("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", strict=True)),
    **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
}
_HANDLER = "halflife.nearest"


def encodable() -> None:
    """Let nothing that is printed end in a UnicodeEncodeError."""
    codecs.register_error(_HANDLER, _nearest)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_spelled(error.object[error.start : error.end])), error.end


def _spelled(text: str) -> Iterator[str]:
    for letter in text:
        yield _NEAREST.get(letter, "?")
