"""The twins of a study on its page: the theorem of each rule beside what was measured, and the table behind it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from halflife.lab import Study, Twins
from halflife.report._drawing import as_markup
from halflife.report._numbers import number
from halflife.report._page import Table, table_of
from halflife.report.twin_curves import twin_curves


@dataclass(frozen=True, kw_only=True)
class Card:
    """The theorem of a rule beside its twins.

    Attributes:
        rule: its name.
        verdict: on the gap, in two words.
        agrees: whether both doors were found to be the same, as it is proved.
        proved: the theorem.
        measured: the gaps at the end.
        svg: the curves.
    """

    rule: str
    verdict: str
    agrees: bool
    proved: str
    measured: str
    svg: Markup


_PROVED = {
    "EQUIVALENT": "the same steps for every error and every schedule, with {}.",
    "EQUIVALENT IFF": "the same steps only if {}; otherwise no decay takes the penalty’s path.",
    "NOT EQUIVALENT": "no decay takes the penalty’s path: {}.",
    "UNDECIDED": "neither sameness nor difference; {}.",
}
_FOUND = {"rounding": "rounding alone", "real": "really apart", "diverged": "diverged"}


def by_rule(study: Study) -> list[list[Twins]]:
    """The twins of each rule, in the order of the study."""
    return [[t for t in study.twins if t.rule == rule] for rule in dict.fromkeys(t.rule for t in study.twins)]


def card(study: Study, twins: Sequence[Twins]) -> Card:
    """The card of one rule."""
    foresight = study.foresights[twins[0].rule]
    agrees = all(foresight.agrees(t) for t in twins)
    first = twins[0]
    return Card(
        rule=first.rule,
        verdict=_FOUND[first.verdict] if agrees else "PROOF AND MEASUREMENT DISAGREE",
        agrees=first.verdict == "rounding" and agrees,
        proved=_PROVED[foresight.verdict].format(foresight.condition.rstrip(".")),
        measured="; ".join(_measured(t, len(twins) > 1) for t in twins) + f". λ = {first.l2:g}, lr {first.lr:g}.",
        svg=as_markup(
            twin_curves(twins),
            f"twins-{first.rule}",
            f"Distance of the twins under {first.rule} by epoch, log scale: at the end "
            f"{number(first.gaps['float32'][-1])} in float32 and {number(first.gaps['float64'][-1])} in float64.",
        ),
    )


def twins_table(study: Study) -> Table:
    """All gaps at the end, and what is proved."""
    rows = [
        {
            "rule": t.rule,
            "lr": f"{t.lr:g}",
            "λ": f"{t.l2:g}",
            "α": t.alpha,
            "float32": number(t.gaps["float32"][-1]),
            "float64": number(t.gaps["float64"][-1]),
            "the gap is": t.verdict,
            "same steps?": study.foresights[t.rule].verdict.lower(),
            "condition": study.foresights[t.rule].condition,
        }
        for t in study.twins
    ]
    epochs = len(study.twins[0].gaps["float64"])
    return table_of(f"‖w − w′‖ / ‖w‖ of the twins after {epochs} epochs, and what is proved", rows)


def _measured(t: Twins, several: bool) -> str:
    ends = {precision: gaps[-1] for precision, gaps in t.gaps.items()}
    apart = f"{_gap(ends['float32'])} apart in float32 and {_gap(ends['float64'])} in float64"
    apart = apart if all(map(math.isfinite, ends.values())) else "a twin diverged, so there is no distance to measure"
    return f"with α = {t.alpha} {apart}" if several else apart


def _gap(gap: float) -> str:
    return f"{100 * gap:.2g} %" if gap >= 1e-3 else number(gap)
