"""The experiments: each a pair of runs and what their difference says. Nothing here knows a law.

Two instruments serve nearly all of them. A *twin* is the same optimizer without regularization on the same planned
gradients; the difference is the effect. A *shifted* run starts elsewhere; the distance that is left is what the
optimizer has not yet forgotten of its start.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from halflife.probe._bench import Bench, trace, visit
from halflife.probe._fit import Fit, fitted, misfit, plane, scale_of, shares_of
from halflife.probe._subject import Floats, Setting, Subject
from halflife.rules import Order

FORGETS_NOTHING = 2e-6
"""A twin whose distance changes by less is free of its weights: float32 inside an optimizer leaves about 1e-7."""
FAR = 1e-3
EVERY_STEP = slice(None)
WHISPER = 1e-4


@dataclass(frozen=True, kw_only=True)
class Experiments:
    """All runs of one subject on one bench at one probing strength, each made when it is first asked for.

    `acting` is the steps in which its decay acts, where these are every second, third, ... one.
    """

    subject: Subject
    bench: Bench
    strength: float
    lr: float | None
    knobs: Mapping[str, float]
    acting: slice = field(default_factory=lambda: EVERY_STEP)
    memo: dict[Any, Floats] = field(default_factory=dict, compare=False, repr=False)

    def on_shapes(self, chosen: Iterable[bool]) -> Self:
        """The same on some of the tensors alone."""
        shapes = tuple(shape for shape, here in zip(self.bench.shapes, chosen, strict=True) if here)
        return replace(self, bench=replace(self.bench, shapes=shapes), memo={})

    def run(self, *, strength: Setting = 0.0, lr: Setting = None, **plan: object) -> Floats:
        """One run at the probing lr unless told otherwise."""
        return trace(
            self.subject,
            self.bench,
            strength=strength,
            lr=self.lr if lr is None else lr,
            knobs=self.knobs,
            **plan,  # type: ignore[arg-type]
        )

    @cached_property
    def off(self) -> Floats:
        """The twin without regularization."""
        return self.run()

    @cached_property
    def on(self) -> Floats:
        """With it."""
        return self.run(strength=self.strength)

    @cached_property
    def effect(self) -> Floats:
        """What regularization changed."""
        return self.on - self.off

    @cached_property
    def sense(self) -> int:
        """1 where it descends, −1 where it climbs (`maximize`): handed λ·w, a climber would grow by it."""
        followed = self.off[-1] - self.idle[-1]
        return -1 if float(np.sum(followed * self.bench.gradients.sum(axis=0))) > 0 else 1

    @cached_property
    def idle(self) -> Floats:
        """Where the weights are when nothing is asked of them: what moves them still, such as noise, says nothing."""
        start: Floats = np.tile(self.off[0], (len(self.off), 1))
        try:
            moved: Floats = self.zero_off - start
        except Exception:
            return start
        return start + np.where(np.isfinite(moved), moved, 0.0)

    @cached_property
    def off_distance(self) -> Floats:
        """What is left of the shift without regularization."""
        return self.run(weights=self.bench.weights + self.bench.shift) - self.off

    @cached_property
    def on_distance(self) -> Floats:
        """What is left of the shift with regularization."""
        return self.distance(strength=self.strength, plain=self.on)

    def distance(self, *, plain: Floats | None = None, **setting: object) -> Floats:
        """What is left of the shift in any setting."""
        if plain is None:
            plain = self.run(**setting)  # type: ignore[arg-type]
        return self.run(weights=self.bench.weights + self.bench.shift, **setting) - plain  # type: ignore[arg-type]

    @cached_property
    def free(self) -> bool:
        """Whether, without regularization, the steps do not depend on the weights."""
        return bool(self._drift < FORGETS_NOTHING)

    @cached_property
    def lr_counts(self) -> bool:
        """Whether step or decay depends on lr at all: there are optimizers that take one and go by their own."""
        if not self.lr:
            return False
        try:
            halved = self.run(lr=self.lr / 2) if self.subject.peak_lr is None else self.run(schedule=self.bench.halved)
        except Exception:
            return True
        if abs(halved - self.off).max() > 1e-3 * abs(self.off - self.off[0]).max():
            return True
        later = self.run(strength=self.strength, schedule=self.bench.halved) - self.run(schedule=self.bench.halved)
        return bool(abs(later - self.effect).max() > 1e-3 * abs(self.effect).max())

    @cached_property
    def _drift(self) -> float:
        return float(abs(self.off_distance - self.bench.shift).max())

    @cached_property
    def noise(self) -> float:
        """The rounding that two runs which ought to agree may differ by."""
        return max(1e-13, 3 * self._drift) if self.free else 1e-12

    @cached_property
    def zero_gradients(self) -> Floats:
        """The plan of a parameter that the loss does not see."""
        return np.zeros_like(self.bench.gradients)

    @cached_property
    def zero_on(self) -> Floats:
        """With regularization, all gradients zero."""
        return self.run(strength=self.strength, gradients=self.zero_gradients)

    @cached_property
    def zero_off(self) -> Floats:
        """Without regularization, all gradients zero."""
        return self.run(gradients=self.zero_gradients)

    @cached_property
    def visits(self) -> dict[str, tuple[Floats, Floats]]:
        """A shift for one step, with and without regularization: what the step made of it, what stayed of it."""
        common: dict[str, Any] = {"lr": self.lr, "knobs": self.knobs}
        return {
            "off": visit(self.subject, self.bench, self.off, strength=0.0, **common),
            "on": visit(self.subject, self.bench, self.on, strength=self.strength, **common),
        }

    @cached_property
    def coasting(self) -> float:
        """How differently weights held at zero without gradient move after a step that saw shifted weights.

        At zero there is nothing to decay and nothing to descend: what still moves them is a momentum.
        """
        ends = []
        for shift in (0.0, self.bench.shift):
            run = self.subject.start(
                self.bench.shapes, self.bench.weights, lr=self.lr, strength=self.strength, knobs=self.knobs
            )
            for gradient in self.bench.gradients[: self.bench.steps // 2]:
                run.step(gradient)
            run.put(run.weights() + shift)
            run.step(self.bench.gradients[-1])
            run.put(0 * self.bench.weights)
            run.step(0 * self.bench.weights)
            ends.append(run.weights())
        return float(abs(ends[1] - ends[0]).max())

    @cached_property
    def pulled_back(self) -> float:
        """How far weights that are overwritten half-way are taken back, without regularization: by copies of them."""
        run = self.subject.start(self.bench.shapes, self.bench.weights, lr=self.lr, strength=0.0, knobs=self.knobs)
        for t, gradient in enumerate(self.bench.gradients):
            if t == self.bench.steps // 2:
                run.put(run.weights() + self.bench.shift)
            run.step(gradient)
        return float(abs(run.weights() - self.off[-1] - self.bench.shift).max())

    def per_tensor(self, measure: Callable[[slice], float]) -> Floats:
        """One number for each tensor."""
        return np.array([measure(part) for part in self.bench.parts])

    def spread(self, values: Floats) -> Floats:
        """One number a tensor → one a weight."""
        flat = np.empty(self.bench.parts[-1].stop)
        for value, part in zip(values, self.bench.parts, strict=True):
            flat[part] = value
        return flat

    @cached_property
    def reach(self) -> Floats:
        """The largest effect on each tensor."""
        return self.per_tensor(lambda part: float(abs(self.effect[:, part]).max()))

    def misfit(self, prediction: Floats, effect: Floats | None = None) -> Floats:
        """‖effect − prediction‖ / ‖effect‖, tensor by tensor."""
        return misfit(self.bench.parts, prediction, self.effect if effect is None else effect)

    def fitted(self, predict: Callable[[Floats], Floats], first: Floats, effect: Floats) -> Fit:
        """The size, tensor by tensor, at which the prediction comes closest to the effect."""
        return fitted(self.bench.parts, predict, first, effect)

    @cached_property
    def as_l2(self) -> Fit:
        """The twin, given λ·w with its gradient from outside: does it do what the optimizer does by itself?"""
        fit = self.l2_fit()
        if fit.misfit[np.isfinite(fit.misfit)].max(initial=0.0) > FAR and abs(self.visits["on"][1]).max() > self.noise:
            # the more an adaptive direction hears of λ the less it says about its size: so ask in a whisper first
            whispered = replace(self, strength=self.strength * WHISPER, memo={}).l2_fit()
            again = self.l2_fit(start=whispered.size / WHISPER)
            fit = again if again.misfit.min() < fit.misfit.min() else fit
        return fit

    def l2_fit(self, *, lr: float | None = None, start: Floats | None = None) -> Fit:
        """`as_l2` at another lr."""
        off, effect = self.off, self.effect
        if lr is not None:
            off = self.run(lr=lr)
            effect = self.run(lr=lr, strength=self.strength) - off
        reached = self.per_tensor(lambda part: float(abs(effect[:, part]).max() > self.noise))
        first = reached * (self.strength if start is None else start)

        def predict(size: Floats) -> Floats:
            return self.run(lr=lr, l2=self.spread(size)) - off

        fit = self.fitted(predict, first, effect)
        if start is None and fit.misfit[reached > 0].max(initial=0.0) > 0.5:
            # an adaptive direction hardly says by a small step that the sign is wrong
            negative = self.fitted(predict, -first, effect)
            fit = negative if negative.misfit[reached > 0].max() < fit.misfit[reached > 0].max() else fit
        return fit

    @cached_property
    def shares(self) -> tuple[Floats, Floats]:
        """α of each step and tensor from the distance, and how far it is from being one number for a whole tensor."""
        return self.shares_of(self.on_distance)

    def shares_of(self, distance: Floats) -> tuple[Floats, Floats]:
        """α_t = 1 − (what is left after the step)/(what was left before it)."""
        return shares_of(self.bench.parts, self.bench.shift, distance)

    def as_decay(self, order: Order) -> Fit:
        """The twin, its weights shrunk from outside each step: does it do what the optimizer does by itself?"""
        if self.free:
            shares, _ = self.shares
            weights = [self.off[0]]
            for t, share in enumerate(shares):
                step = self.off[t + 1] - self.off[t]
                keep = 1 - self.spread(share)
                weights.append(keep * (weights[-1] + step) if order is Order.AFTER else keep * weights[-1] + step)
            return Fit(size=shares.mean(axis=0), misfit=self.misfit(np.stack(weights) - self.off))
        first = self.per_tensor(lambda part: -scale_of(self.effect[1:2, part], self.off[0:1, part]))
        return self.fitted(lambda size: self._shrunk(self.spread(size), order) - self.off, first, self.effect)

    def _shrunk(self, share: Floats, order: Order) -> Floats:
        run = self.subject.start(self.bench.shapes, self.bench.weights, lr=self.lr, strength=0.0, knobs=self.knobs)
        rows = [run.weights()]
        for gradient in self.bench.gradients:
            here = rows[-1]
            if order is Order.BEFORE:
                run.put(here - share * here)
            run.step(gradient)
            if order is Order.AFTER:
                run.put(run.weights() * (1 - share))
            elif order is Order.JOINT:
                run.put(run.weights() - share * here)
            rows.append(run.weights())
        return np.stack(rows)

    @cached_property
    def plane(self) -> tuple[Floats, Floats, Floats]:
        """The first step's effect as a·(the twin's step) + b·w: a, b and the misfit of each tensor."""
        return plane(self.bench.parts, self.effect[1], self.off[1] - self.off[0], self.off[0], self.noise)
