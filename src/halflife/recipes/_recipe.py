"""The canonical recipe: every framework is read into it and written from it, so N formats need no N² pairs.

`torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=5e-4)` is the rule `momentum` at lr 0.1 with law L2, λ = 5e-4 on
every parameter. Keras would say the same with `SGD(learning_rate=0.1, momentum=0.9)` and `regularizers.L2(2.5e-4)`.
"""

from dataclasses import dataclass, field
from enum import Enum

from halflife._errors import BadInput, UnknownName
from halflife.recipes import _linear
from halflife.recipes._grade import Loss
from halflife.rules import Law, LrPlace, Order, rule, schedule

SCHEDULES = ("constant", "linear", "cosine", "cosine-restarts", "step", "warmup-cosine")
LAWS = (Law.NONE, Law.L2, Law.DECOUPLED, Law.INDEPENDENT, Law.CONSTANT, Law.CORRECTED, Law.QUADRATIC, Law.PROXIMAL)
"""The laws that a recipe can hold: the others are defects, or act on no share of the weights of their own."""

LARGEST = 1e50
"""Of lr and strength: products of them and their squares stay numbers."""


class Where(Enum):
    """Which parameters are regularized."""

    ALL = "every parameter"
    WEIGHTS = "weights alone, no biases and no norms (two or more dimensions)"


class Reduction(Enum):
    """How the error of a mini-batch comes from that of its rows: λ is relative to it."""

    MEAN = "the mean over the rows of the mini-batch"
    SUM = "the sum over the rows of the mini-batch"


class EpsPlace(Enum):
    """Where ε is added, for it decides how small gradients are treated."""

    RULE = "where the rule of halflife adds it, which is torch's place"
    BEFORE_CORRECTION = "to the root before its bias correction"
    AFTER_CORRECTION = "to the root after its bias correction"
    UNDER_ROOT = "under the root"
    AFTER_MAXIMUM = "to the maximum, not to the gradient in it"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One setting of an optimizer and its regularization, in halflife's own terms.

    Attributes:
        rule: the name of a rule; `momentum_lr_inside` becomes `momentum` with `lr_place` BUFFER.
        lr: peak learning rate.
        law: how regularization enters; NONE when the strength is 0, and the reverse.
        strength: λ under L2 (in the gradient as λw), otherwise what the law calls wd.
        hyperparameters: the rule's own numbers, all of them, by name.
        where: which parameters are regularized.
        lr_place: where lr multiplies; matters only while lr changes.
        eps_place: where ε is added.
        order: when decay acts; BEFORE and JOINT are the same number, and BEFORE becomes JOINT.
        schedule: how lr moves, a name in `halflife.rules.schedule`.
        steps: steps of the whole run, if known.
        batch: rows of a mini-batch, if known.
        rows: training rows, if known.
        reduction: of the error over the rows of a mini-batch.
        remarks: what a reader of this recipe had to assume; takes no part in equality.
        losses: what of its source no recipe can hold; takes no part in equality.

    Raises:
        UnknownName: there is no such rule, hyperparameter or schedule.
        BadInput: a number is outside what is allowed.
    """

    rule: str
    lr: float
    law: Law = Law.NONE
    strength: float = 0.0
    hyperparameters: tuple[tuple[str, float], ...] = ()
    where: Where = Where.ALL
    lr_place: LrPlace = LrPlace.STEP
    eps_place: EpsPlace = EpsPlace.RULE
    order: Order = Order.JOINT
    schedule: str = "constant"
    steps: int | None = None
    batch: int | None = None
    rows: int | None = None
    reduction: Reduction = Reduction.MEAN
    remarks: tuple[str, ...] = field(default=(), compare=False)
    losses: tuple[Loss, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES:
            raise UnknownName("schedule", self.schedule, SCHEDULES)
        if self.law not in LAWS:
            raise BadInput(f"the law is {self.law}: a recipe can hold {', '.join(map(str, LAWS))}.")
        _require("lr", self.lr, positive=True)
        _require("the strength of regularization", self.strength)
        for name in ("steps", "batch", "rows"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise BadInput(f"{name} is {value}: it must be 1 or more.")
        self._canonize()
        if self.law not in (Law.L2, Law.NONE):
            share = self.law.decay(self.strength, lr=self.lr, peak_lr=self.lr)
            if not share <= 1:
                raise BadInput(f"the decay is {share:g} per step: it must be in [0, 1], a share of the weight.")

    def _canonize(self) -> None:
        """Give one form to what can be said in several ways."""
        name, numbers = self.rule, dict(self.hyperparameters)
        if name == "momentum_lr_inside":
            name = "momentum"
            self._set(lr_place=LrPlace.BUFFER)
        numbers = {key: float(value) for key, value in rule(name).settings(**numbers).items()}
        if name in _linear.RULES and not numbers.get("momentum", 0.0):
            shrunk = 1 - numbers.get("dampening", 0.0)
            if shrunk == 1:
                name, numbers = "sgd", {}
        if name == "mccaffrey" or not numbers.get("momentum"):
            self._set(lr_place=rule(name).lr_place)
        self._set(rule=name, hyperparameters=tuple(sorted(numbers.items())))
        if not numbers.get("eps"):
            self._set(eps_place=EpsPlace.RULE)
        if not self.strength or self.law is Law.NONE:
            self._set(law=Law.NONE, strength=0.0, where=Where.ALL)
        if self.law in (Law.NONE, Law.L2) or self.order is Order.BEFORE:
            self._set(order=Order.JOINT)
        if self.law is Law.PROXIMAL:
            self._set(order=Order.AFTER)

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def numbers(self) -> dict[str, float]:
        """The hyperparameters as a dictionary."""
        return dict(self.hyperparameters)

    @property
    def l2(self) -> float:
        """λ, the coefficient of (λ/2)‖w‖² in the error."""
        return self.strength if self.law is Law.L2 else 0.0

    @property
    def linear(self) -> bool:
        """Whether the direction is linear in the gradients, so that algebra knows where training ends."""
        return self.rule in _linear.RULES

    @property
    def decay(self) -> float | None:
        """α, the share of an untouched weight removed in one step at the peak lr (1/step).

        Under L2 it is the slow root of the rule's recurrence (theorem 6); None where L2 goes through an adaptive
        direction, since what is removed then depends on the gradients and not on λ (theorem 7).
        """
        if self.law is Law.NONE:
            return 0.0
        if self.law is not Law.L2:
            return float(self.law.decay(self.strength, lr=self.lr, peak_lr=self.lr))
        return _linear.rate(self.rule, self.lr * self.strength, self.numbers) if self.linear else None

    def decays(self) -> list[float] | None:
        """α of each step of the run, or None where the steps or the decay are not known."""
        if self.steps is None or self.decay is None:
            return None
        share = schedule.named(self.schedule, self.steps)
        if self.law is Law.L2:
            return [_linear.rate(self.rule, self.lr * self.l2 * share(t), self.numbers) for t in range(self.steps)]
        if self.law is Law.NONE:
            return [0.0] * self.steps
        lrs = (self.lr * share(t) for t in range(self.steps))
        return [float(self.law.decay(self.strength, lr=lr, peak_lr=self.lr)) for lr in lrs]


def _require(name: str, value: float, *, positive: bool = False) -> None:
    low = "more than 0" if positive else "0 or more"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not (value > 0 if positive else value >= 0):
        raise BadInput(f"{name} is {value}: it must be a number, {low}.")
    if not value <= LARGEST:
        raise BadInput(f"{name} is {value}: it must be at most {LARGEST:g}.")
