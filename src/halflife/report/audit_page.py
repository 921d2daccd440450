"""The page of an audit: of one family with the page of a study, and with the rows of its terminal."""

from collections.abc import Sequence
from typing import Any

from halflife.audit import Audit, Finding
from halflife.audit._rows import fixes, gathered, group_rows
from halflife.audit._words import percent, several, steps
from halflife.report._page import Table, of_family, table_of


def audit_page(audits: Sequence[Audit]) -> str:
    """What is regularized, how much, and what is wrong, an optimizer after another."""
    title = "What is regularized, how much, and what is wrong?"
    about = "; ".join(_about(audit) for audit in audits)
    return of_family("audit.html.j2", title, about, audits=[_audit(audit) for audit in audits])


def _about(audit: Audit) -> str:
    plan = f", {several(audit.steps, 'step')} planned" if audit.steps else ""
    return f"{audit.optimizer}, {several(len(audit.groups), 'parameter group')}{plan}"


def _audit(audit: Audit) -> dict[str, Any]:
    told = audit.to_dict(by_parameter=True)
    kinds = ("error", "warning", "note")
    counts = [several(sum(f["severity"] == kind for f in told["findings"]), kind) for kind in kinds]
    headings, rows = group_rows(audit)
    parameters = [
        {
            "parameter": member["name"],
            "group": str(group["index"]),
            "shape": " × ".join(map(str, member["shape"])) or "1",
            "kind": member["kind"].replace("_", " "),
            "type": member["dtype"],
            "decayed": "yes" if member["decayed"] else "no",
            "half-life, steps": "–" if member["half_life"] is None else steps(member["half_life"]),
            "removed": "–" if member["removed"] is None else percent(member["removed"]),
        }
        for group in told["groups"]
        for member in group["members"]
    ]
    skipped = [{"check": s["code"], "what": s["title"], "needs": s["reason"]} for s in told["skipped"]]
    return {
        "name": told["optimizer"],
        "answer": told["answer"],
        "counts": ", ".join(counts) + ".",
        "parameters": table_of("Every parameter of every group", parameters),
        "groups": Table(caption="Parameter groups", headings=tuple(headings), rows=tuple(map(tuple, rows))),
        "findings": [_finding(same) for same in gathered(audit.findings)],
        "skipped": table_of("Checks that could not run", skipped),
    }


def _finding(same: Sequence[Finding]) -> dict[str, Any]:
    first = same[0]
    return {
        "severity": first.severity.value,
        "code": first.code,
        "title": first.title,
        "places": [(f.where, f.message) for f in same],
        "why": first.why,
        "advice": first.advice,
        "fix": "\n".join(fixes(same)),
    }
