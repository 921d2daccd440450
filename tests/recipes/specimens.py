"""For each row of a framework's table, settings whose every number shows: what a wrong row would get wrong.

Two a row: one with numbers far from all defaults, and one with the row's own defaults, which its text leaves out.
"""

from collections.abc import Iterator

from halflife.recipes import EpsPlace, Form, Framework, Recipe, Where, _rows
from halflife.rules import RULES, Law, LrPlace
from recipes.problem import BATCH, STEPS

UNLIKE = {
    "beta1": 0.7,
    "beta2": 0.85,
    "dampening": 0.3,
    "eps": 1e-2,
    "initial_accumulator": 0.2,
    "lr_decay": 0.05,
    "momentum": 0.8,
    "momentum_decay": 0.5,
    "smoothing": 0.75,
}
"""Numbers that no framework has for a default."""

STRENGTH = {Law.L2: 0.3, Law.DECOUPLED: 0.4, Law.CORRECTED: 0.5}
NO_RULE = EpsPlace.AFTER_MAXIMUM
"""A place of ε that no rule of halflife can be made to have: there ε is too small to show."""


def specimens(framework: Framework, form: Form) -> Iterator[Recipe]:
    """The settings of a row."""
    yield _recipe(framework, form, UNLIKE)
    own = {name: _rows.given(form, {}, theirs) for name, theirs in form.names.items()}
    if form.names:
        yield _recipe(
            framework, form, UNLIKE | {name: value for name, value in own.items() if value or name == "beta1"}
        )


def _recipe(framework: Framework, form: Form, numbers: dict[str, float]) -> Recipe:
    rule = RULES[form.rule]
    chosen = {
        name: numbers[name] if name in form.names else form.fixed.get(name, h.default)
        for name, h in rule.hyperparameters.items()
    }
    if "eps" in chosen and form.eps_place is NO_RULE:
        chosen["eps"] = 1e-12
    schedules = framework.schedules or ("cosine",)
    return Recipe(
        rule=form.rule,
        lr=0.03,
        law=form.law,
        strength=STRENGTH.get(form.law, 0.012),
        hyperparameters=tuple(chosen.items()),
        where=Where.WEIGHTS if Where.WEIGHTS in form.where else Where.ALL,
        lr_place=form.lr_place if chosen.get("momentum") else LrPlace.STEP,
        eps_place=form.eps_place,
        order=form.order,
        schedule=next((name for name in ("cosine", "linear") if name in schedules), "constant"),
        steps=STEPS,
        batch=BATCH,
    )
