"""Exact numbers for certificates: rationals and their square roots, compared without rounding.

    Exact("1/3") + 1                                          4/3
    Exact(2).sqrt() * Exact(8).sqrt()                         4
    Exact("0.001").sqrt() < Exact("0.0316")                   False, by integers alone

A number is Σ qₙ√n over distinct squarefree n ≥ 1 with rational qₙ. Such square roots are linearly independent over the
rationals, so a number is zero only when nothing is left of it, and every comparison ends. Nothing here knows algebra
beyond that: certificates are checked with it, whatever found them.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import total_ordering
from math import gcd, isqrt
from types import SimpleNamespace
from typing import Any

_LARGEST_TRIAL = 200_000


@total_ordering
class Exact:
    """A rational number, or a sum of rational multiples of square roots.

    Args:
        value: a number; a float counts as the decimal that it prints as, so 0.9 is 9/10.

    Raises:
        ArithmeticError: an operation leads out of these numbers, or divides by zero.
    """

    __slots__ = ("terms",)
    terms: Mapping[int, Fraction]

    def __init__(self, value: Any):
        if isinstance(value, Exact):
            self.terms = value.terms
            return
        number = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
        self.terms = {1: number} if number else {}

    @staticmethod
    def _of(terms: dict[int, Fraction]) -> "Exact":
        number = Exact(0)
        number.terms = {n: q for n, q in terms.items() if q}
        return number

    @property
    def is_rational(self) -> bool:
        """Whether no square root is left in it."""
        return set(self.terms) <= {1}

    def fraction(self) -> Fraction:
        """The same number as a Fraction."""
        if not self.is_rational:
            raise ArithmeticError(f"{self} is not rational")
        return self.terms.get(1, Fraction(0))

    def __add__(self, other: Any) -> "Exact":
        if not _is_number(other):
            return NotImplemented
        terms = dict(self.terms)
        for n, q in Exact(other).terms.items():
            terms[n] = terms.get(n, Fraction(0)) + q
        return Exact._of(terms)

    __radd__ = __add__

    def __neg__(self) -> "Exact":
        return Exact._of({n: -q for n, q in self.terms.items()})

    def __sub__(self, other: Any) -> "Exact":
        return self + -Exact(other) if _is_number(other) else NotImplemented

    def __rsub__(self, other: Any) -> "Exact":
        return Exact(other) - self

    def __mul__(self, other: Any) -> "Exact":
        if not _is_number(other):
            return NotImplemented
        terms: dict[int, Fraction] = {}
        for n, q in self.terms.items():
            for m, r in Exact(other).terms.items():
                shared = gcd(n, m)
                inside = n * m // shared**2
                terms[inside] = terms.get(inside, Fraction(0)) + q * r * shared
        return Exact._of(terms)

    __rmul__ = __mul__

    def _inverse(self) -> "Exact":
        if not self.terms:
            raise ZeroDivisionError("division by an exact zero")
        if len(self.terms) == 1:
            ((n, q),) = self.terms.items()
            return Exact._of({n: 1 / (q * n)})
        if len(self.terms) == 2:
            conjugate = Exact._of({n: -q if n == max(self.terms) else q for n, q in self.terms.items()})
        else:
            prime = _smallest_factor(max(self.terms))
            conjugate = Exact._of({n: -q if n % prime == 0 else q for n, q in self.terms.items()})
        return conjugate * (self * conjugate)._inverse()

    def __truediv__(self, other: Any) -> "Exact":
        return self * Exact(other)._inverse() if _is_number(other) else NotImplemented

    def __rtruediv__(self, other: Any) -> "Exact":
        return Exact(other) * self._inverse()

    def __pow__(self, power: Any) -> "Exact":
        if not _is_number(power):
            return NotImplemented
        exponent = Exact(power).fraction()
        if exponent.denominator != 1:
            raise ArithmeticError(f"the power {exponent} has no exact value here")
        base = self if exponent >= 0 else self._inverse()
        result = Exact(1)
        for _ in range(abs(exponent.numerator)):
            result = result * base
        return result

    def __rpow__(self, base: Any) -> "Exact":
        return Exact(base) ** self

    def __abs__(self) -> "Exact":
        return -self if self.sign() < 0 else self

    def sqrt(self) -> "Exact":
        """The square root of a rational that is not negative."""
        number = self.fraction()
        if number < 0:
            raise ArithmeticError(f"the square root of {number} is not real")
        if number == 0:
            return self
        above, kept_above = _square_part(number.numerator)
        below, kept_below = _square_part(number.denominator)
        return Exact._of({kept_above * kept_below: Fraction(above, below * kept_below)})

    def sign(self) -> int:
        """−1, 0 or 1, by integer bounds that tighten until they agree."""
        bits = 32
        while self.terms:
            low = high = Fraction(0)
            for n, q in self.terms.items():
                root = Fraction(isqrt(n << 2 * bits), 1 << bits)
                above = root if n == 1 else root + Fraction(1, 1 << bits)
                low, high = low + min(q * root, q * above), high + max(q * root, q * above)
            if low > 0 or high < 0:
                return 1 if low > 0 else -1
            bits *= 2
        return 0

    def __eq__(self, other: object) -> bool:
        return Exact(other).terms == self.terms if _is_number(other) else NotImplemented

    def __lt__(self, other: Any) -> bool:
        return (self - Exact(other)).sign() < 0

    def __hash__(self) -> int:
        return hash(self.fraction() if self.is_rational else frozenset(self.terms.items()))

    def __float__(self) -> float:
        return float(sum(float(q) * n**0.5 for n, q in self.terms.items()))

    def __str__(self) -> str:
        parts = [str(q) if n == 1 else f"{q}·√{n}" for n, q in sorted(self.terms.items())]
        return " + ".join(parts).replace("+ -", "- ") or "0"

    __repr__ = __str__

    def __array_namespace__(self) -> Any:
        return _OPERATIONS


_OPERATIONS = SimpleNamespace(
    sqrt=Exact.sqrt,
    abs=abs,
    sign=Exact.sign,
    maximum=lambda x, y: max(Exact(x), Exact(y)),
)


def _is_number(x: object) -> bool:
    return isinstance(x, (Exact, int, Fraction, float))


def _square_part(n: int) -> tuple[int, int]:
    """(a, b) with n = a²·b and b squarefree: past the cube root, what is left is a prime, two primes, or a square."""
    outside, inside, rest, p = 1, 1, n, 2
    while p * p * p <= rest:
        while rest % (p * p) == 0:
            rest, outside = rest // (p * p), outside * p
        if rest % p == 0:
            rest, inside = rest // p, inside * p
        p += 1 if p == 2 else 2
        if p > _LARGEST_TRIAL:
            raise ArithmeticError(f"{n} is too large to take apart")
    root = isqrt(rest)
    return (outside * root, inside) if root * root == rest else (outside, inside * rest)


def _smallest_factor(n: int) -> int:
    p = 2
    while p * p <= n:
        if n % p == 0:
            return p
        p += 1
    return n


class Late:
    """A step so late that what fades has faded: shareᵗ is 0 for a share below 1, and so is t times a zero."""

    def __mul__(self, other: Any) -> Any:
        return other * 0 if other == 0 else self

    __rmul__ = __mul__

    def __add__(self, other: Any) -> "Late":
        return self

    __radd__ = __sub__ = __add__

    def __rtruediv__(self, other: Any) -> Any:
        return other * 0

    def __rpow__(self, base: Any) -> int:
        return 1 if base == 1 else 0
