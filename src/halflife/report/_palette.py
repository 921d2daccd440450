"""Colours by what they stand for, in a light and a dark form; one door has one colour in every picture and sentence.

The hues are those of Okabe & Ito (2008), which people with any common colour blindness tell apart; each is darkened or
lightened until it stands out from its ground by WCAG's 4.5 to 1, so that words can wear it, too.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Colour:
    """One role: its name in style sheets, and what it looks like on a light and on a dark ground."""

    name: str
    light: str
    dark: str

    @property
    def variable(self) -> str:
        """How a style sheet refers to it."""
        return f"var(--{self.name})"


GROUND = Colour(name="ground", light="#ffffff", dark="#14161b")
INK = Colour(name="ink", light="#1b1d24", dark="#e8e9ed")
MUTED = Colour(name="muted", light="#5a5f6d", dark="#a4a9b8")
LINE = Colour(name="line", light="#d8dbe2", dark="#363a45")
PANEL = Colour(name="panel", light="#f5f6f8", dark="#1d2027")
L2 = Colour(name="l2", light="#0068a6", dark="#5db7ea")
DECAY = Colour(name="decay", light="#b34700", dark="#f39a4d")
NONE = Colour(name="none", light="#5d626e", dark="#a9aebb")
FLOAT32 = Colour(name="float32", light="#8a4a76", dark="#dd9cc8")
FLOAT64 = Colour(name="float64", light="#00734f", dark="#3fc796")
GOOD = Colour(name="good", light="#006b4c", dark="#46cb9b")
BAD = Colour(name="bad", light="#a62b17", dark="#ff9a85")
MARK = Colour(name="mark", light="#fefefe", dark="#fefefe")
"""What is drawn upon a heat map, whose colours are the same on any ground."""

COLOURS = (GROUND, INK, MUTED, LINE, PANEL, L2, DECAY, NONE, FLOAT32, FLOAT64, GOOD, BAD, MARK)


def style_sheet(*, dark: bool) -> str:
    """The colours as CSS declarations."""
    return " ".join(f"--{c.name}: {c.dark if dark else c.light};" for c in COLOURS)
