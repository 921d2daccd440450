"""A search as a picture: the validation error over strength behind each door, beside no regularization at all."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from halflife.lab import Interval
from halflife.report._drawing import decades, drawing
from halflife.report._palette import DECAY, INK, L2, MUTED, NONE
from halflife.tune import Choice, Door, Trial, Tuning

COLOUR = {Door.L2: L2, Door.DECAY: DECAY}
NAME = {Door.L2: "L2 regularization", Door.DECAY: "weight decay"}
AXIS = {Door.L2: "L2 constant λ", Door.DECAY: "decay α, share of the weight a step"}
_WIDTH, _HEIGHT = 3.7, 2.9


def doors(result: Tuning) -> list[Door]:
    """Those that were tried, but for none."""
    return [door for door in COLOUR if result.choice(door)]


def in_full(result: Tuning, door: Door) -> list[Trial]:
    """What was trained behind a door for all epochs without diverging, by strength; the others cannot be compared."""
    whole = max(trial.epochs for trial in result.trials)
    fair = [t for t in result.trials if t.point.door is door and t.epochs == whole and math.isfinite(t.error)]
    return sorted(fair, key=lambda trial: (trial.point.strength, trial.error))


def strength_curve(result: Tuning, door: Door) -> Figure:
    """A dot a setting, a line through the best lr at each strength, the choice with its interval; no title."""
    with drawing(_WIDTH, _HEIGHT) as figure:
        ax = figure.subplots()
        _draw(ax, result, door)
        ax.set_ylim(*_ends(result))
        ax.set_ylabel("validation error")
        return figure


def strength_curves(result: Tuning) -> Figure:
    """The doors side by side, with one axis of errors."""
    shown = doors(result)
    with drawing(_WIDTH * max(len(shown), 1), _HEIGHT + 0.2) as figure:
        panels = figure.subplots(1, max(len(shown), 1), sharey=True, squeeze=False)[0]
        for ax, door in zip(panels, shown, strict=False):
            _draw(ax, result, door)
            ax.set_title(NAME[door])
        if shown:
            panels[0].set_ylim(*_ends(result))
            panels[0].set_ylabel("validation error")
        else:
            panels[0].set_axis_off()
            panels[0].text(0, 0.5, "no strength was tried", transform=panels[0].transAxes)
        return figure


def _ends(result: Tuning) -> tuple[float, float]:
    """Of the errors in all panels; of those far above no regularization only the way there is drawn."""
    intervals = [choice.error for choice in result.choices]
    ends = [end for i in intervals for end in (i.low, i.high, i.mean) if end is not None]
    errors = [trial.error for door in doors(result) for trial in in_full(result, door)]
    low, high = min(ends + errors), max(ends)
    high = max(high, min(max(errors, default=high), high + (high - low)))
    room = 0.05 * (high - low) or 0.05
    return low - room, high + room


def _draw(ax: Any, result: Tuning, door: Door) -> None:
    ink = COLOUR[door].light
    trials = [trial for trial in in_full(result, door) if trial.point.strength]
    if none := result.choice(Door.NONE):
        _level(ax, none.error)
    logs = [math.log10(trial.point.strength) for trial in trials]
    ax.plot(logs, [t.error for t in trials], "o", color=MUTED.light, markersize=3, alpha=0.6)
    lowest = {trial.point.strength: trial.error for trial in reversed(trials)}
    ax.plot([math.log10(s) for s in sorted(lowest)], [lowest[s] for s in sorted(lowest)], color=ink)
    choice = result.choice(door)
    if choice is not None and choice.point.strength:
        _chosen(ax, choice, ink, is_best=choice is result.best)
        logs.append(math.log10(choice.point.strength))
    ax.set_xlabel(AXIS[door])
    ax.grid(axis="y")
    ax.set_axisbelow(True)
    if logs:
        decades(ax.xaxis, min(logs), max(logs), at_most=6)
        ax.set_xlim(min(logs) - 0.25, max(logs) + 0.25)


def _level(ax: Any, none: Interval) -> None:
    """What no regularization comes to, across the panel."""
    ax.axhline(none.mean, color=NONE.light, linewidth=1.1, dashes=(4, 2))
    if none.low is not None and none.high is not None:
        ax.axhspan(none.low, none.high, color=NONE.light, alpha=0.12, linewidth=0)
    ax.annotate(
        "none", (0.995, none.mean), (0, 2), xycoords=("axes fraction", "data"), textcoords="offset points",
        ha="right", va="bottom", color=NONE.light,
    )  # fmt: skip


def _chosen(ax: Any, choice: Choice, ink: str, *, is_best: bool) -> None:
    at, error = math.log10(choice.point.strength), choice.error
    ends: Sequence[float] = [end for end in (error.low, error.high) if end is not None]
    if ends:
        ax.plot([at] * len(ends), ends, color=INK.light, linewidth=1.1, marker="_", markersize=7)
    face = ink if is_best else "none"
    ax.plot([at], [error.mean], "*", color=INK.light, markerfacecolor=face, markersize=11, markeredgewidth=0.8)
