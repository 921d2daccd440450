"""What a probe found: frozen, with its evidence, able to print itself."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from html import escape
from typing import Any

from halflife._errors import BadInput
from halflife.rules import Law, Order, half_life, remaining
from halflife.rules.schedule import Schedule

SPARSE_UNSAID = ("not tried", "not applicable")


class Defect(Enum):
    """What a decay can get wrong; the value says it in a sentence."""

    NO_EFFECT = "the argument is there and changes nothing"
    GROWTH = "it makes the weights grow instead of shrink"
    SUBTRACTED_CONSTANT = "it subtracts a constant, whatever the weight is"
    PARTIAL_REACH = "it reaches some parameters and misses others of the same shape, or every matrix"
    LOST_IN_PRECISION = "it is lost in a precision that could hold it"
    STOPS = "it stops acting in the course of a run"
    WRONG_GROUP = "a parameter group's decay depends on the settings of another group"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One experiment and what came out.

    Attributes:
        experiment: what was done.
        outcome: what was seen, in words.
        numbers: the measurements, by name.
    """

    experiment: str
    outcome: str
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def brief(self) -> str:
        """Without the numbers."""
        return f"{self.experiment}: {self.outcome}"

    def __str__(self) -> str:
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in self.numbers.items())
        return self.brief + (f" ({numbers})" if numbers else "")


@dataclass(frozen=True, kw_only=True)
class SecondDecay:
    """A decay that acts although the regularization argument is zero.

    Attributes:
        decay: the share of the weights removed in a step (1/step).
        argument: which other argument makes it, when one was found.
        value: of that argument.
    """

    decay: float
    argument: str | None
    value: float | None


@dataclass(frozen=True, kw_only=True)
class LawReport:
    """How an optimizer regularizes, as measured.

    Attributes:
        name: the optimizer.
        law: how the strength enters; UNKNOWN when the experiments disagree, NONE when nothing enters.
        order: when a weight-side decay acts; None where the law has no such choice, or it was not told apart.
        coefficient: the measured strength over the one that was asked for: α over the law's own formula for it, or
            λ over the argument. 1 when the formula of the law is met exactly.
        averaged: whether the coefficient is a mean over several copies of the weights, of which one is decayed.
        every: k where it acts in every k-th step alone. The coefficient and the decay are then the mean of all steps.
        error: half the range of the coefficient over steps and parameters.
        multiplied_by: what multiplies the strength on its way into the weights.
        enters_momentum: whether a decay of one step goes on moving weights after it.
        enters_preconditioner: whether it is rescaled with the gradients.
        spares_vectors: whether 1-D parameters, biases among them, are spared.
        vectors: the law of 1-D parameters where it is another than that of matrices, which is `law`.
        missed: shapes of the parameters that are not reached.
        none_gradient: what happens to a parameter without gradient.
        zero_gradient: what happens to one whose gradient is zero.
        sparse_gradient: what happens to the rows of a sparse gradient and to those that it leaves out.
        changes_gradient: whether the caller's gradient is overwritten.
        precision: the share of the effect that is left in each precision at the configured lr and strength: 0 where it
            is lost, NaN where rounding drowns it, None where the precision was not to be had.
        strength: as configured.
        strength_name: what the argument is called; None when there is none.
        lr: as configured.
        decay: α at the configured lr and strength (1/step); None where the law has no share of its own, or where what
            one step takes comes back in the next ones, from a memory or from other copies of the weights. Of L2 under
            momentum it is what a step removes once the momentum has built up, the slow root of
            w_{t+1} = (1+μ−ηλ)·w_t − μ·w_{t−1}, about ηλ/(1−μ); the first step removes ηλ.
        second_decay: a decay besides.
        defects: what is wrong.
        evidence: the experiments.
        groups: the reports of the distinct groups of a live optimizer, when there is more than one.
    """

    name: str
    law: Law
    order: Order | None = None
    coefficient: float | None = None
    averaged: bool = False
    every: int = 1
    error: float | None = None
    multiplied_by: tuple[str, ...] = ()
    enters_momentum: bool = False
    enters_preconditioner: bool = False
    spares_vectors: bool = False
    vectors: Law | None = None
    missed: tuple[tuple[int, ...], ...] = ()
    none_gradient: str = "not tried"
    zero_gradient: str = "not tried"
    sparse_gradient: str = "not tried"
    changes_gradient: bool = False
    precision: Mapping[str, float | None] = field(default_factory=dict)
    strength: float | None = None
    strength_name: str | None = None
    lr: float | None = None
    decay: float | None = None
    second_decay: SecondDecay | None = None
    defects: tuple[Defect, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    groups: tuple["LawReport", ...] = ()

    @property
    def half_life(self) -> float | None:
        """Steps for a weight without gradient to halve at the configured settings; None where no α is known."""
        if self.decay is None:
            return None
        return half_life(self.decay) if 0 <= self.decay <= 1 else math.nan

    def remaining(self, steps: int, schedule: Schedule | None = None) -> float:
        """The share of an untouched weight that is left after so many steps.

        Args:
            steps: of the run.
            schedule: lr of each step as a share of its peak; constant when None.

        Raises:
            BadInput: the law removes no share of its own, or makes weights grow.
        """
        facts = self.law.value
        if self.decay is None or not 0 <= self.decay <= 1:
            raise BadInput(f"{self.name} has no share per step to multiply: its law is {self.law}.")
        power = 1 if facts.lr_power is None else facts.lr_power
        shares = (1.0 if schedule is None else schedule(step) for step in range(steps))
        return remaining(self.decay * share**power for share in shares)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        return {
            "name": self.name,
            "law": self.law.name,
            "formula": self.law.formula,
            "order": None if self.order is None else self.order.name,
            "coefficient": _finite(self.coefficient),
            "averaged": self.averaged,
            "every": self.every,
            "error": _finite(self.error),
            "multiplied_by": list(self.multiplied_by),
            "enters_momentum": self.enters_momentum,
            "enters_preconditioner": self.enters_preconditioner,
            "spares_vectors": self.spares_vectors,
            "vectors": None if self.vectors is None else self.vectors.name,
            "missed": [list(shape) for shape in self.missed],
            "none_gradient": self.none_gradient,
            "zero_gradient": self.zero_gradient,
            "sparse_gradient": self.sparse_gradient,
            "changes_gradient": self.changes_gradient,
            "precision": {name: _finite(value) for name, value in self.precision.items()},
            "strength": self.strength,
            "strength_name": self.strength_name,
            "lr": self.lr,
            "decay": _finite(self.decay),
            "half_life": _finite(self.half_life),
            "second_decay": None if self.second_decay is None else vars(self.second_decay),
            "defects": [{"code": defect.name, "message": defect.value} for defect in self.defects],
            "evidence": [
                {
                    "experiment": e.experiment,
                    "outcome": e.outcome,
                    "numbers": {k: _finite(v) for k, v in e.numbers.items()},
                }
                for e in self.evidence
            ],
            "groups": [group.to_dict() for group in self.groups],
        }

    def to_json(self) -> str:
        """`to_dict`, written out."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def __str__(self) -> str:
        return self.told(details=True)

    def told(self, *, details: bool) -> str:
        """In words: the law, what it comes to, what is wrong, and the evidence, with its numbers for `details`."""
        if self.groups:
            parts = (group.told(details=details) for group in self.groups)
            return "\n\n".join([f"{self.name}: {self.law} - {self.evidence[0]}", *parts])
        lines = [f"{self.name}: {self.law}" + (f", {self.order.value}" if self.order else ""), f"  {self.law.formula}"]
        if self.coefficient is not None:
            bar = f" ± {self.error:.1g}" if self.error else ""
            lines.append(
                f"  coefficient {self.coefficient:.6g}{bar}, times {' × '.join(self.multiplied_by) or 'nothing'}"
                + (", a mean over the copies of the weights" if self.averaged else "")
                + (f", a mean over all steps: it acts in every {ordinal(self.every)} alone" if self.every > 1 else "")
            )
        if self.decay is not None and self.half_life is not None and self.strength:
            lines.append(
                f"  at {self.strength_name or 'strength'} {self.strength:g}"
                + (f", lr {self.lr:g}" if self.lr is not None else "")
                + f": {self.decay:.4g} of the weight a step"
                + (f", half-life {self.half_life:,.0f} steps" if math.isfinite(self.half_life) else "")
            )
        elif self.strength == 0 and self.law is not Law.NONE:
            lines.append(f"  as configured, {self.strength_name} is 0: nothing is regularized")
        lines.append(
            f"  momentum: {'enters' if self.enters_momentum else 'does not enter'}; "
            f"preconditioner: {'enters' if self.enters_preconditioner else 'does not enter'}; "
            f"zero gradient: {self.zero_gradient}; no gradient: {self.none_gradient}"
            + (f"; sparse gradient: {self.sparse_gradient}" if self.sparse_gradient not in SPARSE_UNSAID else "")
        )
        if self.changes_gradient:
            lines.append("  it changes the caller's gradients in place")
        if self.spares_vectors:
            lines.append("  1-D parameters are spared")
        if self.vectors is not None:
            lines.append(f"  1-D parameters obey another law: {self.vectors}")
        if self.precision:
            kept = ", ".join(f"{kind} {_share(share)}" for kind, share in self.precision.items())
            lines.append(f"  kept in each precision: {kept}")
        if self.second_decay:
            by = f" by {self.second_decay.argument}" if self.second_decay.argument else ""
            lines.append(f"  a second decay{by}: {self.second_decay.decay:.4g} of the weight a step")
        lines += [f"  defect {defect}: {defect.value}" for defect in self.defects]
        lines += [f"  · {each if details else each.brief}" for each in self.evidence]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def ordinal(number: int) -> str:
    """4 → 4th."""
    teen = number // 10 % 10 == 1
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _share(share: float | None) -> str:
    return "-" if share is None else "drowned by rounding" if math.isnan(share) else format(share, ".0%")


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
