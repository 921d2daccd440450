"""HL006."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._fix import apart
from halflife.audit._training import Kind, Training, listed

USUAL = (Kind.BIAS, Kind.NORM)


class VectorsDecayed(Check):
    """Biases, norms and other 1-D parameters decayed.

    Counts the biases, the parameters of normalization layers and the other 1-D parameters that a decay reaches. It
    is a note where there are no biases and norms among them.

    Why: shrinking them does not make a function simpler; it pulls offsets to zero, and gains away from one.

    Advice: give them a group of their own with strength 0, as timm, nanoGPT and Hugging Face do.

    Example: AdamW(model.parameters(), weight_decay=0.1), all in one group.
    """

    def find(self, training: Training) -> Iterator[Finding | Skipped]:
        """One finding a group."""
        for group in training.regularized:
            reached = group.acting_on()
            kinds = {kind: [p.name for p in reached if p.kind is kind] for kind in (*USUAL, Kind.VECTOR)}
            if any(p.kind is Kind.FLAT or not p.count for p in reached):
                yield self.skip("needs the shape of each parameter, and that of some is not known")
            counted = [kind.counted(len(names)) for kind, names in kinds.items() if names]
            if not counted:
                continue
            # without a model a 1-D parameter may be either, and most are biases
            usual = any(kinds[kind] for kind in USUAL) or not training.named
            names = [name for each in kinds.values() for name in each]
            yield self.finding(
                Severity.WARNING if usual else Severity.NOTE,
                group.where,
                f"{group.report.strength_name}={group.strength:g} decays {', '.join(counted)}: {listed(names)}.",
                apart(training, group) if usual else "",
            )
