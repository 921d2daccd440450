"""Where else to look at an optimizer whose law does not show at first, and what is to be seen there.

Gradients may be clipped before a penalty joins them; then a twin that is handed both has the penalty clipped, too, but
not while they are quiet. A strength above zero may switch on more than a decay, as a trust ratio that is spared without
it; then the twin must have the smallest strength and not none. Gradients may be centralized before a penalty joins,
and what a twin is handed with them, too; but that is little where steps are small beside weights. And a decay of the
first steps alone is gone once some steps are behind.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from halflife.probe._experiments import Experiments
from halflife.probe._holding import GONE, LARGE, LONG, WARMED, warmed
from halflife.probe._report import Defect, Evidence
from halflife.probe._strength import BARELY
from halflife.probe._verdict import Verdict
from halflife.rules import Law

QUIET = 1e-4
"""At weights a hundred times as large a penalty is still far from what anybody clips."""
NEARLY = 0.02
"""A penalty that leaves so little unexplained is worth another look."""

Laws = frozenset[Law]
PENALTY: Laws = frozenset({Law.L2})
"""What bounds a gradient does not bound a share, so a share that shows under quiet gradients alone obeys no law."""
ANY: Laws = frozenset(Law) - {Law.UNKNOWN}

Decided = Callable[[Experiments, Any], tuple[Experiments, Verdict]]


def otherwise(ex: Experiments, reached: Any, verdict: Verdict, decided: Decided) -> tuple[Experiments, Verdict]:
    """The law in the first of these places that has one, and the experiments there; else the verdict as it was."""
    for said, place, laws, coefficient in _places(ex, reached, verdict):
        try:
            there, found = decided(place, reached)
        except Exception:  # noqa: S112 - an optimizer that refuses this place shows nothing in it
            continue
        same = coefficient is None or abs((found.coefficient or 0.0) / coefficient - 1) < NEARLY
        if same and found.law in laws:
            seen = Evidence(experiment=said, outcome=f"then it is {found.law}")
            decay = None if found.decay is None else found.decay * ex.strength / there.strength
            found = replace(found, decay=decay, evidence=(*verdict.evidence, seen, *found.evidence))
            # what else is asked, such as what a precision keeps, is asked of ordinary weights
            bench = replace(there.bench, size=ex.bench.size)
            return replace(there, bench=bench, strength=ex.strength, memo={}), found
    return ex, _stopped(ex, reached, verdict) if verdict.law is Law.UNKNOWN else verdict


def _places(ex: Experiments, reached: Any, verdict: Verdict) -> Iterator[tuple[str, Experiments, Laws, float | None]]:
    """What each is, the experiments there, the laws that may show there alone, and the coefficient if it is known."""
    quiet = replace(ex.bench, loudness=QUIET * ex.bench.loudness)
    said = "gradients and penalty ten thousand times as quiet, so that nothing bounds them"
    yield said, replace(ex, bench=quiet, strength=QUIET * ex.strength, memo={}), PENALTY, verdict.coefficient
    if verdict.law is not Law.UNKNOWN:
        return
    barely = replace(ex, subject=replace(ex.subject, nothing=BARELY), memo={})
    if ex.subject.nothing == 0 and abs(barely.off - ex.off).max() > ex.noise:
        yield "any strength above zero changes the steps: compared with the smallest instead of none", barely, ANY, None
    if ex.as_l2.misfit[reached].max() < NEARLY:
        large = replace(ex.bench, size=LARGE * ex.bench.size)
        said = "weights a hundred times as large, their penalty as large as before"
        size = float(np.median(ex.sense * ex.as_l2.size[reached])) / ex.strength
        yield said, replace(ex, bench=large, strength=ex.strength / LARGE, memo={}), PENALTY, size


def _stopped(ex: Experiments, reached: Any, verdict: Verdict) -> Verdict:
    """The verdict, and that nothing is left after some steps, wherever they were taken, though steps are taken."""
    try:
        at_zero, on_its_way = warmed(ex.subject), warmed(ex.subject, LONG, away=None)
        gone = all(_gone(replace(ex, subject=later, memo={}), ex, reached) for later in (at_zero, on_its_way))
    except Exception:
        return verdict
    if not gone:
        return verdict
    seen = Evidence(experiment=f"the same after {WARMED} and after {LONG} steps", outcome="nothing is left of it")
    return replace(verdict, defects=(*verdict.defects, Defect.STOPS), evidence=(*verdict.evidence, seen))


def _gone(later: Experiments, ex: Experiments, reached: Any) -> bool:
    silent = later.reach[reached] <= max(30 * ex.noise, GONE * float(ex.reach[reached].max()))
    path, before = (float(np.linalg.norm(np.diff(each.off, axis=0))) for each in (later, ex))
    return bool(silent.all() and path > GONE * before)
