"""Forgetting that is even and deaf to the gradients, but does not stay in its step.

Either decay joins after the preconditioner and before a momentum, as NovoGrad's does; or the weights are kept in
several copies that are averaged, as in schedule-free optimizers and look-ahead, and decay acts on one of them.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from halflife.probe._experiments import Experiments
from halflife.probe._report import Evidence
from halflife.probe._verdict import TIMES, Verdict
from halflife.probe._weight_side import by_powers, lr_evidence, lr_powers, typical, with_strength
from halflife.rules import Law

EVEN = 0.02


def forgets_evenly(ex: Experiments, reached: Any, scattered: bool, start: Verdict) -> Verdict:
    """PRECONDITIONED, a weight-side law on several copies, or UNKNOWN when the forgetting is uneven."""
    shares, uneven = ex.shares
    louder = ex.distance(strength=ex.strength, gradients=10 * ex.bench.gradients)
    forgotten = float(np.linalg.norm(ex.on_distance - ex.bench.shift))
    heard = float(np.linalg.norm(louder - ex.on_distance)) / max(forgotten, 1e-300)
    worst = float(uneven[reached].max())
    even = max(worst, heard) < EVEN and ex.free
    seen = Evidence(
        experiment="what is left of a shifted start, also under gradients ten times larger",
        outcome="an even share, deaf to the gradients" if even else "uneven, or the gradients are heard",
        numbers={"unevenness": worst, "change by gradients": heard},
    )
    evidence = [*start.evidence, seen]
    if not even:
        return replace(start, evidence=tuple(evidence))
    share = typical(shares[:, reached]) if scattered else float(np.mean(shares[0, reached]))
    in_midrun, at_start = lr_powers(ex, reached)
    evidence.append(lr_evidence(in_midrun, at_start, share))
    law = by_powers(ex, in_midrun, at_start, share, slack=0.1)
    law = Law.PRECONDITIONED if law is Law.DECOUPLED else Law.UNKNOWN
    if scattered:
        law = by_powers(ex, in_midrun, at_start, share, slack=0.35)
        evidence.append(
            Evidence(experiment="weights overwritten without regularization", outcome="other copies pull them back")
        )
    proportional, seen = with_strength(ex, reached)
    evidence.append(seen)
    law = law if proportional else Law.UNKNOWN
    power = 1 if law.value.lr_power is None else law.value.lr_power + law.value.peak_power
    formula = ex.strength * (ex.lr or 1.0) ** power
    return replace(
        start,
        law=Law.GROWTH if share < 0 and law is not Law.UNKNOWN else law,
        coefficient=share / formula,
        error=float(np.ptp(shares[:, reached] if scattered else shares[0, reached])) / 2 / formula,
        multiplied_by=TIMES.get(law, ()),
        decay=share,
        averaged=scattered,
        evidence=tuple(evidence),
    )
