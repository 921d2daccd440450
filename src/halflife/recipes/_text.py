"""Translations as plain text of 80 columns: the text to paste, what its grade rests on, then the strength."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import accumulate
from textwrap import fill
from typing import TYPE_CHECKING

from halflife.recipes._grade import Grade
from halflife.recipes._recipe import Recipe
from halflife.recipes._strength import Terms
from halflife.rules import Law

if TYPE_CHECKING:
    from halflife.recipes._answers import Translation, Translations

WIDTH = 79
SEVERAL = 4
"""So many answers are summed up by grade before they are given."""
SCREEN = 46
"""Lines of one screen, with some left for the prompt."""

UNSAID = " With rows, batch and epochs: also in epochs, the share over the run, and as normalized decay."


def answers(result: "Translations") -> str:
    """Every answer and the strength in a person's terms; where they are many, that and the grades come first."""
    texts = [answer(each) for each in result]
    if len(result) >= SEVERAL:
        return "\n\n".join([_head(result), *texts])
    return "\n\n".join([*texts, _strength(result)])


def screen(result: "Translations", room: int = SCREEN) -> str:
    """The strength, the grades, then answers while there is room for them, the exact ones first, and what is left."""
    if len(result) < SEVERAL:
        return answers(result)
    head = _head(result)
    best_first = sorted(result, key=lambda each: each.grade.rank)
    texts = ["\n".join([_heading(each), each.recipe, *map(_point, each.reasons)]) for each in best_first]
    filled = accumulate((text.count("\n") + 2 for text in texts), initial=head.count("\n") + 2)
    fitting = sum(lines <= room for lines in filled) - 1
    left = ", ".join(dict.fromkeys(each.framework for each in best_first[fitting:]))
    more = f"In full, with what each grade rests on: without --short, or --to NAME{': ' * bool(left)}{left}."
    return "\n\n".join([head, *texts[:fitting], _wrapped(more, "", "  ")])


def _head(result: "Translations") -> str:
    return f"{_strength(result)}\n\n{_by_grade(result)}"


def _strength(result: "Translations") -> str:
    return _wrapped(summary(result.source, result.terms), "", "")


def answer(each: "Translation") -> str:
    """The framework and the grade, the text to paste as it is, and what the grade rests on."""
    points = [_point(sentence) for sentence in (*each.reasons, *each.remarks)]
    points += [f"  {name}: {ratio:.3g} times the uniform decay" for name, ratio in each.layers]
    return "\n".join([_heading(each), each.recipe, *points])


def _point(sentence: str) -> str:
    return _wrapped(sentence, "  ", "    ")


def _heading(each: "Translation") -> str:
    group = f" ({each.group})" if each.group else ""
    return f"{each.framework}{group}: {each.grade}, {each.grade.value}"


def summary(recipe: Recipe, terms: Terms) -> str:
    """A recipe, and how long an untouched weight lives under it."""
    numbers = "".join(f", {name} {value:g}" for name, value in recipe.hyperparameters if value or name != "dampening")
    head = f"The setting: {recipe.rule}, lr {recipe.lr:g}{numbers}; {_door(recipe)}."
    return " ".join(filter(None, (head, _life(recipe, terms))))


def _door(recipe: Recipe) -> str:
    if recipe.law is Law.NONE:
        return "no regularization"
    symbol = "λ" if recipe.law is Law.L2 else "wd"
    return f"{recipe.law} with {symbol} = {recipe.strength:g} on {recipe.where.value}"


def _life(recipe: Recipe, terms: Terms) -> str:
    """The half-life, timescale, share over the run and normalized decay, or what is needed to say them."""
    if terms.decay is None:
        return f"It has no half-life: through {recipe.rule} the gradients decide what λ removes (theorem 7)."
    if not terms.decay:
        return ""
    said = [
        f"an untouched weight loses {terms.decay:.3g} of itself a step and halves in "
        f"{_steps(terms.half_life, terms.half_life_epochs)}",
        f"timescale {_steps(terms.timescale, terms.timescale_epochs)}",
    ]
    if terms.share is not None:
        said.append(f"the run removes {terms.share:.3%} of it")
    if terms.normalized_decay is not None:
        said.append(f"normalized decay {terms.normalized_decay:.4g}")
    missing = "" if terms.normalized_decay else UNSAID
    return f"At the peak lr {'; '.join(said)}.{missing}"


def _steps(steps: float | None, epochs: float | None) -> str:
    said = "no time" if steps is None else f"{steps:,.0f} steps"
    return said if epochs is None else f"{said} ({epochs:.3g} epochs)"


def _by_grade(result: "Translations") -> str:
    lines = []
    for grade in Grade:
        names = dict.fromkeys(each.framework for each in result if each.grade is grade)
        if names:
            lines.append(_wrapped(f"{grade!s:<14} {', '.join(names)}", "", " " * 15))
    return "\n".join(lines)


def _wrapped(text: str, first: str, rest: str) -> str:
    return fill(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def table(each: "Iterable[Translation] | Sequence[Translation]") -> str:
    """The answers as an HTML table, everything in it escaped."""
    rows = "".join(
        f"<tr><td>{escaped(a.framework)}</td><td>{a.grade}</td><td><pre>{escaped(a.recipe)}</pre></td>"
        f"<td>{escaped(a.note)}</td></tr>"
        for a in each
    )
    return f"<table><tr><th>framework</th><th>grade</th><th>recipe</th><th>note</th></tr>{rows}</table>"


def escaped(text: str) -> str:
    """The text for HTML."""
    return escape(text)
