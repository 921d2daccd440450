"""What the theorems say of twins before they are trained, to be held against what is measured."""

from dataclasses import dataclass
from typing import Any

from halflife.lab.settings import Setting
from halflife.lab.twinning import Twins
from halflife.rules import Law


@dataclass(frozen=True, kw_only=True)
class Foresight:
    """What is proved of a rule's twins.

    Attributes:
        verdict: EQUIVALENT, EQUIVALENT IFF or NOT EQUIVALENT, of the rule in all its settings.
        condition: the map or the condition, or why there is none.
        same_here: whether the twins take the same steps with the hyperparameters that the lab trains with.
    """

    verdict: str
    condition: str
    same_here: bool

    def agrees(self, twins: Twins) -> bool:
        """Whether the measured gap is of the kind that the theorem demands."""
        same = self.same_here and twins.alpha == "η·λ"
        return twins.verdict == ("rounding" if same else "real")


def foresee(rule: str) -> Foresight:
    """What is proved of the twins of this rule, at the hyperparameters that the lab trains with."""
    from halflife.proofs import Verdict, same_steps  # SymPy is heavy, and only this needs it

    used: dict[str, Any] = dict(Setting(rule=rule, law=Law.L2, lr=1.0, strength=0.0).hyperparameters)
    theorem = same_steps(rule)
    here = same_steps(rule, **used)
    return Foresight(
        verdict=str(theorem.verdict), condition=theorem.condition, same_here=here.verdict is Verdict.EQUIVALENT
    )
