"""Translations on a terminal: their own text, with the grades in colour."""

import re

from rich.text import Text

from halflife.recipes import Grade, Translations

STYLES = {
    Grade.EXACT: "bold green",
    Grade.FIRST_ORDER: "bold cyan",
    Grade.SAME_SOLUTION: "bold yellow",
    Grade.IMPOSSIBLE: "bold red",
}


def translations(result: Translations, *, short: bool = False) -> Text:
    """Every answer, or as many as one screen has room for; recipes are never wrapped, so that they can be pasted."""
    text = Text(result.screen if short else str(result), no_wrap=True, overflow="ignore")
    for grade, style in STYLES.items():
        headings = "|".join(re.escape(name) for name in {answer.framework for answer in result})
        text.highlight_regex(rf"(?m)^{grade}(?= )|(?<=: ){grade}(?=, {re.escape(grade.value)}$)", style)
    text.highlight_regex(rf"(?m)^({headings})(?=[ :])", "bold")
    return text
