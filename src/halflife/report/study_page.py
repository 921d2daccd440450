"""The page of a study: what is on it, in reading order, made from the study alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from halflife.lab import GridResult, Study
from halflife.recipes import Recipe, Translation, translate
from halflife.report._drawing import as_markup
from halflife.report._maps import DOOR, DOOR_IN_FULL, SYMBOL, maps, rules_of, scale
from halflife.report._measured import measured
from halflife.report._numbers import number, plus_minus
from halflife.report._page import Paste, Picture, Table, pastes, render, table_of
from halflife.report.heat_map import colour_bar
from halflife.report.rule_pictures import RuleSection, section, weights
from halflife.report.twin_cards import Card, by_rule, card, twins_table


@dataclass(frozen=True, kw_only=True)
class StudyPage:
    """All that the template of a study shows."""

    title: str
    about: str
    version: str
    lead: tuple[str, ...]
    theorems: tuple[Card, ...]
    twins: Table | None
    summary: Table
    matters: tuple[str, ...]
    seeds: str
    bar: Markup
    rules: tuple[RuleSection, ...]
    spreads: tuple[Picture, ...]
    chosen: str
    pastes: tuple[Paste, ...]
    facts: tuple[tuple[str, str], ...]
    limits: str


def study_page(study: Study, settings: Sequence[Translation] = ()) -> str:
    """One self-contained HTML page.

    Args:
        study: what was found.
        settings: the best setting in each framework, as `halflife.translate` answers.
    """
    return render("study.html.j2", page=page_of(study, settings))


def page_of(study: Study, settings: Sequence[Translation] = ()) -> StudyPage:
    """What the page shows."""
    of = maps(study)
    colours = scale(of)
    groups = by_rule(study)
    return StudyPage(
        title="Are L2 regularization and weight decay the same here?",
        about=study.data,
        version=study.provenance.versions.get("halflife", ""),
        lead=study.headline,
        theorems=tuple(card(study, twins) for twins in groups),
        twins=twins_table(study) if groups else None,
        summary=_summary(study),
        matters=study.answer[-4:-1] if study.grid else (),
        seeds=f"{len(study.seeds)} seeds" if len(study.seeds) > 1 else f"seed {study.seeds[0]} alone",
        bar=as_markup(colour_bar(colours), "scale", "The colour scale of all maps: validation error, dark is low."),
        rules=tuple(section(rule, [m for m in of if m.rule == rule], colours, study.score) for rule in rules_of(of)),
        spreads=tuple(
            weights(spreads)
            for rule in rules_of(of)
            if (spreads := [s for s in study.spreads if s.setting.rule == rule])
        ),
        chosen=_chosen(study),
        pastes=pastes(settings),
        facts=_facts(study),
        limits=study.limits,
    )


def _summary(study: Study) -> Table:
    rows = [
        {
            "rule": g.rule,
            "law": name,
            "lr": f"{best.lr:.2g}",
            "strength": number(best.strength),
            "test error": plus_minus(best.test),
            study.score: plus_minus(best.test_score),
            "overfitting": plus_minus(best.gap),
            "‖w‖": f"{best.norm.mean:.3g}",
        }
        for g in study.grid
        for name, best in (
            *([("none", g.unregularized)] if _first_of_rule(g, study.grid) else []),
            (f"{DOOR[g.law]} ({SYMBOL[g.law]})", g.best),
        )
    ]
    caption = "The setting of each rule and law that validates best, measured on the test rows (± 95 % over seeds)"
    return table_of(caption, rows)


def _first_of_rule(g: GridResult, grid: Sequence[GridResult]) -> bool:
    return next(other for other in grid if other.rule == g.rule) is g


def settings(study: Study) -> Sequence[Translation]:
    """The best setting of all in every framework; nothing where every training diverged."""
    top = best_of(study)
    if top is None:
        return ()
    return translate(
        Recipe(
            rule=top.rule,
            lr=top.best.lr,
            law=top.law,
            strength=top.best.strength,
            batch=study.regime.batch_size,
            rows=study.provenance.rows,
            schedule=study.regime.schedule,
        )
    )


def best_of(study: Study) -> GridResult | None:
    """The rule and law whose best setting validates best of all."""
    return min(study.grid, key=lambda g: g.best.valid, default=None)


def _chosen(study: Study) -> str:
    top = best_of(study)
    if top is None:
        return ""
    return (
        f"The setting that validates best, {top.rule} with {DOOR_IN_FULL[top.law]} at lr {top.best.lr:.2g} and "
        f"{SYMBOL[top.law]} = {number(top.best.strength)}, as each framework writes it, with a grade of how "
        "exact that is. It was chosen for these small networks: carry the door and the scale of the strength over, "
        "and tune from there."
    )


def _facts(study: Study) -> tuple[tuple[str, str], ...]:
    trainings = f"{study.trainings:,}, seeds {', '.join(map(str, study.seeds))}"
    return measured(study.data, study.regime, study.provenance, study.path.name, {"Trainings": trainings})
