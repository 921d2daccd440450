"""The pictures of a study and of a search; each is a function of the result that returns a matplotlib figure."""

from collections.abc import Callable, Mapping
from functools import partial

from matplotlib.figure import Figure

from halflife._errors import BadInput, UnknownName
from halflife.lab import Spread, Study
from halflife.report import _maps
from halflife.report.heat_map import heat_maps
from halflife.report.path_curves import paths_curves
from halflife.report.strength_curves import strength_curves
from halflife.report.twin_cards import by_rule
from halflife.report.twin_curves import all_twin_curves
from halflife.report.weight_bands import weight_bands
from halflife.tune import Tuning


def figures(result: Study | Tuning) -> Mapping[str, Callable[[], Figure]]:
    """What can be drawn of this result by name, as `halflife plot` has it; each is drawn when it is called for."""
    return {"strengths": partial(strengths, result)} if isinstance(result, Tuning) else _of_study(result)


def _of_study(study: Study) -> Mapping[str, Callable[[], Figure]]:
    found: dict[str, Callable[[], Figure]] = {"twins": partial(twins, study)} if study.twins else {}
    for rule in _rules(study):
        found |= {f"maps-{rule}": partial(maps, study, rule), f"paths-{rule}": partial(paths, study, rule)}
        found |= {f"weights-{rule}": partial(weights, study, rule)} if _spreads(study, rule) else {}
    return found


def twins(study: Study) -> Figure:
    """How far the twins of every rule part, by epoch, in two precisions, with the floor of each.

    Raises:
        BadInput: the study has no twins yet.
    """
    if not study.twins:
        raise BadInput(f"the study {str(study.path)!r} has no twins yet: run it to its end.")
    return all_twin_curves(by_rule(study))


def maps(study: Study, rule: str) -> Figure:
    """Validation error over lr and strength, L2 and decay side by side, with the optimum and its ridge.

    Raises:
        UnknownName: the rule is not in the grid of this study.
    """
    return heat_maps(_of(study, rule), _maps.scale(_maps.maps(study)))


def paths(study: Study, rule: str) -> Figure:
    """Errors and ‖w‖ over strength at the best learning rate, L2 and decay side by side.

    Raises:
        UnknownName: the rule is not in the grid of this study.
    """
    return paths_curves(_of(study, rule))


def weights(study: Study, rule: str) -> Figure:
    """Quantiles of the weights of each layer of the best nets: without regularization, with L2, with decay.

    Raises:
        UnknownName: the study keeps no weights of this rule.
    """
    spreads = _spreads(study, rule)
    if not spreads:
        raise UnknownName("rule with weights", rule, dict.fromkeys(s.setting.rule for s in study.spreads))
    return weight_bands(spreads)


def strengths(tuning: Tuning) -> Figure:
    """Validation error of a search over strength, L2 and decay side by side, beside no regularization; the choice."""
    return strength_curves(tuning)


def _of(study: Study, rule: str) -> list[_maps.Map]:
    found = [each for each in _maps.maps(study) if each.rule == rule]
    if not found:
        raise UnknownName("rule of the grid", rule, _rules(study))
    return found


def _rules(study: Study) -> list[str]:
    return _maps.rules_of(_maps.maps(study))


def _spreads(study: Study, rule: str) -> list[Spread]:
    return [s for s in study.spreads if s.setting.rule == rule]
