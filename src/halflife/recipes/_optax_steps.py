"""The steps of an Optax transformation on weights of ours, held against those of a recipe that was read from it.

JAX is imported when it is needed: whoever has an Optax transformation has it loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from halflife._errors import BadInput
from halflife.recipes._parts import chosen
from halflife.recipes._recipe import Recipe, Where
from halflife.recipes._steps import walk
from halflife.rules import schedule

STEPS = 8
"""Past the first five, which RAdam takes without its square."""

VALUES = np.array([1e4, -50.0, 0.0, 0.0, 0.0])
"""Two weights that show their decay beside the step, and three that have nothing to decay."""

GRADIENTS = np.random.default_rng(3).normal(size=(STEPS, 5)) * [1.0, 0.5, 1e-8, 1e-4, 0.3]
"""Of sizes at which an ε shows, and at which it does not."""

CLOSE = 1e-4
"""Of a weight's longest step: schedules and some numbers are in float32."""


@dataclass(frozen=True)
class Weights:
    """Weights that the masks of a transformation can be applied to.

    Attributes:
        tree: the structure, in JAX' terms.
        shapes: of every leaf.
        decayed: for every leaf, whether the masks let decay reach it.
    """

    tree: Any
    shapes: tuple[tuple[int, ...], ...]
    decayed: tuple[bool, ...]


def weights_for(masks: Sequence[Any]) -> Weights:
    """A matrix and a vector, or if a mask is for other weights than that, a matrix for each of them.

    Raises:
        BadInput: the mask cannot be asked, or is none.
    """
    from jax import tree_util

    size = VALUES.size
    ours = [np.zeros((size, 1)), np.zeros(size)]
    usual = Weights(tree_util.tree_structure(ours), ((size, 1), (size,)), (True, True))
    if not masks:
        return usual
    try:
        answer = masks[0](ours) if callable(masks[0]) else masks[0]
        decayed = tuple(bool(leaf) for leaf in tree_util.tree_leaves(answer))
    except Exception as error:
        raise BadInput(
            f"the mask in the Optax chain cannot be asked about weights of ours ({type(error).__name__}: {error}): "
            "give the text of the optimizer instead."
        ) from None
    if tree_util.tree_structure(answer) == usual.tree:
        return replace(usual, decayed=decayed)
    return Weights(tree_util.tree_structure(answer), ((size, 1),) * len(decayed), decayed)


def takes(transformation: Any, recipe: Recipe, weights: Weights) -> bool:
    """Whether the transformation takes the recipe's steps, decay reaching those weights that it should."""
    start = [np.resize(VALUES, shape) for shape in weights.shapes]
    try:
        theirs = _path(transformation, start, weights)
    except Exception as error:
        raise BadInput(
            f"the Optax transformation cannot be run on weights of ours ({type(error).__name__}: {error}): give its "
            "text, or measure its law with halflife.probe."
        ) from None
    share = schedule.named(recipe.schedule, recipe.steps or STEPS)
    tensors = [VALUES[:, None] if decayed else VALUES for decayed in weights.decayed]  # vectors are left out
    everything = all(weights.decayed)
    ours = walk(
        replace(recipe, where=Where.ALL if everything or not recipe.strength else Where.WEIGHTS),
        tensors,
        lambda step, _: [np.resize(GRADIENTS[step - 1], tensor.shape) for tensor in tensors],
        [share(step) for step in range(STEPS)],
    )
    first = [VALUES for _ in tensors]
    expected = np.array([first, *([tensor.ravel() for tensor in after] for after in ours)])
    moved = np.abs(np.diff(expected, axis=0)).max(axis=0)
    return bool((np.abs(theirs - expected[1:]) <= CLOSE * moved + 1e-14 * np.abs(VALUES)).all())


def _path(transformation: Any, start: list[np.ndarray], weights: Weights) -> np.ndarray:
    """The weights after each step, [steps, tensors, values]."""
    from jax import numpy, tree_util

    from halflife.probe._optax import double_precision

    with double_precision():
        parameters = tree_util.tree_unflatten(weights.tree, [numpy.asarray(tensor) for tensor in start])
        state, path = transformation.init(parameters), []
        for gradient in GRADIENTS:
            leaves = [numpy.asarray(np.resize(gradient, tensor.shape)) for tensor in start]
            change, state = transformation.update(tree_util.tree_unflatten(weights.tree, leaves), state, parameters)
            parameters = tree_util.tree_map(lambda weight, move: weight + move, parameters, change)
            path.append([np.ravel(leaf) for leaf in tree_util.tree_leaves(parameters)])
    return np.array(path, dtype=float)


def which(recipe: Recipe, weights: Weights) -> Recipe:
    """The recipe on the parameters that the masks let decay reach."""
    everything = replace(recipe, where=Where.ALL)
    dimensions = [len(shape) for shape in weights.shapes]
    reached = [n for n, decayed in zip(dimensions, weights.decayed, strict=True) if decayed]
    free = [n for n, decayed in zip(dimensions, weights.decayed, strict=True) if not decayed]
    return chosen(everything, reached, free)
