"""A penalty that joins the gradient: how large λ is, what becomes of it, and whether it is the same at another lr."""

from dataclasses import replace
from typing import Any

import numpy as np

from halflife.probe._experiments import Experiments
from halflife.probe._momentum import momentum_of
from halflife.probe._report import Evidence
from halflife.probe._verdict import Verdict
from halflife.probe._weight_side import shares_in
from halflife.rules import Law

LOUDER = 10.0
KEPT = 1e-3


def as_penalty(ex: Experiments, reached: Any, verdict: Verdict) -> Verdict:
    """L2, with λ over the strength; GROWTH where λ is negative; UNKNOWN where it changes with lr."""
    size = ex.sense * ex.as_l2.size[reached] / ex.strength
    coefficient = float(np.median(size))
    louder = ex.run(gradients=LOUDER * ex.bench.gradients)
    ratio = float(np.linalg.norm(louder - ex.idle) / max(float(np.linalg.norm(ex.off - ex.idle)), 1e-300))
    linear = abs(ratio - LOUDER) < 0.01
    evidence = [
        *verdict.evidence,
        Evidence(
            experiment="gradients ten times larger",
            outcome="steps ten times larger" if linear else "the steps do not follow: preconditioned",
            numbers={"ratio": ratio},
        ),
    ]
    law = Law.L2 if coefficient > 0 else Law.GROWTH
    if ex.lr:
        other = ex.l2_fit(lr=ex.lr / 2, start=ex.as_l2.size)
        # a direction of signs alone may not show λ in every tensor at every lr
        shown = reached & np.isfinite(other.misfit)
        seen = Evidence(experiment="the same at half the lr", outcome="nothing shows")
        if shown.any():
            misfit = float(other.misfit[shown].max())
            again = float(np.median(ex.sense * other.size[shown] / ex.strength))
            steady = abs(again / coefficient - 1) < 0.02 and misfit < 0.02
            numbers = {"λ per strength": again, "misfit": misfit}
            seen = replace(seen, outcome="the same λ" if steady else "another λ", numbers=numbers)
            law = law if steady else Law.UNKNOWN
        evidence.append(seen)
    times: tuple[str, ...] = ("lr", "optimizer")
    decay, momentum = None, None
    if linear:
        decay = float(shares_in(ex)[0, reached].mean())
        momentum = _momentum(ex) if verdict.enters_momentum else (0.0, 1.0)
        times = ("lr", *_carried(*momentum)) if momentum else ("lr", "its memory")
        decay = decay if momentum else None
    return replace(
        verdict,
        law=law,
        penalty=True,
        order=None,
        coefficient=coefficient,
        error=float(np.ptp(size)) / 2,
        multiplied_by=times,
        decay=decay,
        momentum=momentum,
        enters_preconditioner=not linear,
        evidence=tuple(evidence),
    )


def _momentum(ex: Experiments) -> tuple[float, float] | None:
    """μ and how far a gradient carries in units of lr; None where that is no geometric series, or there is no lr."""
    if not ex.lr:
        return None
    try:
        found = momentum_of(ex.subject, ex.lr, ex.bench.shapes)
    except Exception:
        return None
    return found if found[0] else None


def _carried(momentum: float, gain: float) -> tuple[str, ...]:
    """What a momentum multiplies a penalty with, in the long run."""
    if abs(gain - 1) < KEPT:
        return ()
    undamped = gain * (1 - momentum)
    return ("1/(1−μ)",) if abs(undamped - 1) < KEPT else ("(1−τ)/(1−μ)",) if undamped < 1 else (f"{gain:.4g}",)
