"""One subject in, one report out."""

from contextlib import ExitStack
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from halflife._errors import BadInput
from halflife.probe._bench import LARGE_SHAPES, Bench
from halflife.probe._conduct import reached_tensors
from halflife.probe._decide import decide
from halflife.probe._experiments import EVERY_STEP, Experiments
from halflife.probe._findings import no_effect, report_of, without_argument
from halflife.probe._holding import LONG, WARMED, Warmed, held, of_length, warmed
from halflife.probe._otherwise import otherwise
from halflife.probe._report import Evidence, LawReport
from halflife.probe._strength import bench_for, find_strength, second_decay
from halflife.probe._verdict import FITS, Verdict
from halflife.rules import Law, Order

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
PROBING_STRENGTHS = (0.1, 10.0, 0.01)
"""Tried in turn until something shows, the largest first where numbers are coarse."""
SMALLEST_PROBING_LR = 1e-3
STEADY = 0.05
"""How far a coefficient that shows after a warm-up only may vary and be believed."""


def probe_subject(subject: Any) -> LawReport:
    """Find the law of one subject.

    Raises:
        BadInput: it cannot be stepped on fresh parameters; the message says what it asked for.
    """
    name = subject.name
    with np.errstate(all="ignore"), ExitStack() as sessions:
        sessions.enter_context(subject.session())
        try:
            bench = bench_for(subject)
        except Exception as error:
            asked = [how for word, how in OTHERWISE.items() if word in str(error).lower() and hasattr(subject, how)]
            if not asked:
                raise BadInput(_unusable(name, error)) from error
            subject = getattr(subject, asked[0])()
            sessions.enter_context(subject.session())
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
        return without_argument(subject, bench, lr, known)
    ex = _experiments(subject, bench, lr, knobs)
    if ex is None:
        return LawReport(
            **known,
            law=Law.UNKNOWN,
            evidence=(Evidence(experiment=f"{subject.strength_name} turned up", outcome="the optimizer refuses"),),
        )
    reached = reached_tensors(ex)
    if not reached.any():
        ex, reached = _elsewhere(ex)
    if not reached.any():
        return no_effect(ex, known)
    ex, verdict = _decided(ex, reached)
    if verdict.law is Law.UNKNOWN and not verdict.defects:
        ex, reached, verdict, vectors = _apart(ex, reached, verdict)
        known |= {"vectors": vectors}
    if verdict.law in (Law.UNKNOWN, Law.PRECONDITIONED) and not verdict.defects:
        ex, verdict = otherwise(ex, reached, verdict, _decided)
    if verdict.law is Law.UNKNOWN:
        nothing: dict[str, Any] = {"order": None, "coefficient": None, "error": None, "multiplied_by": ()}
        verdict = replace(verdict, **nothing, acting=EVERY_STEP)
    return report_of(ex, reached, verdict, known)


def _elsewhere(ex: Experiments) -> tuple[Experiments, Any]:
    """Where regularization shows that does not at first: after some steps, in a long run, or on large matrices."""
    places = [replace(ex, subject=warmed(ex.subject), memo={}), of_length(ex, LONG)]
    if not ex.subject.shapes:
        places.append(replace(ex, bench=replace(ex.bench, shapes=LARGE_SHAPES), memo={}))
    for place in places:
        try:
            reached = reached_tensors(place)
        except Exception:  # noqa: S112 - an optimizer that refuses this place is not reached in it
            continue
        if reached.any():
            return place, reached
    return ex, reached_tensors(ex)


def _experiments(subject: Any, bench: Bench, lr: float | None, knobs: dict[str, float]) -> Experiments | None:
    found = None
    coarse = subject.widest != "float64"
    strengths = sorted(PROBING_STRENGTHS, reverse=True) if coarse else PROBING_STRENGTHS
    for seed, strength in product(SEEDS, strengths):
        seeded = replace(bench, seed=seed)
        ex = Experiments(subject=subject, bench=seeded, strength=strength, lr=lr, knobs=knobs)
        try:
            shows = bool(_shown(ex).any()) and bool(np.isfinite(ex.on).all())
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
    for away in (0.0, None):
        later = replace(ex, subject=warmed(ex.subject, away=away), memo={})
        try:
            again = _once(later, reached) if _shown(later)[reached].all() else verdict
        except Exception:  # noqa: S112 - not every optimizer lets its strength be changed in mid-run
            continue
        if again.law is Law.UNKNOWN or not _steady(again):
            continue
        elsewhere = replace(ex, subject=warmed(ex.subject, away=1.0), memo={})
        if away is not None and not again.penalty and _anchored(later, elsewhere, reached):
            continue
        said = f"then it is {again.law}, from the first not"
        seen = Evidence(experiment=f"the same after {WARMED} steps", outcome=said)
        return later, replace(again, evidence=(*verdict.evidence, seen, *again.evidence))
    return ex, verdict


def _steady(verdict: Verdict) -> bool:
    """Whether its coefficient may be believed, though it shows after a warm-up only; a mean over copies varies."""
    return verdict.averaged or (verdict.error or 0.0) <= STEADY * abs(verdict.coefficient or 1.0)


def _anchored(zero: Experiments, away: Experiments, reached: Any) -> bool:
    """Whether what looks like a share after a warm-up at zero is a pull to where the weights were then."""
    near, far = (min(float(ex.as_decay(order).misfit[reached].max()) for order in Order) for ex in (zero, away))
    return near < FITS <= far


def _apart(ex: Experiments, reached: Any, verdict: Verdict) -> tuple[Experiments, Any, Verdict, Law | None]:
    """The law of matrices alone, where 1-D parameters obey another, and that one."""
    flat = np.array([len(shape) < 2 for shape in ex.bench.shapes])
    if ex.subject.shapes or not _differ(ex, reached & flat, reached & ~flat):
        return ex, reached, verdict, None
    try:
        found, there = _decided(ex.on_shapes(~flat), reached[~flat])
        if there.law is Law.UNKNOWN:
            return ex, reached, verdict, None
        _, beside = _decided(ex.on_shapes(flat), reached[flat])
    except Exception:
        return ex, reached, verdict, None
    seen = Evidence(experiment="1-D parameters by themselves", outcome=f"they obey another law, {beside.law}")
    return found, reached[~flat], replace(there, evidence=(*there.evidence, seen)), beside.law


def _differ(ex: Experiments, vectors: Any, matrices: Any) -> bool:
    """Whether a hypothesis is true of all the tensors of one kind and not of all those of the other."""
    if isinstance(ex.subject, Warmed) or not (vectors.any() and matrices.any()):
        return False
    misfits = (ex.as_l2.misfit, *(ex.as_decay(order).misfit for order in Order))
    return any((m[vectors].max() < FITS) != (m[matrices].max() < FITS) for m in misfits)


def _shown(ex: Experiments) -> Any:
    """Which tensors show an effect at the probing strength."""
    return ex.reach > max(30 * ex.noise, 1e-12)


def _once(ex: Experiments, reached: Any) -> Verdict:
    shown = reached & _shown(ex)
    if not shown.any():
        return Verdict(law=Law.UNKNOWN)
    verdict = decide(ex, shown)
    try:
        return held(ex, shown, verdict)
    except Exception as error:  # not every optimizer can be taken to large weights or along a schedule
        seen = Evidence(experiment="elsewhere and for long", outcome=f"not to be had: {type(error).__name__}")
        return replace(verdict, evidence=(*verdict.evidence, seen))


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
