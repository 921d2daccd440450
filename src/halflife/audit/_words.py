"""Numbers as people read them."""


def percent(share: float) -> str:
    """A share, with two digits or one place."""
    if share >= 0.9995:
        return "100 %"
    return f"{100 * share:.1f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def steps(number: float) -> str:
    """A number of steps, whole; so many that nobody counts them, as a power of ten."""
    return f"{number:,.0f}" if number < 1e9 else f"{number:.2g}"


def times(ratio: float) -> str:
    """A ratio or a number of epochs, with two digits or whole."""
    return f"{ratio:.2g}" if ratio < 10 else steps(ratio)


def short(count: int) -> str:
    """A count of parameters in eight characters."""
    for size, letter in ((10**9, "B"), (10**6, "M")):
        if count >= 10 * size or (letter == "B" and count >= size):
            return f"{count / size:.4g} {letter}"
    return f"{count:,}"


def several(number: int, noun: str) -> str:
    """So many of them, in words."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
