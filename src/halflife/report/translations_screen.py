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


def translations(result: Translations, *, details: bool = False) -> Text:
    """One screen, or with details every answer; recipes are never wrapped, so that they can be pasted."""
    text = Text(str(result) if details else result.screen, no_wrap=True, overflow="ignore")
    for grade, style in STYLES.items():
        headings = "|".join(re.escape(name) for name in {answer.framework for answer in result})
        text.highlight_regex(rf"(?m)^{grade}(?= )|(?<=: ){grade}(?=, {re.escape(grade.value)}$)", style)
    text.highlight_regex(rf"(?m)^({headings})(?=[ :])", "bold")
    return text
