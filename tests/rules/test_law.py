import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife import BadInput, Law
from halflife.rules import Order, rule, update

SHARES = {
    Law.DECOUPLED: lambda wd, lr, peak: lr * wd,
    Law.INDEPENDENT: lambda wd, lr, peak: lr / peak * wd,
    Law.CONSTANT: lambda wd, lr, peak: wd,
    Law.UNSCHEDULED: lambda wd, lr, peak: peak * wd,
    Law.CORRECTED: lambda wd, lr, peak: lr * lr / peak * wd,
    Law.QUADRATIC: lambda wd, lr, peak: lr * lr * wd,
    Law.PROXIMAL: lambda wd, lr, peak: 1 - 1 / (1 + lr * wd),
}
"""The laws that act on the weights by a share of their own, as the design's table writes them."""

DESIGN = {
    "L2": ("through the optimizer", "yes"),
    "DECOUPLED": ("yes", "yes"),
    "INDEPENDENT": ("no", "yes"),
    "CONSTANT": ("no", "no"),
    "UNSCHEDULED": ("yes", "no"),
    "CORRECTED": ("yes", "squared"),
    "QUADRATIC": ("squared", "squared"),
    "PROXIMAL": ("yes", "yes"),
    "PRECONDITIONED": ("yes", "yes"),
    "TRUST_RATIO": ("mixed", "yes"),
}
"""The design's table: times lr, times schedule."""

DEFECTS = {"SUBTRACTED_CONSTANT", "GROWTH", "NONE", "UNKNOWN"}
POWERS = {"no": 0, "yes": 1, "squared": 2}

strengths = st.floats(1e-4, 1.0)
peaks = st.floats(1e-4, 1.0)
factors = st.floats(1.5, 8.0)


def _raw(law: Law, strength: float, lr: float, peak_lr: float) -> float:
    """What the strength is multiplied by; PROXIMAL's α is α/(1−α) before its denominator."""
    share = law.decay(strength, lr=lr, peak_lr=peak_lr)
    return share / (1 - share) if law is Law.PROXIMAL else share


def test_the_laws_are_those_of_the_design() -> None:
    """No law is missing, none is an alias of another, and each is called by its name."""
    assert {law.name for law in Law} == set(DESIGN) | DEFECTS
    assert set(Law.__members__) == {str(law) for law in Law}


@pytest.mark.parametrize("law", Law)
def test_law_says_what_it_is(law: Law) -> None:
    """Every law has a formula and a source, and no two have the same formula."""
    assert law.formula.strip()
    assert law.source.strip()
    assert [other for other in Law if other.formula == law.formula] == [law]


@pytest.mark.parametrize("name", DESIGN)
def test_words_are_the_designs(name: str) -> None:
    """What multiplies the strength is told as the design tells it."""
    facts = Law[name].value
    assert (facts.times_lr, facts.times_schedule) == DESIGN[name]


@pytest.mark.parametrize("law", SHARES)
@settings(deadline=None, derandomize=True, max_examples=40)
@given(strength=strengths, peak=peaks, share=st.floats(0.01, 0.9))
def test_decay_is_the_written_formula(law: Law, strength: float, peak: float, share: float) -> None:
    """The share removed is the table's, away from the peak as well as at it."""
    expected = SHARES[law](strength, share * peak, peak)
    assert law.decay(strength, lr=share * peak, peak_lr=peak) == pytest.approx(expected, rel=1e-6, abs=1e-15)
    assert 0 < law.decay(strength, lr=share * peak, peak_lr=peak) <= strength


@pytest.mark.parametrize("law", SHARES)
@settings(deadline=None, derandomize=True, max_examples=40)
@given(strength=strengths, peak=peaks, factor=factors)
def test_words_follow_from_numbers(law: Law, strength: float, peak: float, factor: float) -> None:
    """`times_schedule` is the power of lr under a fixed peak, `times_lr` that of all lr scaled together."""
    half, both = _raw(law, strength, peak / 2, peak), _raw(law, strength, peak / 2 * factor, peak * factor)
    later = _raw(law, strength, peak / 2 / factor, peak)
    assert math.log(both / half, factor) == pytest.approx(POWERS[law.value.times_lr], abs=1e-6)
    assert math.log(half / later, factor) == pytest.approx(POWERS[law.value.times_schedule], abs=1e-6)


@pytest.mark.parametrize("law", SHARES)
def test_decay_of_arrays_is_that_of_each_entry(law: Law) -> None:
    """Strength, lr and peak may be arrays that broadcast."""
    strength, lr, peak = np.array([[0.1], [0.2]]), np.array([1e-3, 5e-3, 1e-2]), 0.02
    expected = [[law.decay(float(s), lr=float(step), peak_lr=peak) for step in lr] for s in strength[:, 0]]
    np.testing.assert_allclose(law.decay(strength, lr=lr, peak_lr=peak) * np.ones((2, 3)), expected, rtol=1e-14)


@pytest.mark.parametrize("law", [law for law in Law if law not in SHARES], ids=str)
def test_no_decay_of_its_own(law: Law) -> None:
    """A law that does not act on the weights by a share of its own says so instead of inventing one."""
    with pytest.raises(BadInput, match=f"{law} has no decay per step"):
        law.decay(0.1, lr=0.01, peak_lr=0.02)


@pytest.mark.parametrize("law", [Law.INDEPENDENT, Law.CORRECTED])
@pytest.mark.parametrize("peak", [0.0, 0, -0.1, math.nan])
def test_peak_must_be_positive(law: Law, peak: float) -> None:
    """Lr is no share of a peak that is zero, negative or not a number; the message names it."""
    with pytest.raises(BadInput, match=f"peak lr is {peak}: {law}"):
        law.decay(0.1, lr=0.0, peak_lr=peak)


@pytest.mark.parametrize("law", SHARES)
def test_no_lr_no_decay(law: Law) -> None:
    """At lr zero only what no schedule changes goes on."""
    assert law.decay(0.1, lr=0.0, peak_lr=0.02) == {Law.CONSTANT: 0.1, Law.UNSCHEDULED: 0.1 * 0.02}.get(law, 0)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(weight=st.floats(-10, 10), gradient=st.floats(-10, 10), lr=st.floats(1e-3, 1), strength=st.floats(1e-3, 2))
def test_proximal_is_a_division(weight: float, gradient: float, lr: float, strength: float) -> None:
    """PROXIMAL's decay, after the step, is (w − lr·d)/(1 + lr·wd)."""
    law, sgd = Law.PROXIMAL, rule("sgd")
    decay = law.decay(strength, lr=lr, peak_lr=1.0)
    ours, _ = update(sgd, weight, gradient, {}, step=1, lr=lr, decay=decay, order=law.order)
    assert ours == pytest.approx((weight - lr * gradient) / (1 + lr * strength), rel=1e-12, abs=1e-12)


def test_proximal_acts_after_the_step_and_no_other_must() -> None:
    """Joint with the step it would be another law; the other laws leave the order open."""
    decay = Law.PROXIMAL.decay(0.5, lr=0.1, peak_lr=1.0)
    joint, _ = update(rule("sgd"), 1.0, 2.0, {}, step=1, lr=0.1, decay=decay, order=Order.JOINT)
    assert abs(joint - (1 - 0.1 * 2) / (1 + 0.1 * 0.5)) > 1e-3
    assert {law for law in Law if law.order is Order.AFTER} == {Law.PROXIMAL}


WRONG_LAWS: dict[str, tuple[Law, Any]] = {
    "DECOUPLED not times lr": (Law.DECOUPLED, SHARES[Law.CONSTANT]),
    "DECOUPLED times lr twice": (Law.DECOUPLED, SHARES[Law.QUADRATIC]),
    "INDEPENDENT times lr": (Law.INDEPENDENT, SHARES[Law.DECOUPLED]),
    "INDEPENDENT without schedule": (Law.INDEPENDENT, SHARES[Law.CONSTANT]),
    "CORRECTED not by the peak": (Law.CORRECTED, SHARES[Law.QUADRATIC]),
    "CORRECTED once": (Law.CORRECTED, SHARES[Law.INDEPENDENT]),
    "PROXIMAL without denominator": (Law.PROXIMAL, SHARES[Law.DECOUPLED]),
}


@pytest.mark.parametrize("name", WRONG_LAWS)
def test_wrong_law_is_another_number(name: str) -> None:
    """At the point where these tests look, a wrong formula is off by far more than their tolerance."""
    law, wrong = WRONG_LAWS[name]
    assert abs(law.decay(0.3, lr=0.01, peak_lr=0.02) / wrong(0.3, 0.01, 0.02) - 1) > 1e-3
