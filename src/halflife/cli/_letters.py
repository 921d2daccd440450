"""What is printed where the terminal, or the file behind a pipe, cannot encode λ, ‖ or █: its nearest in ASCII."""

import codecs
import io
import sys
import unicodedata
from functools import cache

_SIGNS = {
    "‖": "||",
    "−": "-",
    "·": "*",
    "×": "x",
    "⊙": "*",
    "±": "+-",
    "←": "<-",
    "→": "->",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "⟨": "<",
    "⟩": ">",
    "½": "1/2",
    "√": "sqrt ",
    "∇": "grad ",
    "Σ": "sum ",
    "Π": "prod ",
    "∞": "inf",
    "≈": "~",
    "∂": "d",
    "λ": "lambda",
    "ε": "eps",
    "–": "-",
    "—": "-",
    "‑": "-",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "′": "'",
    "ₜ": "_t",
    "ᵗ": "^t",
    "ᵀ": "^T",
    "─": "-",
    "│": "|",
    "├": "|",
    "└": "`",
    **dict(zip("█▇▆▅▄▃▂▁", "87654321", strict=True)),
}
_HANDLER = "halflife.nearest"


def encodable() -> None:
    """Let nothing that is printed end in a UnicodeEncodeError."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def spelled(text: str) -> str:
    """The text in letters that standard output can encode."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, _HANDLER).decode(encoding)


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_in_ascii, error.object[error.start : error.end])), error.end


@cache
def _in_ascii(letter: str) -> str:
    """Signs by the table, Greek letters by their names, others without what stands above, below or beside them."""
    if letter.isascii():
        return letter
    if letter in _SIGNS:
        return _SIGNS[letter]
    script, *_, name = unicodedata.name(letter, "?").split()
    if script == "GREEK":
        return name.lower() if letter.islower() else name.capitalize()
    apart = [each for each in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(each)]
    return "?" if apart == [letter] else "".join(map(_in_ascii, apart))


codecs.register_error(_HANDLER, _nearest)
