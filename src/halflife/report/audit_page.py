"""The page of an audit: of one family with the page of a study."""

from collections.abc import Sequence
from typing import Any

from halflife.audit import Audit
from halflife.report._page import of_family, table_of


def audit_page(audits: Sequence[Audit]) -> str:
    """What is regularized, how much, and what is wrong, an optimizer after another."""
    shown = [_audit(audit.to_dict(by_parameter=True)) for audit in audits]
    title = "What is regularized, how much, and what is wrong?"
    about = "; ".join(_about(audit) for audit in audits)
    return of_family("audit.html.j2", title, about, audits=shown)


def _about(audit: Audit) -> str:
    plan = f", {_several(audit.steps, 'step')} planned" if audit.steps else ""
    return f"{audit.optimizer}, {_several(len(audit.groups), 'parameter group')}{plan}"


def _audit(told: dict[str, Any]) -> dict[str, Any]:
    kinds = ("error", "warning", "note")
    counts = [_several(sum(f["severity"] == kind for f in told["findings"]), kind) for kind in kinds]
    groups = [
        {
            "group": str(group["index"]),
            "law": group["law"],
            "strength": _short(group["strength"]),
            "lr": _short(group["lr"]),
            "shrink a step": _short(group["decay"]),
            "half-life, steps": _short(group["half_life"]),
            "removed": _share(group["removed"]),
            "parameters": f"{group['parameters']:,}",
        }
        for group in told["groups"]
    ]
    parameters = [
        {
            "parameter": member["name"],
            "group": str(group["index"]),
            "shape": " × ".join(map(str, member["shape"])) or "1",
            "kind": member["kind"].replace("_", " "),
            "type": member["dtype"],
            "decayed": "yes" if member["decayed"] else "no",
            "half-life, steps": _short(member["half_life"]),
            "removed": _share(member["removed"]),
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
        "groups": table_of("Parameter groups", groups),
        "findings": told["findings"],
        "skipped": table_of("Checks that could not run", skipped),
    }


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2%}".replace("%", " %")


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
