"""The page of a search: of one family with the page of a study."""

from math import isfinite

from halflife.report._drawing import as_markup
from halflife.report._measured import measured
from halflife.report._numbers import number, plus_minus
from halflife.report._page import Picture, of_family, pastes, table_of
from halflife.report.strength_curves import NAME, doors, in_full, strength_curve
from halflife.tune import Door, Trial, Tuning


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
            "validation error of each fold": ", ".join(
                f"{error:.3f}" if isfinite(error) else "–" for error in t.errors
            ),
        }
        for t in result.trials
    ]
    facts = {
        "Rule": result.rule,
        "Search": f"{result.search}; {result.folds} folds, drawn with seeds {', '.join(map(str, result.seeds))}",
        "Trainings": f"{result.trainings:,}, the work of {result.work:,.0f} whole ones",
    }
    return of_family(
        "tuning.html.j2",
        "How much should I regularize?",
        result.data,
        lead=result.answer,
        choices=table_of("The best setting of each door; intervals are 95 % over folds", choices),
        pictures=tuple(_picture(result, door) for door in doors(result)),
        dropped=_dropped(result),
        trials=table_of("Everything that was tried", trials),
        pastes=pastes(result.translations),
        facts=measured(result.data, result.regime, result.provenance, result.path.name, facts),
    )


def _picture(result: Tuning, door: Door) -> Picture:
    label = f"Validation error over strength behind the door {door}, beside no regularization. {_chosen(result, door)}"
    return Picture(
        title=NAME[door],
        svg=as_markup(strength_curve(result, door), f"strengths-{door}", label),
        caption=_chosen(result, door),
        table=table_of(f"{NAME[door]}: what was trained to the end", [_row(t) for t in in_full(result, door)]),
    )


def _chosen(result: Tuning, door: Door) -> str:
    choice = result.choice(door)
    if choice is None:
        return ""
    gain = "" if choice.gain is None else f" Gain over none: {plus_minus(choice.gain)}."
    at = f"lr {number(choice.point.lr)}, strength {number(choice.point.strength)}"
    return f"Chosen: {at}, validation error {plus_minus(choice.error)}.{gain}"


def _row(trial: Trial) -> dict[str, str]:
    return {
        "strength": number(trial.point.strength),
        "lr": number(trial.point.lr),
        "validation error": f"{trial.error:.3f}",
        "folds": str(len(trial.errors)),
    }


def _dropped(result: Tuning) -> str:
    whole = max(trial.epochs for trial in result.trials)
    early = sum(trial.epochs < whole for trial in result.trials)
    if not early:
        return ""
    return f"{early:,} settings were dropped before all {whole} epochs; they stand in the last table alone."
