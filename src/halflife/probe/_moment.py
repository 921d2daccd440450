"""A run in which regularization is switched on for one step, and its twin that is helped from outside in that step."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from halflife.probe._experiments import Experiments
from halflife.probe._fit import Fit
from halflife.probe._subject import Floats, Run
from halflife.rules import Order

DISTINCT = 1e-6
"""A misfit below this is rounding: two orders that both leave less are not told apart by it."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The runs that differ in one step.

    Attributes:
        ex: the experiments on the same subject.
        at: the step.
        strength: of the regularization in it.
        lr: at construction.
        lr_then: what lr is multiplied by in that step.
        loudness: what all gradients are multiplied by.
        size: what the start is multiplied by.
    """

    ex: Experiments
    at: int
    strength: float
    lr: float | None
    lr_then: float = 1.0
    loudness: float = 1.0
    size: float = 1.0

    def run(
        self, *, strength: float = 0.0, l2: Floats | None = None, order: Order | None = None, share: Any = 0.0
    ) -> Floats:
        """The weights before that step and after it and each further one, helped from outside as asked."""
        ex = self.ex
        start = ex.bench.weights * self.size
        run: Run = ex.subject.start(ex.bench.shapes, start, lr=self.lr, strength=0.0, knobs=ex.knobs)
        rows = []
        for t, planned in enumerate(ex.bench.gradients):
            gradient = planned * self.loudness
            if t != self.at:
                run.step(gradient)
                rows.append(run.weights())
                continue
            here = run.weights()
            rows = [here]
            if self.lr_then != 1.0:
                run.scale_lr(self.lr_then)
            if strength:
                run.set_strength(strength)
            if order is Order.BEFORE:
                run.put(here * (1 - share))
            run.step(gradient if l2 is None else gradient + l2 * here)
            if order is Order.AFTER:
                run.put(run.weights() * (1 - share))
            elif order is Order.JOINT:
                run.put(run.weights() - share * here)
            if strength:
                run.set_strength(0.0)
            if self.lr_then != 1.0:
                run.scale_lr(1 / self.lr_then)
            rows.append(run.weights())
        return np.stack(rows)

    @cached_property
    def off(self) -> Floats:
        """The twin that is left alone."""
        return self.run()

    @cached_property
    def effect(self) -> Floats:
        """What the step's regularization did, then and later."""
        return self.run(strength=self.strength) - self.off

    @property
    def acts(self) -> bool:
        """Whether the step's regularization shows in any weight."""
        return bool(abs(self.effect).max() > self.ex.noise)

    @cached_property
    def shares(self) -> Floats:
        """α of each tensor in that step, by what it did to the weights."""
        here, moved = self.off[0], self.effect[1]
        return self.ex.per_tensor(lambda p: -float(moved[p] @ here[p]) / float(here[p] @ here[p]))

    def as_l2(self) -> Fit:
        """The twin is handed λ·w with its gradient of that step."""
        first = np.full(len(self.ex.bench.parts), self.strength)
        return self.ex.fitted(lambda size: self.run(l2=self.ex.spread(size)) - self.off, first, self.effect)

    def as_decay(self, order: Order) -> Fit:
        """The twin's weights are shrunk in that step, by the share that shows after it, or that fits if before it.

        What a step that averages or rebuilds the weights shows of a share taken before it is another number.
        """

        def predict(share: Floats) -> Floats:
            return self.run(order=order, share=self.ex.spread(share)) - self.off

        shares = self.shares
        if order is Order.AFTER:
            there, moved = self.off[1], self.effect[1]
            shares = self.ex.per_tensor(lambda p: -float(moved[p] @ there[p]) / float(there[p] @ there[p]))
        fit = Fit(size=shares, misfit=self.ex.misfit(predict(shares), self.effect))
        apart = order is Order.BEFORE and (fit.misfit[np.isfinite(fit.misfit)] > DISTINCT).any()
        return self.ex.fitted(predict, shares, self.effect) if apart else fit
