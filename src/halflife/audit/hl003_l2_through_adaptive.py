"""HL003."""

from collections.abc import Iterator

from halflife.audit._check import Check
from halflife.audit._finding import Finding, Severity, Skipped
from halflife.audit._fix import decoupled
from halflife.audit._moments import effective_decay
from halflife.audit._training import Training
from halflife.audit._words import times
from halflife.rules import Law


class L2ThroughAdaptive(Check):
    """L2 through an adaptive optimizer.

    The penalty's gradient is divided by the root of the second moment, as the loss's is. With a live second moment
    the effective decay lr·λ/(√v̂ + ε) of every parameter is computed, and the spread between them reported.

    Why: weights with large gradients are regularized little and those with small ones much; without a loss gradient
    λ does not matter at all (Loshchilov & Hutter 2019, proposition 2).

    Advice: use decoupled decay, with a strength chosen anew: no single value carries over.

    Example: torch.optim.Adam(model.parameters(), weight_decay=0.01).
    """

    def find(self, training: Training) -> Iterator[Finding | Skipped]:
        """One finding a group."""
        for group in training.regularized:
            if group.law is not Law.L2 or not group.report.enters_preconditioner:
                continue
            felt = {p.name: effective_decay(training, group, p) for p in group.acting_on()}
            known = sorted((decay, name) for name, decay in felt.items() if decay is not None)
            spread = ""
            if len(known) > 1:
                (least, low), (most, high) = known[0], known[-1]
                spread = (
                    f" {high} feels {times(most / least)} times what {low} feels ({most:.2g} and {least:.2g} a step)."
                )
            yield self.finding(
                Severity.WARNING,
                group.where,
                f"{group.report.strength_name}={group.strength:g} joins the gradient and is divided by its size."
                + spread,
                decoupled(training, group),
            )
            if len(known) < 2:
                yield self.skip("the spread over the parameters needs an optimizer that has taken steps")
