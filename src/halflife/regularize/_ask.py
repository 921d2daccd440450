"""What was asked for, as one frozen value that no framework is needed for."""

import math
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from numbers import Real
from typing import Any

from halflife._errors import BadInput, UnknownName
from halflife.rules import Law, decay_from_half_life
from halflife.rules.schedule import Schedule

FOLLOWS = {"lr": Law.DECOUPLED, "shape": Law.INDEPENDENT, "nothing": Law.CONSTANT}
"""What the decay can follow, by name, and the law that this makes."""

WEIGHT_SIDE = (Law.DECOUPLED, Law.INDEPENDENT, Law.CONSTANT, Law.CORRECTED, Law.QUADRATIC, Law.PROXIMAL)


class Rounding(Enum):
    """What becomes of a decay too small for a 16-bit weight; the value says it in a sentence."""

    NEAREST = "it is rounded with the weight, and lost where it is below half a gap"
    COMPENSATED = "what rounding takes is kept in a float32 buffer and given back"
    STOCHASTIC = "the weight is rounded up or down by chance, so that the decay is kept on average"


@dataclass(frozen=True)
class Function:
    """A schedule of the user's own, which says clearly that it cannot be pickled if it cannot."""

    of: Schedule

    def __call__(self, step: int) -> float:
        return self.of(step)

    def __deepcopy__(self, _: Any) -> "Function":
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        try:
            pickle.dumps(self.of)
        except Exception as error:
            raise BadInput(
                f"the optimizer was regularized with schedule={getattr(self.of, '__qualname__', self.of)!s}, which "
                "cannot be pickled: make it a function at the top of a module, or save state_dict() alone."
            ) from error
        return Function, (self.of,)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A checked request.

    Attributes:
        l2: λ, the coefficient of (λ/2)‖w‖² in the error.
        decay: α at the peak lr (1/step).
        l1: coefficient of ‖w‖₁ in the error, taken after the step by soft thresholding at lr·l1.
        law: how the main strength follows lr: L2 when only door 1 is asked for, else a law of door 2.
        schedule: the decay of each step as a share of its peak, steps counted from 0; None when the law says it all.
        cautious: only where the update and the decay agree in sign.
        rounding: what is done about 16-bit weights.
        seed: of the stochastic rounding.
    """

    l2: float
    decay: float
    l1: float
    law: Law
    schedule: Schedule | None
    cautious: bool
    rounding: Rounding
    seed: int

    @property
    def strength(self) -> float:
        """What `law` takes: λ for L2, α otherwise."""
        return self.l2 if self.law is Law.L2 else self.decay

    def weight_decay(self, strength: float, peak_lr: float) -> float:
        """The law's own strength (what a framework calls `weight_decay`) that makes α at the peak lr.

        Raises:
            BadInput: the peak lr is zero, so no strength does.
        """
        if self.law is Law.L2 or strength == 0:
            return strength
        share = strength / (1 - strength) if self.law is Law.PROXIMAL else strength
        facts = self.law.value
        power = (facts.lr_power or 0) + facts.peak_power
        if peak_lr <= 0 and (power or facts.peak_power):
            raise BadInput(f"the peak lr is {peak_lr}: {self.law} needs a positive one; give it as peak_lr=.")
        return float(share / peak_lr**power)


def asked(
    *,
    l2: float = 0.0,
    decay: float = 0.0,
    half_life: float | str | None = None,
    l1: float = 0.0,
    law: Law | str | None = None,
    schedule: str | Callable[[int], float] | None = None,
    cautious: bool = False,
    rounding: Rounding | str = Rounding.COMPENSATED,
    seed: int = 0,
    steps_per_epoch: int | None = None,
) -> Ask:
    """Check a request.

    Raises:
        BadInput: a strength outside its interval, or two requests that exclude each other.
    """
    for name, value, top in (("l2", l2, math.inf), ("l1", l1, math.inf), ("decay", decay, 1.0)):
        if not _is_number(value) or not 0 <= value < top:
            raise BadInput(f"{name} is {value!r}: it must be a number in [0, {top:g}).")
    if half_life is not None:
        if decay:
            raise BadInput(f"both decay ({decay}) and half_life ({half_life}) were given: they say the same, give one.")
        decay = decay_from_half_life(in_steps(half_life, steps_per_epoch))
    wanted = _law(law, schedule)
    if wanted is Law.L2 and decay:
        raise BadInput(f"law L2 was asked for with a decay of {decay}: L2 regularization takes its strength as l2=.")
    if wanted is None:
        wanted = Law.L2 if l2 and not decay else Law.DECOUPLED
    if wanted is not Law.L2 and l2 and not decay and law is not None:
        raise BadInput(f"law {wanted} was asked for with l2 = {l2} alone: it takes its strength as decay=.")
    if cautious and (l2 or wanted in (Law.L2, Law.PROXIMAL)):
        raise BadInput("cautious was asked for: it chooses where decay acts, so it goes with decay= and not with L2.")
    if not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise BadInput(f"seed is {seed!r}: it must be a whole number in [0, 2147483648).")
    return Ask(
        l2=float(l2),
        decay=float(decay),
        l1=float(l1),
        law=wanted,
        schedule=Function(schedule) if callable(schedule) else None,
        cautious=bool(cautious),
        rounding=_rounding(rounding),
        seed=int(seed),
    )


def scheduled(schedule: Schedule, step: int, decay: Any) -> Any:
    """The decay of a step under a function of the step.

    Raises:
        BadInput: the function fails, or gives what is no share of the weights.
    """
    try:
        factor = schedule(step)
        share = decay * factor
        fits = bool(0 <= factor < math.inf and share <= 1)
    except Exception as error:
        raise BadInput(f"schedule fails at step {step}, with {error!r}: it must be a function of the step.") from error
    if not fits:
        raise BadInput(
            f"schedule gives {factor} at step {step}: it must be 0 or more, and times the decay {decay:.4g} at most 1."
        )
    return share


def in_steps(half_life: float | str, steps_per_epoch: int | None = None) -> float:
    """A half-life in steps, from a number of steps or from words such as "5000 steps" and "30 epochs".

    Raises:
        BadInput: it cannot be read, is shorter than a step, or counts epochs of unknown length.
    """
    words = str(half_life)
    found = re.fullmatch(r"\s*([0-9.eE+-]+)\s*(steps?|epochs?)?\s*", words)
    try:
        number = float(found[1]) if found else math.nan
    except ValueError:
        number = math.nan
    if found is None or math.isnan(number):
        raise BadInput(
            f"half_life is {half_life!r}: it must be a number of steps, or such as '5000 steps', '30 epochs'."
        )
    if (found[2] or "").startswith("epoch"):
        if not isinstance(steps_per_epoch, int) or steps_per_epoch < 1:
            said = f"half_life is {half_life!r} and steps_per_epoch {steps_per_epoch!r}"
            raise BadInput(f"{said}: to count epochs, steps_per_epoch= must be a whole number, 1 or more.")
        number *= steps_per_epoch
    if not 1 <= number < math.inf:
        raise BadInput(f"half_life is {half_life!r}: it must be finite and at least one step.")
    return number


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _law(law: Law | str | None, schedule: str | Callable[[int], float] | None) -> Law | None:
    if isinstance(law, str):
        if law.upper() not in Law.__members__:
            raise UnknownName("law", law, Law.__members__)
        law = Law[law.upper()]
    if law is not None and law is not Law.L2 and law not in WEIGHT_SIDE:
        can = ", ".join(map(str, (Law.L2, *WEIGHT_SIDE)))
        raise BadInput(f"law {law} cannot be opened from outside an optimizer: it must be one of {can}.")
    if schedule is None:
        return law
    if isinstance(schedule, str) and schedule not in FOLLOWS:
        raise UnknownName("schedule", schedule, FOLLOWS)
    followed = FOLLOWS[schedule] if isinstance(schedule, str) else Law.CONSTANT
    if not isinstance(schedule, str) and not callable(schedule):
        raise BadInput(f"schedule is {schedule!r}: it must be a function of the step, or one of {', '.join(FOLLOWS)}.")
    if law not in (None, followed):
        raise BadInput(f"law {law} and a schedule that makes {followed} were given: they exclude each other, give one.")
    return followed


def _rounding(rounding: Rounding | str) -> Rounding:
    if isinstance(rounding, Rounding):
        return rounding
    names = {each.name.lower(): each for each in Rounding}
    if str(rounding).lower() not in names:
        raise UnknownName("rounding", str(rounding), names)
    return names[str(rounding).lower()]
