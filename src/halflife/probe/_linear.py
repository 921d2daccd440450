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
KEPT = 0.01
RECURS = 1e-3


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
    if not scattered:
        carried, seen = _by_momentum(ex, reached)
        evidence.append(seen)
        law = Law.PRECONDITIONED if law is Law.DECOUPLED and carried else Law.UNKNOWN
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


def _by_momentum(ex: Experiments, reached: Any) -> tuple[bool, Evidence]:
    """Does a decay of x join a momentum μ, from the first step on and with a μ that the strength does not change?

    Then what is left of a shift moves on by Δ_{t+1} = μ·Δ_t − x·left_t.
    """
    half = replace(ex, strength=ex.strength / 2, memo={})
    (momentum, share, first, misfit), (momentum_at_half, *_) = _recurrence(ex, reached), _recurrence(half, reached)
    fits = misfit < RECURS and abs(first / share - 1) < KEPT and abs(momentum_at_half / momentum - 1) < KEPT
    return fits, Evidence(
        experiment="the steps of that forgetting, at two strengths",
        outcome="the decay joins a momentum" if fits else "no momentum that the decay joins explains them",
        numbers={"μ": momentum, "at half the strength": momentum_at_half, "first share": first, "share": share},
    )


def _recurrence(ex: Experiments, reached: Any) -> tuple[float, float, float, float]:
    """μ and x of what is left of a shift, x of its first step, and the misfit."""
    shares = ex.shares[0][:, reached].mean(axis=1)
    left = np.concatenate([[1.0], np.cumprod(1 - shares)])
    steps = np.diff(left)
    basis = np.stack([steps[:-1], -left[1:-1]], axis=1)
    scale = abs(basis).max(axis=0)
    (momentum, share), *_ = np.linalg.lstsq(basis / scale, steps[1:], rcond=None)
    missing = steps[1:] - basis / scale @ np.array([momentum, share])
    misfit = float(np.linalg.norm(missing) / np.linalg.norm(steps[1:]))
    return float(momentum / scale[0]), float(share / scale[1]), float(-steps[0]), misfit
