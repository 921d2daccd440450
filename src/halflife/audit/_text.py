"""An audit as plain text: a table of the groups, then the findings."""

from collections.abc import Sequence

from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._training import Group, Parameter, Training

HEADINGS = ("", "law", "strength", "lr", "shrink/step", "half-life", "removed", "parameters")


def as_text(training: Training, findings: Sequence[Finding], skipped: Sequence[Skipped], *, by_parameter: bool) -> str:
    """The whole report."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    for group in training.groups:
        rows.append(_row(group, training))
        if by_parameter:
            rows += [_member(group, p, training) for p in group.members]
    plan = f" over {training.steps:,} steps" if training.steps else ""
    several = "" if len(training.groups) == 1 else "s"
    lines = [f"{training.name}: {len(training.groups)} parameter group{several}{plan}", "", *_aligned(rows), ""]
    lines += [str(finding) for finding in findings]
    counts = {severity: sum(f.severity is severity for f in findings) for severity in Severity}
    lines += [""] if findings else []
    lines.append(", ".join(f"{n} {severity}{'' if n == 1 else 's'}" for severity, n in counts.items()) + ".")
    lines += [str(each) for each in skipped]
    return "\n".join(lines)


def _row(group: Group, training: Training) -> tuple[str, ...]:
    strength = "-" if group.strength is None else f"{group.report.strength_name}={group.strength:g}"
    removed = "-" if group.removed is None else f"{group.removed:.2%}"
    return (
        group.where,
        str(group.law),
        strength,
        f"{group.lr:g}",
        *_shrink(group, training),
        removed,
        f"{group.count:,}",
    )


def _shrink(group: Group, training: Training) -> tuple[str, str]:
    if group.decay is None:
        return ("by gradients" if group.report.enters_preconditioner else "-", "-")
    if group.half_life is None:
        return (f"{group.decay:.3g}", "never")
    if group.decay == 0:
        return ("0", "-")
    epochs = f" ({group.half_life / training.steps_per_epoch:.3g} epochs)" if training.steps_per_epoch else ""
    return (f"{group.decay:.3g}", f"{group.half_life:,.0f} steps{epochs}")


def _member(group: Group, p: Parameter, training: Training) -> tuple[str, ...]:
    if not group.reaches(p):
        return (f"  {p.name}", "not decayed", "", "", "", "", "", f"{p.count:,}")
    removed = "-" if group.removed is None else f"{group.removed:.2%}"
    return (f"  {p.name}", str(group.law), "", "", *_shrink(group, training), removed, f"{p.count:,}")


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    return [
        "  ".join(
            cell.rjust(width) if i == len(HEADINGS) - 1 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
