"""The answer to the seed question, in plain sentences made from the numbers of a study."""

from collections.abc import Iterable, Mapping, Sequence

from halflife.lab.foresight import Foresight
from halflife.lab.outcomes import GridResult, Interval, Slope
from halflife.lab.twinning import Twins
from halflife.rules import Law


def answer(twins: Sequence[Twins], foresights: Mapping[str, Foresight], grid: Sequence[GridResult]) -> tuple[str, ...]:
    """Whether the doors are the same, how much regularization matters here, and what these numbers do not show."""
    parts = (
        _disagreement(twins, foresights),
        _same(twins),
        _parted(twins),
        _same_end(twins),
        _gain(grid),
        _doors(grid),
        _slopes(grid),
        _limits(grid),
    )
    return tuple(part for part in parts if part)


def headline(
    twins: Sequence[Twins], foresights: Mapping[str, Foresight], grid: Sequence[GridResult]
) -> tuple[str, ...]:
    """The answer in two sentences: whether the doors are the same, and how much regularization matters."""
    disagreement, same, parted = _disagreement(twins, foresights), _same(twins), _parted(twins)
    first = disagreement or (f"{same[:-1]}; u{parted[1:]}" if same and parted else same or parted)
    return tuple(part for part in (first, _help(grid)) if part)


def limits(grid: Sequence[GridResult]) -> str:
    """What these numbers do not show."""
    return _limits(grid)


def _help(grid: Sequence[GridResult]) -> str:
    if not grid:
        return _gain(grid)
    top = min(grid, key=lambda g: g.best.valid)
    symbol = "λ" if top.law is Law.L2 else "α"
    signed = not (top.gain.low is not None and top.gain.low > 0)
    chance = "" if top.gain.excludes_zero else ", which could be chance"
    told = (
        "one seed cannot tell that from chance"
        if top.gain.low is None
        else f"a gain of {_interval(top.gain, signed=signed)}{chance}"
    )
    helps = "helps" if top.gain.mean > 0 else "hurts"
    helps = helps if top.gain.excludes_zero else "is not shown to help"
    return (
        f"Regularization {helps}: of all nets the one that validates best ({top.rule}, {_door(top)}, "
        f"lr {top.best.lr:.2g}, {symbol} = {top.best.strength:.2g}) has test error {top.best.test.mean:.3f}, against "
        f"{top.unregularized.test.mean:.3f} for {top.rule} without: {told}."
    )


def _disagreement(twins: Sequence[Twins], foresights: Mapping[str, Foresight]) -> str:
    against = [f"{t.rule} with α = {t.alpha}" for t in twins if not foresights[t.rule].agrees(t)]
    if not against:
        return ""
    return f"PROOF AND MEASUREMENT DISAGREE for {_list(against)}: one is wrong: report it."


def _same(twins: Sequence[Twins]) -> str:
    same = [t for t in twins if t.alpha == "η·λ" and t.verdict == "rounding"]
    if not same:
        return ""
    worst = max(same, key=_last)
    return (
        f"Under {_list(t.rule for t in same)} L2 regularization with λ and weight decay with α = η·λ are the same: "
        f"the twins' weights differ by rounding alone, {worst.gaps['float32'][-1]:.0e} in float32 and "
        f"{_last(worst):.0e} in float64."
    )


def _parted(twins: Sequence[Twins]) -> str:
    parted = sorted((t for t in twins if t.alpha == "η·λ" and t.verdict == "real"), key=_last)
    if not parted:
        return ""
    sizes = [f"{_percent(t)} ({t.rule})" for t in (parted[0], parted[-1])]
    return (
        f"Under {_list(t.rule for t in parted)} they are not: the twins part by {' to '.join(dict.fromkeys(sizes))} of "
        "their weights' norm, and more precision does not bring them together."
    )


def _same_end(twins: Sequence[Twins]) -> str:
    naive = {t.rule: t for t in twins if t.alpha == "η·λ"}
    closer = [t for t in twins if t.alpha != "η·λ" and _last(t) < _last(naive[t.rule])]
    if not closer:
        return ""
    distances = _list(f"{_percent(t)} instead of {_percent(naive[t.rule])} ({t.rule})" for t in closer)
    return f"With α = ηλ/(1−μ) they part by {distances}: another path, on a quadratic to the same solution."


def _gain(grid: Sequence[GridResult]) -> str:
    if not grid:
        return "Every regularized training diverged: choose smaller learning rates."
    top = min(grid, key=lambda g: g.best.valid)
    found = (
        f"Of all nets the one that validates best ({top.rule}, {_door(top)}, lr {top.best.lr:.2g}, strength "
        f"{top.best.strength:.2g}) has test error {top.best.test.mean:.3f}, {top.rule} without regularization at its "
        f"best {top.unregularized.test.mean:.3f}:"
    )
    if top.gain.low is None:
        return f"{found} one seed cannot tell that from chance."
    if not top.gain.excludes_zero:
        return f"{found} the gain, {_interval(top.gain)}, could be chance, so regularization is not shown to help."
    without, best = top.unregularized, top.best
    return (
        f"{found} regularization {'helps' if top.gain.mean > 0 else 'hurts'} by {_interval(top.gain, signed=False)}. "
        f"Overfitting, test less training error, goes from {without.gap.mean:.2f} to {best.gap.mean:.2f}; ‖w‖ from "
        f"{without.norm.mean:.1f} to {best.norm.mean:.1f}."
    )


def _doors(grid: Sequence[GridResult]) -> str:
    verdicts = []
    for rule, l2, decay in _pairs(grid):
        differences = [a - b for a, b in zip(l2.best.tests, decay.best.tests, strict=True)]
        difference = Interval.of(differences)
        if difference.low is None:
            verdicts.append(f"{rule} {difference.mean:+.1g}")
        elif max(map(abs, differences)) < _ROUNDING * l2.best.test.mean:
            verdicts.append(f"{rule} {difference.mean:+.0e}, rounding")
        else:
            told = "real" if difference.excludes_zero else "not told apart"
            verdicts.append(f"{rule} {_interval(difference)}, {told}")
    return f"Each door at its best, test errors, L2 less decay: {'; '.join(verdicts)}." if verdicts else ""


def _slopes(grid: Sequence[GridResult]) -> str:
    found = [
        f"{rule} {_slope(l2.slope)} for λ and {_slope(decay.slope)} for α"
        for rule, l2, decay in _pairs(grid)
        if l2.slope.value is not None and decay.slope.value is not None
    ]
    if not found:
        return ""
    return (
        f"When lr changes, the best strength moves with it as lr to the power {'; '.join(found)}. The nearer to 0, the "
        "less retuning; a penalty whose best λ stays put is a decay whose best α follows lr, and the other way round."
    )


def _limits(grid: Sequence[GridResult]) -> str:
    unknown = [f"{g.rule} under {_door(g)}" for g in grid if g.slope.value is None]
    unmeasured = (
        f" How the best strength moves with lr is not known for {_list(unknown)}: fewer than three learning rates have "
        "their optimum inside the grid."
        if unknown
        else ""
    )
    return (
        "What this does not show: these are small networks on one split of one data set, the intervals are over seeds "
        f"of training alone, and the settings were chosen on the validation rows.{unmeasured}"
    )


_ROUNDING = 1e-5


def _pairs(grid: Sequence[GridResult]) -> list[tuple[str, GridResult, GridResult]]:
    by_law = {(g.rule, g.law): g for g in grid}
    return [
        (rule, by_law[rule, Law.L2], by_law[rule, Law.INDEPENDENT])
        for rule in dict.fromkeys(g.rule for g in grid)
        if (rule, Law.L2) in by_law and (rule, Law.INDEPENDENT) in by_law
    ]


def _door(g: GridResult) -> str:
    return "L2" if g.law is Law.L2 else "decay"


def _last(t: Twins) -> float:
    return t.gaps["float64"][-1]


def _percent(t: Twins) -> str:
    return f"{100 * _last(t):.2g} %"


def _interval(interval: Interval, *, signed: bool = True) -> str:
    sign = "+" if signed else ""
    return f"{interval.mean:{sign}.2g} ({interval.low:{sign}.2g} to {interval.high:{sign}.2g})"


def _slope(slope: Slope) -> str:
    if slope.low is None or slope.high is None:
        return f"{slope.value:+.2f}"
    return f"{slope.value:+.2f} ({slope.low:+.2f} to {slope.high:+.2f})"


def _list(names: Iterable[str]) -> str:
    *head, last = names
    return f"{', '.join(head)} and {last}" if head else last
