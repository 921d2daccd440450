"""HL009."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._training import Group, Training, listed


class WithoutGradient(Check):
    """Frozen and gradient-less parameters in a decayed group.

    Looks for parameters that are frozen, or that have no gradient although others have one, in a group whose decay
    reaches them. Whether the optimizer decays what has no gradient, or a gradient of zero, is known from the probe.

    Why: what is not trained should not shrink either. Most optimizers skip a parameter whose gradient is None, and
    decay one whose gradient is a tensor of zeros.

    Advice: leave frozen parameters out of the optimizer, and zero gradients with set_to_none=True, the default.

    Example: a frozen backbone under an optimizer that decays without looking at the gradient.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a group and kind."""
        begun = any(p.gradient for group in training.groups for p in group.members)
        for group in training.regularized:
            reached = [p for p in group.members if group.reaches(p)]
            frozen = [p for p in reached if not p.trainable]
            missing = [p for p in reached if begun and p.trainable and not p.gradient]
            shrinking = [p for p in frozen if group.acts_on(p)]
            resting = [p for p in frozen if p not in shrinking]
            for severity, members, said in (
                (Severity.ERROR, shrinking, "frozen and decayed"),
                (Severity.NOTE, resting, "frozen, neither trained nor decayed"),
                (Severity.NOTE, missing, f"without a gradient so far: {_fate(group)}"),
            ):
                if members:
                    verb = "parameter is" if len(members) == 1 else "parameters are"
                    yield self.finding(
                        severity, group.where, f"{len(members)} {verb} {said} ({listed([p.name for p in members])})."
                    )


def _fate(group: Group) -> str:
    return "decayed, not trained" if group.report.none_gradient == "decayed" else "neither trained nor decayed"
