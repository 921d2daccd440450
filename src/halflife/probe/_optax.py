"""Optax: a factory such as `optax.adamw`, or a transformation that is already built."""

import inspect
import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from halflife._errors import BadInput
from halflife.probe._dials import Place, dials, turned
from halflife.probe._subject import (
    FALLBACK_LR,
    Floats,
    Shape,
    Subject,
    cannot_be_built,
    is_number,
    numbers_in,
    refuse_unknown,
)

LR_NAMES = ("learning_rate", "lr")

Make = Callable[[Mapping[str, Any]], Any]
"""Builds the transformation with some numbers changed; they may be tracers."""


class OptaxRun:
    """One transformation on its fresh parameters."""

    def __init__(self, subject: "OptaxSubject", shapes: tuple[Shape, ...], weights: Floats, changes: dict[str, float]):
        self._step, begin = subject.compiled(shapes, tuple(sorted(changes)))
        self._changes = {name: np.float64(value) for name, value in changes.items()}
        self._lr_name = subject.lr_name
        self._kind = subject.kind
        self._strength_name = str(subject.strength_name)
        self._weights = jnp.asarray(weights, dtype=subject.kind)
        self._state = begin(self._weights, self._changes)

    def step(self, gradient: Floats | None) -> None:
        """One update, applied."""
        if gradient is None:
            raise NotImplementedError("Optax has no missing gradients")
        update = jnp.asarray(gradient, dtype=self._kind)
        self._weights, self._state = self._step(self._weights, update, self._state, self._changes)

    def weights(self) -> Floats:
        """All parameters end to end."""
        return np.asarray(self._weights, dtype=np.float64)

    def put(self, weights: Floats) -> None:
        """Overwrite the parameters."""
        self._weights = jnp.asarray(weights, dtype=self._kind)

    def scale_lr(self, factor: float) -> None:
        """Change lr, as `optax.inject_hyperparams` lets one do."""
        if self._lr_name is None:
            raise NotImplementedError("it has no lr to change")
        self._changes[self._lr_name] = self._changes[self._lr_name] * factor

    def set_strength(self, value: float) -> None:
        """Change it likewise."""
        self._changes[self._strength_name] = np.float64(value)


@dataclass(frozen=True, kw_only=True)
class OptaxSubject(Subject):
    """An Optax optimizer that can be built again and again.

    Attributes:
        make: builds it with some numbers changed.
        kind: the precision to run in.
    """

    make: Make
    kind: str = "float64"
    _compiled: dict[Any, Any] = field(default_factory=dict, compare=False)

    def built(self, shapes: Sequence[Shape], weights: Floats, changes: dict[str, Any], dtype: str) -> OptaxRun:
        """Build it on fresh parameters."""
        changes = self.changes(self.lr, self.strength, None) | changes
        kind = self.widest if dtype == "float64" else dtype
        return OptaxRun(replace(self, kind=kind), tuple(shapes), weights, changes)

    @contextmanager
    def session(self) -> Iterator[None]:
        """Everything is run inside this."""
        with double_precision(), jax.enable_x64(self.widest == "float64"):
            yield

    def in_single(self) -> "OptaxSubject":
        """The same optimizer, run in JAX's single precision where float64 is asked for."""
        return replace(self, widest="float32", dtypes=self.dtypes[1:])

    def compiled(self, shapes: tuple[Shape, ...], names: tuple[str, ...]) -> tuple[Any, Any]:
        """The step and the beginning, compiled once for these shapes and changed numbers."""
        key = (shapes, names, self.kind)
        if key not in self._compiled:
            self._compiled[key] = _compile(self.make, shapes)
        return self._compiled[key]  # type: ignore[no-any-return]


@contextmanager
def double_precision() -> Iterator[None]:
    """float64 in JAX, without warnings and output, for as long as the probing lasts."""
    with jax.enable_x64(True), warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _compile(make: Make, shapes: tuple[Shape, ...]) -> tuple[Any, Any]:
    ends = np.cumsum([math.prod(shape) for shape in shapes])[:-1].tolist()

    def split(flat: Any) -> list[Any]:
        return [part.reshape(shape) for part, shape in zip(jnp.split(flat, ends), shapes, strict=True)]

    def begin(weights: Any, changes: dict[str, Any]) -> Any:
        return make(changes).init(split(weights))

    def step(weights: Any, gradient: Any, state: Any, changes: dict[str, Any]) -> Any:
        parameters = split(weights)
        given = split(gradient)
        updates, state = _updates(make(changes), given, state, parameters)
        moved = optax.apply_updates(parameters, updates)
        return jnp.concatenate([part.ravel() for part in moved]).astype(weights.dtype), state

    # compiled in a hurry: a few small tensors gain nothing from a good program
    hurried = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
    traced = jax.jit(step, compiler_options=hurried)

    @lru_cache(maxsize=64)
    def fixed(values: tuple[tuple[str, float], ...]) -> Any:
        return jax.jit(
            lambda weights, gradient, state: step(weights, gradient, state, dict(values)), compiler_options=hurried
        )

    looks_at_them = False

    def either(weights: Any, gradient: Any, state: Any, changes: dict[str, Any]) -> Any:
        """Numbers as arguments of one compiled function; as constants of many where the optimizer looks at them."""
        nonlocal looks_at_them
        if not looks_at_them:
            try:
                return traced(weights, gradient, state, changes)
            except (jax.errors.JAXTypeError, TypeError, ValueError):
                looks_at_them = True
        plain = tuple((name, float(value)) for name, value in sorted(changes.items()))
        return fixed(plain)(weights, gradient, state)

    return either, begin


def _updates(transformation: Any, gradient: list[Any], state: Any, parameters: list[Any]) -> Any:
    """What it makes of a gradient; it is handed the further arguments that it takes, if its type takes any."""
    choices: list[dict[str, Any]] = [{}]
    if isinstance(transformation, optax.GradientTransformationExtraArgs):
        extra = _extra(gradient, parameters)
        choices = [extra, {**extra, "obj_fn": extra["value_fn"]}, {}]
    errors: list[Exception] = []
    for extra in choices:
        try:
            return transformation.update(gradient, state, parameters, **extra)
        except (TypeError, ValueError) as error:
            errors.append(error)
    raise errors[-1]


def _extra(gradient: list[Any], parameters: list[Any]) -> dict[str, Any]:
    """What an update may ask for besides: the value of the linear loss whose gradient this is, the loss itself, ..."""

    def loss(weights: list[Any]) -> Any:
        return sum((jnp.vdot(g, w) for g, w in zip(gradient, weights, strict=True)), start=jnp.zeros(()))

    value = loss(parameters)
    return {"value": value, "grad": gradient, "value_fn": loss}


def from_factory(factory: Callable[..., Any], arguments: Mapping[str, Any], name: str) -> OptaxSubject:
    """A subject from a function that makes a transformation.

    Raises:
        BadInput: it cannot be called with these arguments, or makes something else.
    """
    accepted = inspect.signature(factory).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
    if not takes_any:
        refuse_unknown(name, arguments, accepted)
    lr_name = next((key for key in LR_NAMES if key in accepted), None)
    given = dict(arguments)
    if lr_name is not None and given.get(lr_name) is None:
        default = accepted[lr_name].default
        given[lr_name] = default if isinstance(default, float) else FALLBACK_LR
    try:
        with double_precision():
            built = factory(**given)
    except Exception as error:
        raise cannot_be_built(name, error) from error
    if not is_transformation(built):
        raise BadInput(f"{name} makes a {type(built).__name__}, which is not an optimizer.")
    defaults = {key: p.default for key, p in accepted.items()}
    values = {key: given.get(key, default) for key, default in defaults.items() if key != lr_name}
    lr = given.get(lr_name) if lr_name else None
    if lr is not None and not is_number(lr):
        lr_name, lr = None, None  # a schedule of the user's own
    return OptaxSubject(
        name=name,
        make=lambda changes: factory(**{**given, **changes}),
        lr=None if lr is None else float(lr),
        lr_name=lr_name,
        knobs=numbers_in(values, besides=()),
    )


def from_transformation(built: Any, name: str) -> OptaxSubject:
    """A subject from a transformation, its swallowed numbers being dials."""
    found = dials(tuple(built))

    def make(changes: Mapping[str, Any]) -> Any:
        places: dict[Place, Any] = {place: value for key, value in changes.items() for place in found[key][0]}
        return type(built)(*turned(tuple(built), places))

    subject = OptaxSubject(
        name=name, make=make, lr=None, lr_name=None, knobs={key: number for key, (_, number) in found.items()}
    )
    lr_name = _lr_dial(subject)
    if lr_name is None:
        return subject
    knobs = {key: value for key, value in subject.knobs.items() if key != lr_name}
    lr, sign = abs(found[lr_name][1]), math.copysign(1.0, found[lr_name][1])
    return replace(
        subject,
        make=lambda changes: make({k: v * sign if k == lr_name else v for k, v in changes.items()}),
        lr=lr,
        lr_name=lr_name,
        knobs=knobs,
    )


def _lr_dial(subject: OptaxSubject) -> str | None:
    """The dial that doubles the first step of weights at zero, where nothing can decay."""
    shapes: tuple[Shape, ...] = ((4, 3), (4,))
    gradient = np.linspace(-0.3, 0.5, 16)

    def step(changes: dict[str, float]) -> Floats | None:
        try:
            run = OptaxRun(subject, shapes, 0 * gradient, changes)
            run.step(gradient)
        except Exception:
            return None
        return run.weights()

    with double_precision(), np.errstate(all="ignore"):
        plain = step({})
        if plain is None or not abs(plain).max():
            return None
        for name, value in subject.knobs.items():
            doubled = step({name: 2 * value}) if value else None
            if doubled is not None and np.allclose(doubled, 2 * plain, rtol=1e-6, atol=0):
                return name
    return None


def is_transformation(value: Any) -> bool:
    """Whether it is a pair of `init` and `update`."""
    return (
        isinstance(value, tuple) and callable(getattr(value, "init", None)) and callable(getattr(value, "update", None))
    )
