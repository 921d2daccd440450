"""Which argument is the regularization strength, and does anything else decay: found out by turning arguments.

A name only says where to look first. What makes an argument a strength is that the optimizer forgets its start when
the argument is turned up, and does not when it is turned off; or, for one that is called weight decay and never
makes anything be forgotten, that this is a finding about the optimizer.
"""

import re
from dataclasses import replace
from typing import Any

import numpy as np

from halflife.probe._bench import SHAPE_SETS, Bench, trace
from halflife.probe._report import SecondDecay
from halflife.probe._subject import Subject

EXPECTED = ("weight_decay", "wd", "weight_decay_rate", "decoupled_weight_decay_rate", "l2", "weight_decay_coeff")
SUSPECTED = re.compile(r"decay|^wd|_wd|l2|lambd|alpha|regular|penalt|shrink|strength")
TURNED_UP = 0.1
FORGOTTEN = 1e-6
BARELY = 1e-30
"""Nothing in any arithmetic that is done with it, and yet above zero."""


def bench_for(subject: Subject) -> Bench:
    """The first bench that the optimizer accepts.

    Raises:
        Exception: what it said about the last one.
    """
    last: Exception | None = None
    for shapes in (subject.shapes,) if subject.shapes else SHAPE_SETS:
        bench = Bench(shapes=shapes, loudness=subject.loudness)
        try:
            with np.errstate(all="ignore"):
                rows = trace(subject, bench, gradients=bench.gradients[:2])
        except Exception as error:
            last = last or error
            continue
        if np.isfinite(rows).all():
            return bench
        last = last or ArithmeticError("its weights are not finite after two steps")
    assert last is not None  # noqa: S101
    raise last


def find_strength(subject: Any, bench: Bench) -> Any:
    """The subject with its strength argument named, or as it is when no argument behaves like one."""
    named = _named(subject, bench)
    if named.strength_name is None or _starts(named, bench):
        return named
    barely = replace(named, nothing=BARELY)
    return barely if _starts(barely, bench) else named


def _starts(subject: Any, bench: Bench) -> bool:
    """Whether it lets its regularization be turned off."""
    try:
        subject.start(bench.shapes, bench.weights, strength=0.0)
    except Exception:
        return False
    return True


def _named(subject: Any, bench: Bench) -> Any:
    if subject.strength_name is not None:
        return subject
    for name in EXPECTED:
        if name in subject.knobs:
            return subject.with_strength(name)
    idle = not _forgets(subject, bench, {})
    # an optimizer that forgets nothing as it is has its strength at zero, if it has one
    suspects = [name for name, value in subject.knobs.items() if not (idle and value)]
    suspects = [name for name in suspects if subject.knobs[name] is not None or SUSPECTED.search(name)]
    for name in sorted(suspects, key=lambda name: not SUSPECTED.search(name)):
        if _forgets(subject, bench, {name: TURNED_UP}) and not _forgets(subject, bench, {name: 0.0}):
            return subject.with_strength(name)
    return subject


def second_decay(subject: Any, bench: Bench, lr: float | None) -> SecondDecay | None:
    """The share that disappears from weights without gradient while the strength is zero, and who takes it."""
    share = _share(subject, bench, lr, {})
    if share is None:
        return None
    for name, value in subject.knobs.items():
        if value and name != subject.strength_name and _share(subject, bench, lr, {name: 0.0}, missing=1.0) is None:
            return SecondDecay(decay=share, argument=name, value=value)
    return SecondDecay(decay=share, argument=None, value=None)


def _forgets(subject: Any, bench: Bench, knobs: dict[str, float]) -> bool:
    try:
        plain = trace(subject, bench, knobs=knobs)
        distance = trace(subject, bench, weights=bench.weights + bench.shift, knobs=knobs) - plain
    except Exception:
        return False
    return bool(np.isfinite(distance).all() and abs(distance - bench.shift).max() > FORGOTTEN)


def _share(
    subject: Any, bench: Bench, lr: float | None, knobs: dict[str, float], missing: float | None = None
) -> float | None:
    off = None if subject.strength_name is None else 0.0
    try:
        rows = trace(subject, bench, gradients=np.zeros_like(bench.gradients), strength=off, lr=lr, knobs=knobs)
    except Exception:
        return missing
    change = rows[2] - rows[1]
    if not rows[1].any():
        return missing
    share = -float(change @ rows[1]) / float(rows[1] @ rows[1])
    even = float(np.linalg.norm(change + share * rows[1]))
    moved = float(np.linalg.norm(change))
    return share if moved > 1e-12 and even < 1e-3 * moved else None
