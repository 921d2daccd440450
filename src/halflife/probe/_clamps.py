"""Where a trust ratio stops following the weights: its clamps, from first steps of weights of all sizes."""

import numpy as np

from halflife.probe._experiments import Experiments
from halflife.probe._report import Evidence

SIZES = 10.0 ** np.arange(-5, 6)
FOLLOWS = 0.5
"""A step that grows with less than this power of the weights does not follow them."""


def clamps(ex: Experiments) -> Evidence:
    """From which norm on, and down to which, the step of a tensor grows with its weights.

    Most optimizers let the ratio be 1 for weights of zero; where they take a step from there, it is the unit.
    """
    part, plan = ex.bench.parts[0], ex.bench.gradients[:1]

    def step(size: float) -> float:
        rows = ex.run(weights=size * ex.bench.weights, gradients=plan)
        return float(np.linalg.norm((rows[1] - rows[0])[part]))

    steps = np.array([step(size) for size in SIZES])
    norms = SIZES * float(np.linalg.norm(ex.bench.weights[part]))
    unit = step(0.0)
    grows = np.diff(np.log10(np.maximum(steps, 1e-300))) > FOLLOWS
    numbers = {}
    if grows.any():
        per_norm = float(np.median((steps[1:] / norms[1:])[grows]))
        first, last = int(np.argmax(grows)), len(grows) - 1 - int(np.argmax(grows[::-1]))
        if last < len(grows) - 1:
            numbers["largest norm that it follows"] = steps[-1] / per_norm
            numbers |= {"largest ratio": steps[-1] / unit} if unit else {}
        if first > 0:
            numbers["smallest norm that it follows"] = steps[0] / per_norm
            numbers |= {"smallest ratio": steps[0] / unit} if unit else {}
    said = (
        "the step follows them all along" if grows.all() else "the ratio is clamped" if numbers else "no step follows"
    )
    return Evidence(
        experiment="first steps from weights a hundred thousand times smaller to larger", outcome=said, numbers=numbers
    )
