"""The answer to the seed question, in plain sentences made from the numbers of a study."""

from collections.abc import Sequence

from halflife.lab.outcomes import GridResult, Interval
from halflife.lab.twins import Twins
from halflife.rules import Law


def answer(twins: Sequence[Twins], grid: Sequence[GridResult]) -> tuple[str, ...]:
    """Whether the doors are the same, how much regularization matters here, and what these numbers do not show."""
    return tuple(
        sentence
        for part in (_same(twins), _end(twins), _gain(grid), _either_door(grid), _slopes(grid), _limits(grid))
        for sentence in part
    )


def _same(twins: Sequence[Twins]) -> list[str]:
    naive = [t for t in twins if t.alpha == "η·λ"]
    same = [t for t in naive if t.verdict == "rounding"]
    parted = [t for t in naive if t.verdict == "real"]
    sentences = []
    if same:
        worst = max(same, key=lambda t: t.gaps["float64"][-1])
        sentences.append(
            f"Under {_list(t.rule for t in same)} L2 regularization with λ and weight decay with α = η·λ are the same: "
            f"the twins' weights differ by rounding alone, {worst.gaps['float32'][-1]:.0e} in float32 and "
            f"{worst.gaps['float64'][-1]:.0e} in float64."
        )
    if parted:
        least, most = (pick(parted, key=lambda t: t.gaps["float64"][-1]) for pick in (min, max))
        sentences.append(
            f"Under {_list(t.rule for t in parted)} they are not: the twins part by {_percent(least)} ({least.rule})"
            f"{f' to {_percent(most)} ({most.rule})' if most is not least else ''} of their weights' norm, "
            "and more precision does not bring them together."
        )
    return sentences


def _end(twins: Sequence[Twins]) -> list[str]:
    naive = {t.rule: t for t in twins if t.alpha == "η·λ"}
    return [
        f"With α = ηλ/(1−μ) the {t.rule} twins end {_percent(t)} apart instead of {_percent(naive[t.rule])}: "
        "another path, on a quadratic to the same solution."
        for t in twins
        if t.alpha != "η·λ" and t.rule in naive and t.gaps["float64"][-1] < naive[t.rule].gaps["float64"][-1]
    ]


def _gain(grid: Sequence[GridResult]) -> list[str]:
    if not grid:
        return ["Every regularized training diverged: choose smaller learning rates."]
    top = min(grid, key=lambda g: g.best.valid)
    without = (
        f"The net that validates best ({top.rule}, {top.law}, lr {top.best.lr:g}, strength {top.best.strength:g}) has test "
        f"error {_interval(top.best.test)}; the best {top.rule} net without regularization has "
        f"{_interval(top.unregularized.test)}"
    )
    if top.gain.low is None:
        return [f"{without}. One seed says nothing about chance."]
    if not top.gain.excludes_zero:
        return [
            f"{without}. The difference, {_interval(top.gain)}, could be chance: regularization is not shown to help."
        ]
    verb = "helps" if top.gain.mean > 0 else "hurts"
    return [
        f"{without}: here regularization {verb}, by {_interval(top.gain)}.",
        f"The gap between test and training error goes from {top.unregularized.gap.mean:.3g} to {top.best.gap.mean:.3g}, "
        f"‖w‖ from {top.unregularized.norm.mean:.3g} to {top.best.norm.mean:.3g}.",
    ]


def _either_door(grid: Sequence[GridResult]) -> list[str]:
    sentences = []
    for rule in dict.fromkeys(g.rule for g in grid):
        doors = {g.law: g for g in grid if g.rule == rule}
        if len(doors) < 2:
            continue
        l2, decay = doors[Law.L2].best, doors[Law.INDEPENDENT].best
        difference = Interval.of([a - b for a, b in zip(l2.tests, decay.tests, strict=True)])
        if difference.low is None:
            continue
        if difference.excludes_zero:
            better = "decay" if difference.mean > 0 else "L2"
            size = Interval(mean=abs(difference.mean), low=difference.low, high=difference.high)
            sentences.append(
                f"Under {rule} the best {better} beats the other door by {abs(size.mean):.3g} in test error."
            )
        else:
            sentences.append(
                f"Under {rule}, each door at its best, test errors differ by {_interval(difference)} (L2 less decay): "
                "not told apart."
            )
    return sentences


def _slopes(grid: Sequence[GridResult]) -> list[str]:
    sentences = []
    for rule in dict.fromkeys(g.rule for g in grid):
        slopes = {g.law: g.slope for g in grid if g.rule == rule}
        l2, decay = slopes.get(Law.L2), slopes.get(Law.INDEPENDENT)
        if not l2 or not decay or l2.value is None or decay.value is None:
            continue
        flatter = "L2's λ" if abs(l2.value) < abs(decay.value) else "decay's α"
        sentences.append(
            f"Under {rule} the best log strength moves with log lr by {l2.value:+.2f} (L2) and {decay.value:+.2f} (decay), "
            f"{decay.value - l2.value:+.2f} apart: {flatter} needs less retuning when lr changes."
        )
    return sentences


def _limits(grid: Sequence[GridResult]) -> list[str]:
    unknown = [f"{g.rule} {g.law}" for g in grid if g.slope.value is None]
    sentences = ["These are small networks on one split of one data set; intervals are over seeds of training alone."]
    if unknown:
        sentences.append(
            f"How the best strength moves with lr is not measured for {_list(unknown)}: fewer than three learning rates "
            "have their optimum inside the grid."
        )
    return sentences


def _interval(interval: Interval) -> str:
    if interval.low is None:
        return f"{interval.mean:.3g}"
    return f"{interval.mean:.3g} ({interval.low:.3g} to {interval.high:.3g})"


def _percent(t: Twins) -> str:
    return f"{100 * t.gaps['float64'][-1]:.2g} %"


def _list(names: object) -> str:
    *head, last = [str(name) for name in names]  # type: ignore[attr-defined]
    return f"{', '.join(head)} and {last}" if head else last
