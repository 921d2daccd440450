"""Are the decay and the step added to each other first, or each to the weight? Rounding tells.

A weight can be so large that the step is less than half the gap to the next number and is rounded away, and the
decay, made as small, too. Added to each other they exceed it. So the weight moves if they meet before they reach it,
and stays if each is applied by itself.
"""

from typing import Any

import numpy as np

from halflife.probe._experiments import Experiments

DECAY_IN_GAPS = 0.35
"""The decay of the planned weight in units of the gap; 1 − α then rounds to 1 as well."""
SIGNIFICAND = 1.5


def taken_jointly(ex: Experiments, share: float, reached: Any) -> bool | None:
    """True if step and decay are added first, False if each is rounded into the weight by itself, None if unclear.

    Args:
        ex: the experiments.
        share: α at the probing lr and strength.
        reached: which tensors are decayed.
    """
    gap = float(np.finfo(np.float64).eps)
    step = ex.off[1] - ex.off[0]
    sizes = np.where(step == 0, 1.0, abs(step))
    exponent = np.floor(np.log2(sizes))
    weights = -np.sign(step) * SIGNIFICAND * 2.0 ** (exponent + 2) / gap
    strength = ex.strength * DECAY_IN_GAPS * gap / SIGNIFICAND / abs(share)
    plan = ex.bench.gradients[:1]
    decayed = ex.spread(reached.astype(float)) > 0
    try:
        if (ex.run(gradients=0 * plan)[1] != ex.bench.weights)[decayed].any():
            return None  # noise, or a second decay, is rounded into the weights by itself
        step_alone = ex.run(weights=weights, gradients=plan)
        decay_alone = ex.run(weights=weights, gradients=0 * plan, strength=strength)
        both = ex.run(weights=weights, gradients=plan, strength=strength)
    except Exception:
        return None
    still = (step_alone[1] == step_alone[0]) & (decay_alone[1] == decay_alone[0]) & (step != 0)
    still &= decayed
    if share < 0 or still.sum() < 0.5 * decayed.sum():
        return None
    moved = float((both[1] != both[0])[still].mean())
    return True if moved > 0.9 else False if moved < 0.1 else None
