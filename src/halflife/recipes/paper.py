"""The AdamW paper's own letters (Loshchilov & Hutter 2019): α the learning rate, λ the decay, λ' the L2 constant.

λ is INDEPENDENT of α. Where batch, rows and epochs are known it is written normalized:
λ = λ_norm·√(b/(B·T)), b rows of a mini-batch, B training rows, T epochs (appendix B).
"""

import math
import re
from textwrap import fill
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls, _letters, _rows
from halflife.recipes._framework import Form, Framework
from halflife.recipes._recipe import Recipe, Where
from halflife.recipes._strength import normalization, steps_per_epoch
from halflife.rules import Law, LrPlace

LETTERS = ("α", "β1", "β2", "ε", "λ", "λ'", "λ_norm", "b", "B", "T")
ONLY_WEIGHTS = "weights only"
_TITLE = re.compile(r"\s*(SGDW|AdamW|SGD with L2|Adam with L2) of Loshchilov & Hutter\b", re.IGNORECASE)
_NAMES = {"beta1": "β1", "beta2": "β2", "eps": "ε"}
_ADAM: dict[str, Any] = {"α": 1e-3, "β1": 0.9, "β2": 0.999, "ε": 1e-8}


def _form(call: str, rule: str, law: Law, names: dict[str, str], defaults: dict[str, Any]) -> Form:
    said = "λ' is in the gradient as λ'w" if law is Law.L2 else "λ is multiplied by the schedule, but not by α"
    return Form(
        call=call,
        rule=rule,
        law=law,
        strength="λ'" if law is Law.L2 else "λ",
        lr="α",
        names=names,
        defaults=defaults,
        flags={} if names else {"β1": 0.0},
        lr_place=LrPlace.BUFFER,
        remark=said,
    )


FORMS = tuple(
    _form(call, rule, law, names, defaults)
    for calls, rule, names, defaults in (
        (("SGDW", "SGD with L2"), "sgd", {}, {"β1": 0.0}),
        (("SGDW", "SGD with L2"), "momentum", {"momentum": "β1"}, {"β1": 0.0}),
        (("AdamW", "Adam with L2"), "adam", _NAMES, _ADAM),
    )
    for call, law in zip(calls, (Law.INDEPENDENT, Law.L2), strict=True)
)


def recognises(text: str) -> bool:
    """Whether the text begins with the algorithm and the authors."""
    return _TITLE.match(text) is not None


def read(text: str) -> Recipe:
    """The recipe of `AdamW of Loshchilov & Hutter: α = 0.001, λ_norm = 0.025, b = 128, B = 50000, T = 100`."""
    title = _TITLE.match(text)
    if title is None:
        raise BadInput("the paper's recipe must begin as 'AdamW of Loshchilov & Hutter: α = ...'.")
    given = _letters.parse(text[title.end() :], LETTERS)
    call = next(form.call for form in FORMS if form.call.lower() == title[1].lower())
    run = {name: given.pop(name, None) for name in ("b", "B", "T")}
    others: dict[str, Any] = {}
    if run["b"] and run["B"]:
        others = {"batch": int(run["b"]), "rows": int(run["B"])}
        if run["T"]:
            others["steps"] = round(run["T"] * math.ceil(run["B"] / run["b"]))
    if "λ_norm" in given:
        if "λ" in given or "steps" not in others:
            raise BadInput("λ_norm needs b, B and T, and no λ beside it.")
        given["λ"] = given.pop("λ_norm") * math.sqrt(others["batch"] * 1.0 / (others["rows"] * (run["T"] or 1)))
    others["where"] = Where.WEIGHTS if ONLY_WEIGHTS in " ".join(text.split()) else Where.ALL
    return _rows.read(FORMS, call, given, **others)


def write(recipe: Recipe, form: Form) -> str:
    """The letters, with the normalized decay where it is known."""
    letters = _rows.write(recipe, form)
    run = normalization(recipe)
    if form.law is Law.INDEPENDENT and run is not None and "λ" in letters:
        letters["λ_norm"] = letters.pop("λ") / run
        epochs = (recipe.steps or 0) / (steps_per_epoch(recipe) or 1)
        letters |= {"b": recipe.batch, "B": recipe.rows, "T": epochs}
    title = f"{form.call} of Loshchilov & Hutter:"
    said = ", ".join(f"{name} = {_calls.show(value)}" for name, value in letters.items())
    where = f", {ONLY_WEIGHTS}" if recipe.strength and recipe.where is Where.WEIGHTS else ""
    schedule = "" if recipe.schedule == "constant" else f", ηt {recipe.schedule}"
    line = f"{title} {said}{where}{schedule}".replace(" = ", "\0")  # so that no line ends at a letter
    return fill(line, _calls.WIDTH - 2 * line.count("\0"), break_long_words=False).replace("\0", " = ")


FRAMEWORK = Framework(
    name="paper",
    title="the AdamW paper",
    forms=FORMS,
    recognises=recognises,
    read=read,
    write=write,
    caution="a trap: α is the learning rate there and λ the decay; elsewhere here α is the decay and λ the L2 constant",
)
