"""Results as JSON values, which know no NaN: null stands for it."""

import math
from typing import Any

from halflife.lab.foresight import Foresight
from halflife.lab.outcomes import Best, GridResult, Interval
from halflife.lab.regime import Regime
from halflife.lab.twinning import Twins


def regime(r: Regime) -> dict[str, Any]:
    """What all members have in common."""
    return vars(r) | {"network": dict(r.network.described())}


def twins(t: Twins, foresight: Foresight) -> dict[str, Any]:
    """The twins of one rule and what is proved of them."""
    without_nan = {p: [None if math.isnan(gap) else gap for gap in gaps] for p, gaps in t.gaps.items()}
    return {
        "rule": t.rule,
        "alpha": t.alpha,
        "lr": t.lr,
        "l2": t.l2,
        "verdict": t.verdict,
        "theorem": foresight.verdict,
        "condition": foresight.condition,
        "theorem_agrees": foresight.agrees(t),
        "gap": {precision: gaps[-1] for precision, gaps in without_nan.items()},
        "gaps": without_nan,
    }


def grid(g: GridResult) -> dict[str, Any]:
    """What the grid of one rule under one law says."""
    return {
        "rule": g.rule,
        "law": str(g.law),
        "best": _best(g.best),
        "unregularized": _best(g.unregularized),
        "gain": g.gain.mean,
        "gain_interval": _ends(g.gain),
        "slope": g.slope.value,
        "slope_interval": [g.slope.low, g.slope.high],
        "slope_lrs": g.slope.lrs,
        "diverged": g.diverged,
        "trainings": g.trainings,
    }


def _best(best: Best) -> dict[str, Any]:
    return {
        "lr": best.lr,
        "strength": best.strength,
        "valid": best.valid,
        "test": best.test.mean,
        "test_interval": _ends(best.test),
        "test_score": best.test_score.mean,
        "test_score_interval": _ends(best.test_score),
        "gap": best.gap.mean,
        "gap_interval": _ends(best.gap),
        "norm": best.norm.mean,
        "norm_interval": _ends(best.norm),
    }


def _ends(interval: Interval) -> list[float | None]:
    return [interval.low, interval.high]
