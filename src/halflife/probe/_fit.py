"""The arithmetic of two runs: how large is the one hypothesis that is tried, and how much does it leave unexplained?

All of it is tensor by tensor: `parts` says where each lies in the flat array of weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from halflife.probe._subject import Floats

ROUNDS = 6
"""Tries at the size of a fitted λ or α."""
ENOUGH = 1e-7
SETTLED = 0.01
"""A next change of the size that is this much smaller than the misfit is not what is missing."""
Parts = Sequence[slice]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How well a hypothesis predicts the effect.

    Attributes:
        size: the fitted λ or α of each tensor.
        misfit: ‖effect − prediction‖ / ‖effect‖ of each tensor, over all steps.
    """

    size: Floats
    misfit: Floats


def misfit(parts: Parts, prediction: Floats, effect: Floats) -> Floats:
    """‖effect − prediction‖ / ‖effect‖; infinite where there is no effect."""

    def of(part: slice) -> float:
        size = float(np.linalg.norm(effect[:, part]))
        return float(np.linalg.norm((effect - prediction)[:, part])) / size if size else np.inf

    return np.array([of(part) for part in parts])


def fitted(parts: Parts, predict: Callable[[Floats], Floats], first: Floats, effect: Floats) -> Fit:
    """Scale `first`, by secants in the logarithm, until the prediction is as large as the effect; keep the best."""
    size, best = first, Fit(size=first, misfit=np.full(len(first), np.inf))
    slope, last = np.ones(len(first)), None
    for _ in range(ROUNDS):
        prediction = predict(size)
        left = misfit(parts, prediction, effect)
        better = left < best.misfit
        best = Fit(size=np.where(better, size, best.size), misfit=np.where(better, left, best.misfit))
        if np.all((best.misfit < ENOUGH) | ~np.isfinite(best.misfit)):
            break
        short = np.array([scale_of(effect[:, part], prediction[:, part]) for part in parts])
        off = np.log(np.clip(short, 0.1, 10.0))
        if last is not None:
            moved = np.log(abs(size / last[0]))
            steep = (last[1] - off) / np.where(moved == 0, 1.0, moved)
            slope = np.where(np.isfinite(steep) & (moved != 0), np.clip(steep, 0.1, 2.0), slope)
        last = (size, off)
        step = np.clip(off / slope, -3.0, 3.0)
        if np.all((abs(step) < SETTLED * best.misfit) | ~np.isfinite(best.misfit)):
            break
        size = size * np.exp(step)
    return best


def shares_of(parts: Parts, shift: Floats, distance: Floats) -> tuple[Floats, Floats]:
    """α of each step and tensor from what is left of a shift, and how uneven it is within a tensor."""
    left = np.stack([distance[:, p] @ shift[p] / (shift[p] @ shift[p]) for p in parts], axis=1)

    def uneven(j: int, part: slice) -> float:
        forgotten = float(np.linalg.norm(distance[:, part] - shift[part]))
        return float(np.linalg.norm(distance[:, part] - np.outer(left[:, j], shift[part]))) / max(forgotten, 1e-300)

    return 1 - left[1:] / left[:-1], np.array([uneven(j, p) for j, p in enumerate(parts)])


def plane(parts: Parts, effect: Floats, step: Floats, start: Floats, noise: float) -> tuple[Floats, Floats, Floats]:
    """An effect as a·step + b·start: a, b and the misfit."""
    a, b, left = [], [], []
    for part in parts:
        basis = np.stack([step[part], start[part]], axis=1)
        scale = np.linalg.norm(basis, axis=0)
        found = np.zeros(2)
        if scale.min() > 0 and abs(effect[part]).max() > noise:
            found = np.linalg.lstsq(basis / scale, effect[part], rcond=None)[0] / scale
        size = float(np.linalg.norm(effect[part]))
        a.append(found[0])
        b.append(found[1])
        left.append(float(np.linalg.norm(effect[part] - basis @ found)) / size if size > noise else np.inf)
    return np.array(a), np.array(b), np.array(left)


def scale_of(effect: Floats, prediction: Floats) -> float:
    """What the prediction is to be multiplied by to come as close to the effect as it can."""
    size = float((prediction * prediction).sum())
    return float((effect * prediction).sum()) / size if size else 1.0
