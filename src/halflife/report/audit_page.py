"""The page of an audit: of one family with the page of a study."""

from collections.abc import Sequence
from typing import Any

from halflife.audit import Audit
from halflife.report._page import of_family, table_of


def audit_page(audits: Sequence[Audit]) -> str:
    """What is regularized, how much, and what is wrong, an optimizer after another."""
    shown = [_audit(audit.to_dict()) for audit in audits]
    title = "What is regularized, how much, and what is wrong?"
    return of_family("audit.html.j2", title, "halflife audit", audits=shown)


def _audit(told: dict[str, Any]) -> dict[str, Any]:
    counts = {kind: sum(f["severity"] == kind for f in told["findings"]) for kind in ("error", "warning", "note")}
    groups = [
        {
            "group": str(group["index"]),
            "law": group["law"],
            "strength": _short(group["strength"]),
            "lr": _short(group["lr"]),
            "shrink a step": _short(group["decay"]),
            "half-life, steps": _short(group["half_life"]),
            "removed": "–" if group["removed"] is None else f"{group['removed']:.2%}",
            "parameters": f"{group['parameters']:,}",
        }
        for group in told["groups"]
    ]
    skipped = [{"check": s["code"], "what": s["title"], "needs": s["reason"]} for s in told["skipped"]]
    return {
        "name": told["optimizer"],
        "lead": ", ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items()) + ".",
        "groups": table_of("Parameter groups", groups),
        "findings": told["findings"],
        "skipped": table_of("Checks that could not run", skipped),
    }


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}"
