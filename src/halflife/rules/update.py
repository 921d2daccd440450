"""The three lines that every part of halflife reads.

    g ← ∇E(w) + λ·w            door 1  L2 regularization: a penalty (λ/2)‖w‖² in the error     l2 = λ
    d ← direction(g)           what makes the optimizer: identity (SGD), momentum, Adam, ...
    w ← w − η·d − α·w          door 2  weight decay: tacked on after the step                   decay = α, lr = η

`update` is a pure function of symbols, numbers, NumPy or JAX arrays and torch tensors alike: what `proofs` proves
is what `lab` runs. A `Rule` is all that distinguishes one optimizer from another, as data.
"""

from halflife.rules._operations import Array
from halflife.rules._rule import LrPlace, Order, Rule, State


def update(
    rule: Rule,
    weights: Array,
    gradient: Array,
    state: State,
    *,
    step: Array,
    lr: Array,
    l2: Array = 0,
    decay: Array = 0,
    order: Order | None = None,
    **hyperparameters: Array,
) -> tuple[Array, State]:
    """Take one training step: the three lines.

    Every argument but the rule may be an array that broadcasts against the weights, so one call serves one
    network or thousands with settings of their own.

    Args:
        rule: which optimizer.
        weights: w, of any shape.
        gradient: ∇E(w) of the error without penalty, of the same shape.
        state: what the previous call returned, or `rule.initial_state(weights)`.
        step: the number of this step, counted from 1.
        lr: η, the learning rate of this step, schedule included.
        l2: λ, the coefficient of (λ/2)‖w‖² in the error.
        decay: α, the share of the weights removed in this step (1/step), whatever made it up.
        order: when decay acts; None means as the rule does it.
        hyperparameters: the rule's own, by name; defaults otherwise.

    Returns:
        The new weights and the new state.

    Raises:
        UnknownName: the rule has no such hyperparameter.
        BadInput: a hyperparameter that is a plain number lies outside its interval.

    Source: Loshchilov & Hutter 2019, algorithms 1 and 2, with their η_t·α written as lr and their η_t·λ as decay.
    """
    lr_before, lr_after = (1, lr) if rule.lr_place is LrPlace.STEP else (lr, 1)
    gradient = gradient + l2 * weights
    direction, state = rule.direction(lr_before * gradient, state, step=step, **rule.settings(**hyperparameters))
    if (order or rule.decay_order) is Order.AFTER:
        moved = weights - lr_after * direction
        return moved - decay * moved, state
    return weights - lr_after * direction - decay * weights, state
