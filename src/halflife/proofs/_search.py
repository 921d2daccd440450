"""The search for certificates: many small situations, and the two whose demands are farthest apart.

What it returns is believed only because `Certificate.check` says so.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product

from halflife.proofs._certificate import Certificate, Situation, demand
from halflife.proofs._exact import Exact
from halflife.rules import Order, Rule

LR, L2 = Fraction(1, 10), Fraction(1, 2)
WEIGHTS = (Fraction(1), Fraction(2))
OWN_SETTINGS = (Fraction(1), Fraction(2))
"""What a hyperparameter that each weight has of its own is tried at."""


def search(rule: Rule, chosen: Mapping[str, Fraction], *, steps: int, order: Order | None = None) -> Certificate | None:
    """A certificate against the rule with the chosen hyperparameters and defaults otherwise, or None.

    Fewer steps are tried first. Where a default has no exact arithmetic (a fractional power), the same is tried at the
    low end of that hyperparameter's domain; a chosen value is never replaced.
    """
    for shared in _settings(rule, chosen):
        for depth in range(1, steps + 1):
            found = _situations(rule, shared, chosen, depth, order)
            if not found:
                break
            low, high = min(found, key=lambda s: s.demand), max(found, key=lambda s: s.demand)
            if low.demand != high.demand:
                return Certificate(rule=rule, lr=LR, l2=L2, settings=shared, order=order, situations=(high, low))
    return None


def fractions(rule: Rule, chosen: Mapping[str, float | Fraction]) -> dict[str, Fraction]:
    """The chosen hyperparameters as exact decimals.

    Raises:
        UnknownName: the rule has no such hyperparameter.
        BadInput: one lies outside its domain.
    """
    rule.settings(**{key: float(value) for key, value in chosen.items()})
    return {key: Exact(value).fraction() for key, value in chosen.items()}


def exact_settings(rule: Rule, chosen: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """The hyperparameters that all weights share, as the decimal numbers that they are written as."""
    return {
        name: chosen.get(name, Exact(allowed.default).fraction())
        for name, allowed in rule.hyperparameters.items()
        if name in chosen or not allowed.per_weight
    }


def _settings(rule: Rule, chosen: Mapping[str, Fraction]) -> Iterator[dict[str, Fraction]]:
    defaults = exact_settings(rule, chosen)
    yield defaults
    for name in defaults:
        low = Exact(rule.hyperparameters[name].low).fraction()
        if name not in chosen and defaults[name] != low:
            yield {**defaults, name: low}


def _situations(
    rule: Rule, shared: Mapping[str, Fraction], chosen: Mapping[str, Fraction], depth: int, order: Order | None
) -> list[Situation]:
    own = [name for name, allowed in rule.hyperparameters.items() if allowed.per_weight and name not in chosen]
    found = []
    for weight in WEIGHTS:
        cancelling = -L2 * weight
        gradients = sorted({cancelling, cancelling / 2, Fraction(0), Fraction(1), Fraction(-1)})
        for path in product(gradients, repeat=depth):
            for values in product(OWN_SETTINGS, repeat=len(own)):
                settings = dict(zip(own, values, strict=True))
                try:
                    required = demand(rule, weight, path, lr=LR, l2=L2, settings={**shared, **settings}, order=order)
                except ArithmeticError:
                    continue
                found.append(Situation(weight=weight, gradients=path, demand=required, settings=settings))
    return found
