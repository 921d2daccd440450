"""HL018."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._training import Training
from halflife.probe import Defect
from halflife.rules import Law

ELSEWHERE = (Defect.NO_EFFECT, Defect.GROWTH, Defect.LOST_IN_PRECISION)
"""Defects that have checks of their own."""


class BrokenDecay(Check):
    """The optimizer's decay is broken, or not understood.

    Passes on what the probe found wrong with the optimizer itself: a constant that is subtracted whatever the weight
    is, parameters that are missed, a group that uses another group's settings. A law that could not be established,
    and a decay that acts although the strength is zero, are notes.

    Why: the strength does not do what its documentation says, whatever its value.

    Advice: see the evidence with `halflife probe`, and tell the optimizer's authors or use another.

    Example: an optimizer that decays after its loop, and so only the last parameter.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a group and defect."""
        for group in training.groups:
            report = group.report
            for defect in report.defects if group.regularizes else ():
                if defect not in ELSEWHERE:
                    yield self.finding(Severity.ERROR, group.where, f"{training.name}: {defect.value}.")
            if report.law is Law.UNKNOWN and group.regularizes:
                seen = f" ({report.evidence[-1].outcome})" if report.evidence else ""
                yield self.finding(
                    Severity.NOTE, group.where, f"how {report.strength_name} enters could not be established{seen}."
                )
            if report.second_decay:
                by = f" by {report.second_decay.argument}" if report.second_decay.argument else ""
                yield self.finding(
                    Severity.NOTE,
                    group.where,
                    f"a second decay{by} removes {report.second_decay.decay:.2g} of the weights a step.",
                )
