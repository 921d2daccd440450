"""Fit a recipe into the forms that a framework has, step by step, each step naming what it loses.

Every step takes (recipe, form) and returns the recipe as the form can say it, with the losses. The form that loses
least is written.
"""

import math
from dataclasses import dataclass, replace

from halflife._errors import BadInput
from halflife.recipes import _calls, _laws, _linear
from halflife.recipes._framework import Form, Framework
from halflife.recipes._grade import Grade, Loss
from halflife.recipes._recipe import EpsPlace, Recipe, Reduction, Where
from halflife.rules import RULES, Law, LrPlace

TINY = 1e-300
"""An ε that changes no step, where a framework refuses 0."""

SIMILAR = ("adam", "amsgrad", "radam", "nadam", "adamax", "rmsprop", "momentum", "nesterov", "sgd")
"""Rules to fall back on where a framework lacks one, nearest to most needs first."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A recipe as a form can say it."""

    recipe: Recipe
    form: Form
    losses: tuple[Loss, ...]

    @property
    def grade(self) -> Grade:
        """The worst of the losses' grades."""
        return max((loss.grade for loss in self.losses), key=lambda grade: grade.rank, default=Grade.EXACT)


def fit(recipe: Recipe, framework: Framework, *, keep_door: bool = False, measured: float | None = None) -> Fitted:
    """The recipe in the form of the framework that loses least.

    Args:
        recipe: what to fit.
        framework: whose forms to try.
        keep_door: whether changing between L2 and decay counts as a missing feature, because the law was asked for.
        measured: the uniform decay that a live optimizer's state gives for its L2.
    """
    recipe, before = _reduce(recipe, framework)
    recipe, unscheduled = _match_schedule(recipe, framework)
    before += unscheduled

    def cost(fitted: Fitted) -> tuple[int, ...]:
        inexact = [loss for loss in fitted.losses if loss.grade is not Grade.EXACT]
        other = fitted.form.rule != recipe.rule
        likeness = SIMILAR.index(fitted.form.rule) if fitted.form.rule in SIMILAR else len(SIMILAR)
        return fitted.grade.rank, other, len(inexact), fitted.form.law is not recipe.law, likeness if other else 0

    candidates = [
        _try_form(recipe, form, framework, keep_door, measured) for form in framework.forms if not form.differs
    ]
    best = min(candidates, key=cost)
    return replace(best, losses=(*before, *best.losses))


def _try_form(recipe: Recipe, form: Form, framework: Framework, keep_door: bool, measured: float | None) -> Fitted:
    """The form's fit, without regularization where its strength would be out of bounds."""
    try:
        return _fit_form(recipe, form, framework, keep_door, measured)
    except BadInput as error:
        bare = _fit_form(replace(recipe, strength=0.0), form, framework, keep_door, measured)
        note = f"{framework.title} would need a strength that cannot be, so it is left out: {str(error).rstrip('.')}"
        return replace(bare, losses=(*bare.losses, Loss(grade=Grade.IMPOSSIBLE, note=note)))


def _fit_form(recipe: Recipe, form: Form, framework: Framework, keep_door: bool, measured: float | None) -> Fitted:
    losses: list[Loss] = []
    for step in (_match_rule, _match_hyperparameters, _match_eps, _match_lr_place):
        recipe, lost = step(recipe, form, framework)
        losses += lost
    crossing = Law.L2 in (recipe.law, form.law) and recipe.law is not form.law and recipe.law is not Law.NONE
    asked = recipe.law
    momentum = recipe.numbers.get("momentum", 0.0)
    recipe, lost = _laws.carry(recipe, form.law, order=form.order, measured=measured)
    losses += [_filled(loss, recipe, momentum, framework) for loss in lost]
    if crossing and keep_door:
        text = f"{framework.title} has no door for {asked} under {form.rule}; nearest: {form.law}"
        losses.append(Loss(grade=Grade.IMPOSSIBLE, note=text))
    recipe, lost = _match_where(recipe, form, framework)
    return Fitted(recipe=recipe, form=form, losses=(*losses, *lost))


def _filled(loss: Loss, recipe: Recipe, momentum: float, framework: Framework) -> Loss:
    """The loss with the line that undoes it, where a momentum buffer can be filled before the first step."""
    if not loss.start or not framework.fill:
        return loss
    weights = recipe.where is Where.WEIGHTS
    parameters = "[p for p in model.parameters() if p.ndim >= 2]" if weights else "model.parameters()"
    line = framework.fill.format(parameters=parameters, share=_calls.digits(loss.start))
    others = f", and momentum {momentum:g} in the group without decay" if weights else ""
    return replace(loss, note=f"{loss.note}. The same steps from the first on with: {line}{others}")


def _reduce(recipe: Recipe, framework: Framework) -> tuple[Recipe, list[Loss]]:
    """Turn an error summed over rows into the mean of them, where the framework only has the mean."""
    if recipe.reduction in framework.reductions:
        return recipe, []
    mean = reduced(recipe)
    said = f"the error is summed over {recipe.batch} rows there and averaged here, so "
    changes = "lr is larger and λ smaller by as much" if recipe.linear else "λ and ε are smaller by as much"
    if recipe.rule == "adadelta":
        return mean, [Loss(grade=Grade.IMPOSSIBLE, note="adadelta's ε does not scale with the error")]
    return mean, [Loss(grade=Grade.EXACT, note=said + changes)]


def _match_schedule(recipe: Recipe, framework: Framework) -> tuple[Recipe, list[Loss]]:
    if framework.schedules is None or recipe.schedule in framework.schedules:
        return recipe, []
    note = f"{framework.title} has no {recipe.schedule} schedule that halflife can write; nearest: a constant lr"
    return replace(recipe, schedule="constant"), [Loss(grade=Grade.IMPOSSIBLE, note=note)]


def reduced(recipe: Recipe) -> Recipe:
    """The recipe for the mean over rows that takes the steps of this one for the sum.

    Raises:
        BadInput: the rows of a mini-batch are not known.
    """
    if recipe.reduction is Reduction.MEAN:
        return recipe
    if recipe.batch is None:
        raise BadInput("an error summed over the rows needs the rows of a mini-batch: give batch (--batch 32).")
    b, numbers = recipe.batch, recipe.numbers
    if "eps" in numbers:
        squared = recipe.eps_place is EpsPlace.UNDER_ROOT
        numbers["eps"] /= b * b if squared else b
    if "initial_accumulator" in numbers:
        numbers["initial_accumulator"] /= b * b
    lr = recipe.lr * b if recipe.linear else recipe.lr
    strength = recipe.strength
    if recipe.law is Law.L2:
        strength /= b
    elif recipe.law is not Law.NONE:
        strength = _laws.strength_of(recipe.law, recipe.decay or 0.0, lr)
    return replace(recipe, lr=lr, strength=strength, hyperparameters=tuple(numbers.items()), reduction=Reduction.MEAN)


def _match_rule(recipe: Recipe, form: Form, framework: Framework) -> tuple[Recipe, list[Loss]]:
    if recipe.rule == form.rule:
        return recipe, []
    kept = {name: value for name, value in recipe.hyperparameters if name in RULES[form.rule].hyperparameters}
    other = replace(recipe, rule=form.rule, hyperparameters=tuple(kept.items()), eps_place=EpsPlace.RULE)
    if not (recipe.linear and form.rule in _linear.RULES):
        note = (
            f"{framework.title} has no {recipe.rule}; nearest: {form.call} ({form.rule}), whose lr is to be sought anew"
        )
        return other, [Loss(grade=Grade.IMPOSSIBLE, note=note)]
    if "momentum" in RULES[form.rule].hyperparameters and "momentum" not in kept:
        other = replace(other, hyperparameters=(("momentum", 0.0),), rule=form.rule)
    if recipe.rule == "sgd" and other.rule == "sgd":  # a form with momentum 0
        return other, []
    if recipe.strength:
        other = _laws.with_solution(other, other.law, _laws.solution(recipe))
    note = f"{framework.title} has no {recipe.rule} of this kind: {form.rule} ends at the same weights where training "
    note += "converges on a quadratic error at constant lr (theorem 5), by another path"
    return other, [Loss(grade=Grade.SAME_SOLUTION, note=note)]


def _match_hyperparameters(recipe: Recipe, form: Form, framework: Framework) -> tuple[Recipe, list[Loss]]:
    if recipe.rule != form.rule:  # momentum 0 became sgd
        return recipe, []
    losses, numbers = [], recipe.numbers
    rule = RULES[recipe.rule]
    for name in rule.hyperparameters:
        if name in form.names:
            continue
        fixed = form.fixed.get(name, rule.hyperparameters[name].default)
        if numbers[name] == fixed:
            continue
        if name == "dampening":
            return _undamped(recipe, fixed, framework)
        if name == "eps":
            note = f"ε is {fixed:g} in {form.call} and cannot be set: relative to a step, the next term is at most "
            note += f"{abs(fixed - numbers[name]):.1e} for gradients of size 1 and grows as they shrink"
            losses.append(Loss(grade=Grade.FIRST_ORDER, note=note))
            numbers[name] = fixed
            continue
        losses.append(
            Loss(
                grade=Grade.IMPOSSIBLE,
                note=f"{framework.title} has {name} {fixed:g} in {form.call}, not {numbers[name]:g}",
            )
        )
        numbers[name] = fixed
    return replace(recipe, hyperparameters=tuple(numbers.items())), losses


def _undamped(recipe: Recipe, fixed: float, framework: Framework) -> tuple[Recipe, list[Loss]]:
    """Dampening moves into lr: the same but for the first gradient, which torch does not dampen."""
    numbers = recipe.numbers
    lr = recipe.lr * (1 - numbers["dampening"]) / (1 - fixed)
    decay = recipe.decay or 0.0
    strength = recipe.strength if recipe.law is Law.L2 else _laws.strength_of(recipe.law, decay, lr) if decay else 0.0
    other = replace(recipe, lr=lr, strength=strength, hyperparameters=tuple((numbers | {"dampening": fixed}).items()))
    note = f"{framework.title} has no dampening: it is in lr here, the same but for the first gradient, which counts "
    note += f"{1 / (1 - numbers['dampening']):.3g} times as much there; the same end where training converges"
    return other, [Loss(grade=Grade.SAME_SOLUTION, note=note)]


def _match_eps(recipe: Recipe, form: Form, _framework: Framework) -> tuple[Recipe, list[Loss]]:
    eps, here = recipe.numbers.get("eps", 0.0), form.eps_place
    if recipe.rule == form.rule and not eps and "eps" in form.positive:
        least = replace(recipe, eps_place=here, hyperparameters=tuple((recipe.numbers | {"eps": TINY}).items()))
        return least, [
            Loss(grade=Grade.FIRST_ORDER, note=f"ε must be positive here: the next term is of size {TINY:g}")
        ]
    if recipe.rule != form.rule or not eps or recipe.eps_place is here:
        return recipe, []
    value = eps
    if here is EpsPlace.UNDER_ROOT:
        value = eps * eps
    elif recipe.eps_place is EpsPlace.UNDER_ROOT:
        value = math.sqrt(eps)
    size = max(value, eps)
    if EpsPlace.BEFORE_CORRECTION in (recipe.eps_place, here) or EpsPlace.AFTER_CORRECTION in (recipe.eps_place, here):
        size *= 1 / math.sqrt(1 - recipe.numbers["beta2"]) - 1
    carried = replace(recipe, eps_place=here, hyperparameters=tuple((recipe.numbers | {"eps": value}).items()))
    note = (
        f"ε is added {_place(here)} here, {_place(recipe.eps_place)} there: relative to a step, the next term is at "
        f"most {size:.1e} for gradients of size 1 and grows as they shrink"
    )
    return carried, [Loss(grade=Grade.FIRST_ORDER, note=note)]


def _place(place: EpsPlace) -> str:
    return "as in torch" if place is EpsPlace.RULE else place.value


def _match_lr_place(recipe: Recipe, form: Form, _framework: Framework) -> tuple[Recipe, list[Loss]]:
    if not recipe.numbers.get("momentum") or recipe.lr_place is form.lr_place:
        return recipe, []
    carried = replace(recipe, lr_place=form.lr_place)
    inside = "inside" if form.lr_place is LrPlace.BUFFER else "outside"
    where = f"lr is {inside} the momentum buffer here and not there"
    if recipe.schedule == "constant":
        return carried, [Loss(grade=Grade.EXACT, note=f"{where}: the same while lr is constant")]
    momentum = recipe.numbers["momentum"]
    lag = momentum / (1 - momentum)
    change = f"{lag * math.pi / 2 / recipe.steps:.1e}" if recipe.steps else f"{lag * math.pi / 2:.2g} / steps"
    note = f"{where}, and lr moves: the next term is about {change} of the peak lr ({lag:.3g} steps of lag)"
    return carried, [Loss(grade=Grade.FIRST_ORDER, note=note)]


def _match_where(recipe: Recipe, form: Form, framework: Framework) -> tuple[Recipe, list[Loss]]:
    if not recipe.strength or recipe.where in form.where:
        return recipe, []
    (only,) = form.where
    note = (
        f"{framework.title} regularizes {only.value} here, not {recipe.where.value}; nearest: the same strength there"
    )
    return replace(recipe, where=only), [Loss(grade=Grade.IMPOSSIBLE, note=note)]
