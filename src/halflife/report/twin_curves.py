"""How far twins part, epoch by epoch, in two precisions: what is rounding shrinks with it, what is real does not."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from halflife.lab import Twins
from halflife.report._drawing import decades, drawing
from halflife.report._palette import FLOAT32, FLOAT64, INK, MUTED

ROUNDING = {"float32": 2.0**-24, "float64": 2.0**-53}
"""The largest relative error of one rounding: no distance below it means anything."""

_COLOURS = {"float32": FLOAT32, "float64": FLOAT64}
_LOWEST, _HIGHEST = -18.2, 1.2


def twin_curves(twins: Sequence[Twins]) -> Figure:
    """The twins of one rule; where momentum has a second map of α, its curve is thin."""
    with drawing(3.6, 2.5) as figure:
        draw(figure.subplots(), twins)
        return figure


def all_twin_curves(of: Sequence[Sequence[Twins]]) -> Figure:
    """The twins of every rule, a panel each on the same axes."""
    columns = min(3, len(of))
    rows = -(-len(of) // columns)
    with drawing(3.0 * columns, 2.4 * rows) as figure:
        panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat
        for ax, twins in zip(panels, of, strict=False):
            draw(ax, twins)
            ax.set_title(twins[0].rule)
            ax.label_outer()
        for ax in list(panels)[len(of) :]:
            ax.remove()
        return figure


def draw(ax: Any, twins: Sequence[Twins]) -> None:
    """Curves, and the floor of each precision."""
    epochs = len(twins[0].gaps["float32"])
    for precision, floor in ROUNDING.items():
        colour = _COLOURS[precision].light
        ax.axhline(math.log10(floor), color=colour, linewidth=0.8, dashes=(1.2, 2))
        ax.annotate(
            f"{precision} rounding, 2{_EXPONENT[precision]}",
            (1, math.log10(floor)),
            xycoords=("axes fraction", "data"),
            xytext=(-2, -3),
            textcoords="offset points",
            ha="right",
            va="top",
            color=colour,
            fontsize=8,
        )
    for t in twins:
        main = t.alpha == "η·λ"
        for precision, style in (("float32", "-"), ("float64", (0, (4, 2.2)))):
            heights = [math.log10(gap) if 0 < gap < math.inf else math.nan for gap in t.gaps[precision]]
            ax.plot(
                range(1, epochs + 1),
                heights,
                color=_COLOURS[precision].light,
                linestyle=style,
                linewidth=1.9 if main else 0.9,
                marker="o" if epochs == 1 else None,
                markersize=3,
            )
        if len(twins) > 1:
            last = t.gaps["float64"][-1]
            if 0 < last < math.inf:
                ax.annotate(
                    f"α = {t.alpha}",
                    (epochs, math.log10(last)),
                    xytext=(0, 5 if main else -11),
                    textcoords="offset points",
                    ha="right",
                    fontsize=8,
                    color=INK.light if main else MUTED.light,
                )
    ax.set_xlim(1 if epochs > 1 else 0.5, max(epochs, 1.5))
    ax.set_ylim(_LOWEST, _HIGHEST)
    decades(ax.yaxis, _LOWEST, _HIGHEST, at_most=6)
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel("epoch")
    ax.set_ylabel("‖w − w′‖ / ‖w‖")


_EXPONENT = {"float32": "⁻²⁴", "float64": "⁻⁵³"}
