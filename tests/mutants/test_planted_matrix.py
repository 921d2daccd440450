"""Directions with decays, right and broken: the probe names the law, names the break, and accuses no other."""

import pytest

import halflife
from halflife import Law
from halflife.probe import Defect
from mutants.planted import BROKEN, DIRECTIONS, RIGHT, Decay, adam, planted, unit_momentum, wd

LAWS = {
    "penalty": Law.L2,
    "decoupled before": Law.DECOUPLED,
    "decoupled after": Law.DECOUPLED,
    "joint": Law.DECOUPLED,
    "proximal": Law.PROXIMAL,
    "constant": Law.CONSTANT,
    "constant after": Law.CONSTANT,
    "independent": Law.INDEPENDENT,
    "corrected": Law.CORRECTED,
    "quadratic": Law.QUADRATIC,
    "sparing": Law.DECOUPLED,
    "sparing penalty": Law.L2,
    "starts at 20": Law.DECOUPLED,
    "ramps": Law.DECOUPLED,
    "first lr": Law.UNSCHEDULED,
}
DEFECTS = {
    "nothing": (Law.NONE, Defect.NO_EFFECT),
    "grows": (Law.GROWTH, Defect.GROWTH),
    "grows after": (Law.GROWTH, Defect.GROWTH),
    "grows in the gradient": (Law.GROWTH, Defect.GROWTH),
    "grows by wd": (Law.GROWTH, Defect.GROWTH),
    "turns to growth": (Law.GROWTH, Defect.GROWTH),
    "subtracts": (Law.SUBTRACTED_CONSTANT, Defect.SUBTRACTED_CONSTANT),
    "subtracts wd": (Law.SUBTRACTED_CONSTANT, Defect.SUBTRACTED_CONSTANT),
    "subtracts in the gradient": (Law.SUBTRACTED_CONSTANT, Defect.SUBTRACTED_CONSTANT),
    "last": (Law.DECOUPLED, Defect.PARTIAL_REACH),
    "last penalty": (Law.L2, Defect.PARTIAL_REACH),
    "last after": (Law.DECOUPLED, Defect.PARTIAL_REACH),
    "bf16": (Law.DECOUPLED, Defect.LOST_IN_PRECISION),
    "half": (Law.DECOUPLED, Defect.LOST_IN_PRECISION),
    "half penalty": (Law.L2, Defect.LOST_IN_PRECISION),
    "rounded": (Law.DECOUPLED, Defect.LOST_IN_PRECISION),
    "first group's lr": (Law.DECOUPLED, Defect.WRONG_GROUP),
    "last group's lr": (Law.DECOUPLED, Defect.WRONG_GROUP),
    "last group's lr after": (Law.DECOUPLED, Defect.WRONG_GROUP),
    "first group's wd": (Law.DECOUPLED, Defect.WRONG_GROUP),
    "first group's penalty": (Law.L2, Defect.WRONG_GROUP),
    "vectors": (Law.DECOUPLED, Defect.PARTIAL_REACH),
    "once": (Law.UNKNOWN, Defect.STOPS),
    "stops at 6": (Law.UNKNOWN, Defect.STOPS),
    "stops at 40": (Law.DECOUPLED, Defect.STOPS),
}
NO_LAW = (
    "l1",
    "both doors",
    "absolute",
    "square",
    "norm",
    "wd squared",
    "clamped",
    "idle",
    "l1 before",
    "stale",
    "buffer",
    "clipped",
    "towards the start",
)
"""Decays that no law of the vocabulary describes: any name would be wrong."""
RHYTHMS = {"every fourth step": (4, 1 / 4), "rarely": (40, 1 / 40), "sparse": (6, 1.0), "decoupled after": (1, 1.0)}
NO_RHYTHM = ("at squares", "fourth, then all")
ALL = {**RIGHT, **BROKEN}
NAMES = [*DIRECTIONS, "trust"]


def pairs(decays, count):
    """Each decay with some directions, every direction in its turn; the trust ratio takes part in plain decays only."""
    chosen = [(NAMES[(i * count + k) % len(NAMES)], name) for i, name in enumerate(decays) for k in range(count)]
    return [(d, name) for d, name in chosen if d != "trust" or not ("gradient" in name or name in RHYTHMS)]


def probed(direction, decay):
    trust = direction == "trust"
    kind = planted(adam if trust else DIRECTIONS[direction], ALL[decay], trust=trust)
    return halflife.probe(kind, lr=1e-2, weight_decay=0.1)


@pytest.mark.parametrize(("direction", "decay"), pairs(LAWS, 2))
def test_a_right_decay_has_its_law_and_no_defect(direction, decay):
    """Whatever the direction, the law is named, its coefficient is 1 and nothing is held against it."""
    report = probed(direction, decay)
    law = LAWS[decay]
    if decay == "joint":  # with a trust ratio it is rescaled, and plain SGD adds it to its gradient
        law = {"trust": Law.TRUST_RATIO, "sgd": Law.L2}.get(direction, law)
    assert report.law is law, report
    assert report.defects == (), report
    assert report.coefficient is None or report.coefficient == pytest.approx(1.0, rel=2e-3), report
    assert report.spares_vectors is ("sparing" in decay)


@pytest.mark.parametrize(("direction", "decay"), pairs(DEFECTS, 1))
def test_a_broken_decay_has_its_defect_and_no_other(direction, decay):
    """What was broken, and only that, is named."""
    law, defect = DEFECTS[decay]
    report = probed(direction, decay)
    assert report.defects == (defect,), report
    assert report.law is law, report


@pytest.mark.parametrize("direction", ["momentum", "adam"])
def test_a_decay_that_acts_twice_has_twice_its_coefficient(direction):
    """The law is what it should be; the strength is not."""
    report = probed(direction, "twice")
    assert report.law is Law.DECOUPLED, report
    assert report.coefficient == pytest.approx(2.0, rel=1e-6)


@pytest.mark.parametrize(("direction", "decay"), pairs(RHYTHMS, 1))
def test_a_decay_that_rests_is_told_with_its_rhythm(direction, decay):
    """How often it acts is named; the coefficient and the half-life are means over all steps."""
    every, coefficient = RHYTHMS[decay]
    report = probed(direction, decay)
    assert (report.law, report.every, report.defects) == (Law.DECOUPLED, every, ()), report
    assert report.coefficient == pytest.approx(coefficient, rel=1e-6), report
    assert report.decay == pytest.approx(1 - (1 - 1e-3 * coefficient * every) ** (1 / every), rel=1e-6)
    assert report.to_dict()["every"] == every
    assert (f"in every {every}th alone" in str(report)) == (every > 1)


@pytest.mark.parametrize(("direction", "decay"), [*pairs(NO_LAW, 1), *pairs(NO_RHYTHM, 1)])
def test_what_no_law_describes_is_unknown_with_evidence(direction, decay):
    """An L1 penalty, a pull by the norm or the square, a strength that does not count in proportion: no name."""
    report = probed(direction, decay)
    assert report.law is Law.UNKNOWN, report
    assert report.defects == (), report
    assert len(report.evidence) > 1


def test_a_penalty_that_is_large_beside_the_gradients_does_not_tell_its_law():
    """Where the direction has one length, a large pull by w·‖w‖ is one by w: its size there says that it is none."""
    pull = Decay(place="gradient", amount=wd, pulls=lambda p, state: p * p.norm())
    report = halflife.probe(planted(unit_momentum, pull), lr=1e-2, weight_decay=0.1)
    assert report.law is Law.UNKNOWN, report


def test_what_a_trust_ratio_rescales_must_count_in_proportion():
    """The square of a strength joined to a rescaled step is no trust ratio's law, though it looks like it at one."""
    squared = planted(adam, Decay(place="joint", amount=lambda p, g, gs, t: g["weight_decay"] ** 2), trust=True)
    report = halflife.probe(squared, lr=1e-2, weight_decay=0.1)
    assert report.law is Law.UNKNOWN, report
