"""The pages of an audit, an atlas and a search: of one family with the page of a study."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from halflife.audit import Audit
from halflife.report._drawing import number
from halflife.report._page import Table, pastes, render, table_of
from halflife.report.study_page import plus_minus
from halflife.tune import Tuning


def audit_page(audits: Sequence[Audit]) -> str:
    """What is regularized, how much, and what is wrong, an optimizer after another."""
    shown = [_audit(audit.to_dict()) for audit in audits]
    return _page("audit.html.j2", "What is regularized, how much, and what is wrong?", "halflife audit", audits=shown)


def atlas_page(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """How every optimizer that is installed regularizes, a row each."""
    table = Table(
        caption=f"{len(rows)} optimizers, as measured", headings=tuple(headings), rows=tuple(tuple(row) for row in rows)
    )
    return _page("table.html.j2", "How does each optimizer regularize?", "halflife atlas", tables=[table])


def tuning_page(result: Tuning) -> str:
    """How much to regularize, and what that rests on."""
    choices = [
        {
            "door": str(c.door),
            "lr": number(c.point.lr),
            "strength": number(c.point.strength),
            "validation error": plus_minus(c.error),
            result.score: plus_minus(c.score),
            "training error": f"{c.train:.3f}",
            "‖w‖": f"{c.norm:.3g}",
            "gain": plus_minus(c.gain) if c.gain else "",
        }
        for c in result.choices
    ]
    trials = [
        {
            "door": str(t.point.door),
            "lr": number(t.point.lr),
            "strength": number(t.point.strength),
            "epochs": str(t.epochs),
            "errors, a fold and seed each": ", ".join(f"{error:.3f}" for error in t.errors),
        }
        for t in result.trials
    ]
    facts = {
        "Networks": f"{' → '.join(map(str, result.regime.network.sizes))} units, {result.rule}",
        "Search": f"{result.search}, {result.folds} folds, seeds {', '.join(map(str, result.seeds))}",
        "Trainings": f"{result.trainings:,}",
        "File": result.path.name,
    }
    return _page(
        "tuning.html.j2",
        "How much should I regularize?",
        result.data,
        lead=result.answer,
        choices=table_of("The best setting of each door; intervals are over folds", choices),
        trials=table_of("Everything that was tried", trials),
        pastes=pastes(result.translations),
        facts=tuple(facts.items()),
    )


def _page(template: str, title: str, about: str, **shown: Any) -> str:
    return render(template, page={"title": title, "about": about, "version": version("halflife"), **shown})


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
