"""Theorems, not anecdotes: where the two doors agree, and certificates where they cannot.

`prove("momentum")` puts symbols through the very update that the lab trains with. `same_steps` and `same_solution`
are the two questions asked of a rule; `THEOREMS` are those with a name of their own, one a file beside this one.
"""

from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from types import ModuleType

from halflife._errors import BadInput, UnknownName
from halflife.proofs._certificate import Certificate, Situation
from halflife.proofs._proof import Proof, Proofs
from halflife.proofs._theorem import Measurement, Step, Theorem, Verdict
from halflife.proofs.same_solution import same_solution
from halflife.proofs.same_steps import same_steps
from halflife.rules import RULES, Rule

THEOREMS: tuple[str, ...] = (
    "derivation",
    "proposition-1",
    "proposition-2",
    "proposition-3",
    "momentum-solution",
    "momentum-rates",
    "other-momentum",
    "adam-without-gradient",
    "adam-loss-scale",
    "schedules",
)
"""The theorems with a name of their own; each is a file here, with underscores."""


def theorem(name: str) -> Theorem:
    """The theorem of that name.

    Raises:
        UnknownName: there is none.
    """
    if name not in THEOREMS:
        raise UnknownName("theorem", name, THEOREMS)
    build: Callable[[], Theorem] = _home(name).theorem
    return build()


def _home(name: str) -> ModuleType:
    return import_module(f"halflife.proofs.{name.replace('-', '_')}")


def _about(rule: str) -> tuple[Theorem, ...]:
    return tuple(theorem(name) for name in THEOREMS if rule in _home(name).ABOUT)


def prove(name: str | Rule | None = None, *, steps: int = 3, **chosen: float | Fraction) -> Proof | Proofs | Theorem:
    """Prove, or refute by certificate, that the two doors of a rule lead to the same place.

    Args:
        name: a rule, the name of a rule or of a theorem; None for everything.
        steps: how many steps the symbolic twins run.
        chosen: hyperparameters of the rule to fix, such as `momentum=0.5`; free where the algebra allows it otherwise.

    Returns:
        A `Proof` for a rule, a `Theorem` for the name of one, `Proofs` for everything.

    Raises:
        UnknownName: there is no such rule, theorem or hyperparameter; the message has the nearest names.
        BadInput: a hyperparameter lies outside its domain, or `steps` is not from 1 to 4.
    """
    if not 1 <= steps <= 4:
        raise BadInput(f"steps is {steps}: it must be from 1 to 4.")
    if name is None:
        if chosen:
            raise BadInput(f"{', '.join(chosen)} given without a rule: name the rule first.")
        theorems = tuple(map(theorem, THEOREMS))
        return Proofs(proofs=tuple(_of_rule(rule, steps, theorems) for rule in RULES.values()), theorems=theorems)
    if isinstance(name, Rule):
        return _of_rule(name, steps, (), **chosen)
    if name in RULES:
        return _of_rule(RULES[name], steps, _about(name), **chosen)
    if name not in THEOREMS:
        raise UnknownName("rule or theorem", name, [*RULES, *THEOREMS])
    if chosen:
        raise BadInput(f"{', '.join(chosen)} given to the theorem {name}: only rules have hyperparameters to fix.")
    return theorem(name)


def _of_rule(rule: Rule, steps: int, theorems: tuple[Theorem, ...], **chosen: float | Fraction) -> Proof:
    return Proof(
        rule=rule.name,
        same_steps=same_steps(rule, steps=steps, order=None, **chosen),
        same_solution=same_solution(rule, order=None, **chosen),
        theorems=tuple(t for t in theorems if rule.name in t.rules),
    )


__all__ = [
    "THEOREMS",
    "Certificate",
    "Measurement",
    "Proof",
    "Proofs",
    "Situation",
    "Step",
    "Theorem",
    "Verdict",
    "prove",
    "same_solution",
    "same_steps",
    "theorem",
]
