"""The page of a study: what is on it, in reading order, made from the study alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from halflife.lab import GridResult, Interval, Study, Twins
from halflife.lab.model import Model
from halflife.lab.networks import Network
from halflife.report import _drawing
from halflife.report._maps import DOOR, DOOR_IN_FULL, SYMBOL, Cell, Map, Scale, maps, scale
from halflife.report._page import Paste, Picture, Table, pastes, render, table_of
from halflife.report.heat_map import cell_name, colour_bar, heat_map
from halflife.report.path_curves import path, path_curves
from halflife.report.twin_curves import twin_curves
from halflife.report.weight_bands import layer_name, net_name, weight_bands


@dataclass(frozen=True, kw_only=True)
class Card:
    """The theorem of a rule beside its twins."""

    rule: str
    verdict: str
    agrees: bool
    proved: str
    measured: str
    svg: Markup


@dataclass(frozen=True, kw_only=True)
class RuleSection:
    """One rule of the grid: its maps and its regularization paths, a picture a law."""

    name: str
    maps: tuple[Picture, ...]
    paths: tuple[Picture, ...]


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


def study_page(study: Study, settings: Sequence[object] = ()) -> str:
    """One self-contained HTML page.

    Args:
        study: what was found.
        settings: the best setting in each framework, as `halflife.translate` answers.
    """
    return render("study.html.j2", page=page_of(study, settings))


def page_of(study: Study, settings: Sequence[object] = ()) -> StudyPage:
    """What the page shows."""
    of = maps(study)
    colours = scale(of)
    groups = by_rule(study)
    return StudyPage(
        title="Are L2 regularization and weight decay the same here?",
        about=study.data,
        version=study.provenance.versions.get("halflife", ""),
        lead=study.headline,
        theorems=tuple(_card(study, twins) for twins in groups),
        twins=_twins_table(study) if groups else None,
        summary=_summary(study),
        matters=study.answer[-4:-1] if study.grid else (),
        seeds=f"{len(study.seeds)} seeds" if len(study.seeds) > 1 else f"seed {study.seeds[0]} alone",
        bar=_svg(colour_bar(colours), "scale", "The colour scale of all maps: validation error, dark is low."),
        rules=tuple(_rule(rule, [m for m in of if m.rule == rule], colours, study.score) for rule in rules_of(of)),
        spreads=tuple(
            _weights(study, rule) for rule in rules_of(of) if any(s.setting.rule == rule for s in study.spreads)
        ),
        chosen=_chosen(study),
        pastes=pastes(settings),
        facts=_facts(study),
        limits=study.limits,
    )


def by_rule(study: Study) -> list[list[Twins]]:
    """The twins of each rule, in the order of the study."""
    return [[t for t in study.twins if t.rule == rule] for rule in dict.fromkeys(t.rule for t in study.twins)]


def rules_of(of: Sequence[Map]) -> list[str]:
    """The rules of the grid, each once."""
    return list(dict.fromkeys(each.rule for each in of))


_PROVED = {
    "EQUIVALENT": "the same steps for every error and every schedule, with {}.",
    "EQUIVALENT IFF": "the same steps only if {}; otherwise no decay takes the penalty’s path.",
    "NOT EQUIVALENT": "no decay takes the penalty’s path: {}.",
    "UNDECIDED": "neither sameness nor difference; {}.",
}
_FOUND = {"rounding": "rounding alone", "real": "really apart", "diverged": "diverged"}


def _card(study: Study, twins: Sequence[Twins]) -> Card:
    foresight = study.foresights[twins[0].rule]
    agrees = all(foresight.agrees(t) for t in twins)
    first = twins[0]
    return Card(
        rule=first.rule,
        verdict=_FOUND[first.verdict] if agrees else "PROOF AND MEASUREMENT DISAGREE",
        agrees=first.verdict == "rounding" and agrees,
        proved=_PROVED[foresight.verdict].format(foresight.condition.rstrip(".")),
        measured="; ".join(_measured(t, len(twins) > 1) for t in twins) + f". λ = {first.l2:g}, lr {first.lr:g}.",
        svg=_svg(
            twin_curves(twins),
            f"twins-{first.rule}",
            f"Distance of the twins under {first.rule} by epoch, log scale: at the end "
            f"{first.gaps['float32'][-1]:.1e} in float32 and {first.gaps['float64'][-1]:.1e} in float64.",
        ),
    )


def _measured(t: Twins, several: bool) -> str:
    ends = {precision: gaps[-1] for precision, gaps in t.gaps.items()}
    apart = f"{_gap(ends['float32'])} apart in float32 and {_gap(ends['float64'])} in float64"
    return f"with α = {t.alpha} {apart}" if several else apart


def _gap(gap: float) -> str:
    return f"{100 * gap:.2g} %" if gap >= 1e-3 else _drawing.number(gap)


def _twins_table(study: Study) -> Table:
    rows = [
        {
            "rule": t.rule,
            "lr": f"{t.lr:g}",
            "λ": f"{t.l2:g}",
            "α": t.alpha,
            "float32": f"{t.gaps['float32'][-1]:.2e}",
            "float64": f"{t.gaps['float64'][-1]:.2e}",
            "the gap is": t.verdict,
            "same steps?": study.foresights[t.rule].verdict.lower(),
            "condition": study.foresights[t.rule].condition,
        }
        for t in study.twins
    ]
    epochs = len(study.twins[0].gaps["float64"])
    return table_of(f"‖w − w′‖ / ‖w‖ of the twins after {epochs} epochs, and what is proved", rows)


def _summary(study: Study) -> Table:
    rows = [
        {
            "rule": g.rule,
            "law": name,
            "lr": f"{best.lr:.2g}",
            "strength": _drawing.number(best.strength),
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


def _rule(rule: str, of: Sequence[Map], colours: Scale, score: str) -> RuleSection:
    return RuleSection(
        name=rule,
        maps=tuple(_map(each, colours, score) for each in of),
        paths=tuple(_path(each, score) for each in of),
    )


def _map(of: Map, colours: Scale, score: str) -> Picture:
    best = (
        f"Best at lr {of.best.lr:.2g}, {SYMBOL[of.law]} = {_drawing.number(of.best.strength)}: validation error "
        f"{of.best.valid:.3f}. "
        if of.best
        else "Every training diverged. "
    )
    svg = _svg(
        heat_map(of, colours),
        f"map-{of.rule}-{of.law.name}",
        f"Validation error under {of.rule} with {DOOR_IN_FULL[of.law]} over lr and {SYMBOL[of.law]}. {best}",
    )
    table = table_of(
        f"{of.rule}, {DOOR_IN_FULL[of.law]}: one row a setting; intervals are over seeds",
        [_cell(cell, SYMBOL[of.law], score) for cell in of.cells],
        [cell_name(of, place) for place in range(len(of.cells))],
    )
    return Picture(title=DOOR_IN_FULL[of.law], svg=svg, caption=best + _slope(of), table=table)


def _slope(of: Map) -> str:
    if of.slope is None or of.slope.value is None:
        return "How the best strength moves with lr is not known: fewer than three optima lie inside the grid."
    ends = "" if of.slope.low is None else f" ({_signed(of.slope.low)} to {_signed(of.slope.high or 0.0)})"
    return f"The best {SYMBOL[of.law]} moves as lr to the power {_signed(of.slope.value)}{ends}."


def _cell(cell: Cell, symbol: str, score: str) -> dict[str, str]:
    return {
        "lr": _drawing.number(cell.lr),
        symbol: _drawing.number(cell.strength) if cell.strength else "none",
        "validation error": plus_minus(cell.valid),
        "by seed": ", ".join(f"{seed}: {valid:.3f}" if valid == valid else f"{seed}: –" for seed, valid in cell.seeds),
        "test error": plus_minus(cell.test),
        "training error": plus_minus(cell.train),
        score: plus_minus(cell.score),
        "‖w‖": plus_minus(cell.norm),
    }


def _path(of: Map, score: str) -> Picture:
    cells = path(of)
    svg = _svg(
        path_curves(of),
        f"path-{of.rule}-{of.law.name}",
        f"Test and training error and the norm of the weights over {SYMBOL[of.law]} under {of.rule} with "
        f"{DOOR_IN_FULL[of.law]}.",
    )
    table = table_of(f"{of.rule}, {DOOR_IN_FULL[of.law]}: the path", [_cell(c, SYMBOL[of.law], score) for c in cells])
    return Picture(title=DOOR_IN_FULL[of.law], svg=svg, caption="", table=table if cells else None)


def _weights(study: Study, rule: str) -> Picture:
    spreads = [s for s in study.spreads if s.setting.rule == rule]
    layers = len(spreads[0].layers)
    named = {"smallest": 0, "2.5 %": 1, "25 %": 10, "median": 20, "75 %": 30, "97.5 %": 39, "largest": 40}
    rows = [
        {"net": net_name(s), "layer": layer_name(layer, layers)}
        | {name: f"{s.layers[layer][place]:.3g}" for name, place in named.items()}
        for layer in range(layers)
        for s in spreads
    ]
    svg = _svg(weight_bands(spreads), f"weights-{rule}", f"Quantiles of the weights of each layer, {rule}.")
    caption = f"Seed {spreads[0].seed}; the nets of the table above."
    return Picture(title=rule, svg=svg, caption=caption, table=table_of(f"{rule}: quantiles of the weights", rows))


def best_of(study: Study) -> GridResult | None:
    """The rule and law whose best setting validates best of all."""
    return min(study.grid, key=lambda g: g.best.valid, default=None)


def _chosen(study: Study) -> str:
    top = best_of(study)
    if top is None:
        return ""
    return (
        f"The setting that validates best, {top.rule} with {DOOR_IN_FULL[top.law]} at lr {top.best.lr:.2g} and "
        f"{SYMBOL[top.law]} = {_drawing.number(top.best.strength)}, as each framework writes it, with a grade of how "
        "exact that is. It was chosen for these small networks: carry the door and the scale of the strength over, "
        "and tune from there."
    )


def _kind(network: Model) -> str:
    """What a fully connected network is made of; a user's own model has no such names."""
    if not isinstance(network, Network):
        return ""
    return f", {network.activation}, {network.initialization} start, error {network.error.replace('_', ' ')}"


def _facts(study: Study) -> tuple[tuple[str, str], ...]:
    p, regime, network = study.provenance, study.regime, study.regime.network
    software = ", ".join(f"{name} {version}" for name, version in p.versions.items() if name not in ("machine",))
    cores = f", {p.cores} core{'s' if p.cores != 1 else ''}" if p.cores else ""
    facts = {
        "Data": f"{study.data}; SHA-256 {p.fingerprint[:16]}…",
        "Networks": f"{' → '.join(map(str, network.sizes))} units{_kind(network)}, {network.parameters:,} parameters",
        "Training": f"{regime.epochs} epochs, {regime.batch_size} rows a step, {regime.schedule} lr, {regime.precision}"
        f"; biases {'' if regime.regularize_biases else 'not '}regularized",
        "Trainings": f"{study.trainings:,}, seeds {', '.join(map(str, study.seeds))}",
        "Time": f"{p.seconds:,.0f} s of training, added over workers",
        "Software": software,
        "Machine": p.versions.get("machine", "not recorded") + cores,
        "Begun": p.date,
        "Command": p.command,
        "File": study.path.name,
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _svg(figure: object, name: str, label: str) -> Markup:
    return Markup(_drawing.for_page(figure, name, label))  # type: ignore[arg-type]  # noqa: S704 - drawn here


def plus_minus(interval: Interval | None) -> str:
    """A mean and the half width of its interval."""
    if interval is None:
        return "diverged"
    if interval.low is None:
        return f"{interval.mean:.3f}"
    return f"{interval.mean:.3f} ± {interval.mean - interval.low:.3f}"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
