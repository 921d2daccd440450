"""The cells of an audit's tables, the same on a terminal and on a page."""

from collections.abc import Sequence
from itertools import groupby
from math import isfinite

from halflife.audit._finding import Finding
from halflife.audit._result import Audit
from halflife.audit._training import Group, Parameter
from halflife.audit._words import percent, short, steps, times

MOST = 4
"""So many places of one finding are shown."""


def group_rows(audit: Audit) -> tuple[list[str], list[list[str]]]:
    """Headings and rows; groups that have everything in common but their parameters share a row."""
    epoch = ["epochs"] if audit.steps_per_epoch else []
    headings = ["group", "law", "strength", "lr", "α/step", "half-life", *epoch, "removed", "parameters"]
    rows = []
    for members in _alike(audit.groups):
        first = members[0]
        half = first.half_life
        epochs = "-" if half is None or not isfinite(half) else times(half / (audit.steps_per_epoch or 1))
        rows.append(
            [
                _indices([group.index for group in members]),
                str(first.law),
                "-" if first.strength is None else f"{first.strength:.4g}",
                f"{first.lr:.4g}",
                *_shrink(first.decay, half, first.report.enters_preconditioner),
                *([epochs] if epoch else []),
                "-" if first.removed is None else percent(first.removed),
                short(sum(group.count for group in members)),
            ]
        )
    return headings, rows


def parameter_rows(group: Group) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of one group's parameters."""
    headings = [f"group {group.index}", "kind", "α/step", "half-life", "removed", "parameters"]
    return headings, [_parameter(group, p) for p in group.members]


def gathered(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Findings of one check and severity together, in their order."""
    return [list(each) for _, each in groupby(findings, key=lambda f: (f.severity, f.code))]


def places(same: Sequence[Finding]) -> list[str]:
    """Where each was found and what was seen; of many, the first ones and how many there are."""
    lines = [f"{finding.where}: {finding.message}" for finding in same[:MOST]]
    return lines + ([f"and {len(same) - MOST} more like these."] if len(same) > MOST else [])


def fixes(same: Sequence[Finding]) -> list[str]:
    """The lines of code that mend them, each once; of those that build the optimizer anew, the first."""
    codes = list(dict.fromkeys(finding.fix for finding in same[:MOST] if finding.fix))
    whole = codes[:1] if any("\n" in code for code in codes) else codes
    return [line for code in whole for line in code.splitlines()]


def _alike(groups: Sequence[Group]) -> list[list[Group]]:
    rows: dict[tuple[object, ...], list[Group]] = {}
    for group in groups:
        rows.setdefault((group.law, group.strength, group.lr, group.decay, group.removed), []).append(group)
    return list(rows.values())


def _indices(indices: Sequence[int]) -> str:
    """Places as ranges: 0, 2-5."""
    spans: list[list[int]] = []
    for index in indices:
        if spans and index == spans[-1][-1] + 1:
            spans[-1] = [spans[-1][0], index]
        else:
            spans.append([index, index])
    words = [f"{a}" if a == b else f"{a}-{b}" for a, b in spans]
    return ", ".join(words[:3]) + (", ..." if len(words) > 3 else "")


def _shrink(decay: float | None, half: float | None, divided: bool) -> tuple[str, str]:
    if decay is None:
        return ("varies" if divided else "-", "-")
    if half is None:
        return (f"{decay:.3g}", "never")
    return ("0", "-") if decay == 0 else (f"{decay:.3g}", steps(half))


def _parameter(group: Group, p: Parameter) -> list[str]:
    removed = group.removed_from(p)
    kind = p.kind.name.lower() if group.acts_on(p) else "spared" if p.trainable else "frozen"
    tied = f" = {', '.join(p.aliases)}" if p.aliases else ""
    return [
        f"{p.name}{tied}",
        kind,
        *_shrink(p.decay, p.half_life, group.report.enters_preconditioner),
        "-" if removed is None else percent(removed),
        short(p.count),
    ]
