"""Keras optimizers, on whatever backend Keras runs: a class with arguments, or an instance whose config is copied."""

import inspect
import io
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from halflife.probe._subject import (
    Floats,
    Shape,
    Subject,
    cannot_be_built,
    is_number,
    numbers_in,
    refuse_further,
    refuse_unknown,
    split,
)


def choose_backend() -> None:
    """Name an installed backend before Keras is first imported, unless the user has named one."""
    for backend in ("torch", "jax"):
        if find_spec("tensorflow") is None and find_spec(backend) is not None:
            os.environ.setdefault("KERAS_BACKEND", backend)


class KerasRun:
    """One Keras optimizer on its fresh variables."""

    def __init__(self, optimizer: Any, strength_name: str | None, shapes: Sequence[Shape], weights: Floats, dtype: str):
        import keras

        self._keras, self._dtype = keras, dtype
        self._strength_name = str(strength_name)
        self._optimizer = optimizer
        self._shapes = list(shapes)
        self._variables = [keras.Variable(value, dtype=dtype) for value in split(weights, shapes)]
        optimizer.build(self._variables)

    def step(self, gradient: Floats | None) -> None:
        """Apply one gradient."""
        if gradient is None:  # Keras refuses a step in which no variable has one, so the last of them gets zeros
            last = self._keras.ops.zeros_like(self._variables[-1].value)
            self._optimizer.apply([*[None] * (len(self._variables) - 1), last], self._variables)
            return
        given = [self._keras.ops.convert_to_tensor(part, dtype=self._dtype) for part in split(gradient, self._shapes)]
        self._optimizer.apply(given, self._variables)

    def weights(self) -> Floats:
        """All variables end to end."""
        to_numpy = self._keras.ops.convert_to_numpy
        cast = self._keras.ops.cast
        return np.concatenate([to_numpy(cast(v.value, "float64")).ravel() for v in self._variables]).astype(float)

    def put(self, weights: Floats) -> None:
        """Overwrite the variables."""
        for variable, value in zip(self._variables, split(weights, self._shapes), strict=True):
            variable.assign(value)

    def scale_lr(self, factor: float) -> None:
        """Change lr, as a callback does."""
        self._optimizer.learning_rate = float(self._optimizer.learning_rate) * factor

    def set_strength(self, value: float) -> None:
        """Change the attribute: one that was read when the optimizer was built has no effect then."""
        if not hasattr(self._optimizer, self._strength_name):
            raise NotImplementedError("its strength is none of its attributes")
        setattr(self._optimizer, self._strength_name, value)


@dataclass(frozen=True, kw_only=True)
class KerasSubject(Subject):
    """A Keras optimizer that can be built again from its config."""

    kind: Any
    config: Mapping[str, Any]
    lr_name: str | None = "learning_rate"
    lends_last: bool = True

    def built(self, shapes: Sequence[Shape], weights: Floats, changes: dict[str, Any], dtype: str) -> KerasRun:
        """Build it on fresh variables."""
        optimizer = self.kind.from_config({**self.config, **changes})
        return KerasRun(optimizer, self.strength_name, shapes, weights, dtype)

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
            from halflife.probe._torch_run import quiet

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
        refuse_unknown(name, arguments, accepted)
    else:
        refuse_further(name, arguments)
    try:
        with _session():
            built = target(**arguments) if isinstance(target, type) else target
            config = built.get_config()
    except Exception as error:
        raise cannot_be_built(name, error) from error
    lr = config.get("learning_rate")
    return KerasSubject(
        name=name,
        kind=type(built),
        config=config,
        lr=float(lr) if is_number(lr) else None,
        knobs=numbers_in(config, besides=("learning_rate",)),
    )
