"""What the best networks' weights look like: for each layer, where the middle half and nearly all of them lie."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from halflife.lab import Spread
from halflife.report._drawing import drawing
from halflife.report._maps import DOOR
from halflife.report._palette import DECAY, L2, MUTED, NONE
from halflife.rules import Law

_HALF, _NEARLY_ALL = (10, 30), (1, 39)
"""Places among the 41 quantiles: 25 to 75 %, and 2.5 to 97.5 %."""


def weight_bands(spreads: Sequence[Spread]) -> Figure:
    """The best nets of one rule, a panel a layer: without regularization, with L2, with decay."""
    layers = len(spreads[0].layers)
    with drawing(3.7, 0.45 + layers * (0.35 + 0.27 * len(spreads))) as figure:
        panels = figure.subplots(layers, 1, sharex=True, squeeze=False)[:, 0]
        for layer, ax in enumerate(panels):
            _draw(ax, spreads, layer)
            ax.set_title(layer_name(layer, layers), fontsize=8, fontweight="normal")
        panels[-1].set_xlabel("weight")
        return figure


def net_name(spread: Spread) -> str:
    """none, L2 or decay."""
    return DOOR[spread.setting.law] if spread.setting.strength else "none"


def layer_name(layer: int, layers: int) -> str:
    """Its place, in words."""
    if layers == 1:
        return "the only layer"
    return f"layer {layer + 1}, {'the inputs' if layer == 0 else 'the outputs' if layer == layers - 1 else 'hidden'}"


def _draw(ax: Any, spreads: Sequence[Spread], layer: int) -> None:
    for place, spread in enumerate(spreads):
        q = spread.layers[layer]
        colour = _colour(spread)
        ax.plot((q[0], q[-1]), (place, place), color=colour, linewidth=0.8, solid_capstyle="butt")
        for (low, high), height, strength in ((_NEARLY_ALL, 0.42, 0.35), (_HALF, 0.62, 1.0)):
            corner = (q[low], place - height / 2)
            band = Rectangle(corner, q[high] - q[low], height, facecolor=colour, alpha=strength, linewidth=0)
            ax.add_patch(band)
    ax.axvline(0, color=MUTED.light, linewidth=0.7, dashes=(1.2, 2), zorder=0)
    ax.set_yticks(range(len(spreads)), labels=[net_name(s) for s in spreads])
    ax.set_ylim(len(spreads) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _colour(spread: Spread) -> str:
    if not spread.setting.strength:
        return NONE.light
    return L2.light if spread.setting.law is Law.L2 else DECAY.light
