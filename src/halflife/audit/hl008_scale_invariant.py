"""HL008."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._invariance import invariant_weights
from halflife.audit._training import Kind, Training, listed


class ScaleInvariant(Check):
    """Scale-invariant weights decayed.

    Looks for decayed weights that stand at right angles to their gradients, multiplies them by four, and looks whether
    the model's output on the example changes. Of a script, its last batch is the example; the model is called on it a
    few times more, and then everything is put back. A weight without any influence is none of these.

    Why: what is normalized afterwards computes the same at any length. Decay does not regularize it: it keeps the
    length down, and a shorter weight turns faster under the same step, so decay sets the effective lr.

    Advice: keep it if you mean that, and tune lr and decay together; their product is what counts.

    Example: a convolution before batch normalization.
    """

    needs = (("model", "model"), ("calls", "example_input"))

    def find(self, training: Training) -> Iterator[Finding | Skipped]:
        """One finding a group."""
        for group in training.regularized:
            if any(p.kind is Kind.FLAT and group.acts_on(p) for p in group.members):
                yield self.skip("needs the shape of each parameter, and that of some is not known")
            weights = [p for p in group.members if p.kind is Kind.WEIGHT and group.acts_on(p)]
            found = invariant_weights(training.calls or (), weights)
            if isinstance(found, str):
                yield self.skip(found)
                return
            if found:
                yield self.finding(
                    Severity.NOTE,
                    group.where,
                    f"{len(found)} of {len(weights)} decayed weights are scale-invariant: {listed(found)}.",
                )
