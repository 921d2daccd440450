"""Translations on a terminal: for each framework its grade, the text to paste, and what the grade rests on."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from halflife.recipes import Grade, Translations, summary

STYLES = {
    Grade.EXACT: "green",
    Grade.FIRST_ORDER: "cyan",
    Grade.SAME_SOLUTION: "yellow",
    Grade.IMPOSSIBLE: "red",
}


def translations(result: Translations) -> RenderableType:
    """What was read, then an answer a framework; recipes are never wrapped, so that they can be pasted."""
    parts: list[RenderableType] = [Text(summary(result.source, result.terms)), Text()]
    for answer in result:
        group = f" ({answer.group})" if answer.group else ""
        heading = Text.assemble(
            (f"{answer.framework}{group}", "bold"),
            "  ",
            (str(answer.grade), STYLES[answer.grade]),
            f", {answer.grade.value}",
        )
        layers = [Text(f"{name}: {ratio:.3g} times the uniform decay", style="dim") for name, ratio in answer.layers]
        note = [
            Padding(Text(answer.note, style="dim"), (0, 0, 0, 2)),
            *(Padding(layer, (0, 0, 0, 2)) for layer in layers),
        ]
        parts += [heading, Text(answer.recipe, no_wrap=True, overflow="ignore"), *note, Text()]
    return Group(*parts[:-1])
