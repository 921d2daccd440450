"""Validation error over lr × strength: the picture that persuaded the readers of the AdamW paper.

Each cell stands where its setting is on two logarithmic axes. Decay is tried at α in proportion to lr, so its columns
climb: for SGD that is the penalty's map sheared, cell by cell the same trainings.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import FuncNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from halflife.report._drawing import decades, drawing
from halflife.report._maps import AXIS, DOOR_IN_FULL, SYMBOL, Map, Scale, half_step
from halflife.report._numbers import number
from halflife.report._palette import INK, LINE, MARK

MAP = "viridis"
"""Dark is good. Lightness rises evenly along it, so it serves colour-blind readers and grey printers."""

_DARK = "#10121a"
_OUTLINE = [withStroke(linewidth=2.6, foreground=_DARK)]
_LETTERS = 46
"""As many digits as fit below the axis of lr."""

_MAP_SIZE, _BAR_SIZE = (3.7, 3.5), (3.7, 0.62)


def heat_map(of: Map, scale: Scale) -> Figure:
    """One rule under one law."""
    with drawing(*_MAP_SIZE) as figure:
        _draw(figure.subplots(), of, scale)
        return figure


def heat_maps(of: Sequence[Map], scale: Scale) -> Figure:
    """Several laws of one rule side by side with their scale."""
    with drawing(_MAP_SIZE[0] * len(of), _MAP_SIZE[1] + _BAR_SIZE[1]) as figure:
        axes = figure.subplots(1, len(of), squeeze=False)[0]
        for ax, each in zip(axes, of, strict=True):
            _draw(ax, each, scale)
            ax.set_title(f"{each.rule}, {DOOR_IN_FULL[each.law]}")
        _bar(figure, scale, ax=list(axes), orientation="horizontal", shrink=0.6, aspect=40, pad=0.04)
        return figure


def colour_bar(scale: Scale) -> Figure:
    """What the colours of all maps mean."""
    with drawing(*_BAR_SIZE) as figure:
        _bar(figure, scale, cax=figure.subplots(), orientation="horizontal")
        return figure


def cell_name(of: Map, place: int) -> str:
    """What the element of a cell is called in the SVG."""
    return f"cell-{of.rule}-{SYMBOL[of.law]}-{place}"


def _norm(scale: Scale) -> FuncNorm:
    high = scale.high if scale.high > scale.low else scale.low + 1
    forward = lambda error: ((error - scale.low) / (high - scale.low)).clip(0) ** 0.5  # noqa: E731
    return FuncNorm((forward, lambda share: scale.low + np.asarray(share) ** 2 * (high - scale.low)), scale.low, high)


def _bar(figure: Figure, scale: Scale, **where: Any) -> None:
    norm = _norm(scale)
    bar = figure.colorbar(
        ScalarMappable(norm=norm, cmap=MAP),
        extend="max" if scale.beyond else "neither",
        spacing="proportional",
        label="validation error, mean over seeds",
        **where,
    )
    places = [float(place) for place in norm.inverse(np.linspace(0, 1, 5))]
    bar.set_ticks(places, labels=[f"{place:.3g}" for place in places])
    bar.ax.minorticks_off()
    bar.outline.set_visible(False)


def _draw(ax: Any, of: Map, scale: Scale) -> None:
    colours = mpl.colormaps[MAP]
    half_height = min((half_step([c.strength for c in of.at(lr)]) for lr in of.lrs), default=0.25)
    half_width = half_step(of.lrs)
    for place, cell in enumerate(of.cells):
        x, y = math.log10(cell.lr), math.log10(cell.strength)
        looks = (
            {"facecolor": colours(scale.place(cell.valid.mean))}
            if cell.valid
            else {"facecolor": "none", "hatch": "////", "linewidth": 0}
        )
        edge = looks["facecolor"] if cell.valid else LINE.light
        corner = (x - half_width, y - half_height)
        ax.add_patch(
            Rectangle(
                corner,
                2 * half_width,
                2 * half_height,
                edgecolor=edge,
                gid=cell_name(of, place),
                **({"linewidth": 0.3} | looks),
            )
        )
    _ridge(ax, of, half_width)
    if of.best:
        ax.plot(
            math.log10(of.best.lr),
            math.log10(of.best.strength),
            marker="*",
            markersize=11,
            color=MARK.light,
            markeredgecolor=_DARK,
            markeredgewidth=0.9,
        )
    _frame(ax, of, half_width, half_height)


def _ridge(ax: Any, of: Map, half_width: float) -> None:
    """The optima of each seed, and the line through them with the slope of the study and its interval."""
    slope = of.slope
    if slope is None or not slope.optima:
        return
    xs, ys = zip(*((math.log10(lr), math.log10(s)) for lr, s in slope.optima), strict=True)
    ax.plot(xs, ys, linestyle="none", marker="o", markersize=3.2, color=MARK.light, markeredgecolor=_DARK, mew=0.5)
    if slope.value is None:
        return
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    ends = min(xs) - half_width * 0.6, max(xs) + half_width * 0.6

    def at(x: float, value: float) -> float:
        return float(middle_y + value * (x - middle_x))

    ax.plot(ends, [at(x, slope.value) for x in ends], color=MARK.light, linewidth=1.5, path_effects=_OUTLINE)
    if slope.low is not None and slope.high is not None:
        for value in (slope.low, slope.high):
            ax.plot(
                ends,
                [at(x, value) for x in ends],
                color=MARK.light,
                linewidth=0.9,
                dashes=(3, 2),
                path_effects=[withStroke(linewidth=1.9, foreground=_DARK)],
            )


def _frame(ax: Any, of: Map, half_width: float, half_height: float) -> None:
    xs, ys = [math.log10(lr) for lr in of.lrs], [math.log10(c.strength) for c in of.cells]
    low, high = min(ys) - half_height, max(ys) + half_height
    ax.set_xlim(xs[0] - half_width, xs[-1] + half_width)
    ax.set_ylim(low, high)
    labels = [number(lr) for lr in of.lrs]
    apart = _apart(xs, labels, xs[-1] - xs[0] + 2 * half_width)
    ax.set_xticks(xs[::apart], labels=labels[::apart])
    decades(ax.yaxis, low, high)
    ax.set_xlabel("peak lr η")
    ax.set_ylabel(AXIS[of.law])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=2.5, color=INK.light)


def _apart(xs: Sequence[float], labels: Sequence[str], span: float) -> int:
    """Every how manieth label can be written so that neighbours keep two letters apart."""
    for apart in range(1, len(xs)):
        kept = list(zip(xs, labels, strict=True))[::apart]
        room = (((b - a) / span * _LETTERS) - (len(one) + len(other)) / 2 for (a, one), (b, other) in pairwise(kept))
        if all(each >= 2 for each in room):
            return apart
    return max(1, len(xs))
