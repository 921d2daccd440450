"""How decay enters an optimizer: the laws, and what each makes of a framework's `weight_decay`.

PyTorch's Adam and AdamW take the same argument. In one it joins the gradient (`L2`), in the other it shrinks the
weights by lr times itself (`DECOUPLED`); the AdamW paper's own algorithm does not multiply by lr (`INDEPENDENT`).
One enum holds them all, with the formula, what multiplies the strength, and where it is written down.
"""

from dataclasses import dataclass
from enum import Enum

from halflife._errors import BadInput
from halflife.rules._operations import Array
from halflife.rules._rule import Order


@dataclass(frozen=True, kw_only=True)
class LawFacts:
    """What is known of a law.

    Attributes:
        formula: the update, in plain text; wd is the strength that a framework calls `weight_decay`.
        source: where it is written down.
        lr_power: how often lr multiplies the strength; None when no single power does.
        peak_power: how often the peak of lr does; −1 where lr enters as a share of its peak.
        times_lr: how the strength scales with lr, in words.
        times_schedule: how it follows the schedule, in words.
    """

    formula: str
    source: str
    lr_power: int | None = None
    peak_power: int = 0
    times_lr: str = "no"
    times_schedule: str = "no"


class Law(Enum):
    """How decay enters an optimizer; the value holds the facts, `str(law)` is the name."""

    L2 = LawFacts(
        formula="g ← ∇E(w) + wd·w, before momentum and preconditioner",
        source="Loshchilov & Hutter 2019, algorithm 1, the penalty; torch.optim.SGD and Adam",
        times_lr="through the optimizer",
        times_schedule="yes",
    )
    DECOUPLED = LawFacts(
        formula="w ← w − lr·d − lr·wd·w",
        source="torch.optim.AdamW, optax.adamw, keras AdamW",
        lr_power=1,
        times_lr="yes",
        times_schedule="yes",
    )
    INDEPENDENT = LawFacts(
        formula="w ← w − lr·d − (lr/peak lr)·wd·w",
        source="Loshchilov & Hutter 2019, algorithm 2",
        lr_power=1,
        peak_power=-1,
        times_lr="no",
        times_schedule="yes",
    )
    CONSTANT = LawFacts(
        formula="w ← w − lr·d − wd·w",
        source="Hanson & Pratt 1988; TensorFlow Addons AdamW",
        lr_power=0,
        times_lr="no",
        times_schedule="no",
    )
    UNSCHEDULED = LawFacts(
        formula="w ← w − lr·d − peak lr·wd·w",
        source="a decoupled decay that goes by the lr of the construction",
        lr_power=0,
        peak_power=1,
        times_lr="yes",
        times_schedule="no",
    )
    CORRECTED = LawFacts(
        formula="w ← w − lr·d − (lr²/peak lr)·wd·w",
        source="Defazio 2025, Why gradients rapidly increase near the end of training; timm",
        lr_power=2,
        peak_power=-1,
        times_lr="yes",
        times_schedule="squared",
    )
    QUADRATIC = LawFacts(
        formula="w ← w − lr·d − lr²·wd·w",
        source="a decoupled decay multiplied by lr twice",
        lr_power=2,
        times_lr="squared",
        times_schedule="squared",
    )
    PROXIMAL = LawFacts(
        formula="w ← (w − lr·d)/(1 + lr·wd)",
        source="Zhuang et al. 2022, Understanding AdamW through proximal methods and scale-freeness",
        lr_power=1,
        times_lr="yes",
        times_schedule="yes",
    )
    PRECONDITIONED = LawFacts(
        formula="d ← momentum(preconditioner(g) + wd·w)",
        source="Ginsburg et al. 2019, NovoGrad, algorithm 1",
        times_lr="yes",
        times_schedule="yes",
    )
    TRUST_RATIO = LawFacts(
        formula="u ← direction(g) + wd·w; w ← w − lr·(‖w‖/‖u‖)·u",
        source="You et al. 2020, LAMB, algorithm 2; You et al. 2017, LARS",
        times_lr="mixed",
        times_schedule="yes",
    )
    SUBTRACTED_CONSTANT = LawFacts(formula="w ← w − lr·d − c, whatever w is", source="a defect")
    GROWTH = LawFacts(formula="w ← w − lr·d + α·w", source="a defect: a sign error")
    NONE = LawFacts(formula="w ← w − lr·d", source="no regularization")
    UNKNOWN = LawFacts(formula="not established", source="experiments that disagree")

    def __str__(self) -> str:
        return self.name

    @property
    def formula(self) -> str:
        """The update, in plain text."""
        return self.value.formula

    @property
    def source(self) -> str:
        """Where the law is written down."""
        return self.value.source

    def decay(self, strength: Array, *, lr: Array, peak_lr: Array) -> Array:
        """α, the share of the weights that door 2 removes in one step.

        Args:
            strength: what a framework calls `weight_decay`.
            lr: the learning rate of this step.
            peak_lr: the largest learning rate of the schedule.

        Returns:
            α (1/step). For PROXIMAL, α = lr·wd/(1 + lr·wd), acting after the step.

        Raises:
            BadInput: the law does not act on the weights by a share of its own, or takes lr as a share of a peak
                that is a plain number and not positive.
        """
        facts = self.value
        if facts.lr_power is None:
            raise BadInput(f"{self} has no decay per step of its own: {facts.formula}.")
        if facts.peak_power and isinstance(peak_lr, (int, float)) and not peak_lr > 0:
            raise BadInput(f"the peak lr is {peak_lr}: {self} takes lr as a share of it, so it must be positive.")
        share = strength * lr**facts.lr_power * peak_lr**facts.peak_power
        return share / (1 + share) if self is Law.PROXIMAL else share

    @property
    def order(self) -> Order | None:
        """When the law's decay acts, or None where its definition leaves that to the rule."""
        return Order.AFTER if self is Law.PROXIMAL else None
