"""A search on a terminal: the answer, the doors side by side, the setting to paste."""

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from halflife.lab import Interval
from halflife.recipes import Grade
from halflife.tune import Choice, Door, Tuning


def tuning(result: Tuning) -> RenderableType:
    """A search on one screen."""
    return Group(
        Text("How much should I regularize?", style="bold"),
        Text(result.data, style="dim"),
        *(Padding(Text(sentence), (1, 0, 0, 0)) for sentence in result.answer),
        Text(),
        _doors(result),
        Text(),
        *_settings(result),
        *(Text(incident.words, style="dim") for incident in result.incidents),
        Text(
            f"{result.trainings:,} trainings, the work of {result.work:,.0f} whole ones, in {result.path}", style="dim"
        ),
    )


def _doors(result: Tuning) -> Table:
    table = Table(
        title=f"The best of each door, {result.rule}, over {len(result.best.held_out)} folds",
        title_justify="left",
        title_style="",
        box=None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    table.add_column("door")
    for heading in ("lr", "strength", "error", result.score, "overfit", "‖w‖", "gain"):
        table.add_column(heading, justify="right")
    for c in result.choices:
        style = "bold" if c is result.best else ""
        table.add_row(
            str(c.door),
            f"{c.point.lr:.2g}",
            _strength(c),
            _plus_minus(c.error),
            f"{c.score.mean:.3f}",
            f"{c.error.mean - c.train:.3f}",
            f"{c.norm:.3g}",
            "" if c.gain is None else f"{c.gain.mean:+.2g}±{_half(c.gain):.2g}",
            style=style,
        )
    return table


def _strength(choice: Choice) -> str:
    letters = {Door.NONE: "", Door.L2: "λ ", Door.DECAY: "α "}
    return f"{letters[choice.door]}{choice.point.strength:.2g}" if choice.point.strength else "0"


def _settings(result: Tuning) -> list[Text]:
    lines = []
    for answer in result.translations:
        possible = answer.grade is not Grade.IMPOSSIBLE
        reason = "" if possible else ": halflife translate says why, and the page what is nearest"
        lines.append(Text.assemble((answer.framework, "bold"), "  ", (str(answer.grade), "dim"), reason))
        lines += [Text(answer.recipe, no_wrap=True, overflow="ignore")] if possible else []
    return lines


def _plus_minus(interval: Interval) -> str:
    return f"{interval.mean:.3f}±{_half(interval):.3f}"


def _half(interval: Interval) -> float:
    return interval.mean - interval.low if interval.low is not None else float("nan")
