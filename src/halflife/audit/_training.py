"""What a check looks at: a training as it was found, its parameters by name and its groups with their laws."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from halflife.probe import LawReport
from halflife.rules import Law, half_life

Floats = NDArray[np.float64]


class Kind(Enum):
    """What a parameter is to its model; the value is its plural."""

    WEIGHT = "weights"
    EMBEDDING = "embeddings"
    BIAS = "biases"
    NORM = "norm parameters"
    VECTOR = "other 1-D parameters"
    FLAT = "flattened parameters"

    def counted(self, number: int) -> str:
        """So many of them, in words."""
        singular = "bias" if self is Kind.BIAS else self.value.removesuffix("s")
        return f"{number} {singular if number == 1 else self.value}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Parameter:
    """One parameter.

    Attributes:
        name: in the model, or its place in the optimizer.
        shape: of the tensor.
        dtype: float32, bfloat16, ...
        kind: what it is to its model.
        trainable: whether it asks for a gradient.
        gradient: whether it holds one now; a frozen one may, of zeros.
        tensor: the tensor itself; None when only its shape is known.
        aliases: further names, where it is tied.
        owner: the class of the module that holds it; empty when unknown.
        decay: α of this parameter at the peak lr (1/step): its group's, zero if it is spared, and where an adaptive
            optimizer divides it, that of its median element by the live second moment; None when unknown.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    kind: Kind
    trainable: bool = True
    gradient: bool = False
    tensor: Any = None
    aliases: tuple[str, ...] = ()
    owner: str = ""
    decay: float | None = None

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)

    @property
    def half_life(self) -> float | None:
        """Steps for its weights to halve without gradient; None when unknown."""
        return None if self.decay is None or not 0 <= self.decay <= 1 else half_life(self.decay)


@dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """One parameter group with what its decay amounts to.

    Attributes:
        index: its place in the optimizer.
        members: its parameters.
        report: its law, as probed.
        lr: the peak of its lr over the run.
        strength: of its regularization, as configured; None when there is no argument for it.
        decay: α at the peak lr (1/step); None when it depends on the gradients or is not known.
        decays: α of each planned step; None without a plan.
        momentum: μ, measured; zero unless L2 enters a momentum.
        gain: what a gradient moves in all, in units of lr: 1/(1−μ) under momentum.
        unread: settings of the group that are called like a strength, and that the optimizer does not have.
    """

    index: int
    members: tuple[Parameter, ...]
    report: LawReport
    lr: float
    strength: float | None
    decay: float | None
    decays: Floats | None = None
    momentum: float = 0.0
    gain: float = 1.0
    unread: Mapping[str, float] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """How a finding calls it."""
        return f"group {self.index}"

    @property
    def law(self) -> Law:
        """Its law."""
        return self.report.law

    @property
    def count(self) -> int:
        """How many numbers its parameters hold."""
        return sum(p.count for p in self.members)

    @property
    def half_life(self) -> float | None:
        """Steps for a weight without gradient to halve at the peak lr; None when unknown."""
        return None if self.decay is None or not 0 <= self.decay <= 1 else half_life(self.decay)

    @property
    def removed(self) -> float | None:
        """The share of an untouched weight that the planned run removes; None when unknown."""
        if self.decays is None or not ((self.decays >= 0) & (self.decays <= 1)).all():
            return None
        with np.errstate(divide="ignore"):
            return abs(float(np.expm1(np.log1p(-self.decays).sum())))

    @property
    def total(self) -> float:
        """α of all planned steps together; zero without a plan."""
        return 0.0 if self.decays is None else float(self.decays.sum())

    @property
    def early(self) -> float | None:
        """The part of `total` that falls in the first half of the run; None where there is nothing to divide."""
        if self.decays is None or not self.total > 0:
            return None
        return float(self.decays[: len(self.decays) // 2].sum()) / self.total

    @property
    def regularizes(self) -> bool:
        """Whether a strength is set."""
        return bool(self.strength)

    def removed_from(self, parameter: Parameter) -> float | None:
        """The share that the planned run removes of a member that has no gradient; None when unknown."""
        return self.removed if self.acts_on(parameter) else 0.0

    def reaches(self, parameter: Parameter) -> bool:
        """Whether its decay acts on this parameter when it is trained."""
        spared = self.report.spares_vectors and len(parameter.shape) < 2
        return self.regularizes and self.law is not Law.NONE and not spared

    def acts_on(self, parameter: Parameter) -> bool:
        """Whether its decay acts on this parameter as it is: most optimizers leave a frozen one alone."""
        frozen = self.report.zero_gradient if parameter.gradient else self.report.none_gradient
        return self.reaches(parameter) and (parameter.trainable or frozen == "decayed")

    def acting_on(self) -> list[Parameter]:
        """The members that its decay acts on."""
        return [p for p in self.members if self.acts_on(p)]


Penalties = Callable[[Sequence[Parameter]], dict[str, float] | str]
"""λ of the penalty on each parameter that has one, by name; or why it cannot be known."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Training:
    """An optimizer, its model, and what is planned with them.

    Attributes:
        name: of the optimizer.
        groups: its parameter groups.
        outside: parameters of the model that are in no group.
        model: the model; None when unknown.
        state: what the optimizer remembers of each tensor, by the tensor's id.
        settings: of each group, as the optimizer holds them.
        subjects: of each group, something that `halflife.probe` can start afresh; None when there is none.
        steps: planned; None when unknown.
        steps_per_epoch: None when unknown.
        schedule: whether lr follows one; None when unknown.
        penalties: what tells the L2 penalties that the loss puts on parameters; None when unknown.
        calls: of the model, or of its parts, that can be repeated; None when unknown.
        absent: why one of these is not known, where more can be said than that it was not given.
        named: whether the names and kinds come from a model.
        overlap: whether the optimizer holds anything of the model.
        from_torch: whether the optimizer is one of torch's own.
    """

    name: str
    groups: tuple[Group, ...]
    outside: tuple[Parameter, ...] = ()
    model: Any = None
    state: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    settings: tuple[Mapping[str, Any], ...] = ()
    subjects: tuple[Any, ...] = ()
    steps: int | None = None
    steps_per_epoch: int | None = None
    schedule: Any = None
    penalties: Penalties | None = None
    calls: Sequence[Any] | None = None
    absent: Mapping[str, str] = field(default_factory=dict)
    named: bool = True
    overlap: bool = True
    from_torch: bool = False

    @property
    def regularized(self) -> list[Group]:
        """The groups whose strength is set and that hold something."""
        return [group for group in self.groups if group.regularizes and group.members]


def listed(names: list[str], most: int = 4) -> str:
    """Some names and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
