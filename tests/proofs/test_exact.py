import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife.proofs._exact import Exact, Late

RATIONALS = st.fractions(min_value=-20, max_value=20, max_denominator=30)
ROOTS = st.sampled_from([2, 3, 5, 6, 12, Fraction(1, 1000), Fraction(8, 9)])
NUMBERS = st.builds(
    lambda a, b, n, c, m: a + b * Exact(n).sqrt() + c * Exact(m).sqrt(), RATIONALS, RATIONALS, ROOTS, RATIONALS, ROOTS
)
PROPERTY = settings(deadline=None, derandomize=True, max_examples=60)


@PROPERTY
@given(RATIONALS, RATIONALS)
def test_rationals_are_fractions(x: Fraction, y: Fraction) -> None:
    """Without roots the arithmetic is Fraction's, comparison included."""
    assert (Exact(x) + y).fraction() == x + y
    assert (x - Exact(y)).fraction() == x - y
    assert (Exact(x) * Exact(y)).fraction() == x * y
    assert (Exact(x) < y) == (x < y)
    assert abs(Exact(x)).fraction() == abs(x)
    if y:
        assert (x / Exact(y)).fraction() == x / y


@PROPERTY
@given(NUMBERS, NUMBERS)
def test_field(x: Exact, y: Exact) -> None:
    """Sums of roots form a field: what is divided and multiplied back, or added and taken away, is the same number."""
    assert x + y - y == x
    assert (x + y) * (x - y) == x * x - y * y
    if y != 0:
        assert x / y * y == x


@PROPERTY
@given(NUMBERS, NUMBERS)
def test_order_is_that_of_floats_where_these_can_tell(x: Exact, y: Exact) -> None:
    """Numbers that floats can tell apart are ordered as floats order them."""
    if abs(float(x) - float(y)) > 1e-9:
        assert (x < y) == (float(x) < float(y))


@PROPERTY
@given(st.fractions(min_value=0, max_value=1000, max_denominator=1000))
def test_root_squared_is_the_number(x: Fraction) -> None:
    """The square of a root is the number, exactly, and the root is the float's to its precision."""
    root = Exact(x).sqrt()
    assert root * root == x
    assert float(root) == pytest.approx(math.sqrt(x), rel=1e-14)


def test_near_miss_is_seen() -> None:
    """√2 and a rational within 1e-40 of it are told apart, beyond any float."""
    near = Exact(Fraction(math.isqrt(2 * 10**80), 10**40))
    assert float(near) == float(Exact(2).sqrt())
    assert near < Exact(2).sqrt()


def test_decimal_floats_are_what_they_print() -> None:
    """0.1 is one tenth, as its author meant."""
    assert Exact(0.1).fraction() == Fraction(1, 10)


@pytest.mark.parametrize(
    "leads_out",
    [
        lambda: Exact(-1).sqrt(),
        lambda: (1 + Exact(2).sqrt()).sqrt(),
        lambda: Exact(2) ** Exact("1/2"),
        lambda: 0.96 ** Exact("1/250"),
        lambda: 1 / Exact(0),
        lambda: Exact(2).sqrt().fraction(),
    ],
)
def test_what_has_no_exact_value_is_refused(leads_out) -> None:
    """An operation that leads out of these numbers says so and never rounds."""
    with pytest.raises(ArithmeticError):
        leads_out()


def test_late_step_forgets() -> None:
    """So late, powers of shares below 1 are gone, those of 1 are not, and times zero is zero."""
    late = Late()
    assert Exact("0.999") ** late == 0
    assert Exact(1) ** late == 1
    assert 0.96 ** (late * Exact("0.004")) == 0
    assert 0.96 ** (late * Exact(0)) == 1
    assert 2 * late * Exact(0) == 0
    assert 1 / (1 + (late - 1) * Exact(1)) == 0
    assert late != 1
