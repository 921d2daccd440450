"""The pictures of one rule of a study on its page, each with the table behind it: maps, paths, weights."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from halflife.lab import Spread
from halflife.report._drawing import as_markup
from halflife.report._maps import DOOR_IN_FULL, SYMBOL, Cell, Map, Scale
from halflife.report._numbers import number, plus_minus, signed
from halflife.report._page import Picture, table_of
from halflife.report.heat_map import cell_name, heat_map
from halflife.report.path_curves import path, path_curves
from halflife.report.weight_bands import layer_name, net_name, weight_bands


@dataclass(frozen=True, kw_only=True)
class RuleSection:
    """One rule of the grid: its maps and its regularization paths, a picture a law."""

    name: str
    maps: tuple[Picture, ...]
    paths: tuple[Picture, ...]


def section(rule: str, of: Sequence[Map], colours: Scale, score: str) -> RuleSection:
    """All of one rule.

    Args:
        rule: its name.
        of: its maps.
        colours: of all maps of the study.
        score: "accuracy" or "R²".
    """
    return RuleSection(
        name=rule,
        maps=tuple(_map(each, colours, score) for each in of),
        paths=tuple(_path(each, score) for each in of),
    )


def weights(spreads: Sequence[Spread]) -> Picture:
    """What the weights of the best nets of one rule look like."""
    rule, layers = spreads[0].setting.rule, len(spreads[0].layers)
    named = {"smallest": 0, "2.5 %": 1, "25 %": 10, "median": 20, "75 %": 30, "97.5 %": 39, "largest": 40}
    rows = [
        {"net": net_name(s), "layer": layer_name(layer, layers)}
        | {name: number(s.layers[layer][place]) for name, place in named.items()}
        for layer in range(layers)
        for s in spreads
    ]
    svg = as_markup(weight_bands(spreads), f"weights-{rule}", f"Quantiles of the weights of each layer, {rule}.")
    caption = f"Seed {spreads[0].seed}; the nets of the table above."
    return Picture(title=rule, svg=svg, caption=caption, table=table_of(f"{rule}: quantiles of the weights", rows))


def _map(of: Map, colours: Scale, score: str) -> Picture:
    best = (
        f"Best at lr {of.best.lr:.2g}, {SYMBOL[of.law]} = {number(of.best.strength)}: validation error "
        f"{of.best.valid:.3f}. "
        if of.best
        else "Every training diverged. "
    )
    svg = as_markup(
        heat_map(of, colours),
        f"map-{of.rule}-{of.law.name}",
        f"Validation error under {of.rule} with {DOOR_IN_FULL[of.law]} over lr and {SYMBOL[of.law]}. {best}",
    )
    table = table_of(
        f"{of.rule}, {DOOR_IN_FULL[of.law]}: one row a setting; intervals are over seeds",
        [_cell(cell, SYMBOL[of.law], score) for cell in of.cells],
        [cell_name(of, place) for place in range(len(of.cells))],
    )
    return Picture(title=DOOR_IN_FULL[of.law], svg=svg, caption=best + _slope(of), table=table)


def _slope(of: Map) -> str:
    if of.slope is None or of.slope.value is None:
        return "How the best strength moves with lr is not known: fewer than three optima lie inside the grid."
    ends = "" if of.slope.low is None else f" ({signed(of.slope.low)} to {signed(of.slope.high or 0.0)})"
    return f"The best {SYMBOL[of.law]} moves as lr to the power {signed(of.slope.value)}{ends}."


def _path(of: Map, score: str) -> Picture:
    cells = path(of)
    svg = as_markup(
        path_curves(of),
        f"path-{of.rule}-{of.law.name}",
        f"Test and training error and the norm of the weights over {SYMBOL[of.law]} under {of.rule} with "
        f"{DOOR_IN_FULL[of.law]}.",
    )
    table = table_of(f"{of.rule}, {DOOR_IN_FULL[of.law]}: the path", [_cell(c, SYMBOL[of.law], score) for c in cells])
    return Picture(title=DOOR_IN_FULL[of.law], svg=svg, caption="", table=table if cells else None)


def _cell(cell: Cell, symbol: str, score: str) -> dict[str, str]:
    return {
        "lr": number(cell.lr),
        symbol: number(cell.strength) if cell.strength else "none",
        "validation error": plus_minus(cell.valid),
        "by seed": ", ".join(
            f"{seed}: {valid:.3f}" if math.isfinite(valid) else f"{seed}: –" for seed, valid in cell.seeds
        ),
        "test error": plus_minus(cell.test),
        "training error": plus_minus(cell.train),
        score: plus_minus(cell.score),
        "‖w‖": plus_minus(cell.norm),
    }
