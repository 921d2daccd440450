"""The letters of McCaffrey's blog post: η the learning rate, λ the L2 constant, α the decay, μ the momentum.

Its program takes the step, adds μ times the step before, and shrinks the weights last, biases included; α is
multiplied by nothing.
"""

from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _letters, _rows
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import Recipe, Where
from halflife.rules import Law, LrPlace, Order

LETTERS = ("η", "μ", "α", "λ")
_BOTH = frozenset({Where.ALL})


def _form(rule: str, law: Law, formula: str, order: Order = Order.JOINT) -> Form:
    return Form(
        call=formula,
        rule=rule,
        law=law,
        strength="λ" if law is Law.L2 else "α",
        lr="η",
        names={"momentum": "μ"} if rule == "mccaffrey" else {},
        lr_place=LrPlace.BUFFER if rule == "mccaffrey" else LrPlace.STEP,
        order=order,
        where=_BOTH,
        remark="λ·w joins the gradient" if law is Law.L2 else "α is the share of the weight removed in each step",
    )


FORMS = (
    _form("sgd", Law.L2, "w ← w − η·(g + λ·w)"),
    _form("sgd", Law.CONSTANT, "w ← w − η·g − α·w"),
    _form("mccaffrey", Law.L2, "w ← w − η·(g + λ·w) − μ·(that step of last time)"),
    _form("mccaffrey", Law.CONSTANT, "w ← w − η·g − μ·(that step of last time); w ← w − α·w", Order.AFTER),
)


def recognises(text: str) -> bool:
    """Whether the text gives η something, and no letter that the post has not; and is not the paper's."""
    letters = _letters.given(text)
    return "Loshchilov" not in text and "η" in letters and set(letters) <= set(LETTERS)


def read(text: str) -> Recipe:
    """The recipe of `η = 0.1, μ = 0.9, α = 0.0005`."""
    letters: dict[str, Any] = _letters.parse(text, LETTERS)
    if "α" in letters and "λ" in letters:
        raise BadInput("the recipe opens both doors, α and λ: translate one at a time.")
    rule = "mccaffrey" if letters.get("μ") else "sgd"
    if rule == "sgd":
        letters.pop("μ", None)
    law = Law.CONSTANT if "α" in letters else Law.L2
    (form,) = (form for form in FORMS if form.rule == rule and form.law is law)
    return _rows.read([form], form.call, letters, where=Where.ALL)


def write(recipe: Recipe, form: Form) -> str:
    """The update and its letters."""
    letters = {name: value for name, value in _rows.write(recipe, form).items() if value}
    said = ", ".join(f"{name} = {_calls.show(value)}" for name, value in letters.items())
    schedule = "" if recipe.schedule == "constant" else f", η its peak, {recipe.schedule}"
    return f"{form.call}\n{said}{schedule}"


FRAMEWORK = Framework(
    name="blog",
    title="the blog post",
    forms=FORMS,
    recognises=recognises,
    read=read,
    write=write,
    caution="a trap: α is the decay there and λ the L2 constant; in the AdamW paper α is the learning rate",
)
