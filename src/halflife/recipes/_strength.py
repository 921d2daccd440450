"""A strength in terms that a person can judge, whatever the framework: half-life, share over the run, timescale.

Each says how much of an untouched weight regularization takes at the peak lr, so each gives a decay per step, and a
decay per step gives a strength under any law that has one.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from halflife._errors import BadInput
from halflife.recipes import _laws, _linear
from halflife.recipes._recipe import Recipe
from halflife.rules import Law, decay_from_half_life, half_life, remaining, schedule, timescale

_SPAN = re.compile(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(steps?|epochs?|)\s*")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a recipe amounts to for an untouched weight; None where it is not known.

    Attributes:
        decay: α, the share removed in one step at the peak lr (1/step).
        half_life: steps for the weight to halve at the peak lr.
        half_life_epochs: the same in epochs.
        timescale: 1/α (steps).
        timescale_epochs: the same in epochs.
        share: what the whole run removes, between 0 and 1.
        normalized_decay: λ_norm of the AdamW paper: α / √(batch / (rows · epochs)).
    """

    decay: float | None
    half_life: float | None
    half_life_epochs: float | None
    timescale: float | None
    timescale_epochs: float | None
    share: float | None
    normalized_decay: float | None


def terms(recipe: Recipe) -> Terms:
    """The report of a recipe: through an adaptive direction an L2 has none of these (theorem 7)."""
    decay = recipe.decay
    decays = recipe.decays()
    epoch = steps_per_epoch(recipe)
    half = None if decay is None else half_life(min(decay, 1.0))
    scale = None if decay is None else timescale(min(decay, 1.0))
    run = normalization(recipe)
    return Terms(
        decay=decay,
        half_life=half,
        half_life_epochs=None if half is None or epoch is None else half / epoch,
        timescale=scale,
        timescale_epochs=None if scale is None or epoch is None else scale / epoch,
        share=None if decays is None else 1 - remaining(min(decay, 1.0) for decay in decays),
        normalized_decay=None if decay is None or run is None else decay / run,
    )


def steps_per_epoch(recipe: Recipe) -> int | None:
    """Steps that see each training row once, if rows and batch are known."""
    return math.ceil(recipe.rows / recipe.batch) if recipe.rows and recipe.batch else None


def span(name: str, value: str | float, recipe: Recipe) -> float:
    """Steps, of `5000`, `"5000 steps"` or `"30 epochs"`.

    Raises:
        BadInput: it is no such span, or epochs are given and the rows of the data and of a mini-batch are not.
    """
    match = _SPAN.fullmatch(str(value))
    try:
        amount = float(match[1]) if match else math.nan
    except ValueError:
        amount = math.nan
    if not match or not 0 < amount < math.inf:
        raise BadInput(f"{name} is {value!r}: it must be positive, such as 5000, '5000 steps' or '30 epochs'.")
    if not match[2].startswith("epoch"):
        return amount
    epoch = steps_per_epoch(recipe)
    if epoch is None:
        raise BadInput(
            f"{name} is {value!r}: epochs need the training rows and the rows of a mini-batch (rows, batch)."
        )
    return amount * epoch


def with_decay(recipe: Recipe, decay: float, law: Law | None = None) -> Recipe:
    """The recipe that removes this share of an untouched weight in a step at the peak lr.

    Raises:
        BadInput: the decay is not a share, or the law is L2 through an adaptive direction, which has none.
    """
    law = law or (Law.DECOUPLED if recipe.law is Law.NONE else recipe.law)
    if not 0 <= decay < 1:
        raise BadInput(f"the decay is {decay:g} per step: it must be in [0, 1), a share of the weight.")
    if law is not Law.L2:
        return replace(recipe, law=law, strength=_laws.strength_of(law, decay, recipe.lr))
    if not recipe.linear:
        raise BadInput(
            f"L2 through {recipe.rule} has no half-life: the gradients decide what it removes, not λ (theorem 7). "
            "Ask for a decay as well (law DECOUPLED)."
        )
    x = _linear.penalty(recipe.rule, decay, recipe.numbers)
    if not x >= 0 or not math.isclose(
        _linear.rate(recipe.rule, x, recipe.numbers), decay, rel_tol=1e-9, abs_tol=1e-300
    ):
        raise BadInput(f"no L2 under {recipe.rule} removes {decay:g} of a weight per step: it oscillates before.")
    return replace(recipe, law=law, strength=x / recipe.lr)


def with_share(recipe: Recipe, share: float, law: Law | None = None) -> Recipe:
    """The recipe whose run removes this share of an untouched weight, by bisection on the decay at the peak lr.

    Raises:
        BadInput: it is not a share, or the steps of the run are not known.
    """
    if not 0 < share < 1:
        raise BadInput(f"the share over the run is {share:g}: it must be in (0, 1).")
    if recipe.steps is None:
        raise BadInput("a share over the run needs the steps of the run: give steps, or epochs, rows and batch.")

    def excess(decay: float) -> float:
        decays = with_decay(recipe, decay, law).decays() or []
        return 1 - remaining(decays) - share

    return with_decay(recipe, _bisect(excess, recipe), law)


def _bisect(excess: Callable[[float], float], recipe: Recipe) -> float:
    sums = sum(map(schedule.named(recipe.schedule, recipe.steps or 1), range(recipe.steps or 1)))
    low, high = 0.0, min(1.0 - 1e-12, 1e-9 / max(sums, 1.0))
    while excess(high) < 0:
        low, high = high, 2 * high
        if high >= 1:
            raise BadInput("no decay removes that share in so few steps.")
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) < 0 else (low, middle)
    return (low + high) / 2


def with_normalized_decay(recipe: Recipe, value: float, law: Law | None = None) -> Recipe:
    """The recipe whose decay at the peak lr is λ_norm·√(batch / (rows · epochs)).

    Source: Loshchilov & Hutter 2019, appendix B; the result is their λ, which is INDEPENDENT of lr.

    Raises:
        BadInput: it is not positive, or batch, rows or steps are not known.
    """
    if not 0 < value < math.inf:
        raise BadInput(f"the normalized decay is {value:g}: it must be positive.")
    run = normalization(recipe)
    if run is None:
        raise BadInput("a normalized decay needs batch, rows and epochs (or steps).")
    return with_decay(recipe, value * run, law)


def normalization(recipe: Recipe) -> float | None:
    """√(batch / (rows · epochs)), if all of them are known."""
    epoch = steps_per_epoch(recipe)
    if epoch is None or recipe.steps is None or not recipe.batch or not recipe.rows:
        return None
    return math.sqrt(recipe.batch / (recipe.rows * recipe.steps / epoch))


def choose(
    recipe: Recipe,
    law: Law | None,
    *,
    half_life: str | float | None = None,
    timescale: str | float | None = None,
    share: float | None = None,
    normalized_decay: float | None = None,
) -> Recipe:
    """The recipe at the strength that one of these says; as it is where none does.

    Raises:
        BadInput: more than one is given, or it cannot be used.
    """
    given = {
        "half_life": half_life,
        "timescale": timescale,
        "share": share,
        "normalized_decay": normalized_decay,
    }
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise BadInput(f"{' and '.join(named)} are given: one of them says how strong, so give one.")
    if half_life is not None:
        return with_decay(recipe, decay_from_half_life(_steps("half_life", half_life, recipe)), law)
    if timescale is not None:
        return with_decay(recipe, 1 / _steps("timescale", timescale, recipe, whole=False), law)
    if share is not None:
        return with_share(recipe, share, law)
    return recipe if normalized_decay is None else with_normalized_decay(recipe, normalized_decay, law)


def _steps(name: str, value: str | float, recipe: Recipe, *, whole: bool = True) -> float:
    """The span in steps: a half-life may be one step, which halves, a timescale may not, which leaves nothing."""
    steps = span(name, value, recipe)
    if steps < 1 or (steps == 1 and not whole):
        raise BadInput(f"{name} is {steps:g} steps: it must be {'one or more' if whole else 'more than one'}.")
    return steps
