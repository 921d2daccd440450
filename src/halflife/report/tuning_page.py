"""The page of a search: of one family with the page of a study."""

from math import isfinite

from halflife.report._numbers import number, plus_minus
from halflife.report._page import of_family, pastes, table_of
from halflife.tune import Tuning


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
        "Networks": f"{' → '.join(map(str, result.regime.network.sizes))} units, {result.rule}",
        "Search": f"{result.search}, {result.folds} folds, seeds {', '.join(map(str, result.seeds))}",
        "Trainings": f"{result.trainings:,}",
        "File": result.path.name,
    }
    return of_family(
        "tuning.html.j2",
        "How much should I regularize?",
        result.data,
        lead=result.answer,
        choices=table_of("The best setting of each door; intervals are over folds", choices),
        trials=table_of("Everything that was tried", trials),
        pastes=pastes(result.translations),
        facts=tuple(facts.items()),
    )
