"""What the bench asks of an optimizer: to be started afresh as often as an experiment needs, and to be stepped.

One adapter a framework answers, each with a subclass of `Subject` and a `Run`. What they have in common is here.
"""

import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from halflife._errors import BadInput

Floats = NDArray[np.float64]
Shape = tuple[int, ...]
Setting = float | tuple[float, float] | None
"""One value for all, one for each of two parameter groups, or None: as the user configured it."""
FALLBACK_LR = 1e-3
NUMBERS = ("lr", "learning_rate", "weight_decay")
"""Arguments that are numbers though the call has no number for their default."""
LOWER_PRECISIONS = ("float32", "bfloat16", "float16")


class Run(Protocol):
    """An optimizer in the middle of a training run."""

    def step(self, gradient: Floats | None) -> None:
        """Take one step; None means that no parameter has a gradient."""

    def weights(self) -> Floats:
        """The weights now."""

    def put(self, weights: Floats) -> None:
        """Overwrite the weights, and nothing else."""

    def scale_lr(self, factor: float) -> None:
        """Multiply lr, as a scheduler does."""

    def set_strength(self, value: float) -> None:
        """Change the regularization strength in the middle of the run."""


@dataclass(frozen=True, kw_only=True)
class Subject(ABC):
    """An optimizer that can be started afresh.

    Attributes:
        name: how the user calls it.
        lr: as configured; None when it has none, or none that can be changed.
        lr_name: what that argument is called.
        strength: the regularization strength as configured; None when no argument for it is known.
        strength_name: what that argument is called.
        dtypes: precisions below float64 that it can be asked to run in.
        grouped: whether it knows parameter groups.
        lr_moves: whether lr can be changed in mid-run.
        peak_lr: the lr at construction when `start` cannot change it; None when `start` can.
        knobs: other numeric arguments that may be a strength, with their values.
        loudness: what the planned gradients are to be multiplied by.
        shapes: the only ones that it takes; None when it takes those of the bench.
        nothing: what stands for no regularization where an optimizer refuses a strength of zero.
        widest: the precision that stands in where float64 is asked for.
        lends_last: whether the last tensor gets a gradient of zeros in a step without gradients.
    """

    name: str
    lr: float | None
    lr_name: str | None = None
    strength: float | None = None
    strength_name: str | None = None
    dtypes: tuple[str, ...] = LOWER_PRECISIONS
    grouped: bool = False
    lr_moves: bool = True
    peak_lr: float | None = None
    knobs: Mapping[str, float | None] = field(default_factory=dict)
    loudness: float = 1.0
    shapes: tuple[Shape, ...] | None = None
    nothing: float = 0.0
    widest: str = "float64"
    lends_last: bool = False

    def start(
        self,
        shapes: Sequence[Shape],
        weights: Floats,
        *,
        lr: Setting = None,
        strength: Setting = None,
        dtype: str = "float64",
        knobs: Mapping[str, float] | None = None,
    ) -> Run:
        """Build it on fresh parameters of these values, with these settings in place of the configured ones."""
        return self.built(shapes, weights, self.changes(lr, strength, knobs), dtype)

    @abstractmethod
    def built(self, shapes: Sequence[Shape], weights: Floats, changes: dict[str, Any], dtype: str) -> Run:
        """The same, the settings by the names that its arguments have."""

    def session(self) -> AbstractContextManager[None]:
        """What all its runs happen inside of: settings of the framework, put back at the end."""
        return nullcontext()

    def with_strength(self, name: str) -> Self:
        """The same optimizer, that argument taken for its strength."""
        return replace(self, strength_name=name, strength=self.knobs[name] or 0.0)

    def with_larger_batch(self) -> Self | None:
        """The same with every row of its batch twice; None where it is handed gradients, or single rows."""
        return None

    def sparsely(self) -> Self | None:
        """The same, handed sparse gradients; None where there are none."""
        return None

    def changes(self, lr: Setting, strength: Setting, knobs: Mapping[str, float] | None) -> dict[str, Any]:
        """The arguments that differ from the configured ones."""
        if isinstance(strength, tuple):
            strength = (strength[0] or self.nothing, strength[1] or self.nothing)
        strength = self.nothing if strength == 0 else strength
        named = ((self.lr_name, lr), (self.strength_name, strength))
        return dict(knobs or {}) | {name: value for name, value in named if name is not None and value is not None}

    def only_double(self, dtype: str) -> None:
        """Refuse any precision but one.

        Raises:
            BadInput: it is another.
        """
        if dtype != "float64":
            raise BadInput(f"{self.name} runs in float64 here, not in {dtype}.")


def split(flat: Floats, shapes: Sequence[Shape]) -> list[Floats]:
    """A flat array as tensors of these shapes."""
    ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends), shapes, strict=True)]


def is_number(value: Any) -> bool:
    """Whether it is a number that can be turned: no flag."""
    return isinstance(value, Real) and not isinstance(value, bool)


def numbers_in(values: Mapping[str, Any], besides: Collection[str | None]) -> dict[str, float | None]:
    """The arguments that are numbers, or None where a number may stand, without those named."""
    return {
        key: None if value is None else float(value)
        for key, value in values.items()
        if key not in besides and (value is None or is_number(value))
    }


def refuse_unknown(name: str, arguments: Mapping[str, Any], accepted: Collection[str]) -> None:
    """Raises BadInput for the first argument that is not accepted."""
    for key in arguments:
        if key not in accepted:
            raise BadInput(f"{name} takes no argument {key!r}: it takes {', '.join(accepted) or 'none'}.")


def refuse_no_number(name: str, call: Any, arguments: Mapping[str, Any]) -> None:
    """Raises BadInput for text or NaN where the call wants a number, and for an lr without end."""
    try:
        defaults = {key: p.default for key, p in inspect.signature(call).parameters.items()}
    except (TypeError, ValueError):
        return
    for key, value in arguments.items():
        default = defaults.get(key, inspect.Parameter.empty)
        wanted = is_number(default) or (key in NUMBERS and not isinstance(default, str))
        endless = is_number(value) and (math.isnan(value) or (math.isinf(value) and key in NUMBERS))
        if wanted and (isinstance(value, str) or endless):
            raise BadInput(f"{key} of {name} must be a finite number, such as {key}=0.01, not {value!r}.")


def refuse_further(name: str, arguments: Mapping[str, Any]) -> None:
    """Raises BadInput when there are arguments for what is already built."""
    if arguments:
        raise BadInput(f"{name} is already built: it takes no further arguments ({', '.join(arguments)}).")


def cannot_be_built(name: str, error: BaseException, where: str = "") -> BadInput:
    """What to raise when building failed."""
    return BadInput(f"{name} cannot be built{where}: {sentence(error)}")


def sentence(error: BaseException) -> str:
    """An error on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
