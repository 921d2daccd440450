"""The first thing that a reader wants to know: what does decay do in this run, in one or two sentences."""

from collections.abc import Callable, Sequence
from math import inf

from halflife.audit._finding import Finding, Severity
from halflife.audit._training import Group
from halflife.audit._words import percent, steps, times
from halflife.audit.hl001_no_effect import LITTLE, NOTHING
from halflife.rules import Law


def answer(name: str, groups: Sequence[Group], findings: Sequence[Finding], planned: int | None) -> tuple[str, ...]:
    """What decay does, as sentences; the first is the verdict.

    Args:
        name: of the optimizer.
        groups: its parameter groups.
        findings: what was found in them.
        planned: steps of the run from now on; None when unknown.
    """
    decaying = [group for group in groups if group.regularizes and group.members]
    if not decaying:
        return (f"{name} decays nothing: no strength is set.",)
    main = max(decaying, key=_reach)
    reached, total = sum(map(_reach, decaying)), sum(group.count for group in groups)
    scope = f"It acts on {'all' if reached == total else f'{reached:,} of'} {total:,} parameters."
    if not total:
        scope = f"It acts on {sum(len(g.acting_on()) for g in decaying)} tensors whose shapes are not known."
    wrong, doubtful = (_called(findings, severity) for severity in (Severity.ERROR, Severity.WARNING))
    return (
        *((f"Wrong: {wrong}.",) if wrong else ()),
        *_verdict(main, decaying, planned),
        scope,
        *((f"{'Also doubtful' if wrong else 'Doubtful'}: {doubtful}.",) if doubtful else ()),
    )


def _called(findings: Sequence[Finding], severity: Severity) -> str:
    return "; ".join(dict.fromkeys(f"{f.title} ({f.code})" for f in findings if f.severity is severity))


def _reach(group: Group) -> int:
    return sum(p.count for p in group.acting_on())


def _verdict(main: Group, decaying: Sequence[Group], planned: int | None) -> tuple[str, ...]:
    setting = f"{main.report.strength_name}={main.strength:g}"
    if main.law is Law.NONE:
        return (f"There is no weight decay: {setting} changes nothing.",)
    if main.law is Law.UNKNOWN:
        return (f"What {setting} does could not be established.",)
    if main.decay is None:
        return _by_gradients(main, setting)
    if main.half_life is None:
        return (f"{setting} does not shrink the weights.",)
    known = [g.half_life for g in decaying if g.half_life is not None and g.half_life < inf]
    half = f"the half-life is {_span(known, steps)} steps" if known else "no step removes anything"
    if main.removed is None or planned is None:
        little = f": a run of under {steps(LITTLE / main.decay)} steps loses less than 1 %" if main.decay else ""
        return (f"{half[0].upper()}{half[1:]}{little}.", "Give the planned steps to judge a run.")
    shares = [g.removed for g in decaying if g.removed is not None]
    run = f"{planned:,} steps remove {_span(shares, percent)} of a weight without gradient"
    against = f", {times(main.half_life / planned)} times the run" if planned < main.half_life < inf else ""
    for bound, verdict in (
        (NOTHING, "In effect there is no weight decay"),
        (LITTLE, "There is hardly any weight decay"),
    ):
        if main.removed < bound:
            return (f"{verdict}: {half}{against}.", f"{run}.")
    return (f"{run}; {half}{against}.",)


def _by_gradients(main: Group, setting: str) -> tuple[str, ...]:
    felt = sorted(p.decay for p in main.acting_on() if p.decay)
    if main.law is Law.L2 and main.report.enters_preconditioner:
        spread = f" From layer to layer it is {felt[0]:.2g} to {felt[-1]:.2g} a step now." if len(felt) > 1 else ""
        return (f"{setting} is L2 through an adaptive optimizer, not a decay: gradients set its size.{spread}",)
    return (f"{setting} has no share per step of its own: the law is {main.law}.",)


def _span(values: Sequence[float], written: Callable[[float], str]) -> str:
    least, most = written(min(values)), written(max(values))
    return least if least == most else f"{least} to {most}"
