"""Twins: where the doors are the same the gap is rounding, else it is real, and a wrong twin is caught."""

from dataclasses import replace

import numpy as np
import pytest

from halflife.lab import Network, Regime, Setting, twins
from halflife.lab.twinning import verdict
from halflife.rules import Law
from trained_by_others import apart, by_numpy, small_data

DATA = small_data("regression")
RECIPE = Regime(
    network=Network(sizes=(3, 4, 3), error="squared", activation="tanh"), epochs=5, batch_size=8, schedule="cosine"
)


def of(rule, **options):
    return twins(DATA, RECIPE, **{"rule": rule, "lr": 0.05, "l2": 0.1, "seed": 3, **options})


def test_under_sgd_the_twins_differ_by_rounding():
    """SGD's twins stay together in both precisions, whatever the schedule, and the gap shrinks with the precision."""
    (result,) = of("sgd")
    assert (result.rule, result.alpha, result.lr, result.l2) == ("sgd", "η·λ", 0.05, 0.1)
    assert result.verdict == "rounding"
    assert len(result.gaps["float32"]) == len(result.gaps["float64"]) == RECIPE.epochs
    assert max(result.gaps["float64"]) < 1e-14
    assert 1e-9 < max(result.gaps["float32"]) < 1e-5


@pytest.mark.parametrize("rule", ["momentum", "adam"])
def test_under_momentum_and_adam_the_gap_is_real(rule):
    """The gap of these twins is the same in both precisions, and is the one that loops by hand have."""
    first, *others = of(rule)
    assert first.verdict == "real"
    assert first.gaps["float32"] == pytest.approx(first.gaps["float64"], rel=1e-2)
    assert first.gaps["float64"][-1] > 1e-3
    assert [t.alpha for t in others] == (["η·λ/(1−μ)"] if rule == "momentum" else [])
    penalty = Setting(rule=rule, law=Law.L2, lr=0.05, strength=0.1)
    ends = by_numpy(DATA, RECIPE, penalty, seed=3)[-1]
    for t, strength in zip((first, *others), (0.1, 0.1 / (1 - 0.9)), strict=False):
        decayed = by_numpy(DATA, RECIPE, replace(penalty, law=Law.DECOUPLED, strength=strength), seed=3)[-1]
        assert t.gaps["float64"][-1] == pytest.approx(apart(decayed, ends), rel=1e-9)


def test_a_wrong_twin_is_caught(monkeypatch):
    """Were the decay twin of SGD given α = η·λ/2, the verdict would be "real"."""
    ordinary = Setting.decay
    monkeypatch.setattr(Setting, "decay", lambda self, lr: ordinary(self, lr) / 2)
    (result,) = of("sgd")
    assert result.verdict == "real"
    assert result.gaps["float64"][-1] > 1e-3


@pytest.mark.parametrize("share", [1e-3, 1e-2])
def test_a_slightly_wrong_twin_is_caught(monkeypatch, share):
    """A decay that is off by a hundredth or a thousandth is real too: the verdict is sharper than the eye."""
    ordinary = Setting.decay
    monkeypatch.setattr(Setting, "decay", lambda self, lr: ordinary(self, lr) * (1 + share))
    (result,) = of("sgd")
    assert result.verdict == "real"


def test_twins_that_diverge_say_so():
    """Weights that stopped being finite are not compared: such twins are neither the same nor different."""
    for result in of("momentum", lr=1e18):
        assert result.verdict == "diverged"
        assert np.isnan(result.gaps["float32"][-1])


@pytest.mark.parametrize(
    ("float32", "float64", "expected"),
    [
        (1e-6, 1e-15, "rounding"),
        (1e-5, 2e-14, "rounding"),
        (0.0, 0.0, "rounding"),
        (0.3, 0.3, "real"),
        (1e-6, 1e-6, "real"),
        (1e-6, 9e-7, "real"),
        (1e-4, 1e-7, "real"),
        (1e-4, 1e-4 * 2**-13, "real"),
        (1e-4, 1e-4 * 2**-16, "rounding"),
        (0.0, 1e-12, "real"),
        (float("nan"), 1e-3, "diverged"),
        (1e-3, float("nan"), "diverged"),
    ],
)
def test_the_verdict_is_by_precision(float32, float64, expected):
    """A gap that shrinks by about the ratio of the precisions is rounding; one that does not is real, however small."""
    assert verdict(float32, float64) == expected


def test_the_verdict_does_not_hang_on_its_scale():
    """Both gaps a thousand times larger or smaller say the same, unless they are none."""
    for scale in (1e-3, 1.0, 1e3):
        assert verdict(1e-6 * scale, 1e-14 * scale) == "rounding"
        assert verdict(1e-6 * scale, 1e-8 * scale) == "real"


def test_twins_can_be_stopped():
    """`stop` ends the training of twins between two calls."""
    from halflife.lab.training import Stopped

    with pytest.raises(Stopped):
        of("sgd", stop=lambda: True)
