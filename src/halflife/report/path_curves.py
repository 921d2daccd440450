"""The regularization path: what strength does to the errors and to the weights, at the best learning rate."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from halflife.lab import Interval
from halflife.report._drawing import decades, drawing
from halflife.report._maps import AXIS, DOOR_IN_FULL, Cell, Map, half_step
from halflife.report._palette import DECAY, INK, L2, MUTED
from halflife.rules import Law

COLOUR = {Law.L2: L2, Law.INDEPENDENT: DECAY}
_SIZE = (3.7, 3.5)


def path_curves(of: Map) -> Figure:
    """Errors above, ‖w‖ below; the training error dashed, and the setting that validates best marked."""
    with drawing(*_SIZE) as figure:
        _draw(figure.subplots(2, 1, sharex=True, height_ratios=(1.6, 1)), of)
        return figure


def paths_curves(of: Sequence[Map]) -> Figure:
    """Several laws of one rule side by side."""
    with drawing(_SIZE[0] * len(of), _SIZE[1] + 0.2) as figure:
        axes = figure.subplots(2, len(of), sharex="col", sharey="row", height_ratios=(1.6, 1), squeeze=False)
        for column, each in enumerate(of):
            _draw(axes[:, column], each)
            axes[0, column].set_title(f"{each.rule}, {DOOR_IN_FULL[each.law]}")
        return figure


def path(of: Map) -> list[Cell]:
    """The settings at the lr of the best one, without regularization first; those that diverged left out."""
    if of.best is None:
        return []
    return [cell for cell in (*of.without, *of.cells) if cell.lr == of.best.lr and cell.valid]


def _draw(axes: Any, of: Map) -> None:
    errors, norms = axes
    cells = path(of)
    colour = COLOUR[of.law].light
    strengths = [cell.strength for cell in cells if cell.strength]
    if not strengths:
        errors.set_axis_off()
        norms.set_axis_off()
        errors.text(0, 0.5, "every training diverged", transform=errors.transAxes)
        return
    none_at = math.log10(min(strengths)) - max(0.5, 3 * half_step(strengths))
    xs = [math.log10(cell.strength) if cell.strength else none_at for cell in cells]
    for name, style, ink in (("test", "-", colour), ("train", (0, (3.5, 2)), MUTED.light)):
        _band(errors, xs, [getattr(cell, name) for cell in cells], ink, style)
    _band(norms, xs, [cell.norm for cell in cells if cell.norm], colour, "-")
    best = math.log10(of.best.strength) if of.best else none_at
    for ax in axes:
        ax.axvline(best, color=INK.light, linewidth=0.8, dashes=(1.2, 2))
        ax.grid(axis="y")
        ax.set_axisbelow(True)
    errors.set_ylabel("error")
    norms.set_ylabel("‖w‖")
    norms.set_ylim(bottom=0)
    norms.set_xlabel(f"{AXIS[of.law]}, at lr {of.best.lr:.3g}" if of.best else AXIS[of.law])
    low, high = math.log10(min(strengths)), math.log10(max(strengths))
    decades(norms.xaxis, low, high, at_most=6)
    ticks, labels = list(norms.get_xticks()), [label.get_text() for label in norms.get_xticklabels()]
    if not cells[0].strength:
        norms.set_xticks([none_at, *ticks], labels=["none", *labels])
    norms.set_xlim(none_at - 0.15, high + 0.15)
    _name_curves(errors, xs, cells, colour)


def _band(ax: Any, xs: Sequence[float], intervals: Sequence[Interval], ink: str, style: Any) -> None:
    """A line through the means and a band for the interval; nothing joins `none` to the weakest strength."""
    means = [i.mean for i in intervals]
    first = 1 if len(xs) > 1 and xs[1] - xs[0] > 0.49 else 0
    ax.plot(xs[first:], means[first:], color=ink, linestyle=style, marker="o", markersize=2.6)
    ax.plot(xs[:first], means[:first], color=ink, marker="o", markersize=4, linestyle="none", markerfacecolor="none")
    if all(i.low is not None for i in intervals[first:]):
        lows, highs = [i.low for i in intervals[first:]], [i.high for i in intervals[first:]]
        ax.fill_between(xs[first:], lows, highs, color=ink, alpha=0.16, linewidth=0)


def _name_curves(ax: Any, xs: Sequence[float], cells: Sequence[Cell], colour: str) -> None:
    place = len(cells) // 3
    for name, ink, intervals in (
        ("test", colour, [cell.test for cell in cells]),
        ("training", MUTED.light, [cell.train for cell in cells]),
    ):
        interval = intervals[place]
        height = max(i.high or i.mean for i in intervals[place - 1 : place + 2] if i) if interval else 0
        ax.annotate(name, (xs[place], height), (0, 3), textcoords="offset points", ha="center", color=ink)
