"""A user's own JAX model as a network of the lab: `init(key)` and `apply(params, x)`, of Flax, Equinox or by hand."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from halflife._errors import BadInput, UnknownName
from halflife.lab.files import one_line
from halflife.lab.model import Parameters
from halflife.lab.networks import ERRORS

Array = Any


@dataclass(frozen=True, kw_only=True, eq=False)
class JaxModel:
    """Members are stacked and mapped over; each parameter is kept as a matrix, and given back its shape to answer.

    Attributes:
        init: the first parameters, from a key.
        apply: the outputs [rows, outputs] of parameters on x [rows, ...].
        shape: of one row of x.
        targets: outputs that are wanted.
        error: one of `ERRORS`.
        tree: how the parameters hang together.
        shapes: of each parameter; those with two dimensions or more are weights.
    """

    init: Callable[[Any], Any]
    apply: Callable[[Any, Any], Any]
    shape: tuple[int, ...]
    targets: int
    error: str
    tree: Any
    shapes: tuple[tuple[int, ...], ...]

    @property
    def parameters(self) -> int:
        """How many numbers one member learns."""
        return sum(map(math.prod, self.shapes))

    @property
    def sizes(self) -> tuple[int, ...]:
        """About how many numbers a row becomes: the last dimension of each weight."""
        hidden = (shape[-1] for shape in self.shapes if len(shape) > 1)
        return (math.prod(self.shape), *hidden, self.targets)

    def initial(self, seed: int) -> Parameters:
        """One member's first parameters, each as a matrix."""
        leaves = jax.tree.leaves(self.init(jax.random.key(seed)))
        return [{_kind(leaf.shape): np.asarray(leaf, np.float64).reshape(_matrix(leaf.shape))} for leaf in leaves]

    def outputs(self, parameters: Parameters, rows: Array) -> Array:
        """What every member answers: [members, outputs, rows]."""
        x = rows.reshape(-1, *self.shape)
        matrices = [next(iter(layer.values())) for layer in parameters]
        leaves = [m.reshape(len(m), *shape) for m, shape in zip(matrices, self.shapes, strict=True)]
        answers = jax.vmap(self.apply, (0, None))(jax.tree.unflatten(self.tree, leaves), x)
        return answers.transpose(0, 2, 1)

    def row_errors(self, outputs: Array, targets: Array) -> Array:
        """The error of every member on every row, [members, rows]."""
        return ERRORS[self.error](outputs, targets.T)

    def described(self) -> Mapping[str, Any]:
        """The shapes and the error: functions cannot be compared."""
        return {"model": "jax", "shapes": self.shapes, "error": self.error}


def jax_model(model: Any, *, shape: tuple[int, ...], targets: int, error: str) -> JaxModel:
    """The model as the lab can train it.

    Args:
        model: a pair of functions `init(key)` and `apply(params, x)`, or a Flax module.
        shape: of one row of x.
        targets: outputs that are wanted, one a class or a target.
        error: one of `ERRORS`.

    Raises:
        BadInput: it answers in another shape, keeps state beside its parameters, or cannot be called.
    """
    if error not in ERRORS:
        raise UnknownName("error", error, ERRORS)
    init, apply = model if isinstance(model, tuple) else _of_flax(model, shape)
    rows = jax.ShapeDtypeStruct((2, *shape), np.float32)
    try:
        started = jax.eval_shape(init, jax.random.key(0))
        answered = jax.eval_shape(apply, started, rows)
    except Exception as problem:  # whatever the user's functions raise
        raise BadInput(f"the model cannot be called on x of shape {rows.shape}: {one_line(problem)}") from problem
    if not isinstance(answered, jax.ShapeDtypeStruct) or answered.shape != (2, targets):
        found = getattr(answered, "shape", type(answered).__name__)
        raise BadInput(f"the model answers with {found} for 2 rows: it must be (2, {targets}), one for each output.")
    leaves, tree = jax.tree.flatten(started)
    if not leaves:
        raise BadInput("the model has no parameters: there is nothing to train.")
    odd = next((leaf for leaf in leaves if not np.issubdtype(leaf.dtype, np.floating)), None)
    if odd is not None:
        raise BadInput(f"the model has a parameter of {odd.dtype}: what is trained must be floating-point numbers.")
    return JaxModel(
        init=init,
        apply=apply,
        shape=shape,
        targets=targets,
        error=error,
        tree=tree,
        shapes=tuple(tuple(leaf.shape) for leaf in leaves),
    )


def _of_flax(module: Any, shape: tuple[int, ...]) -> tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]:
    example = np.zeros((1, *shape), np.float32)
    try:
        kept = set(jax.eval_shape(lambda key: module.init(key, example), jax.random.key(0)))
    except Exception as problem:  # whatever the user's module raises
        raise BadInput(f"the model cannot be called on x of shape {example.shape}: {one_line(problem)}") from problem
    if kept != {"params"}:
        raise BadInput(
            f"the model keeps {', '.join(sorted(kept - {'params'}))} beside its parameters, as batch norm does: only "
            "models without such state can be trained many at once."
        )
    return lambda key: module.init(key, example)["params"], lambda params, x: module.apply({"params": params}, x)


def _kind(shape: tuple[int, ...]) -> str:
    return "weights" if len(shape) > 1 else "biases"


def _matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    return (shape[0] if shape else 1, -1 if math.prod(shape) else 0)
