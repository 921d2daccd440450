"""What all pictures share: fonts, lines, numbers on axes, and how a figure becomes SVG or PNG.

In a page a picture takes its colours from the style sheet, so that it is dark where the page is; in a file of its own
they are the light ones. The same figure gives the same bytes.
"""

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from halflife.report._numbers import power_of_ten
from halflife.report._palette import COLOURS, GROUND, INK, LINE, MUTED

SIZE = 9
"""Points of all text in a picture; small marks have one less."""

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "halflife",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": SIZE,
    "axes.titlesize": SIZE,
    "axes.labelsize": SIZE,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": MUTED.light,
    "axes.labelcolor": INK.light,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "grid.color": LINE.light,
    "grid.linewidth": 0.6,
    "hatch.color": MUTED.light,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": SIZE,
    "lines.linewidth": 1.6,
    "text.color": INK.light,
    "xtick.color": MUTED.light,
    "ytick.color": MUTED.light,
    "xtick.labelsize": SIZE - 1,
    "ytick.labelsize": SIZE - 1,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
}
_SVG = "http://www.w3.org/2000/svg"
_LINK = "http://www.w3.org/1999/xlink"
_NO_DATE = dict.fromkeys(("Creator", "Date", "Format", "Type"))
_KEPT = "cell-"
"""How the names of parts begin that a page looks for."""


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """A figure of so many inches in the style of all pictures."""
    with mpl.rc_context(_STYLE):
        yield Figure(figsize=(width, height), layout="constrained")


def as_svg(figure: Figure) -> str:
    """A file of its own: an SVG image in light colours."""
    return _written(figure, "svg", facecolor=GROUND.light).decode()


def as_png(figure: Figure, dots_per_inch: int = 200) -> bytes:
    """The same as pixels."""
    return _written(figure, "png", dpi=dots_per_inch, facecolor=GROUND.light)


def for_page(figure: Figure, name: str, label: str) -> str:
    """An SVG element to stand in a page: coloured by the page's style sheet, its inner names made its own.

    Args:
        figure: what is drawn.
        name: of the picture, different from all others in the page.
        label: what is to be seen, for those who do not see it.
    """
    root = ElementTree.fromstring(_written(figure, "svg", facecolor="none"))  # noqa: S314 - written a line ago
    for unwanted in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(unwanted)
    text = ElementTree.tostring(root, encoding="unicode")
    referred = set(re.findall(r'(?:url\(|href=")#([^)"]+)', text))
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        own = element.get("id")
        if own in referred:
            element.set("id", f"{name}-{own}")
        elif own is not None and not own.startswith(_KEPT):
            del element.attrib["id"]
        for attribute, value in list(element.attrib.items()):
            element.set(attribute, _of_page(value, name, attribute))
        if f"{{{_LINK}}}href" in element.attrib:
            element.set("href", element.attrib.pop(f"{{{_LINK}}}href"))
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "width": root.attrib["width"].removesuffix("pt"),
        "role": "img",
        "aria-label": label,
        "id": name,
    }
    return ElementTree.tostring(root, encoding="unicode")


def _of_page(value: str, name: str, attribute: str) -> str:
    value = re.sub(r"url\(#", f"url(#{name}-", value)
    if attribute.endswith("href"):
        value = value.replace("#", f"#{name}-", 1)
    if attribute == "style":
        value = re.sub(r"font: (?:(bold|700) )?(\S+) [^;]+", _font, value)
        value = re.sub(r"font-family: [^;]+;? ?", "", value)
        for colour in COLOURS:
            value = value.replace(colour.light, colour.variable)
    return value


def _font(found: "re.Match[str]") -> str:
    weight = "font-weight: bold; " if found[1] else ""
    return f"{weight}font-size: {found[2]}"


def _written(figure: Figure, form: str, **options: Any) -> bytes:
    into = io.BytesIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(into, format=form, metadata=_NO_DATE if form == "svg" else {"Software": None}, **options)
    return into.getvalue()


def decades(axis: Any, low: float, high: float, *, at_most: int = 8) -> None:
    """Ticks of an axis in log₁₀ units at whole powers of ten, few enough to be read."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    apart = max(1, -(-(last - first + 1) // at_most))
    exponents: Sequence[int] = range(first, last + 1, apart)
    axis.set_ticks([float(e) for e in exponents], labels=[power_of_ten(e) for e in exponents])


def as_markup(figure: Figure, name: str, label: str) -> Markup:
    """`for_page`, ready for a template."""
    return Markup(for_page(figure, name, label))  # noqa: S704 - drawn here
