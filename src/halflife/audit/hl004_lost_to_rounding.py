"""HL004."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._training import Group, Training
from halflife.audit._words import percent
from halflife.rules import Law

GONE = 0.05
LOST = 0.5
LOW = ("float32", "bfloat16", "float16")


class LostToRounding(Check):
    """Lost to rounding.

    The group's optimizer is run on fresh parameters in the dtype of its own, and in float64, at its peak lr and its
    strength, with and without decay. If less than half of the decay's effect is left in the dtype, that is a
    warning; under 5 %, an error.

    Why: a relative change below half the gap between neighbouring numbers is rounded away; in bfloat16 that is any
    decay below 0.2 % a step, however many steps are taken.

    Advice: keep float32 master weights (autocast instead of a model in bfloat16), or let the optimizer carry what
    rounding takes: Kahan summation, stochastic rounding, or halflife.regularize.

    Example: AdamW on a model in bfloat16 at lr 1e-3 and weight_decay 1: after 1000 steps nothing has decayed.
    """

    def find(self, training: Training) -> Iterator[Finding | Skipped]:
        """One finding a group and dtype."""
        if training.regularized and not training.subjects:
            yield self.skip("needs a torch optimizer whose law is known")
            return
        measured: dict[Any, float | None] = {}
        for group in training.regularized:
            for dtype in sorted({p.dtype for p in group.members if p.dtype in LOW and group.acts_on(p)}):
                key = (group.lr, group.strength, dtype, group.report.name)
                if key not in measured:
                    measured[key] = _left(training.subjects[group.index], group, dtype)
                left = measured[key]
                if left is None:
                    yield self.skip(f"needs an optimizer that can be run in {dtype} on weights of that dtype alone")
                elif left < LOST and group.law is not Law.UNKNOWN:
                    yield self.finding(
                        Severity.ERROR if left < GONE else Severity.WARNING,
                        group.where,
                        f"in {dtype}, {percent(left)} of the decay is left at {group.report.strength_name}="
                        f"{group.strength:g}, lr {group.lr:g}.",
                        f"halflife.regularize(optimizer, decay={group.decay:.3g})" if group.decay else "",
                    )


def _left(subject: Any, group: Group, dtype: str) -> float | None:
    """The effect of decay in this dtype over that in float64, as a projection; None where it cannot be run."""
    from halflife.probe._bench import Bench, trace

    bench = Bench(shapes=((8, 6), (8, 6)))
    effects = []
    for precision in ("float64", dtype):
        try:
            with subject.session():
                on, off = (
                    trace(subject, bench, lr=group.lr, strength=strength, dtype=precision)
                    for strength in (group.strength, 0.0)
                )
        except (RuntimeError, NotImplementedError, TypeError):
            return None
        with np.errstate(invalid="ignore"):
            effects.append(on - off)
    whole, left = effects
    size = float((whole * whole).sum())
    if not np.isfinite(left).all():
        return None
    if not size:
        return 0.0
    share = float((left * whole).sum()) / size
    # an effect that has mostly another direction is noise of the rounding
    return 0.0 if np.linalg.norm(left - share * whole) > np.sqrt(size) else max(0.0, share)
