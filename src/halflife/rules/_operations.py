"""The operations that every reader of a rule shares, each found by the type of its argument.

NumPy and JAX arrays name their own namespace, torch tensors their package; SymPy expressions, fractions and
plain numbers have theirs here. No array library is imported: an array that arrives has already loaded its own.
"""

import math
import sys
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

Array = Any
"""A SymPy expression, a number, or an array of NumPy, JAX or torch: whatever the operations below understand."""


def sqrt(x: Array) -> Array:
    """Square root; a Fraction has an exact one or none."""
    return _namespace(x).sqrt(x)


def absolute(x: Array) -> Array:
    """Absolute value."""
    return _namespace(x).abs(x)


def sign(x: Array) -> Array:
    """−1, 0 or 1."""
    return _namespace(x).sign(x)


def maximum(x: Array, y: Array) -> Array:
    """The larger of the two, element by element; both are of one kind."""
    return _namespace(x).maximum(x, y)


def where(condition: Array, x: Array, y: Array) -> Array:
    """`x` where the condition holds, else `y`; a plain truth value chooses one of them whole."""
    if isinstance(condition, bool):
        return x if condition else y
    return _namespace(condition).where(condition, x, y)


def _namespace(x: Array) -> Any:
    if isinstance(x, (float, int)):
        return _NUMBERS
    if isinstance(x, Fraction):
        return _FRACTIONS
    if hasattr(x, "__array_namespace__"):
        return x.__array_namespace__()
    package = type(x).__module__.partition(".")[0]
    if package == "sympy":
        return _symbols()
    return sys.modules[package]


def _exact_sqrt(x: Fraction) -> Fraction:
    root = Fraction(math.isqrt(x.numerator), math.isqrt(x.denominator))
    if root * root != x:
        raise ArithmeticError(f"{x} has no rational square root")
    return root


def _number_sign(x: float | Fraction) -> int:
    return int(x > 0) - int(x < 0)


_NUMBERS = SimpleNamespace(sqrt=math.sqrt, abs=abs, sign=_number_sign, maximum=max)
_FRACTIONS = SimpleNamespace(sqrt=_exact_sqrt, abs=abs, sign=_number_sign, maximum=max)


def _symbols() -> SimpleNamespace:
    sympy = sys.modules["sympy"]
    return SimpleNamespace(
        sqrt=sympy.sqrt,
        abs=sympy.Abs,
        sign=sympy.sign,
        maximum=sympy.Max,
        where=lambda condition, x, y: sympy.Piecewise((x, condition), (y, True)),
    )
