"""Keras optimizers, on whatever backend Keras runs: a class with arguments, or an instance whose config is copied."""

import inspect
import io
import math
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from halflife._errors import BadInput
from halflife.probe._bench import Floats, Setting, Shape


def choose_backend() -> None:
    """Name an installed backend before Keras is first imported, unless the user has named one."""
    for backend in ("torch", "jax"):
        if find_spec("tensorflow") is None and find_spec(backend) is not None:
            os.environ.setdefault("KERAS_BACKEND", backend)


class KerasRun:
    """One Keras optimizer on its fresh variables."""

    def __init__(self, optimizer: Any, shapes: Sequence[Shape], weights: Floats, dtype: str):
        import keras

        self._keras, self._dtype = keras, dtype
        self._optimizer = optimizer
        self._shapes = list(shapes)
        ends = np.cumsum([0, *(math.prod(shape) for shape in shapes)])
        self._parts = [slice(int(a), int(b)) for a, b in pairwise(ends)]
        self._variables = [keras.Variable(value, dtype=dtype) for value in self._split(weights)]
        optimizer.build(self._variables)

    def step(self, gradient: Floats | None) -> None:
        """Apply one gradient."""
        if gradient is None:  # Keras refuses a step in which no variable has one, so the last of them gets zeros
            last = self._keras.ops.zeros_like(self._variables[-1].value)
            self._optimizer.apply([*[None] * (len(self._variables) - 1), last], self._variables)
            return
        given = [self._keras.ops.convert_to_tensor(part, dtype=self._dtype) for part in self._split(gradient)]
        self._optimizer.apply(given, self._variables)

    def weights(self) -> Floats:
        """All variables end to end."""
        to_numpy = self._keras.ops.convert_to_numpy
        cast = self._keras.ops.cast
        return np.concatenate([to_numpy(cast(v.value, "float64")).ravel() for v in self._variables]).astype(float)

    def put(self, weights: Floats) -> None:
        """Overwrite the variables."""
        for variable, value in zip(self._variables, self._split(weights), strict=True):
            variable.assign(value)

    def scale_lr(self, factor: float) -> None:
        """Change lr, as a callback does."""
        self._optimizer.learning_rate = float(self._optimizer.learning_rate) * factor

    def set_strength(self, value: float) -> None:
        """Keras reads some of these once, when it builds: not to be relied on."""
        raise NotImplementedError("a Keras optimizer keeps the strength it was built with")

    def _split(self, flat: Floats) -> list[Floats]:
        return [flat[part].reshape(shape) for part, shape in zip(self._parts, self._shapes, strict=True)]


@dataclass(frozen=True, kw_only=True)
class KerasSubject:
    """A Keras optimizer that can be built again from its config; see `Subject` for what the attributes mean."""

    name: str
    kind: Any
    config: Mapping[str, Any]
    lr: float | None
    strength: float | None = None
    strength_name: str | None = None
    dtypes: tuple[str, ...] = ("float32", "bfloat16", "float16")
    grouped: bool = False
    peak_lr: float | None = None
    knobs: Mapping[str, float | None] = field(default_factory=dict)

    def start(
        self,
        shapes: Sequence[Shape],
        weights: Floats,
        *,
        lr: Setting = None,
        strength: Setting = None,
        dtype: str = "float64",
        knobs: Mapping[str, float] | None = None,
    ) -> KerasRun:
        """Build it on fresh variables."""
        changes: dict[str, Any] = dict(knobs or {})
        if lr is not None:
            changes["learning_rate"] = lr
        if strength is not None and self.strength_name is not None:
            changes[self.strength_name] = strength
        return KerasRun(self.kind.from_config({**self.config, **changes}), shapes, weights, dtype)

    def with_strength(self, name: str) -> "KerasSubject":
        """The same optimizer, that argument taken for its strength."""
        return replace(self, strength_name=name, strength=self.knobs[name] or 0.0)

    def session(self) -> AbstractContextManager[None]:
        """Everything is run inside this."""
        return _session()


@contextmanager
def _session() -> Iterator[None]:
    import keras

    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        if keras.config.backend() == "jax":
            from halflife.probe._optax import double_precision

            with double_precision():
                yield
        elif keras.config.backend() == "torch":
            from halflife.probe._torch import quiet

            with quiet():
                yield
        else:
            yield


def from_keras(target: Any, arguments: Mapping[str, Any], name: str) -> KerasSubject:
    """A subject from a Keras optimizer class and its arguments, or from an instance.

    Raises:
        BadInput: it cannot be built with these arguments.
    """
    if isinstance(target, type):
        accepted = [p for p in inspect.signature(target).parameters if p != "kwargs"]
        unknown = [key for key in arguments if key not in accepted]
        if unknown:
            raise BadInput(f"{name} takes no argument {unknown[0]!r}: it takes {', '.join(accepted)}.")
    elif arguments:
        raise BadInput(f"{name} is already built: it takes no further arguments ({', '.join(arguments)}).")
    try:
        with _session():
            built = target(**arguments) if isinstance(target, type) else target
            config = built.get_config()
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise BadInput(f"{name} cannot be built: {type(error).__name__}: {said}") from error
    lr = config.get("learning_rate")
    return KerasSubject(
        name=name,
        kind=type(built),
        config=config,
        lr=float(lr) if isinstance(lr, (int, float)) else None,
        knobs={
            key: None if value is None else float(value)
            for key, value in config.items()
            if key != "learning_rate"
            and (value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)))
        },
    )
