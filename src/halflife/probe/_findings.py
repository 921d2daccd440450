"""From the law to the report: what else is asked once it is known, and what is wrong."""

from dataclasses import replace
from typing import Any

import numpy as np

from halflife.probe._bench import Bench
from halflife.probe._conduct import (
    gradient_changed,
    groups_mixed_up,
    missed,
    precisions,
    sparse_gradient,
    without_gradient,
)
from halflife.probe._experiments import Experiments
from halflife.probe._holding import LONG, WARMED
from halflife.probe._momentum import slow_decay
from halflife.probe._report import Defect, Evidence, LawReport
from halflife.probe._verdict import FITS, Verdict
from halflife.rules import Law

TYPICAL_STRENGTH = 0.01
"""Stands in for a configured strength of zero where an effect has to be looked at."""


def report_of(ex: Experiments, reached: Any, verdict: Verdict, known: dict[str, Any]) -> LawReport:
    subject = ex.subject
    evidence = list(verdict.evidence)
    defects = list(verdict.defects)
    spared, partial, seen = missed(ex.bench, reached)
    if partial:
        defects.append(Defect.PARTIAL_REACH)
    evidence += [] if seen is None else [seen]
    law_defects = {Law.GROWTH: Defect.GROWTH, Law.SUBTRACTED_CONSTANT: Defect.SUBTRACTED_CONSTANT}
    if verdict.law in law_defects and law_defects[verdict.law] not in defects:
        defects.append(law_defects[verdict.law])
    times, batch = _by_batch_rows(ex, reached, verdict)
    evidence += [] if batch is None else [batch]
    absent, zero = without_gradient(ex)
    # plain SGD walks the same path with either door: what a group does is then asked of the door that was found
    penalty = bool(ex.as_l2.misfit[reached].max() < FITS) and verdict.law in (Law.L2, Law.GROWTH)
    mixed = None if partial else groups_mixed_up(ex, verdict.law, penalty=penalty)
    if mixed is not None:
        defects.append(Defect.WRONG_GROUP)
        evidence.append(mixed)
    strength = subject.strength or TYPICAL_STRENGTH
    decay = _configured_decay(ex, verdict, strength)
    first = decay
    if decay is not None and verdict.every > 1:
        decay = float(-np.expm1(np.log1p(-decay) / verdict.every)) if decay < 1 else None
    if verdict.momentum is not None and subject.lr is not None:
        momentum, gain = verdict.momentum
        pull = subject.lr * strength * (verdict.coefficient or 0.0) * gain * (1 - momentum)
        decay = slow_decay(pull, momentum)
    kept, lost = precisions(ex, reached, strength, first, known=verdict.law is not Law.UNKNOWN and verdict.repeats)
    if lost is not None:
        defects.append(Defect.LOST_IN_PRECISION)
        evidence.append(lost)
    drowned = [dtype for dtype, share in kept.items() if share is not None and np.isnan(share)]
    if drowned:
        outcome = f"in {', '.join(drowned)} rounding moves the weights more than the decay does"
        evidence.append(Evidence(experiment="the configured strength in lower precision", outcome=outcome))
    return LawReport(
        **known,
        law=verdict.law,
        order=verdict.order,
        coefficient=verdict.coefficient,
        averaged=verdict.averaged,
        every=verdict.every,
        error=verdict.error,
        multiplied_by=times,
        enters_momentum=verdict.enters_momentum,
        enters_preconditioner=verdict.enters_preconditioner,
        spares_vectors=spared,
        missed=tuple(shape for shape, hit in zip(ex.bench.shapes, reached, strict=True) if not hit),
        none_gradient=absent,
        zero_gradient=zero,
        sparse_gradient=sparse_gradient(ex),
        changes_gradient=gradient_changed(ex),
        precision=kept,
        decay=None
        if verdict.law is Law.UNKNOWN
        else decay
        if subject.strength
        else (0.0 if decay is not None else None),
        defects=tuple(defects),
        evidence=tuple(evidence),
    )


def no_effect(ex: Experiments, known: dict[str, Any]) -> LawReport:
    """No weight with a gradient is reached: a defect, unless those without are."""
    absent, zero = without_gradient(ex)
    idle = absent == "decayed" or zero == "decayed"
    seen = Evidence(
        experiment=f"{ex.subject.strength_name} from 0 to {ex.strength:g}",
        outcome=f"every weight stays where its twin is: at first, after {WARMED} steps, for {LONG}, in large matrices",
        numbers={"largest effect": float(ex.reach.max())},
    )
    alone = Evidence(experiment="the same without gradients", outcome="then weights are decayed, and then alone")
    return LawReport(
        **known,
        law=Law.UNKNOWN if idle else Law.NONE,
        decay=None if idle else 0.0,
        none_gradient=absent,
        zero_gradient=zero,
        defects=() if idle else (Defect.NO_EFFECT,),
        evidence=(seen, alone) if idle else (seen,),
    )


def without_argument(subject: Any, bench: Bench, lr: float | None, known: dict[str, Any]) -> LawReport:
    ex = Experiments(subject=subject, bench=bench, strength=0.0, lr=lr, knobs={})
    change = float(abs(ex.off_distance - bench.shift).max())
    evidence = Evidence(
        experiment="two runs from starts a distance apart, on the same gradients",
        outcome="the distance stays: nothing is forgotten" if ex.free else "the distance changes",
        numbers={"change": change},
    )
    law = Law.NONE if ex.free and "second_decay" not in known else Law.UNKNOWN
    return LawReport(**known, law=law, decay=0.0 if law is Law.NONE else None, evidence=(evidence,))


def _by_batch_rows(ex: Experiments, reached: Any, verdict: Verdict) -> tuple[tuple[str, ...], Evidence | None]:
    """Is the strength divided by the rows of the batch, where there is a batch?"""
    larger = ex.subject.with_larger_batch()
    if larger is None or verdict.coefficient is None:
        return verdict.multiplied_by, None
    doubled = replace(ex, subject=larger)
    ratio = float(np.median(doubled.as_l2.size[reached])) / ex.strength / verdict.coefficient
    divided = abs(ratio - 0.5) < 0.01
    times = (*verdict.multiplied_by, "1/batch rows") if divided else verdict.multiplied_by
    seen = Evidence(
        experiment="every row of the batch twice",
        outcome="half the λ: it is divided by the rows" if divided else "the same λ",
        numbers={"ratio": ratio},
    )
    return times, seen


def _configured_decay(ex: Experiments, verdict: Verdict, strength: float) -> float | None:
    """α at the configured lr and strength, from α at the probing ones and the law's own dependence on both."""
    if verdict.decay is None:
        return None
    ratio = strength / ex.strength
    lr = ex.subject.lr
    if lr is not None and ex.lr and lr != ex.lr:
        power = verdict.law.value.lr_power
        whole = 1 if power is None else power + verdict.law.value.peak_power
        ratio *= (lr / ex.lr) ** whole
    if verdict.law is Law.PROXIMAL:
        amount = verdict.decay / (1 - verdict.decay) * ratio
        return amount / (1 + amount)
    return verdict.decay * ratio
