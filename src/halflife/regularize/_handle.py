"""What `regularize` hands back: what was done, in words and numbers, and how to undo it."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from halflife.rules import Law, half_life


@dataclass(frozen=True, kw_only=True)
class GroupSummary:
    """One parameter group, as regularized.

    Attributes:
        law: by which its strength acts.
        strength_name: the group's argument that holds it.
        peak_lr: the lr that `decay` is for.
        strength: the value at the start, in the law's own unit (a framework's `weight_decay`; λ for L2).
        decay: α at the peak lr (1/step); None for L2, which has no share of its own.
        served_by: whether the optimizer's own argument serves, or hooks.
        tensors: how many are regularized.
        weights: how many numbers these hold.
        spared: how many tensors are not.
        examples: names of some that are regularized, as far as they are known.
    """

    law: Law
    strength_name: str
    strength: float
    peak_lr: float
    decay: float | None
    served_by: str
    tensors: int
    weights: int
    spared: int
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.tensors:
            return f"none of {self.spared} tensors"
        amount = f"{self.strength_name} {self.strength:.4g}"
        if self.decay is not None:
            amount += f" = {self.decay:.4g} of the weight a step, half-life {half_life(self.decay):,.0f} steps"
            amount += f" at lr {self.peak_lr:.4g}"
        few = f" ({', '.join(self.examples)}{', ...' if self.tensors > len(self.examples) else ''})"
        named = few if any(self.examples) else ""
        return (
            f"{self.law}, {amount}: {self.tensors} tensors of {self.weights:,} weights{named}, "
            f"{self.spared} spared; by {self.served_by}"
        )


@dataclass(frozen=True, kw_only=True)
class Regularization:
    """A regularized optimizer's handle.

    Attributes:
        name: of the optimizer's class.
        groups: a summary of each parameter group.
        extras: what acts besides, in words.
        undo: takes it off the optimizer again; called by `remove`.
    """

    name: str
    groups: tuple[GroupSummary, ...]
    extras: tuple[str, ...] = ()
    undo: Callable[[], None] = field(repr=False, compare=False)

    def describe(self) -> str:
        """Say which parameters are regularized, how strongly, and by what."""
        lines = [f"group {index}: {group}" for index, group in enumerate(self.groups)]
        return "\n".join([f"{self.name}, regularized by halflife", *map(_indented, (*lines, *self.extras))])

    def remove(self) -> None:
        """Give the optimizer back the arguments that it had; groups that were split stay split."""
        self.undo()

    def __str__(self) -> str:
        return self.describe()

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.describe())}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON has it."""
        groups = [{**vars(group), "law": group.law.name, "examples": list(group.examples)} for group in self.groups]
        return {"name": self.name, "groups": groups, "extras": list(self.extras)}


def _indented(line: str) -> str:
    return textwrap.fill(line, 80, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
