"""Twins: two networks from the same start on the same batches, one with a penalty λ, one with a decay α_t = η_t·λ.

If both doors lead to the same place the twins differ by rounding alone, and the gap between them shrinks with the
precision; a gap that does not shrink is real.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from halflife.lab.data import Data
from halflife.lab.model import Parameters
from halflife.lab.regime import Regime
from halflife.lab.settings import Setting
from halflife.lab.training import train
from halflife.rules import Law

PRECISIONS = ("float32", "float64")

_SHRINKS = 2.0**-14.5
"""Geometric middle between a gap that does not shrink and one that shrinks with the unit of rounding, by 2⁻²⁹."""


@dataclass(frozen=True, kw_only=True)
class Twins:
    """How far apart the twins of one rule are.

    Attributes:
        rule: the rule's name.
        alpha: what the decay twin's α_t was, "η·λ" or "η·λ/(1−μ)".
        lr: η of both.
        l2: λ of the penalty twin.
        gaps: for each precision, ‖w_penalty − w_decay‖/‖w_penalty‖ over all weights and biases after each epoch; NaN
            from the epoch in which one of the two diverged.
        verdict: "rounding" or "real"; "diverged" if there is no gap to judge by.
    """

    rule: str
    alpha: str
    lr: float
    l2: float
    gaps: dict[str, tuple[float, ...]]
    verdict: str


def twins(
    data: Data, regime: Regime, *, rule: str, lr: float, l2: float, seed: int, stop: Callable[[], bool] = lambda: False
) -> tuple[Twins, ...]:
    """Train the twins of one rule in both precisions, and with momentum the twin with α = ηλ/(1−μ) besides.

    Args:
        data: the rows.
        regime: what the twins share; its precision is not looked at.
        rule: the name of a rule.
        lr: learning rate, times the regime's schedule.
        l2: λ.
        seed: of initialization and order of rows.
        stop: asked between compiled calls.

    Raises:
        Stopped: `stop` said so.
    """
    penalty = Setting(rule=rule, law=Law.L2, lr=lr, strength=l2)
    momentum = dict(penalty.hyperparameters).get("momentum", 0)
    alphas = {"η·λ": l2} | ({"η·λ/(1−μ)": l2 / (1 - momentum)} if momentum else {})
    decays = [Setting(rule=rule, law=Law.DECOUPLED, lr=lr, strength=strength) for strength in alphas.values()]
    gaps = {p: _gaps(data, replace(regime, precision=p), [penalty, *decays], seed, stop) for p in PRECISIONS}
    return tuple(
        Twins(
            rule=rule,
            alpha=alpha,
            lr=lr,
            l2=l2,
            gaps={p: tuple(gaps[p][:, column].tolist()) for p in PRECISIONS},
            verdict=verdict(gaps["float32"][-1, column], gaps["float64"][-1, column]),
        )
        for column, alpha in enumerate(alphas)
    )


def verdict(float32: float, float64: float) -> str:
    """What two last gaps say: "rounding" if the gap shrinks with the precision, "real" if not, "diverged" if NaN."""
    if math.isnan(float32) or math.isnan(float64):
        return "diverged"
    return "rounding" if float64 <= float32 * _SHRINKS else "real"


def _gaps(data: Data, regime: Regime, settings: Sequence[Setting], seed: int, stop: Callable[[], bool]) -> np.ndarray:
    gaps = []

    def measure(_: int, parameters: Parameters) -> None:
        flat = np.concatenate(
            [a.reshape(len(settings), -1) for layer in parameters for a in layer.values()], axis=1, dtype=np.float64
        )
        gaps.append(np.linalg.norm(flat[1:] - flat[0], axis=1) / np.linalg.norm(flat[0]))

    diverged = train(data, regime, settings, seed=seed, stop=stop, after_epoch=measure, soon=True).diverged
    epoch = np.arange(1, regime.epochs + 1)[:, None]
    lost = (diverged > 0) & (epoch >= diverged)
    return np.where(lost[:, 1:] | lost[:, :1], np.nan, np.array(gaps))
