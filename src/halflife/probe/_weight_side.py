"""A share taken from the weights: which law of lr it follows, when it acts, and how large it is."""

from dataclasses import replace
from typing import Any

import numpy as np

from halflife.probe._experiments import Experiments
from halflife.probe._report import Defect, Evidence
from halflife.probe._rounding import taken_jointly
from halflife.probe._subject import Floats
from halflife.probe._verdict import CLEARLY, POWERS, PROPORTIONAL, TIMES, Verdict
from halflife.rules import Law, Order

QUARTER = 0.25
LONGER = 5
"""How many times longer a run is that tells a decay which rests from one that has stopped."""
BEATS = 3
QUIET = 5
"""Steps at the end of a run in which a decay that goes on acts at least once."""
SLACK = 0.1
GONE = 1e-3
"""A share of itself that counts as nothing."""
HEARD = 1e-3
"""A share that changes by more when gradients grow tenfold is one that hears them."""


def as_weight_side(ex: Experiments, reached: Any, orders: dict[Order, float], start: Verdict) -> Verdict:
    """The weight-side law that the share α obeys, from what lr does to it."""
    shares = shares_in(ex)[:, reached]
    share = typical(shares)
    rests = (abs(shares).max(axis=1) <= GONE * abs(shares).max()).any()
    acting = beat(shares_in(_longer(ex))[:, reached]) if rests else None
    if acting is not None:
        rhythm = Evidence(
            experiment=f"the share α in each of {LONGER * len(shares)} steps",
            outcome=f"it acts in every step number n·{acting.step} + {acting.start + 1} and in no other",
        )
        start = replace(start, acting=acting, evidence=(*start.evidence, rhythm))
        return as_weight_side(replace(_longer(ex), acting=acting), reached, orders, start)
    if not abs(shares[-QUIET:]).max() > GONE * abs(shares).max():
        later = shares_in(_longer(ex))[len(shares) :, reached]
        stops = bool(np.isfinite(later).all() and abs(later).max() <= GONE * abs(shares).max())
        early = Evidence(
            experiment=f"the share α in each of {LONGER * len(shares)} steps",
            outcome="it acts in the first steps alone" if stops else "it comes and goes",
            numbers={"in the first": float(shares[0].mean()), "largest later": float(abs(later).max())},
        )
        return replace(start, defects=(Defect.STOPS,) if stops else (), evidence=(*start.evidence, early))
    in_midrun, at_start = lr_powers(ex, reached)
    evidence = [*start.evidence, lr_evidence(in_midrun, at_start, share)]
    law = by_powers(ex, in_midrun, at_start, share, slack=0.1)
    proportional, told = with_strength(ex, reached)
    evidence.append(told)
    if not proportional:
        return _coarsely(ex, reached, orders, replace(start, evidence=tuple(evidence)), share)
    order, seen = _order(ex, reached, orders, share)
    evidence += seen
    if law is Law.DECOUPLED and 0 < share < 0.4:
        large = _at_one_half(ex, share, reached)
        proximal = large is not None and abs(large - 1 / 3) < 0.02
        law = Law.PROXIMAL if proximal else law
        if large is not None:
            said = "w/(1 + lr·wd): proximal" if proximal else "the share itself"
            evidence.append(
                Evidence(experiment="strength raised until lr·wd is one half", outcome=said, numbers={"α": large})
            )
    times = TIMES.get(law, ())
    heard = _hears(ex, reached, share) if ex.free else None
    if heard is not None:
        times = (*times, "a factor that depends on the gradients")
        # what adapts its own lr to the gradients undoes a change of lr: then the powers say nothing
        law = law if law is Law.DECOUPLED else Law.UNKNOWN
        evidence.append(heard)
    amount = share / (1 - share) if law is Law.PROXIMAL else share
    formula = promised(ex, law) * start.every
    return replace(
        start,
        law=Law.GROWTH if share < 0 and law is not Law.UNKNOWN else law,
        order=order,
        coefficient=amount / formula,
        error=float(np.ptp(shares)) / 2 / abs(formula),
        multiplied_by=times,
        decay=share,
        power=None if law.value.lr_power is None else float(law.value.lr_power),
        evidence=tuple(evidence),
    )


def _hears(ex: Experiments, reached: Any, share: float) -> Evidence | None:
    """The gradients that change the share: larger ones, or such as turn round at every step and so lead nowhere."""
    turns = (-1.0) ** np.arange(ex.bench.steps)[:, None]
    for said, factor in (("gradients ten times larger", 10.0), ("gradients that turn round at every step", turns)):
        other = typical(shares_in(ex, gradients=factor * ex.bench.gradients)[:, reached])
        if abs(other / share - 1) > HEARD:
            return Evidence(experiment=said, outcome="the share changes", numbers={"α": other})
    return None


def _coarsely(ex: Experiments, reached: Any, orders: dict[Order, float], start: Verdict, share: float) -> Verdict:
    """The law at a share of one quarter, which any precision holds; UNKNOWN where that is not proportional either.

    A factor 1 − α that is rounded on its way goes by steps, and at the probing strength one step may be all there is.
    """
    strength = ex.strength
    for _ in range(3):
        if share <= 0:
            return replace(start, decay=share)
        strength *= QUARTER / share
        large = replace(ex, strength=strength, memo={})
        share = typical(shares_in(large)[:, reached])
    if abs(share / QUARTER - 1) > PROPORTIONAL or not with_strength(large, reached)[0]:
        return replace(start, decay=share * ex.strength / strength)
    verdict = as_weight_side(large, reached, orders, start)
    # at the probing strength it goes by steps: what it does on a schedule is then no multiple of anything
    return replace(verdict, decay=share * ex.strength / strength, power=None)


def beat(shares: Floats) -> slice | None:
    """The steps in which a decay acts, three or more, where these are every second, third, ... one of a long run."""
    sizes = abs(shares).max(axis=1)
    acts = np.flatnonzero(sizes > GONE * sizes.max())
    if len(acts) < BEATS:
        return None
    period = int(acts[1] - acts[0])
    regular = period > 1 and acts[0] < period and np.array_equal(acts, np.arange(acts[0], len(sizes), period))
    return slice(int(acts[0]), None, period) if regular else None


def _longer(ex: Experiments) -> Experiments:
    return replace(ex, bench=replace(ex.bench, steps=LONGER * ex.bench.steps), memo={})


def shares_in(ex: Experiments, **setting: Any) -> Floats:
    """α of each step in which it acts and tensor in some setting, without what disappears without regularization."""
    return _shares_in(ex, **setting)[ex.acting]


def _shares_in(ex: Experiments, **setting: Any) -> Floats:
    setting = {"strength": ex.strength} | setting
    if ex.free:
        as_probed = len(setting) == 1 and setting["strength"] == ex.strength
        return ex.shares[0] if as_probed else ex.shares_of(ex.distance(**setting))[0]
    return _lost(ex, setting) - _lost(ex, setting | {"strength": 0.0})


def _lost(ex: Experiments, setting: dict[str, Any]) -> Floats:
    """The share of weights without gradient that disappears in each step."""
    if len(setting) == 1 and setting["strength"] in (0.0, ex.strength):
        rows = ex.zero_on if setting["strength"] else ex.zero_off
    else:
        rows = ex.run(**(setting | {"gradients": ex.zero_gradients}))
    columns = []
    for part in ex.bench.parts:
        here = rows[:-1, part]
        columns.append(((here - rows[1:, part]) * here).sum(axis=1) / (here * here).sum(axis=1))
    return np.stack(columns, axis=1)


def typical(shares: Floats) -> float:
    """One α for the run: the last step's, or where it comes and goes the one that does the same over the run."""
    steps = shares.mean(axis=1)
    late = steps[len(steps) // 2 :]
    if np.ptp(late) <= 0.5 * abs(late).max():
        return float(steps[-1])
    left = np.prod(1 - steps)
    return float(-np.expm1(np.log(left) / len(steps))) if left > 0 else float(steps.mean())


def with_strength(ex: Experiments, reached: Any) -> tuple[bool, Evidence]:
    """Does half the strength take half the share? What does not is no strength, whatever it is called."""
    full, half = (shares_in(ex, strength=ex.strength * part)[:, reached].sum(axis=0) for part in (1.0, 0.5))
    ratio = float(np.median(half / full))
    proportional = abs(ratio - 0.5) < PROPORTIONAL
    return proportional, Evidence(
        experiment="half the strength",
        outcome="half the share" if proportional else "not half the share",
        numbers={"ratio": ratio},
    )


def lr_powers(ex: Experiments, reached: Any) -> tuple[float | None, float | None]:
    """How α goes with lr, changed in mid-run and at construction: two exponents, None where one cannot be had."""
    if ex.lr is None or not ex.lr_counts:
        return None, None
    plain = shares_in(ex)[-1, reached].mean()

    def power(setting: dict[str, Any]) -> float | None:
        other = shares_in(ex, **setting)[-1, reached].mean()
        return float(np.log2(plain / other)) if plain * other > 0 else None

    at_start = power({"lr": ex.lr / 2}) if ex.subject.peak_lr is None else None
    return power({"schedule": ex.bench.halved}) if ex.subject.lr_moves else None, at_start


def lr_evidence(in_midrun: float | None, at_start: float | None, share: float) -> Evidence:
    """What halving lr did."""
    numbers = {"α": share}
    numbers |= {} if in_midrun is None else {"power of lr in mid-run": in_midrun}
    numbers |= {} if at_start is None else {"power of lr at construction": at_start}
    untold = in_midrun is None and at_start is None
    said = "lr cannot be changed" if untold else "the share α follows by these powers"
    if in_midrun is not None and at_start is not None and abs(in_midrun) < SLACK < abs(at_start):
        said = "α follows the lr of the construction and no change of it"
    return Evidence(experiment="lr halved, in mid-run and at construction", outcome=said, numbers=numbers)


def by_powers(ex: Experiments, in_midrun: float | None, at_start: float | None, share: float, slack: float) -> Law:
    """The law that these exponents name; where one is missing, the one whose coefficient comes out as 1."""
    if in_midrun is None and at_start is None:
        return Law.CONSTANT if abs(abs(share) / ex.strength - 1) < 0.01 else Law.UNKNOWN
    known = [
        law
        for (midrun, start), law in POWERS.items()
        if (in_midrun is None or abs(in_midrun - midrun) < slack)
        and (at_start is None or abs(at_start - start) < slack)
    ]
    if in_midrun is None:
        # an lr that stays as it was built is its own peak: of the laws that then are one, the plain one
        known = [law for (midrun, start), law in POWERS.items() if midrun == start and law in known]
    if len(known) > 1:
        known = [law for law in known if ex.lr and abs(abs(share) / promised(ex, law) - 1) < 0.01]
    return known[0] if len(known) == 1 else Law.UNKNOWN


def promised(ex: Experiments, law: Law) -> float:
    """The α that the law promises at the probing lr and strength."""
    if law.value.lr_power is None or not ex.lr_counts:
        return ex.strength
    lr = ex.lr or 1.0
    peak = ex.subject.peak_lr or lr
    return float(ex.strength * lr**law.value.lr_power * peak**law.value.peak_power)


def _order(
    ex: Experiments, reached: Any, orders: dict[Order, float], share: float
) -> tuple[Order | None, list[Evidence]]:
    best = min(orders, key=lambda order: orders[order])
    others = [misfit for order, misfit in orders.items() if order is not best]
    if min(others) > CLEARLY * orders[best] and min(others) > 1e-9:
        return best, []
    if orders[Order.AFTER] < CLEARLY * min(orders[Order.BEFORE], orders[Order.JOINT]):
        return None, []
    jointly = taken_jointly(ex, share, reached) if not ex.acting.start else None
    if jointly is None:
        return None, []
    said = "together they move it: they are added first" if jointly else "nor do both together: they are rounded apart"
    return (Order.JOINT if jointly else Order.BEFORE), [
        Evidence(experiment="weights so large that neither the step nor the decay alone moves them", outcome=said)
    ]


def _at_one_half(ex: Experiments, share: float, reached: Any) -> float | None:
    try:
        found = shares_in(ex, strength=ex.strength * 0.5 * (1 - share) / share)
    except Exception:
        return None
    return typical(found[:, reached])
