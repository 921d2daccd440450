"""HL013."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._fix import set_strength
from halflife.audit._training import Group, Training

APART = 2.0


class LrChangesDecay(Check):
    """Groups whose different lr makes their decay differ.

    Compares groups that have the same strength and different lr, and reports the two that are furthest apart, if one
    decays more than twice as fast as the other.

    Why: where lr multiplies the decay, a smaller lr is a smaller decay: the same strength in two groups is not the
    same regularization.

    Advice: nothing, if that is meant, as with layer-wise lr. Else scale the strength by the inverse of lr.

    Example: a backbone at lr 1e-5 and a head at lr 1e-3, both with weight_decay 0.01.
    """

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding a strength."""
        by_strength: dict[float, list[Group]] = {}
        for group in training.regularized:
            if group.decay is not None and group.decay > 0:
                by_strength.setdefault(group.strength or 0.0, []).append(group)
        for strength, groups in by_strength.items():
            least, most = min(groups, key=_decay), max(groups, key=_decay)
            apart = _decay(most) / _decay(least)
            if apart > APART and most.lr != least.lr:
                yield self.finding(
                    Severity.NOTE,
                    f"{least.where} and {most.where}",
                    f"both have {most.report.strength_name}={strength:g}; at lr {least.lr:g} and {most.lr:g} the "
                    f"second decays {apart:.3g} times as fast ({_decay(least):.2g} and {_decay(most):.2g} a step).",
                    set_strength(least, strength * apart, f"as fast as {most.where}"),
                )


def _decay(group: Group) -> float:
    return group.decay or 0.0
