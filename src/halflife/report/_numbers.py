"""Numbers as people read them: three digits, powers of ten raised, a mean with the half width of its interval."""

import math

from halflife.lab import Interval

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int) -> str:
    """10⁻³, as it stands on an axis."""
    return "1" if exponent == 0 else "10" if exponent == 1 else f"10{str(exponent).translate(_RAISED)}"


def number(value: float) -> str:
    """Three digits as they are where that is short, else with a power of ten: 0.0075, 2.4×10⁻⁵; – if not finite."""
    if not math.isfinite(value):
        return "–"
    if value == 0 or 1e-4 <= abs(value) < 1e4:
        return f"{value:.3g}".replace("-", "−")
    digits, _, exponent = f"{value:.1e}".partition("e")
    power = power_of_ten(int(exponent))
    digits = digits.removesuffix(".0")
    return power if digits == "1" else f"{digits}×{power}".replace("-", "−")


def signed(value: float) -> str:
    """With its sign and two digits: +0.43, −1.20."""
    return f"{value:+.2f}".replace("-", "−")


def plus_minus(interval: Interval | None) -> str:
    """A mean and the half width of its interval; without an interval where there is one seed."""
    if interval is None:
        return "diverged"
    if interval.low is None:
        return f"{interval.mean:.3f}"
    return f"{interval.mean:.3f} ± {interval.mean - interval.low:.3f}"
