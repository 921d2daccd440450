"""The answer of a search in plain sentences, made from its numbers."""

from typing import TYPE_CHECKING

from halflife.lab.outcomes import Interval
from halflife.rules import half_life
from halflife.tune._point import Door

if TYPE_CHECKING:
    from halflife.tune._result import Choice, Tuning


def helps(choice: "Choice") -> bool | None:
    """Whether its gain over no regularization is told apart from chance; None where it cannot be said."""
    if choice.gain is None or choice.gain.low is None:
        return False if choice.door is Door.NONE else None
    return choice.gain.low > 0


def answer(found: "Tuning") -> tuple[str, ...]:
    """How much to regularize, whether that is shown to help, and what these numbers do not show."""
    parts = (_verdict(found), _setting(found), _doors(found), _edge(found), _limits(found))
    return tuple(part for part in parts if part)


def _verdict(found: "Tuning") -> str:
    best, without = found.best, found.choice(Door.NONE)
    if best.door is Door.NONE:
        others = [f"{c.door} at its best {_gain(c.gain)}" for c in found.choices if c.gain]
        return f"Regularization does not help here: {', '.join(others) or 'nothing else could be tried'}."
    if without is None or best.gain is None:
        return "What regularization gains is not known: no network without it could be trained to the end."
    measured = (
        f"validation error {best.error.mean:.4g} instead of {without.error.mean:.4g}, {found.score} "
        f"{best.score.mean:.3f} instead of {without.score.mean:.3f}; on folds that had no part in the choice "
        f"{_gain(best.gain)}"
    )
    if helps(best):
        return f"Regularization helps: {measured}."
    return f"Regularization is not shown to help here: {measured}, which could be chance."


def _setting(found: "Tuning") -> str:
    best = found.best
    if best.door is Door.NONE:
        return f"Best setting: {found.rule}, lr {best.point.lr:.3g}, no regularization."
    overfit = f"‖w‖ {best.norm:.3g}, validation less training error {best.error.mean - best.train:.2g}"
    without = found.choice(Door.NONE)
    instead = f" (without: {without.norm:.3g} and {without.error.mean - without.train:.2g})" if without else ""
    start = f"Best setting: {found.rule}, lr {best.point.lr:.3g},"
    if best.door is Door.L2:
        return f"{start} L2 with λ = {best.point.strength:.3g}; {overfit}{instead}."
    steps = half_life(best.point.strength)
    return (
        f"{start} decay of {best.point.strength:.3g} per step, a half-life of {steps:,.0f} steps; {overfit}{instead}."
    )


def _doors(found: "Tuning") -> str:
    l2, decay = found.choice(Door.L2), found.choice(Door.DECAY)
    if l2 is None or decay is None:
        return ""
    difference = Interval.over_folds(
        [a - b for a, b in zip(l2.held_out, decay.held_out, strict=True)], folds=found.folds
    )
    if difference.low is None or difference.high is None:
        return ""
    told = f"{difference.mean:+.2g} ({difference.low:+.2g} to {difference.high:+.2g})"
    if not difference.excludes_zero:
        return f"L2 and decay, each at its best, are not told apart: their errors differ by {told}."
    better = Door.DECAY if difference.mean > 0 else Door.L2
    return f"At its best {better} does better: L2's error less decay's is {told}."


def _edge(found: "Tuning") -> str:
    if not found.best.at_edge:
        return ""
    return (
        f"The best {' and '.join(found.best.at_edge)} lies at the end of what was searched: a wider grid may find a "
        "better one."
    )


def _limits(found: "Tuning") -> str:
    early = found.best.epochs < found.regime.epochs
    after = f", after {found.best.epochs} of {found.regime.epochs} epochs" if early else ""
    unfinished = (
        ""
        if found.finished
        else f" Time was up before the search was done{after}: the same command with more minutes goes on."
    )
    splits = len(found.best.held_out) // found.folds
    drawn = "" if splits == 1 else f", drawn {splits} times, each time with another start"
    return (
        f"What this rests on: {found.folds} folds{drawn}; each fold's error is that of the setting which the other "
        f"folds chose; intervals are 95 %, and know that folds share rows.{unfinished}"
    )


def _gain(gain: Interval | None) -> str:
    if gain is None or gain.low is None or gain.high is None:
        return "gains an unknown amount"
    return f"{'gains' if gain.mean > 0 else 'loses'} {abs(gain.mean):.2g} ({gain.low:+.2g} to {gain.high:+.2g})"
