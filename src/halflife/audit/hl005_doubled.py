"""HL005."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._fix import set_strength
from halflife.audit._training import Training, listed


class Doubled(Check):
    """Doubled: a penalty in the loss as well.

    Looks, in the gradient of the loss, for a contribution λ·w to a parameter that the optimizer decays too: exactly
    parallel to the weights, and twice as large at twice the weights. Of a script, the backward passes of its first
    three steps are looked at, and λ must stay the same while the weights move. For Keras, it is `model.losses`.

    Why: the two add up, and one of them is usually forgotten when the other is tuned. Under an adaptive optimizer
    they are not even the same thing.

    Advice: keep one: the optimizer's decay, or the penalty.

    Example: loss = cross_entropy(...) + 1e-4 * sum(p.pow(2).sum() for p in model.parameters()), trained by AdamW.
    """

    needs = (("penalties", "loss"),)

    def find(self, training: Training) -> Iterator[Finding | Skipped]:
        """One finding a group."""
        ask = training.penalties or (lambda _: {})
        for group in training.regularized:
            reached = group.acting_on()
            found = ask(reached)
            if isinstance(found, str):
                yield self.skip(found)
                return
            # the few numbers of a bias may be parallel to their gradient by chance
            if any(p.name in found and len(p.shape) > 1 for p in reached):
                strongest = max(found.values())
                yield self.finding(
                    Severity.WARNING,
                    group.where,
                    f"the loss holds a penalty with λ = {strongest:.3g} on {listed(list(found))}, and "
                    f"{group.report.strength_name}={group.strength:g} regularizes the same weights.",
                    set_strength(group, 0, "the penalty stays"),
                )
