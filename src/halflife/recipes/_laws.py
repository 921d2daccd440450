"""A strength carried from one law to another, with what is lost on the way.

Three facts carry everything. Weight-side laws are one law while lr is constant, and otherwise where they take the
same power of lr. Under plain SGD a penalty λ is the decay α = lr·λ, step by step (Proposition 1). Under any other rule
that is linear in the gradients they part, and meet again where training ends, if α is larger by the rule's gain
(theorem 5); under heavy ball they are one at another momentum (`proofs.other_momentum`). Through an adaptive direction
no λ does what a decay does (Proposition 2, theorem 7).
"""

from dataclasses import replace

from halflife.recipes import _linear
from halflife.recipes._grade import Grade, Loss
from halflife.recipes._recipe import Recipe
from halflife.rules import Law, Order, schedule

Carried = tuple[Recipe, list[Loss]]
SIGNS = ("lion", "sign")


def strength_of(law: Law, decay: float, lr: float) -> float:
    """The strength at which a weight-side law removes this share in a step at the peak lr."""
    if law is Law.PROXIMAL:
        return decay / (1 - decay) / lr
    return decay / float(law.decay(1.0, lr=lr, peak_lr=lr))


def pull(recipe: Recipe) -> float:
    """α as if joint with the step: decay after the step pulls α/(1−α) times the weight that it leaves behind."""
    decay = recipe.decay or 0.0
    return decay / (1 - decay) if recipe.order is Order.AFTER else decay


def solution(recipe: Recipe) -> float:
    """The ridge constant that training ends at on a quadratic, under a linear rule (theorems 5 and 13)."""
    if recipe.law in (Law.L2, Law.NONE):
        return recipe.strength
    return pull(recipe) / (recipe.lr * _linear.gain(recipe.rule, recipe.numbers))


def with_solution(recipe: Recipe, law: Law, ridge: float, order: Order | None = None) -> Recipe:
    """The recipe under this law that ends at this ridge constant; the order is the recipe's unless given."""
    order = order or recipe.order
    if law is Law.L2:
        return replace(recipe, law=law, strength=ridge, order=Order.JOINT)
    joint = ridge * recipe.lr * _linear.gain(recipe.rule, recipe.numbers)
    decay = joint / (1 + joint) if order is Order.AFTER or law is Law.PROXIMAL else joint
    return replace(recipe, law=law, order=order, strength=strength_of(law, decay, recipe.lr))


def carry(recipe: Recipe, law: Law, *, order: Order = Order.JOINT, measured: float | None = None) -> Carried:
    """The recipe under another law.

    Args:
        recipe: what to carry.
        law: where to.
        order: when the new decay acts.
        measured: for L2 through an adaptive direction, the uniform decay that a live optimizer's state gives.
    """
    if recipe.law is Law.NONE or law is Law.NONE:
        return recipe, []
    if recipe.law is Law.L2 and law is Law.L2:
        return recipe, []
    order = Order.AFTER if law is Law.PROXIMAL else order
    if Law.L2 in (recipe.law, law):
        return _through_the_other_door(recipe, law, order, measured)
    return _between_decays(recipe, law, order)


def _between_decays(recipe: Recipe, law: Law, order: Order) -> Carried:
    decay = recipe.decay or 0.0
    losses: list[Loss] = []
    if recipe.law is not law:
        decay, losses = _scheduled(recipe, law, decay)
    moved = (recipe.order is Order.AFTER) != (order is Order.AFTER)
    if moved and recipe.linear:
        carried = with_solution(recipe, law, solution(recipe), order)
        note = (
            f"decay acts {order.value} here, {recipe.order.value} there: α/(1−α) after is α before, for the same "
            "weights where training converges on a quadratic error at constant lr (theorem 5)"
        )
        return carried, [*losses, Loss(grade=Grade.SAME_SOLUTION, note=note)]
    if moved:
        losses.append(
            Loss(
                grade=Grade.FIRST_ORDER,
                note=f"decay acts {order.value} here, {recipe.order.value} there: each new step differs by the share "
                f"α = {decay:.2g} of itself, and an untouched weight does not differ",
            )
        )
    if recipe.law is law:
        return replace(recipe, order=order), losses
    return replace(recipe, law=law, order=order, strength=strength_of(law, decay, recipe.lr)), losses


def _through_the_other_door(recipe: Recipe, law: Law, order: Order, measured: float | None) -> Carried:
    if not recipe.linear:
        return _adaptive(recipe, law, order, measured)
    decay_law = law if recipe.law is Law.L2 else recipe.law
    losses = _follows_lr(recipe, decay_law)
    exchanged = exchange(recipe, law, order) if recipe.rule == "momentum" else None
    if exchanged is not None:
        return exchanged, [*losses, _exchange_loss(recipe, exchanged)]
    ridge = solution(recipe)
    carried = with_solution(recipe, law, ridge, order)
    joint = Order.AFTER not in ((recipe.order,) if law is Law.L2 else (order,))
    if recipe.rule == "sgd" and joint:
        return carried, losses or [Loss(grade=Grade.EXACT, note="α = lr·λ, the same steps (Proposition 1)")]
    return carried, [*losses, Loss(grade=Grade.SAME_SOLUTION, note=_end(recipe, carried))]


def exchange(recipe: Recipe, law: Law, order: Order) -> Recipe | None:
    """Heavy ball through the other door at the momentum that takes the same steps (`halflife prove other-momentum`).

    Decay α at momentum μ is a penalty at μ·(1−α); after the step, at the lr η·(1−α). None for a penalty that makes a
    weight oscillate, which is no decay, and for a decay that leaves nothing.
    """
    numbers = recipe.numbers
    if law is Law.L2:
        share = recipe.decay or 0.0
        if share >= 1:
            return None
        kept, lr = 1 - share, recipe.lr * (1 - share) if recipe.order is Order.AFTER else recipe.lr
        strength = solution(recipe)
    else:
        x = recipe.lr * recipe.l2
        if _linear.oscillates(recipe.rule, x, numbers):
            return None
        share = _linear.rate(recipe.rule, x, numbers)
        kept, lr = 1 / (1 - share), recipe.lr / (1 - share) if order is Order.AFTER else recipe.lr
        strength = strength_of(law, share, lr)
    slower = tuple((numbers | {"momentum": numbers["momentum"] * kept}).items())
    order = Order.JOINT if law is Law.L2 else order
    return replace(recipe, law=law, order=order, strength=strength, lr=lr, hyperparameters=slower)


def _exchange_loss(recipe: Recipe, carried: Recipe) -> Loss:
    """What the start lacks: its buffer is empty, and would have to hold α/lr of the weights for the same steps."""
    penalty, decayed = (recipe, carried) if recipe.law is Law.L2 else (carried, recipe)
    share, step, faster = decayed.decay or 0.0, penalty.lr * penalty.l2, decayed.numbers["momentum"]
    term = abs(share - step) / (1 - carried.numbers["momentum"])
    note = (
        f"decay α = {share:.3g} at momentum {faster:.4g} is the penalty λ = {penalty.l2:.3g} at momentum "
        f"{penalty.numbers['momentum']:.4g}, step for step but for the start (halflife prove other-momentum): the "
        f"empty buffer's next term is {term:.1e} of each weight at the start, which fades, and the end is the same"
    )
    if recipe.schedule != "constant":
        note += "; while lr moves, momentum would have to be μ·(1−α of the step before) in each step, a term as large"
    fits = carried.law is Law.L2 and not carried.numbers["dampening"] and recipe.schedule == "constant"
    start = share / penalty.lr / (1 - share) if fits else 0.0
    return Loss(grade=Grade.FIRST_ORDER if term < 1 else Grade.SAME_SOLUTION, note=note, start=start)


def _end(recipe: Recipe, carried: Recipe) -> str:
    penalty, decayed = (recipe, carried) if recipe.law is Law.L2 else (carried, recipe)
    x, numbers = penalty.lr * penalty.l2, penalty.numbers
    gain = _linear.gain(penalty.rule, numbers)
    first = gain * x
    text = (
        f"α = {gain:.6g}·lr·λ = {pull(decayed):.3g} ends at the same weights where training converges on a quadratic "
        f"error at constant lr ({'theorem 13' if penalty.rule == 'mccaffrey' else 'theorem 5'}), by another path "
        f"(theorem 4); lr·λ alone is {gain:.4g} times too weak. Untouched, a weight loses {first:.3g} a step to the "
        f"penalty, the next term being {_linear.rate(penalty.rule, x, numbers) - first:+.1e} (theorem 6)"
    )
    if _linear.oscillates(penalty.rule, x, numbers):
        text += ", and makes it oscillate, as decay never does"
    return text


def _adaptive(recipe: Recipe, law: Law, order: Order, measured: float | None) -> Carried:
    if law is Law.L2:
        decay = recipe.decay or 0.0
        nearest = replace(recipe, law=law, strength=decay / recipe.lr, order=Order.JOINT)
        advice = "halflife.regularize opens the other door on a live torch or Optax optimizer"
    else:
        decay = recipe.lr * recipe.l2 if measured is None else measured
        nearest = replace(recipe, law=law, strength=strength_of(law, min(decay, 0.5), recipe.lr), order=order)
        advice = (
            "give the live optimizer to halflife.translate: its state says what the penalty amounts to"
            if measured is None
            else f"this decay, α = {measured:.3g}, removes the same share overall at this moment of training"
        )
    guess = law is Law.L2 or measured is None
    if recipe.rule in SIGNS:
        why = f"{recipe.rule} keeps only signs: a penalty turns some of them, and its size is lost"
        start = "the strength printed is a start; " if guess else ""
    else:
        why = f"{recipe.rule} divides a penalty by its own root, weight by weight"
        start = "the strength printed is a start, right where that root is 1; " if guess else ""
    note = (
        f"{why}, so no uniform decay does what an L2 does or the reverse (Proposition 2), and without other gradients "
        f"λ drops out (theorem 7). Nearest: {start}{advice}"
    )
    return nearest, [Loss(grade=Grade.IMPOSSIBLE, note=note)]


def _follows_lr(recipe: Recipe, law: Law) -> list[Loss]:
    """What is lost because a penalty is multiplied by lr once and this law is not."""
    if recipe.schedule == "constant" or law.value.lr_power == 1:
        return []
    return [_off_schedule(f"L2 follows lr, {law} {_follows(law)}")]


def _scheduled(recipe: Recipe, law: Law, decay: float) -> tuple[float, list[Loss]]:
    """The peak decay under a law that takes lr otherwise; the same sum over the run where both are known."""
    powers = recipe.law.value.lr_power, law.value.lr_power
    if recipe.schedule == "constant" or powers[0] == powers[1]:
        said = "" if recipe.schedule != "constant" else ", lr being constant"
        return decay, [Loss(grade=Grade.EXACT, note=f"{recipe.law} is {law} at another strength{said}")]
    shown = f"{recipe.law} {_follows(recipe.law)}, {law} {_follows(law)}"
    if recipe.steps is None:
        return decay, [_off_schedule(shown)]
    share = schedule.named(recipe.schedule, recipe.steps)
    sums = [sum(share(t) ** (power or 0) for t in range(recipe.steps)) for power in powers]
    return decay * sums[0] / sums[1], [_off_schedule(f"{shown}; the α printed removes as much over the run")]


def _off_schedule(why: str) -> Loss:
    return Loss(grade=Grade.IMPOSSIBLE, note=f"under a schedule no strength is right at every step: {why}")


def _follows(law: Law) -> str:
    return {0: "does not follow the schedule", 1: "follows the schedule", 2: "follows its square"}[
        law.value.lr_power or 0
    ]
