"""A study on a terminal, within 80 columns: the answer and what it rests on in one screen, all of it on request."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from halflife.lab import GridResult, Interval, Study, Twins
from halflife.report._small_maps import small


def study(result: Study, *, details: bool = False) -> RenderableType:
    """The answer in two sentences, the maps, the best settings.

    Args:
        result: what was found.
        details: all maps, the twins, the settings without regularization, and what these numbers do not show, too.
    """
    return Group(
        Text("Are L2 regularization and weight decay the same here?", style="bold"),
        Text(result.data, style="dim"),
        *(Padding(Text(sentence), (1, 0, 0, 0)) for sentence in result.headline),
        Text(),
        *small(result, every=details),
        *(_everything(result) if details else (_grid(result, without=False),)),
        *(Text(incident.words) for incident in result.incidents),
        Text(_closing(result, details), style="dim"),
    )


def _everything(result: Study) -> Iterator[RenderableType]:
    yield _twins(result)
    yield Text()
    yield _grid(result, without=True)
    yield Text()
    yield from (Text(sentence) for sentence in result.answer[-4:-1] if result.grid)
    yield Text(result.limits, style="dim")


def _closing(result: Study, details: bool) -> str:
    more = "" if details else "; --details: twins, limits, more"
    return f"{result.trainings:,} trainings in {result.path}{more}"


def _twins(result: Study) -> Table:
    epochs = len(result.twins[0].gaps["float64"]) if result.twins else 0
    title = f"Twins, how far apart: penalty λ = {result.twins[0].l2:g} against decay α, {epochs} epochs"
    table = _table(title if result.twins else "No twins yet")
    for heading in ("rule", "lr", "α"):
        table.add_column(heading)
    for heading in ("float32", "float64"):
        table.add_column(heading, justify="right")
    table.add_column("the gap is")
    table.add_column("theorem: same steps?")
    for t in result.twins:
        gaps = (f"{t.gaps[precision][-1]:.1e}" for precision in ("float32", "float64"))
        table.add_row(t.rule, f"{t.lr:g}", t.alpha, *gaps, t.verdict, _theorem(result, t))
    return table


def _theorem(result: Study, t: Twins) -> Text:
    foresight = result.foresights[t.rule]
    if not foresight.agrees(t):
        return Text("DISAGREES", style="bold reverse")
    return Text(f"iff {foresight.condition}" if foresight.verdict == "EQUIVALENT IFF" else _SAME[foresight.verdict])


_SAME = {"EQUIVALENT": "yes", "NOT EQUIVALENT": "no", "UNDECIDED": "undecided"}


def _grid(result: Study, *, without: bool) -> Table:
    table = _table("The setting that validates best, measured on test rows (95 % over seeds)")
    table.add_column("rule")
    table.add_column("law")
    for heading in ("lr", "strength", "test error", result.score, "overfit", "‖w‖", "slope"):
        table.add_column(heading, justify="right")
    for g in result.grid:
        rows = (("none", g.unregularized, ""), (_short(g), g.best, _slope(g)))
        for law, best, slope in rows if without and g.law is result.grid[0].law else rows[1:]:
            table.add_row(
                g.rule,
                law,
                f"{best.lr:.2g}",
                f"{best.strength:.1e}" if best.strength else "0",
                _plus_minus(best.test),
                f"{best.test_score.mean:.3f}",
                f"{best.gap.mean:.3f}",
                f"{best.norm.mean:.3g}",
                slope,
            )
    return table


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="", box=None, padding=(0, 1, 0, 0), pad_edge=False)


def _short(g: GridResult) -> str:
    return "L2" if g.law.name == "L2" else "decay"


def _slope(g: GridResult) -> str:
    if g.slope.value is None:
        return "-"
    if g.slope.low is None or g.slope.high is None:
        return f"{g.slope.value:+.2f}"
    return f"{g.slope.value:+.2f}±{(g.slope.high - g.slope.low) / 2:.2f}"


def _plus_minus(interval: Interval) -> str:
    if interval.low is None:
        return f"{interval.mean:.3f}"
    return f"{interval.mean:.3f}±{interval.mean - interval.low:.3f}"
