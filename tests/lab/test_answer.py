"""The sentences of a study follow from its numbers and say what the numbers do not show."""

import pytest

from halflife.lab import Best, GridResult, Interval, Slope, Twins
from halflife.lab.answer import answer, headline
from halflife.lab.foresight import Foresight
from halflife.rules import Law

SAME = Foresight(verdict="EQUIVALENT", condition="αₜ = ηₜ·λ", same_here=True)
KNOWN = Slope(value=0.0, low=-0.1, high=0.1, lrs=5)
UNKNOWN = Slope(value=None, low=None, high=None, lrs=2)
OTHER = Foresight(verdict="NOT EQUIVALENT", condition="never", same_here=False)


def pair(rule, float32, float64, verdict, alpha="η·λ"):
    gaps = {"float32": (0.0, float32), "float64": (0.0, float64)}
    return Twins(rule=rule, alpha=alpha, lr=0.1, l2=0.01, gaps=gaps, verdict=verdict)


def best(tests, gap=0.5, norm=10.0, valid=None):
    return Best(
        lr=0.1,
        strength=0.01,
        valid=sum(tests) / len(tests) if valid is None else valid,
        test=Interval.of(tests),
        test_score=Interval.of([0.8] * len(tests)),
        gap=Interval.of([gap] * len(tests)),
        norm=Interval.of([norm] * len(tests)),
        tests=tuple(tests),
    )


def result(rule, law, tests, without=(1.0, 1.1, 1.2), slope=KNOWN):
    gains = [a - b for a, b in zip(without, tests, strict=True)]
    return GridResult(
        rule=rule,
        law=law,
        best=best(tests, gap=0.1, norm=6.0),
        unregularized=best(without),
        gain=Interval.of(gains),
        slope=slope,
        diverged=0,
        trainings=9,
    )


def said(twins, grid, foresights=None):
    foreseen = foresights or {t.rule: SAME if t.verdict == "rounding" else OTHER for t in twins}
    return "\n".join(answer(twins, foreseen, grid))


def test_same_and_parted_rules_are_told_apart():
    """Rules whose gap is rounding are called the same, the others not, each with its size."""
    text = said([pair("sgd", 6e-7, 1e-15, "rounding"), pair("adam", 0.5, 0.5, "real")], [])
    same, parted = (next(line for line in text.splitlines() if rule in line) for rule in ("sgd", "adam"))
    assert "are the same" in same
    assert "1e-15" in same
    assert "they are not" in parted
    assert "50 %" in parted


def test_a_disagreement_with_the_theorem_comes_first_and_loud():
    """Where proof and measurement part, the first sentence says so in capitals."""
    twins = [pair("sgd", 0.5, 0.5, "real")]
    assert answer(twins, {"sgd": SAME}, [])[0].startswith("PROOF AND MEASUREMENT DISAGREE for sgd")
    assert "DISAGREE" not in said(twins, [], {"sgd": OTHER})


@pytest.mark.parametrize(
    ("tests", "word"),
    [
        ((0.5, 0.6, 0.7), "regularization helps"),
        ((1.5, 1.6, 1.7), "regularization hurts"),
        ((0.2, 1.1, 2.0), "could be chance"),
    ],
)
def test_a_gain_is_claimed_only_where_its_interval_excludes_nothing(tests, word):
    """Helps, hurts or chance: as the interval of the paired gain lies."""
    assert word in said([], [result("sgd", Law.L2, tests)])


@pytest.mark.parametrize(
    ("tests", "verdict", "end"),
    [
        ((0.5, 0.6, 0.7), "Regularization helps: ", "against 1.100 for sgd without: a gain of 0.5 (0.5 to 0.5)."),
        ((1.5, 1.6, 1.7), "Regularization hurts: ", "against 1.100 for sgd without: a gain of -0.5 (-0.5 to -0.5)."),
        ((0.2, 1.1, 1.8), "Regularization is not shown to help: ", ", which could be chance."),
    ],
)
def test_the_headline_claims_a_gain_only_where_its_interval_excludes_nothing(tests, verdict, end):
    """The second of two sentences, with the numbers of the nets that validate best; the first is of the doors."""
    grid = [result("sgd", Law.L2, tests), result("adam", Law.INDEPENDENT, (3.0, 3.0, 3.0))]
    twins = [pair("sgd", 6e-7, 1e-15, "rounding"), pair("adam", 0.5, 0.5, "real")]
    first, second = headline(twins, {"sgd": SAME, "adam": OTHER}, grid)
    assert first.startswith("Under sgd L2 regularization")
    assert "; under adam they are not: " in first
    assert second.startswith(verdict + "of all nets the one that validates best (sgd, L2, lr 0.1, λ = 0.01)")
    assert second.endswith(end)
    loud, _ = headline(twins, {"sgd": OTHER, "adam": OTHER}, grid)
    assert loud.startswith("PROOF AND MEASUREMENT DISAGREE for sgd")
    (once,) = headline([], {}, [result("sgd", Law.L2, (0.5,), without=(1.0,))])
    assert once.endswith("one seed cannot tell that from chance.")


def test_one_seed_claims_nothing():
    """Without an interval there is no verdict on the gain."""
    text = said([], [result("sgd", Law.L2, (0.5,), without=(1.0,))])
    assert "one seed cannot tell that from chance" in text


def test_doors_are_compared_seed_by_seed():
    """L2 and decay are told apart by paired differences, and not where they overlap."""
    apart = [result("adam", Law.L2, (0.50, 0.61, 0.72)), result("adam", Law.INDEPENDENT, (0.40, 0.50, 0.60))]
    alike = [result("adam", Law.L2, (0.5, 0.6, 0.7)), result("adam", Law.INDEPENDENT, (0.7, 0.6, 0.5))]
    rounding = [result("sgd", Law.L2, (0.5, 0.6, 0.7)), result("sgd", Law.INDEPENDENT, (0.5, 0.6, 0.7))]
    assert "real" in said([], apart)
    assert "not told apart" in said([], alike)
    assert "rounding" in said([], rounding)


def test_an_unknown_slope_is_named_among_the_limits():
    """Too few optima inside the grid: the last sentence says for which rule and door."""
    grid = [result("sgd", Law.L2, (0.5, 0.6, 0.7), slope=UNKNOWN)]
    assert "sgd under L2" in answer([], {}, grid)[-1]
    assert "not known" not in said([], [result("sgd", Law.L2, (0.5, 0.6, 0.7))])


def test_nothing_that_converged_is_said_so():
    """An empty grid asks for smaller learning rates."""
    assert "diverged" in said([], [])
