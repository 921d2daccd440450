"""The training regime: what all members of a study have in common besides the data."""

from dataclasses import dataclass

from halflife._errors import BadInput
from halflife.lab.model import Model
from halflife.rules import schedule as schedules


@dataclass(frozen=True, kw_only=True)
class Regime:
    """What all members of a study have in common besides the data.

    Attributes:
        network: the shape of the networks and their error; a `Network`, or a user's own model.
        epochs: how often each training row is seen.
        batch_size: rows a step; the last batch of an epoch may be smaller and is trained on too.
        schedule: a name that `halflife.rules.schedule.named` knows.
        precision: "float32" or "float64".
        regularize_biases: whether both doors act on biases too.

    Raises:
        BadInput: no epoch, an empty batch, an unknown precision or schedule.
    """

    network: Model
    epochs: int
    batch_size: int = 32
    schedule: str = "constant"
    precision: str = "float32"
    regularize_biases: bool = False

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise BadInput(f"epochs is {self.epochs}: it must be 1 or more.")
        if self.batch_size < 1:
            raise BadInput(f"the batch size is {self.batch_size}: it must be 1 or more.")
        if self.precision not in ("float32", "float64"):
            raise BadInput(f"precision is {self.precision!r}: it must be float32 or float64.")
        schedules.named(self.schedule, self.epochs)
