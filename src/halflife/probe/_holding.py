"""Does the law that twelve steps gave hold elsewhere: for weights a hundred times as large, along a schedule, for long?

A decay of w/‖w‖ looks like a share until the weights are scaled; one that is warmed up, or given up, looks steady
until it is watched; one that reads an old lr looks right until lr moves at every step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from halflife.probe._bench import Bench
from halflife.probe._experiments import EVERY_STEP, Experiments
from halflife.probe._fit import misfit
from halflife.probe._report import Defect, Evidence
from halflife.probe._subject import Floats, Run, Shape, Subject
from halflife.probe._verdict import Verdict
from halflife.probe._weight_side import BEATS, beat, shares_in, typical
from halflife.rules import Law

LARGE = 100.0
"""What the weights are multiplied by: norm ratios at which a trust ratio would be at its limits."""
LONG = 120
WINDOWS = 4
"""Parts of a long run over which a share that comes and goes, as at every fifth or sixth step, is averaged."""
WARMED = 48
"""Steps that an optimizer has behind it when it is looked at again."""
SAME = 0.03
"""How far a share or a penalty may be from what the law says and count as kept."""
IN_STEP = 0.2
GONE = 1e-3
FEW = 2
WARM_UP = (0.25, 0.5, 0.75)
COSINE = tuple(0.55 + 0.45 * np.cos(np.linspace(0, np.pi, 18)))
"""From the peak to a tenth of it."""


def held(ex: Experiments, reached: Any, verdict: Verdict) -> Verdict:
    """The verdict with what became of it elsewhere; UNKNOWN where it does not hold, with the numbers."""
    if verdict.law is Law.UNKNOWN or not verdict.repeats or verdict.decay is verdict.coefficient:
        return verdict
    if reached.all() and len(ex.bench.shapes) > FEW:
        ex = replace(ex, bench=replace(ex.bench, shapes=ex.bench.shapes[:FEW]), memo={})
        reached = reached[:FEW]
    if verdict.averaged:
        return in_the_long_run(ex, reached, verdict)
    if verdict.penalty:
        return _penalty(ex, reached, verdict)
    if verdict.power is None:
        return verdict
    if verdict.every > 1:
        ex = replace(of_length(ex, max(ex.bench.steps, BEATS * verdict.every)), acting=verdict.acting)
    return _share(ex, reached, verdict)


def _share(ex: Experiments, reached: Any, verdict: Verdict) -> Verdict:
    share = typical(shares_in(ex)[:, reached])
    holds, seen = _of_size(ex, reached, share)
    evidence = [seen]
    if ex.lr_counts and ex.subject.lr_moves and verdict.power is not None:
        follows, seen = _along(ex, reached, _schedule(verdict), verdict.power)
        evidence.append(seen)
        holds = holds and follows
    if not holds:
        return replace(verdict, law=Law.UNKNOWN, evidence=(*verdict.evidence, *evidence))
    return in_the_long_run(ex, reached, replace(verdict, evidence=(*verdict.evidence, *evidence)))


def in_the_long_run(ex: Experiments, reached: Any, verdict: Verdict) -> Verdict:
    """What becomes of the share in a long run at one lr."""
    long = _prolonged(ex)
    every_share = shares_in(replace(long, acting=EVERY_STEP))[:, reached]
    rhythm, shares = beat(every_share) or EVERY_STEP, every_share[long.acting].mean(axis=1)
    windows = np.array([window.mean() for window in np.array_split(shares, min(WINDOWS, len(shares)))])
    first, last = float(windows[0]), float(windows[-1])
    largest = float(abs(windows).max())
    steps = long.bench.steps
    numbers = {f"α from step {i * steps // len(windows)}": float(window) for i, window in enumerate(windows)}
    seen = Evidence(experiment=f"{steps} steps at one lr", outcome="the same share all along", numbers=numbers)
    if rhythm != long.acting:
        seen = replace(seen, outcome="it acts in other steps than at first")
        return replace(verdict, law=Law.UNKNOWN, evidence=(*verdict.evidence, seen))
    if np.ptp(windows) < SAME * largest:
        return replace(verdict, evidence=(*verdict.evidence, replace(seen, numbers={"α": last})))
    if abs(last) < GONE * largest:
        seen = replace(seen, outcome="it stops")
        return replace(verdict, defects=(*verdict.defects, Defect.STOPS), evidence=(*verdict.evidence, seen))
    if last * first < 0:
        seen = replace(seen, outcome="it turns round")
        grows = (Defect.GROWTH,) if last < 0 else ()
        return replace(verdict, law=Law.UNKNOWN, defects=(*verdict.defects, *grows), evidence=(*verdict.evidence, seen))
    settled = abs(windows[-1] - windows[-2]) < SAME * largest and np.ptp(shares) < largest
    said = "settles late: the coefficient is that of the last steps" if settled else "changes in time"
    seen = replace(seen, outcome=f"the share {said}")
    scale = last / typical(shares_in(ex)[:, reached]) if settled else 1.0
    return replace(
        verdict,
        coefficient=None if verdict.coefficient is None else verdict.coefficient * scale,
        error=float(np.ptp(windows)) / 2 / abs(last) * abs(verdict.coefficient or 1.0) * abs(scale),
        decay=None if verdict.decay is None else verdict.decay * scale,
        multiplied_by=(*verdict.multiplied_by, "a factor of time"),
        evidence=(*verdict.evidence, seen),
    )


def _penalty(ex: Experiments, reached: Any, verdict: Verdict) -> Verdict:
    sizes = ex.spread(np.where(reached, ex.sense * (verdict.coefficient or 0.0) * ex.strength, 0.0))

    def left(where: Experiments, **setting: Any) -> float:
        off = where.run(**setting)
        effect = where.run(strength=where.strength, **setting) - off
        return float(misfit(where.bench.parts, where.run(l2=sizes, **setting) - off, effect)[reached].max())

    tried = {"weights a hundred times as large": left(_scaled(ex))}
    if ex.lr_counts and ex.subject.lr_moves:
        tried["along a schedule of lr"] = left(of_length(ex, len(_schedule(verdict))), schedule=_schedule(verdict))
    tried[f"{LONG} steps"] = left(_prolonged(ex))
    seen = Evidence(
        experiment="the same penalty elsewhere", outcome="the twin that is handed λ·w keeps step", numbers=tried
    )
    fails = [name for name, size in tried.items() if np.isfinite(size) and size > SAME]
    if not fails:
        return replace(verdict, evidence=(*verdict.evidence, seen))
    seen = replace(seen, outcome=f"the twin that is handed λ·w leaves the path: {', '.join(fails)}")
    verdict = replace(verdict, evidence=(*verdict.evidence, seen))
    if fails != [f"{LONG} steps"]:
        return replace(verdict, law=Law.UNKNOWN)
    later = replace(ex, subject=warmed(ex.subject, LONG), memo={})
    if (later.reach[reached] <= max(30 * ex.noise, GONE * ex.reach[reached].max())).all():
        return replace(verdict, defects=(*verdict.defects, Defect.STOPS))
    found = later.l2_fit()
    size = float(np.median(found.size[reached])) / ex.strength
    if float(found.misfit[reached].max()) > SAME or size <= 0:
        grows = (Defect.GROWTH,) if size < 0 else ()
        return replace(verdict, law=Law.UNKNOWN, defects=(*verdict.defects, *grows))
    return replace(verdict, coefficient=size, multiplied_by=(*verdict.multiplied_by, "a factor of time"))


def _of_size(ex: Experiments, reached: Any, share: float) -> tuple[bool, Evidence]:
    """The same share of large weights, or as much more of it as of the step where the step follows the weights."""
    large = _scaled(ex)
    grown = typical(shares_in(large)[:, reached]) / share
    step = float(np.linalg.norm(large.off[1] - large.off[0]) / np.linalg.norm(ex.off[1] - ex.off[0]))
    kept, follows = abs(grown - 1) < SAME, not ex.free and abs(grown / step - 1) < IN_STEP
    said = "the same share" if kept else "the share follows the step" if follows else "no share of the weights"
    return kept or follows, Evidence(
        experiment="weights a hundred times as large", outcome=said, numbers={"share": grown, "step": step}
    )


def _along(ex: Experiments, reached: Any, plan: tuple[float, ...], power: float) -> tuple[bool, Evidence]:
    every = ex.acting.step or 1
    plan = tuple(np.repeat(plan, -(-BEATS * every // len(plan))))
    ex = of_length(ex, len(plan))
    flat, shares = (shares_in(ex, schedule=each)[:, reached].mean(axis=1) for each in (None, plan))

    def off(factors: tuple[float, ...]) -> float:
        expected = flat * np.array(factors)[ex.acting] ** power
        return float(abs(shares - expected).sum() / abs(expected).sum())

    if np.ptp(flat) > abs(flat).max():
        return True, Evidence(experiment="a whole schedule of lr", outcome="not compared: the share comes and goes")
    now, late = off(plan), off((1.0, *plan[:-1]))
    said = "α follows it" if now < SAME else "α follows it a step late" if late < SAME else "α does not follow it"
    return min(now, late) < SAME, Evidence(
        experiment="a whole schedule of lr" + (", warm-up and cosine" if plan[0] != 1 else ", cosine"),
        outcome=said,
        numbers={"relative misfit": min(now, late)},
    )


def _schedule(verdict: Verdict) -> tuple[float, ...]:
    """A law with a peak lr may take the first for the peak."""
    return COSINE if verdict.law.value.peak_power else WARM_UP + COSINE


def _scaled(ex: Experiments) -> Experiments:
    return replace(ex, bench=replace(ex.bench, size=LARGE), memo={})


def of_length(ex: Experiments, steps: int) -> Experiments:
    return replace(ex, bench=replace(ex.bench, steps=steps), memo={})


def _prolonged(ex: Experiments) -> Experiments:
    return of_length(ex, max(LONG, BEATS * (ex.acting.step or 1)))


@dataclass(frozen=True, kw_only=True)
class Warmed(Subject):
    """A subject that has some steps behind it, in which its regularization did nothing.

    Attributes:
        subject: it.
        steps: how many.
        away: how many times the start's weights the weights were put to before each of them: at zero no decay and no
            penalty can act. None where its strength was zero instead and the weights went where its steps took them,
            so that copies which it keeps of them stay with them.
    """

    subject: Subject
    steps: int
    away: float | None = 0.0

    def sparsely(self) -> Any:
        """As it was before it had steps behind it."""
        return self.subject.sparsely()

    def built(self, shapes: Sequence[Shape], weights: Floats, changes: dict[str, Any], dtype: str) -> Run:
        """Build it, make the steps, and put it where it is wanted."""
        resting = {} if self.away is not None else {str(self.strength_name): self.nothing}
        run = self.subject.built(shapes, weights, {**changes, **resting}, dtype)
        plan = Bench(shapes=tuple(shapes), steps=self.steps, seed=1000).gradients
        for gradient in plan * self.loudness:
            if self.away is not None:
                run.put(self.away * weights)
            run.step(gradient)
        if self.away is not None:
            run.put(weights)
        else:
            run.set_strength(changes.get(str(self.strength_name), self.strength or 0.0))
        return run


def warmed(subject: Subject, steps: int = WARMED, away: float | None = 0.0) -> Warmed:
    """The same optimizer after so many steps."""
    shared = {each.name: getattr(subject, each.name) for each in fields(Subject)}
    return Warmed(**shared, subject=subject, steps=steps, away=away)
