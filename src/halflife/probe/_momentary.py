"""Regularization switched on for one step of a run, and compared with a twin in which that step is helped from outside.

An optimizer that finds its own step size from the gradients and the weights it has seen (D-adaptation, Prodigy,
Adafactor with relative steps) does not repeat itself once anything has been changed, so whole runs of it cannot be
compared. One step can: until then both runs are the same to the last bit, and what one step does to the weights is
its decay at the step size of that step.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from halflife.probe._experiments import Experiments
from halflife.probe._fit import Fit
from halflife.probe._report import Evidence
from halflife.probe._subject import Floats, Run
from halflife.probe._verdict import CLEARLY, ESTIMATED, FITS, PROPORTIONAL, TIMES, Verdict
from halflife.rules import Law, Order

DISTINCT = 1e-6
"""A misfit below this is rounding: two orders that both leave less are not told apart by it."""
SLACK = 0.05
STEADY = 1e-3
"""A share that varies less from step to step is one number."""
"""How far an exponent of lr, or a ratio, may be from what a law says."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The runs that differ in one step.

    Attributes:
        ex: the experiments on the same subject.
        at: the step.
        strength: of the regularization in it.
        lr: at construction.
        lr_then: what lr is multiplied by in that step.
        loudness: what all gradients are multiplied by.
        size: what the start is multiplied by.
    """

    ex: Experiments
    at: int
    strength: float
    lr: float | None
    lr_then: float = 1.0
    loudness: float = 1.0
    size: float = 1.0

    def run(
        self, *, strength: float = 0.0, l2: Floats | None = None, order: Order | None = None, share: Any = 0.0
    ) -> Floats:
        """The weights before that step and after it and each further one, helped from outside as asked."""
        ex = self.ex
        start = ex.bench.weights * self.size
        run: Run = ex.subject.start(ex.bench.shapes, start, lr=self.lr, strength=0.0, knobs=ex.knobs)
        rows = []
        for t, planned in enumerate(ex.bench.gradients):
            gradient = planned * self.loudness
            if t != self.at:
                run.step(gradient)
                rows.append(run.weights())
                continue
            here = run.weights()
            rows = [here]
            if self.lr_then != 1.0:
                run.scale_lr(self.lr_then)
            if strength:
                run.set_strength(strength)
            if order is Order.BEFORE:
                run.put(here * (1 - share))
            run.step(gradient if l2 is None else gradient + l2 * here)
            if order is Order.AFTER:
                run.put(run.weights() * (1 - share))
            elif order is Order.JOINT:
                run.put(run.weights() - share * here)
            if strength:
                run.set_strength(0.0)
            if self.lr_then != 1.0:
                run.scale_lr(1 / self.lr_then)
            rows.append(run.weights())
        return np.stack(rows)

    @cached_property
    def off(self) -> Floats:
        """The twin that is left alone."""
        return self.run()

    @cached_property
    def effect(self) -> Floats:
        """What the step's regularization did, then and later."""
        return self.run(strength=self.strength) - self.off

    @property
    def acts(self) -> bool:
        """Whether the step's regularization shows in any weight."""
        return bool(abs(self.effect).max() > self.ex.noise)

    @cached_property
    def shares(self) -> Floats:
        """α of each tensor in that step, by what it did to the weights."""
        here, moved = self.off[0], self.effect[1]
        return self.ex.per_tensor(lambda p: -float(moved[p] @ here[p]) / float(here[p] @ here[p]))

    def as_l2(self) -> Fit:
        """The twin is handed λ·w with its gradient of that step."""
        first = np.full(len(self.ex.bench.parts), self.strength)
        return self.ex.fitted(lambda size: self.run(l2=self.ex.spread(size)) - self.off, first, self.effect)

    def as_decay(self, order: Order) -> Fit:
        """The twin's weights are shrunk in that step, by the share that shows after it, or that fits if before it.

        What a step that averages or rebuilds the weights shows of a share taken before it is another number.
        """

        def predict(share: Floats) -> Floats:
            return self.run(order=order, share=self.ex.spread(share)) - self.off

        shares = self.shares
        if order is Order.AFTER:
            there, moved = self.off[1], self.effect[1]
            shares = self.ex.per_tensor(lambda p: -float(moved[p] @ there[p]) / float(there[p] @ there[p]))
        fit = Fit(size=shares, misfit=self.ex.misfit(predict(shares), self.effect))
        apart = order is Order.BEFORE and (fit.misfit[np.isfinite(fit.misfit)] > DISTINCT).any()
        return self.ex.fitted(predict, shares, self.effect) if apart else fit


def in_one_step(ex: Experiments, reached: Any, start: Verdict) -> Verdict | None:
    """The law by its effect in single steps; None where strength cannot be switched or no hypothesis predicts it."""
    half = ex.bench.steps // 2
    try:
        moments = [Moment(ex=ex, at=at, strength=ex.strength, lr=ex.lr) for at in (1, half, ex.bench.steps - 2)]
        if not all(m.acts and np.isfinite(m.effect).all() for m in moments):
            return None
        penalties = [m.as_l2() for m in moments]
        decays = {order: [m.as_decay(order) for m in moments] for order in Order}
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
            return _share(ex, reached, moments[1], decays, start)
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
    evidence, times = list(start.evidence), ["lr"]
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
        if abs(then - 1) < SLACK and (begun is None or abs(begun - 1) < SLACK):
            law = Law.DECOUPLED
    else:
        follows, seen = with_the_step(ex, reached)
        evidence.append(seen)
        times = ["the optimizer's own step size"]
        law = Law.DECOUPLED if follows else Law.UNKNOWN
    loud = _typical(replace(moment, loudness=10.0), best, reached)
    if abs(loud / share - 1) > SLACK:
        times.append("a factor that depends on the gradients")
    if np.ptp(shares) > SLACK * abs(share):
        times.append("a factor of each tensor")
    if law is Law.DECOUPLED and 0 < share < 0.4:
        large = replace(moment, strength=ex.strength * 0.5 / share)
        there, moved = moment.off[1], large.effect[1]
        found = ex.per_tensor(lambda p: -float(moved[p] @ there[p]) / float(there[p] @ there[p]))[reached]
        law = Law.PROXIMAL if abs(float(np.median(found)) - 1 / 3) < 0.02 else law
    formula = ex.strength * ((ex.lr or 1.0) if ex.lr_counts else 1.0)
    known = law is not Law.UNKNOWN
    if ex.lr_counts and not 0.5 < abs(share / formula) < 2:
        times.append(ESTIMATED)
    return replace(
        start,
        law=Law.GROWTH if share < 0 and known else law,
        order=order,
        coefficient=share / formula,
        error=float(np.ptp(shares)) / 2 / abs(formula),
        multiplied_by=tuple(times) if law is not Law.PROXIMAL else (*TIMES[law], *times[1:]),
        decay=share if known else None,
        repeats=False,
        evidence=tuple(evidence),
    )


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
