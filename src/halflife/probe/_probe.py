"""One subject in, one report out."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from halflife._errors import BadInput
from halflife.probe._bench import Bench
from halflife.probe._conduct import (
    gradient_changed,
    groups_mixed_up,
    missed,
    precisions,
    reached_tensors,
    sparse_gradient,
    without_gradient,
)
from halflife.probe._decide import decide
from halflife.probe._experiments import Experiments
from halflife.probe._holding import WARMED, Warmed, held, warmed
from halflife.probe._momentum import slow_decay
from halflife.probe._report import Defect, Evidence, LawReport
from halflife.probe._strength import bench_for, find_strength, second_decay
from halflife.probe._verdict import FITS, Verdict
from halflife.rules import Law

OTHERWISE = {
    "sparse": "sparsely",
    "grad_fn": "differentiably",
    "create_graph": "differentiably",
    "double": "in_single",
    "float64": "in_single",
    "dtype": "in_single",
}
"""What an optimizer says when it refuses plain gradients or double precision, and how it is run then."""
SEEDS = (0, 50)
PROBING_STRENGTHS = (0.1, 10.0)
"""Tried in turn until something shows."""
SMALLEST_PROBING_LR = 1e-3
STEADY = 0.05
"""How far a coefficient that shows after a warm-up only may vary and be believed."""
TYPICAL_STRENGTH = 0.01
"""Stands in for a configured strength of zero where an effect has to be looked at."""


def probe_subject(subject: Any) -> LawReport:
    """Find the law of one subject.

    Raises:
        BadInput: it cannot be stepped on fresh parameters; the message says what it asked for.
    """
    name = subject.name
    with np.errstate(all="ignore"), subject.session():
        try:
            bench = bench_for(subject)
        except Exception as error:
            asked = [how for word, how in OTHERWISE.items() if word in str(error).lower() and hasattr(subject, how)]
            if not asked:
                raise BadInput(_unusable(name, error)) from error
            subject = getattr(subject, asked[0])()
            try:
                bench = bench_for(subject)
            except Exception:
                raise BadInput(_unusable(name, error)) from error
        try:
            return _probe(find_strength(subject, bench), bench)
        except BadInput:
            raise
        except Exception as error:
            raise BadInput(_unusable(name, error)) from error


def _probe(subject: Any, bench: Bench) -> LawReport:
    lr = subject.lr if subject.lr is None else max(subject.lr, SMALLEST_PROBING_LR)
    known: dict[str, Any] = {
        "name": subject.name,
        "lr": subject.lr,
        "strength": subject.strength,
        "strength_name": subject.strength_name,
    }
    second = second_decay(subject, bench, lr)
    knobs = {second.argument: 0.0} if second and second.argument else {}
    if second:
        known["second_decay"] = second
    if subject.strength_name is None:
        return _without_argument(subject, bench, lr, known)
    ex = _experiments(subject, bench, lr, knobs)
    if ex is None:
        return LawReport(
            **known,
            law=Law.UNKNOWN,
            evidence=(Evidence(experiment=f"{subject.strength_name} turned up", outcome="the optimizer refuses"),),
        )
    reached = reached_tensors(ex)
    if not reached.any():
        ex = replace(ex, subject=warmed(subject), memo={})
        reached = reached_tensors(ex)
    if not reached.any():
        return LawReport(
            **known,
            law=Law.NONE,
            decay=0.0,
            defects=(Defect.NO_EFFECT,),
            evidence=(
                Evidence(
                    experiment=f"{subject.strength_name} from 0 to {ex.strength:g}",
                    outcome=f"every weight stays where its twin is, at first and after {WARMED} steps",
                    numbers={"largest effect": float(ex.reach.max())},
                ),
            ),
        )
    ex, verdict = _decided(ex, reached)
    if verdict.law is Law.UNKNOWN:
        verdict = replace(verdict, order=None, coefficient=None, error=None, multiplied_by=())
    return _report(ex, reached, verdict, known)


def _experiments(subject: Any, bench: Bench, lr: float | None, knobs: dict[str, float]) -> Experiments | None:
    found = None
    coarse = getattr(subject, "widest", "float64") != "float64"
    for seed, strength in product(SEEDS, PROBING_STRENGTHS[::-1] if coarse else PROBING_STRENGTHS):
        seeded = replace(bench, seed=seed)
        ex = Experiments(subject=subject, bench=seeded, strength=strength, lr=lr, knobs=knobs)
        try:
            shows = bool((ex.reach > max(30 * ex.noise, 1e-12)).any()) and bool(np.isfinite(ex.on).all())
        except Exception:  # noqa: S112 - the optimizer refuses this strength; the next may do
            continue
        found = ex if found is None or shows else found
        if shows:
            break
    return found


def _decided(ex: Experiments, reached: Any) -> tuple[Experiments, Verdict]:
    """The law, and the experiments that gave it: of an optimizer that has just begun, or has steps behind it."""
    verdict = _once(ex, reached)
    if verdict.law is not Law.UNKNOWN or isinstance(ex.subject, Warmed) or ex.subject.lr is None:
        return ex, verdict
    later = replace(ex, subject=warmed(ex.subject), memo={})
    try:
        again = _once(later, reached)
    except Exception:
        return ex, verdict
    if again.law is Law.UNKNOWN or (again.error or 0.0) > STEADY * abs(again.coefficient or 1.0):
        return ex, verdict
    seen = Evidence(experiment=f"the same after {WARMED} steps", outcome=f"then it is {again.law}, from the first not")
    return later, replace(again, evidence=(*verdict.evidence, seen, *again.evidence))


def _once(ex: Experiments, reached: Any) -> Verdict:
    shown = reached & (ex.reach > max(30 * ex.noise, 1e-12))
    if not shown.any():
        return Verdict(law=Law.UNKNOWN)
    verdict = decide(ex, shown)
    try:
        return held(ex, shown, verdict)
    except Exception as error:  # not every optimizer can be taken to large weights or along a schedule
        seen = Evidence(experiment="elsewhere and for long", outcome=f"not to be had: {type(error).__name__}")
        return replace(verdict, evidence=(*verdict.evidence, seen))


def _report(ex: Experiments, reached: Any, verdict: Verdict, known: dict[str, Any]) -> LawReport:
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
    times, batch = by_batch_rows(ex, reached, verdict)
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


def by_batch_rows(ex: Experiments, reached: Any, verdict: Verdict) -> tuple[tuple[str, ...], Evidence | None]:
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


def _without_argument(subject: Any, bench: Bench, lr: float | None, known: dict[str, Any]) -> LawReport:
    ex = Experiments(subject=subject, bench=bench, strength=0.0, lr=lr, knobs={})
    change = float(abs(ex.off_distance - bench.shift).max())
    evidence = Evidence(
        experiment="two runs from starts a distance apart, on the same gradients",
        outcome="the distance stays: nothing is forgotten" if ex.free else "the distance changes",
        numbers={"change": change},
    )
    law = Law.NONE if ex.free and "second_decay" not in known else Law.UNKNOWN
    return LawReport(**known, law=law, decay=0.0 if law is Law.NONE else None, evidence=(evidence,))


def merged(name: str, reports: tuple[LawReport, ...]) -> LawReport:
    """One report for a live optimizer: its only distinct group's, or a common roof over several."""
    if len(reports) == 1:
        return reports[0]
    laws = {report.law for report in reports}
    roof = Evidence(
        experiment=f"{len(reports)} distinct parameter groups", outcome=", ".join(f"{r.name} {r.law}" for r in reports)
    )
    first = replace(reports[0], name=name, evidence=(roof, *reports[0].evidence), groups=reports)
    return first if len(laws) == 1 else LawReport(name=name, law=Law.UNKNOWN, evidence=(roof,), groups=reports)


def _unusable(name: str, error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    if "closure" in text.lower():
        return f"{name} needs a closure that evaluates the loss again: it cannot step on given gradients alone."
    return f"{name} cannot be stepped on fresh parameters with given gradients: {type(error).__name__}: {text}"
