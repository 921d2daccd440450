"""What a decision is made of, and the numbers that decide."""

from dataclasses import dataclass, field

from halflife.probe._experiments import EVERY_STEP
from halflife.probe._report import Defect, Evidence
from halflife.rules import Law, Order

FITS = 1e-3
"""A hypothesis that leaves more than this share of the effect unexplained is not believed."""
PROPORTIONAL = 0.03
"""How far from one half the share at half the strength may be; w/(1 + lr·wd) is a little off by itself."""
CLEARLY = 5.0
"""How many times better one hypothesis must predict than another to be told from it."""
ESTIMATED = "a step size that it estimates"
"""Multiplies a decay whose coefficient is then no strength, but what the estimate was at the time."""
POWERS = {
    (1, 1): Law.DECOUPLED,
    (1, 0): Law.INDEPENDENT,
    (0, 0): Law.CONSTANT,
    (0, 1): Law.UNSCHEDULED,
    (2, 1): Law.CORRECTED,
    (2, 2): Law.QUADRATIC,
}
"""The weight-side laws by what lr does to them: changed in mid-run, and at construction."""
TIMES: dict[Law, tuple[str, ...]] = {
    Law.DECOUPLED: ("lr",),
    Law.PROXIMAL: ("lr",),
    Law.INDEPENDENT: ("lr / peak lr",),
    Law.CONSTANT: (),
    Law.UNSCHEDULED: ("first lr",),
    Law.CORRECTED: ("lr² / peak lr",),
    Law.QUADRATIC: ("lr²",),
    Law.PRECONDITIONED: ("lr",),
    Law.TRUST_RATIO: ("lr", "trust ratio"),
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The law, and what was seen on the way to it; `decay` is α at the probing lr and strength.

    `penalty` is whether it was found by handing a twin λ·w; `power`, how often a change of lr multiplies α.
    `repeats` is whether whole runs of it can be compared; `averaged`, whether the coefficient is a mean over copies of
    the weights; `momentum`, μ and how far a gradient carries in all, of a penalty whose steps follow the gradients;
    `acting`, the steps in which it acts, where these are every second, third, ... one.
    """

    law: Law
    order: Order | None = None
    coefficient: float | None = None
    error: float | None = None
    multiplied_by: tuple[str, ...] = ()
    decay: float | None = None
    enters_momentum: bool = False
    enters_preconditioner: bool = False
    penalty: bool = False
    power: float | None = None
    repeats: bool = True
    averaged: bool = False
    momentum: tuple[float, float] | None = None
    acting: slice = field(default_factory=lambda: EVERY_STEP)
    defects: tuple[Defect, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    @property
    def every(self) -> int:
        """1 where it acts in every step, k where in every k-th alone."""
        return self.acting.step or 1
