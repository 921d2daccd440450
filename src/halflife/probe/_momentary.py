"""Regularization switched on for one step of a run, and compared with a twin in which that step is helped from outside.

An optimizer that finds its own step size from the gradients and the weights it has seen (D-adaptation, Prodigy,
Adafactor with relative steps) does not repeat itself once anything has been changed, so whole runs of it cannot be
compared. One step can: until then both runs are the same to the last bit, and what one step does to the weights is
its decay at the step size of that step.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from halflife.probe._experiments import Experiments
from halflife.probe._fit import Fit
from halflife.probe._moment import DISTINCT, Moment
from halflife.probe._report import Evidence
from halflife.probe._verdict import CLEARLY, ESTIMATED, FITS, POWERS, PROPORTIONAL, TIMES, Verdict
from halflife.probe._weight_side import promised
from halflife.rules import Law, Order

SLACK = 0.05
"""How far an exponent of lr, or a ratio, may be from what a law says."""
LASTS = 0.5
"""What is left of a step's share some steps later, where that share says something about longer runs."""
STEADY = 1e-3
"""A share that varies less from step to step is one number."""


def in_one_step(ex: Experiments, reached: Any, start: Verdict) -> Verdict | None:
    """The law by its effect in single steps; None where strength cannot be switched or no hypothesis predicts it."""
    half = ex.bench.steps // 2
    try:
        moments = [Moment(ex=ex, at=at, strength=ex.strength, lr=ex.lr) for at in (1, half, ex.bench.steps - 2)]
        if not all(m.acts and np.isfinite(m.effect).all() for m in moments):
            return None
        penalties = _while_fitting((m.as_l2() for m in moments), reached)
        decays = {order: _while_fitting((m.as_decay(order) for m in moments), reached) for order in Order}
        orders = {order: _worst(fits, reached) for order, fits in decays.items()}
        penalty = _worst(penalties, reached)
        seen = Evidence(
            experiment="switched on for one step, against a twin that is helped from outside in that step",
            outcome="as a penalty" if penalty < FITS else "as a share" if min(orders.values()) < FITS else "neither",
            numbers={"misfit as a penalty": penalty} | {f"misfit {o.value}": m for o, m in orders.items()},
        )
        start = replace(start, evidence=(*start.evidence, seen))
        if penalty < FITS and penalty * CLEARLY < min(orders.values()):
            return _penalty(ex, reached, penalties, start)
        if min(orders.values()) < FITS:
            return _lasting(ex, reached, moments[0], _share(ex, reached, moments[1], decays, start))
    except Exception:  # not every optimizer lets its strength be changed in mid-run
        return None
    return None


def _penalty(ex: Experiments, reached: Any, fits: list[Fit], start: Verdict) -> Verdict:
    sizes = ex.sense * np.concatenate([fit.size[reached] for fit in fits]) / ex.strength
    coefficient = float(np.median(sizes))
    steady = float(np.ptp(sizes)) < 0.02 * abs(coefficient)
    law = Law.UNKNOWN if not steady else Law.L2 if coefficient > 0 else Law.GROWTH
    return replace(
        start,
        law=law,
        coefficient=coefficient,
        error=float(np.ptp(sizes)) / 2,
        multiplied_by=("lr", "optimizer"),
        enters_preconditioner=True,
        repeats=False,
    )


def _while_fitting(fits: Iterable[Fit], reached: Any) -> list[Fit]:
    """The fits up to the first that does not fit, which says all about its hypothesis."""
    taken = []
    for fit in fits:
        taken.append(fit)
        if not _worst([fit], reached) < FITS:
            break
    return taken


def _worst(fits: list[Fit], reached: Any) -> float:
    return max(float(fit.misfit[reached].max()) for fit in fits)


def _taken(orders: dict[Order, float], decays: dict[Order, list[Fit]], reached: Any) -> tuple[Order, bool]:
    """The order that predicts best, and whether it is told from the others: by its misfit, or by a share that stays."""
    best = min(orders, key=lambda order: orders[order])
    others = [misfit for order, misfit in orders.items() if order is not best]
    if min(others) > max(CLEARLY * orders[best], DISTINCT):
        return best, True
    exact = [order for order, misfit in orders.items() if misfit <= DISTINCT]
    sizes = {order: np.stack([fit.size[reached] for fit in decays[order]]) for order in exact}
    steady = [order for order, size in sizes.items() if np.ptp(size) < STEADY * abs(size).max()]
    return (steady[0], True) if len(steady) == 1 else (best, False)


def _share(ex: Experiments, reached: Any, moment: Moment, decays: dict[Order, list[Fit]], start: Verdict) -> Verdict:
    orders = {order: _worst(fits, reached) for order, fits in decays.items()}
    best, told = _taken(orders, decays, reached)
    order = best if told else None
    shares = decays[best][1].size[reached]
    share = float(np.median(shares))
    evidence: list[Evidence] = list(start.evidence)
    besides: list[str] = []
    law = Law.UNKNOWN
    if not _proportional(ex, reached, moment, best, evidence):
        return replace(start, evidence=tuple(evidence))
    if ex.lr_counts:
        then = _power(moment, replace(moment, lr_then=0.5), best, reached)
        begun = None
        if ex.subject.peak_lr is None and ex.lr:
            first = next(m for m in (replace(moment, at=at) for at in range(moment.at + 1)) if m.acts)
            begun = _power(first, replace(first, lr=ex.lr / 2), best, reached)
        numbers = {"α": share, "power of lr then": then} | (
            {} if begun is None else {"power of lr at construction": begun}
        )
        evidence.append(
            Evidence(experiment="lr halved in that step, and at construction", outcome="α follows", numbers=numbers)
        )
        law = _by_powers(then, then if begun is None else begun)
    else:
        follows, seen = with_the_step(ex, reached)
        evidence.append(seen)
        law = Law.DECOUPLED if follows else Law.UNKNOWN
    loud = _typical(replace(moment, loudness=10.0), best, reached)
    if abs(loud / share - 1) > SLACK:
        besides.append("a factor that depends on the gradients")
    if np.ptp(shares) > SLACK * abs(share):
        besides.append("a factor of each tensor")
    if law is Law.DECOUPLED and 0 < share < 0.4:
        large = replace(moment, strength=ex.strength * 0.5 / share)
        there, moved = moment.off[1], large.effect[1]
        found = ex.per_tensor(lambda p: -float(moved[p] @ there[p]) / float(there[p] @ there[p]))[reached]
        law = Law.PROXIMAL if abs(float(np.median(found)) - 1 / 3) < 0.02 else law
    formula = promised(ex, law)
    known = law is not Law.UNKNOWN
    if ex.lr_counts and not 0.5 < abs(share / formula) < 2:
        besides.append(ESTIMATED)
    return replace(
        start,
        law=Law.GROWTH if share < 0 and known else law,
        order=order,
        coefficient=share / formula,
        error=float(np.ptp(shares)) / 2 / abs(formula),
        multiplied_by=(*(TIMES.get(law, ()) if ex.lr_counts else ("the optimizer's own step size",)), *besides),
        decay=share if known else None,
        repeats=False,
        evidence=tuple(evidence),
    )


def _lasting(ex: Experiments, reached: Any, early: Moment, verdict: Verdict) -> Verdict:
    """The verdict without an α where what a step takes comes back: from other copies of the weights, or a memory."""
    here, ends = early.off[0], early.effect[-1]
    kept = ex.per_tensor(lambda p: -float(ends[p] @ here[p]) / float(here[p] @ here[p]))
    left = (kept / early.as_decay(Order.BEFORE).size)[reached]
    if not ((left >= 0) & (left < LASTS)).all():
        return verdict
    seen = Evidence(
        experiment="what that step took, at the end of the run",
        outcome="most of it is back: the weights are made anew from a memory, or from other copies of them",
        numbers={"left": float(left.mean())},
    )
    return replace(verdict, averaged=False, decay=None, evidence=(*verdict.evidence, seen))


def _by_powers(then: float, begun: float) -> Law:
    near = [law for (mid, start), law in POWERS.items() if abs(then - mid) < SLACK and abs(begun - start) < SLACK]
    return near[0] if near else Law.UNKNOWN


def _typical(moment: Moment, order: Order, reached: Any) -> float:
    return float(np.median(moment.as_decay(order).size[reached]))


def _power(plain: Moment, halved: Moment, order: Order, reached: Any) -> float:
    share, other = (_typical(moment, order, reached) for moment in (plain, halved))
    return float(np.log2(share / other)) if share * other > 0 else np.nan


def _proportional(ex: Experiments, reached: Any, moment: Moment, order: Order, evidence: list[Evidence]) -> bool:
    """Half the strength half the share; larger weights the same share, or as much more of it as of the step."""
    share = moment.as_decay(order).size[reached]

    def times(other: Moment) -> float:
        return float(np.median(other.as_decay(order).size[reached] / share))

    half, large = times(replace(moment, strength=moment.strength / 2)), times(replace(moment, size=3.0))
    kept = abs(half - 0.5) < PROPORTIONAL and (abs(large - 1) < SLACK or with_the_step(ex, reached)[0])
    evidence.append(
        Evidence(
            experiment="half the strength, and weights three times as large",
            outcome="half the share, and the same or in step" if kept else "no share of the weights times a strength",
            numbers={"ratio at half": half, "ratio of large weights": large},
        )
    )
    return kept


def with_the_step(ex: Experiments, reached: Any) -> tuple[bool, Evidence]:
    """Where no lr can be changed: does α grow with the optimizer's own step as the weights do?"""
    plain, large = (Moment(ex=ex, at=1, strength=ex.strength, lr=ex.lr, size=size) for size in (1.0, 3.0))
    share = float(np.median(large.shares[reached] / plain.shares[reached]))
    steps = [float(np.linalg.norm(m.off[1] - m.off[0])) for m in (plain, large)]
    step = steps[1] / steps[0]
    follows = abs(step - 1) > 0.5 and abs(share / step - 1) < 0.1
    return follows, Evidence(
        experiment="weights three times as large",
        outcome="step and share grow alike" if follows else "the share does not follow the step",
        numbers={"step": step, "share": share},
    )
