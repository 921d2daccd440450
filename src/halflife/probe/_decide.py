"""From experiments to a law: hypotheses are put side by side, and the one that predicts the effect is named.

Each hypothesis is carried out from outside on the twin without regularization and must reproduce, step by step and
weight by weight, what the optimizer does by itself. So Adam with `weight_decay` is L2 because a twin that is handed
g + λ·w walks the same path, and AdamW is DECOUPLED because one whose weights are shrunk by lr·λ does. When none
predicts, what remains is UNKNOWN with the misfits.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from halflife.probe._clamps import clamps
from halflife.probe._experiments import WHISPER, Experiments
from halflife.probe._linear import forgets_evenly
from halflife.probe._momentary import in_one_step
from halflife.probe._penalty import as_penalty
from halflife.probe._report import Evidence
from halflife.probe._verdict import FITS, TIMES, Verdict
from halflife.probe._weight_side import as_weight_side
from halflife.rules import Law, Order

FOLLOWS = 1.25
"""A step that grows more than this many times as the weights grow threefold is scaled by their norm."""


PULLED = 1e-4
HALF = 0.02
"""How far a share that joins a rescaled step may be from half of itself at half the strength."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What a step leaves behind: is its decay remembered, does it coast in a momentum, are there other copies?"""

    remembered: bool
    coasting: float
    scattered: bool


def decide(ex: Experiments, reached: Any) -> Verdict:
    """The law that the reached tensors obey.

    Args:
        ex: the experiments.
        reached: which tensors show an effect at the probing strength.
    """
    tolerance = max(FITS, 10 * ex.noise / float(ex.reach[reached].min()))
    penalty = float(ex.as_l2.misfit[reached].max())
    orders = {order: float(ex.as_decay(order).misfit[reached].max()) for order in Order}
    side = min(orders.values())
    memory = _memory(ex)
    evidence = _seen(penalty, orders, memory, tolerance)
    start = Verdict(law=Law.UNKNOWN, enters_momentum=memory.coasting > 0, evidence=evidence)
    if not ex.free:
        seen = Evidence(experiment="shifted start without regularization", outcome="the steps depend on the weights")
        start = replace(start, evidence=(*start.evidence, seen))
        trust = _trust(ex, reached)
        if (
            trust is not None
            and side >= tolerance
            and (penalty >= tolerance or abs(_growth_of_steps(ex, reached, 0.0) - 3) < 0.1)
        ):
            return _trusted(ex, start, trust)
    exact = max(1e-9, 30 * ex.noise / float(ex.reach[reached].min()))
    penalty_fits = penalty < tolerance
    side_fits = not memory.remembered and (side < tolerance or _in_first_step(ex, reached))
    if penalty_fits and side_fits and side > max(exact, 30 * penalty):
        side_fits = False
    if side_fits:
        verdict = as_weight_side(ex, reached, orders, start)
        if verdict.law is Law.UNKNOWN:
            return in_one_step(ex, reached, verdict) or verdict
        apart = verdict.order in (Order.BEFORE, Order.AFTER)
        doors_meet = penalty_fits and verdict.law is Law.DECOUPLED and not apart
        return as_penalty(ex, reached, verdict) if doors_meet else verdict
    if penalty_fits:
        return as_penalty(ex, reached, start)
    constant = _constant(ex, reached)
    if constant is not None:
        return replace(start, law=constant[0], evidence=(*start.evidence, constant[1]))
    trust = _trust(ex, reached)
    if trust is not None:
        return _trusted(ex, start, trust)
    even = forgets_evenly(ex, reached, memory.scattered, start)
    if even.law is Law.UNKNOWN:
        return in_one_step(ex, reached, even) or even
    return even


def _seen(penalty: float, orders: dict[Order, float], memory: Memory, tolerance: float) -> tuple[Evidence, ...]:
    def path(misfit: float) -> str:
        return "walks the same path" if misfit < tolerance else "walks another path"

    return (
        Evidence(
            experiment="twin without regularization, handed λ·w with its gradient",
            outcome=path(penalty),
            numbers={"misfit": penalty},
        ),
        Evidence(
            experiment="twin without regularization, its weights shrunk from outside",
            outcome=path(min(orders.values())),
            numbers={f"misfit {order.value}": misfit for order, misfit in orders.items()},
        ),
        Evidence(
            experiment="weights moved for one step and put back",
            outcome="the step is remembered" if memory.remembered else "nothing is remembered",
            numbers={"moves on by momentum": memory.coasting},
        ),
    )


def _memory(ex: Experiments) -> Memory:
    (response, kept), (_, kept_off) = ex.visits["on"], ex.visits["off"]
    floor = max(50 * ex.noise, 1e-4 * float(abs(response - ex.bench.shift).max()))
    remembered = float(abs(kept).max() - abs(kept_off).max()) > floor
    coasting = ex.coasting if remembered else 0.0
    return Memory(
        remembered=remembered,
        coasting=coasting if coasting > floor else 0.0,
        scattered=ex.free and ex.pulled_back > PULLED,
    )


def _in_first_step(ex: Experiments, reached: Any) -> bool:
    """Where steps depend on the weights: does the first step's effect lie along the weights alone?"""
    if ex.free:
        return False
    a, b, misfit = (values[reached] for values in ex.plane)
    along = (abs(a) < 1e-3 * abs(b)) | (abs(a - b) < 1e-3 * abs(b))
    return bool(((misfit < FITS) & along).all())


def _constant(ex: Experiments, reached: Any) -> tuple[Law, Evidence] | None:
    """An effect that is the same wherever the weights are."""
    weights = ex.spread(reached.astype(float)) > 0
    change = abs(ex.on_distance - ex.off_distance)[:, weights]
    pulled = ex.effect[-1, weights]
    # where steps depend on the weights, only the first is free of what the others made of them
    seen = slice(None) if ex.free else slice(0, 2)
    if change[seen].max() < FITS * abs(ex.effect[seen, weights]).max() + ex.noise:
        unmoved = (ex.zero_on - ex.zero_off)[1, weights]
        constant = bool((unmoved > ex.noise).all() or (unmoved < -ex.noise).all())
        said = "the effect is the same wherever the weights are"
        return Law.SUBTRACTED_CONSTANT if constant else Law.UNKNOWN, Evidence(
            experiment="shifted start",
            outcome=said if constant else f"{said}, and not without gradients: it acts on the optimizer's state alone",
            numbers={"per step": float(np.mean(ex.effect[1, weights]))},
        )
    start, end = ex.bench.weights[weights], ex.on[-1, weights]
    same_side = np.sign(start) == np.sign(end)
    towards_zero = np.sign(pulled[same_side]) == -np.sign(start[same_side])
    if towards_zero.all() and np.ptp(abs(pulled[same_side])) < 0.01 * abs(pulled).max():
        return Law.UNKNOWN, Evidence(
            experiment="shifted start",
            outcome="every weight moves towards zero by the same amount: an L1 penalty, no L2 and no decay",
            numbers={"per step": float(abs(pulled).max() / ex.bench.steps)},
        )
    return None


def _trust(ex: Experiments, reached: Any) -> Evidence | None:
    """Is the first step a rescaled sum of the twin's step and the weights?

    Rescaled by r, a sum u + λ·w moves the weights by r·u and r·λ·w, so the share of w to that of u goes with λ.
    """
    a, b, misfit = (values[reached] for values in ex.plane)
    rescaled = (misfit < FITS) & (b < 0) & (abs(a) > 1e-6) & (abs(a - b) > FITS * abs(a))
    if not rescaled.all():
        return None
    half_a, half_b, _ = (values[reached] for values in replace(ex, strength=ex.strength / 2, memo={}).plane)
    rescaled &= abs(half_b / (1 + half_a) * (1 + a) / b - 0.5) < HALF
    follows = max(_growth_of_steps(ex, reached, s * ex.strength) for s in (0.0, WHISPER)) > FOLLOWS
    # a share that is one for all tensors has not been rescaled with the steps, whatever happened to these
    apart = np.ptp(b) < FITS * abs(b).max() and np.ptp(a) > FITS * abs(1 + a).max()
    if not rescaled.all() or not follows or apart:
        return None
    return Evidence(
        experiment="first step, compared with the twin's",
        outcome="decay joins the step and the sum is rescaled",
        numbers={"change of the step's own share": float(np.median(a)), "share of the weight": float(np.median(b))},
    )


def _growth_of_steps(ex: Experiments, reached: Any, strength: float) -> float:
    """How many times larger the first step is from weights three times as large."""
    plan = ex.bench.gradients[:1]
    small, large = (ex.run(weights=w * ex.bench.weights, strength=strength, gradients=plan) for w in (1, 3))
    there = ex.spread(reached.astype(float)) > 0
    return float(np.linalg.norm((large[1] - large[0])[there]) / np.linalg.norm((small[1] - small[0])[there]))


def _trusted(ex: Experiments, start: Verdict, seen: Evidence) -> Verdict:
    law = Law.TRUST_RATIO
    return replace(start, law=law, multiplied_by=TIMES[law], evidence=(*start.evidence, seen, clamps(ex)))
