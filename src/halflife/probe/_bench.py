"""The bench that every optimizer is put on: a few small tensors, planned gradients, and one way to run it.

A run is written down as an array of shape (steps + 1, weights), all tensors laid end to end in float64, so that an
experiment is arithmetic on arrays. The gradients are planned: they do not depend on the weights, so an optimizer
without regularization forgets nothing. Two runs that start a distance apart stay that distance apart, and what
becomes of the distance is the decay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import prod

import numpy as np

from halflife.probe._subject import Floats, Setting, Shape, Subject

STEPS = 12
"""Steps of an ordinary run: long enough for the moments to matter, lr being changed half-way."""

SHAPE_SETS: tuple[tuple[Shape, ...], ...] = (
    ((4, 3), (4,), (3, 2, 2, 2), (4, 3), (4,)),
    ((4, 3), (4,), (4, 3), (4,)),
    ((4, 3), (4, 3)),
    ((8,), (8,)),
)
"""What is tried in turn, until an optimizer accepts one: a matrix and a vector come twice, so that what is spared for
its shape and what is missed by mistake look different."""
LARGE_SHAPES: tuple[Shape, ...] = ((140, 130), (140,), (140, 130), (140,))
"""For optimizers that leave smaller matrices to another one."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The tensors and the plan of a run.

    Attributes:
        shapes: one for each parameter.
        steps: length of the plan.
        seed: of the planned numbers.
        loudness: what the gradients are multiplied by.
        size: what the weights, and the shift, are multiplied by.
    """

    shapes: tuple[Shape, ...]
    steps: int = STEPS
    seed: int = 0
    loudness: float = 1.0
    size: float = 1.0

    @cached_property
    def parts(self) -> tuple[slice, ...]:
        """Where each tensor lies in the flat array."""
        ends = np.cumsum([0, *(prod(shape) for shape in self.shapes)])
        return tuple(slice(int(a), int(b)) for a, b in pairwise(ends))

    @cached_property
    def weights(self) -> Floats:
        """Start: of either sign, over a range of magnitudes, rows without mean.

        Rows without mean, here and in the gradients, make it all one whether an optimizer centralizes its gradient
        before or after a penalty has joined.
        """
        return self.size * self._plan(0.05, 1.5, self.seed)

    @cached_property
    def shift(self) -> Floats:
        """How far the second start lies from the first; it changes the sign of some weights."""
        return self.size * self._plan(0.3, 1.0, self.seed + 1)

    @property
    def halved(self) -> tuple[float, ...]:
        """A schedule of lr that is half as high in the second half."""
        return (1.0,) * (self.steps // 2) + (0.5,) * (self.steps - self.steps // 2)

    @cached_property
    def gradients(self) -> Floats:
        """One row a step: a mean of its own for each weight, over magnitudes, and noise about it; norm below 1."""
        mean = self._plan(0.002, 0.08, self.seed + 2)
        noise = np.stack([self._plan(0.2, 1.0, self.seed + 3 + t) for t in range(self.steps)])
        gradients: Floats = self.loudness * (mean + 0.4 * abs(mean) * noise)
        return gradients

    def _plan(self, low: float, high: float, seed: int) -> Floats:
        return _planned(self.shapes, low, high, seed)


@lru_cache(maxsize=256)
def _planned(shapes: tuple[Shape, ...], low: float, high: float, seed: int) -> Floats:
    """Numbers of either sign between these magnitudes, where there are rows without their mean; not to be written."""
    random = np.random.default_rng(seed)
    size = sum(prod(shape) for shape in shapes)
    values: Floats = np.exp(random.uniform(np.log(low), np.log(high), size)) * random.choice([-1.0, 1.0], size)
    start = 0
    for shape in shapes:
        if len(shape) > 1:
            rows = values[start : start + prod(shape)].reshape(shape[0], -1)
            rows -= rows.mean(axis=1, keepdims=True)
        start += prod(shape)
    values.flags.writeable = False
    return values


def trace(
    subject: Subject,
    bench: Bench,
    *,
    weights: Floats | None = None,
    gradients: Floats | None = None,
    lr: Setting = None,
    schedule: Sequence[float] | None = None,
    strength: Setting = None,
    l2: Floats | float = 0.0,
    absent: bool = False,
    dtype: str = "float64",
    knobs: Mapping[str, float] | None = None,
) -> Floats:
    """Run the plan and return the weights after 0, 1, 2, ... steps.

    Args:
        subject: the optimizer.
        bench: the tensors and the plan.
        weights: another start.
        gradients: another plan, one row a step.
        lr: at construction.
        schedule: what lr is multiplied by in each step; as at construction when None.
        strength: of the optimizer's own regularization.
        l2: λ of a penalty that is added to the planned gradients from outside, as (λ/2)‖w‖² would.
        absent: no gradient at all, `None` in torch.
        dtype: the precision to run in.
        knobs: other arguments of the optimizer.
    """
    plan = bench.gradients if gradients is None else gradients
    run = subject.start(
        bench.shapes,
        bench.weights if weights is None else weights,
        lr=lr,
        strength=strength,
        dtype=dtype,
        knobs=knobs,
    )
    rows = [run.weights()]
    factors = [1.0, *([1.0] * len(plan) if schedule is None else schedule)]
    for (before, now), gradient in zip(pairwise(factors), plan, strict=False):
        if now != before:
            run.scale_lr(now / before)
        here = rows[-1]
        run.step(None if absent else gradient + l2 * here)
        rows.append(run.weights())
    return np.stack(rows)


def visit(
    subject: Subject,
    bench: Bench,
    plain: Floats,
    *,
    lr: Setting = None,
    strength: Setting = None,
    knobs: Mapping[str, float] | None = None,
) -> tuple[Floats, Floats]:
    """Move the weights by the bench's shift for one step half-way, put them back after it, and go on.

    Args:
        subject: the optimizer.
        bench: the tensors.
        plain: the same run without the visit.
        lr: at construction.
        strength: of the optimizer's own regularization.
        knobs: other arguments of the optimizer.

    Returns:
        What the step made of the shift, and how far the visit is still remembered at the end, both less `plain`.
        An optimizer that keeps no other copy and has no memory returns the shift times 1 − α, and zero.
    """
    run = subject.start(bench.shapes, bench.weights, lr=lr, strength=strength, knobs=knobs)
    half = bench.steps // 2
    response = bench.shift
    for t, gradient in enumerate(bench.gradients):
        if t == half:
            run.put(run.weights() + bench.shift)
        run.step(gradient)
        if t == half:
            response = run.weights() - plain[t + 1]
            run.put(plain[t + 1])
    return response, run.weights() - plain[-1]
