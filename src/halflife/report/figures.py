"""The pictures of a study by name; each is a function of the study that returns a matplotlib figure."""

from collections.abc import Callable, Mapping
from functools import partial

from matplotlib.figure import Figure

from halflife.lab import Study
from halflife.report._maps import Map, Scale, maps, scale
from halflife.report.heat_map import heat_maps
from halflife.report.path_curves import paths_curves
from halflife.report.study_page import by_rule, rules_of
from halflife.report.twin_curves import all_twin_curves
from halflife.report.weight_bands import weight_bands


def figures(study: Study) -> Mapping[str, Callable[[], Figure]]:
    """What can be drawn of this study, each drawn when it is called for."""
    of = maps(study)
    colours = scale(of)
    twins = by_rule(study)
    found: dict[str, Callable[[], Figure]] = {"twins": partial(all_twin_curves, twins)} if twins else {}
    for rule in rules_of(of):
        found |= _of_rule(study, rule, [each for each in of if each.rule == rule], colours)
    return found


def _of_rule(study: Study, rule: str, of: list[Map], colours: Scale) -> dict[str, Callable[[], Figure]]:
    spreads = [s for s in study.spreads if s.setting.rule == rule]
    weights = {f"weights-{rule}": partial(weight_bands, spreads)} if spreads else {}
    return {f"maps-{rule}": partial(heat_maps, of, colours), f"paths-{rule}": partial(paths_curves, of), **weights}
