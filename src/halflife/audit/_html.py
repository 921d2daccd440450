"""An audit in a notebook: the same answer, tables and findings as on a terminal, names escaped."""

from collections.abc import Sequence
from html import escape

from halflife._html import table
from halflife.audit._finding import Finding
from halflife.audit._result import Audit
from halflife.audit._rows import fixes, gathered, group_rows, places


def as_html(audit: Audit) -> str:
    """A fragment that needs no style of its own."""
    first, *rest = audit.answer
    skipped = "".join(f"<li>{escape(str(each))}</li>" for each in audit.skipped)
    return (
        f"<div><p>{escape(audit.optimizer)}: <strong>{escape(first)}</strong> {escape(' '.join(rest))}</p>"
        f"{table(*group_rows(audit))}"
        f"{''.join(_finding(same) for same in gathered(audit.findings))}"
        + (f"<details><summary>Skipped</summary><ul>{skipped}</ul></details>" if skipped else "")
        + "</div>"
    )


def _finding(same: Sequence[Finding]) -> str:
    first = same[0]
    lines = fixes(same)
    code = f"<pre>{escape(chr(10).join(lines))}</pre>" if lines else ""
    return (
        f"<details open><summary><strong>{escape(str(first.severity))} {escape(first.code)}</strong> "
        f"{escape(first.title)}</summary>{''.join(f'<p>{escape(line)}</p>' for line in places(same))}"
        f"<p><em>Why:</em> {escape(first.why)}</p><p><em>Do:</em> {escape(first.advice)}</p>{code}</details>"
    )
