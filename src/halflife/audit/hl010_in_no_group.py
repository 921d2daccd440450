"""HL010."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity
from halflife.audit._training import Training, listed

FIX = """held = {id(p) for g in optimizer.param_groups for p in g["params"]}
lost = [p for p in model.parameters() if id(p) not in held]
new = [p for p in lost if p.requires_grad]
optimizer.add_param_group({"params": new})"""


class InNoGroup(Check):
    """Parameters in no group.

    Looks for trainable parameters of the model that the optimizer does not hold; once gradients have been computed,
    only for those that have one.

    Why: they get gradients and are never updated, nor decayed.

    Advice: add them to a group, or freeze them with requires_grad_(False). Where several optimizers share a model,
    name the others: halflife.audit(optimizer, model, others=[...]).

    Example: a head that was replaced after the optimizer had been built.
    """

    needs = (("model", "model"),)

    def find(self, training: Training) -> Iterator[Finding]:
        """One finding in all."""
        inside = [p for group in training.groups for p in group.members]
        begun = any(p.gradient for p in (*inside, *training.outside))
        lost = [p.name for p in training.outside if p.trainable and (p.gradient or not begun)]
        if lost and not training.overlap:
            yield self.finding(
                Severity.WARNING,
                "model",
                f"{training.name} holds none of the model's {len(lost)} trainable parameters: it trains another model, "
                "or copies that were made before this one's were replaced.",
            )
        elif lost:
            verb = "is" if len(lost) == 1 else "are"
            yield self.finding(
                Severity.WARNING,
                "model",
                f"{len(lost)} trainable parameter{'' if len(lost) == 1 else 's'} {verb} in no group: {listed(lost)}.",
                FIX,
            )
