import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

import pytest
import torch

from halflife.proofs import Certificate, Situation, same_solution, same_steps
from halflife.proofs._certificate import demand
from halflife.rules import RULES
from mutants.wrong_claims import DOCTORED, HONEST, MEANINGLESS, PLANTED

REFUTED = [name for name in RULES if name != "sgd"]

IN_TORCH: dict[str, tuple[type[torch.optim.Optimizer], Any]] = {
    "momentum": (torch.optim.SGD, lambda s: {"momentum": s["momentum"], "dampening": s["dampening"]}),
    "nesterov": (torch.optim.SGD, lambda s: {"momentum": s["momentum"], "nesterov": True}),
    "rmsprop": (torch.optim.RMSprop, lambda s: {"alpha": s["smoothing"], "eps": s["eps"], "momentum": s["momentum"]}),
    "rmsprop_centred": (torch.optim.RMSprop, lambda s: {"alpha": s["smoothing"], "eps": s["eps"], "centered": True}),
    "adagrad": (torch.optim.Adagrad, lambda s: {"lr_decay": s["lr_decay"], "eps": s["eps"]}),
    "adadelta": (torch.optim.Adadelta, lambda s: {"rho": s["smoothing"], "eps": s["eps"]}),
    "adam": (torch.optim.Adam, lambda s: {"betas": (s["beta1"], s["beta2"]), "eps": s["eps"]}),
    "amsgrad": (torch.optim.Adam, lambda s: {"betas": (s["beta1"], s["beta2"]), "eps": s["eps"], "amsgrad": True}),
    "adamax": (torch.optim.Adamax, lambda s: {"betas": (s["beta1"], s["beta2"]), "eps": s["eps"]}),
    "nadam": (
        torch.optim.NAdam,
        lambda s: {"betas": (s["beta1"], s["beta2"]), "eps": s["eps"], "momentum_decay": s["momentum_decay"]},
    ),
    "radam": (torch.optim.RAdam, lambda s: {"betas": (s["beta1"], s["beta2"]), "eps": s["eps"]}),
}


@cache
def _certificate(rule: str) -> Certificate:
    certificate = same_steps(rule).certificate
    assert certificate is not None
    return certificate


def _end(certificate: Certificate, situation: Situation, decay: float) -> tuple[float, float]:
    """Where torch's twins are after the last step, the one with decay having walked beside the other until then."""
    make, arguments = IN_TORCH[certificate.rule.name]
    chosen = arguments({name: float(value) for name, value in certificate.settings.items()})
    weights = [torch.tensor([float(situation.weight)], dtype=torch.float64, requires_grad=True) for _ in range(2)]
    with_l2, with_decay = (
        make([w], lr=float(certificate.lr), weight_decay=l2, **chosen)
        for w, l2 in zip(weights, (float(certificate.l2), 0.0), strict=True)
    )
    for gradient in situation.gradients:
        before = weights[0].detach().clone()
        with torch.no_grad():
            weights[1].copy_(before)
        for weight in weights:
            weight.grad = torch.tensor([float(gradient)], dtype=torch.float64)
        with_l2.step()
        with_decay.step()
        with torch.no_grad():
            weights[1].sub_(decay * before)
    return weights[0].item(), weights[1].item()


@pytest.mark.parametrize("rule", IN_TORCH)
def test_torch_parts_as_the_certificate_says(rule: str) -> None:
    """In torch, a situation's own demand makes its twins land together; the other's misses by as much as α differs."""
    certificate = _certificate(rule)
    noise = 1e-7 if rule == "nadam" else 1e-13  # torch keeps NAdam's product of momenta in float32
    for here, other in (certificate.situations, certificate.situations[::-1]):
        own, foreign = float(here.demand), float(other.demand)
        with_l2, with_decay = _end(certificate, here, own)
        assert with_l2 == pytest.approx(with_decay, abs=noise)
        missed, landed = _end(certificate, here, foreign)
        before_last = _end(certificate, replace(here, gradients=here.gradients[:-1]), own)[0]
        gap = (own - foreign) * before_last
        assert abs(gap) > 1000 * noise
        assert landed - missed == pytest.approx(gap, rel=1e-6, abs=2 * noise)


@pytest.mark.parametrize("rule", REFUTED)
def test_certificate_checks(rule: str) -> None:
    """Every refutation of a rule comes with a certificate that checks, for both demands and for their difference."""
    assert _certificate(rule).check()


HARMLESS = {
    ("another weight", "preconditioned"),
    ("another gradient", "preconditioned"),
    ("another gradient", "sign"),
    ("another gradient", "lion"),
    ("another penalty", "sign"),
    ("another penalty", "lion"),
}
"""Changes that leave the demands as they are: a linear rule's do not depend on the weight, nor a sign's on its size."""


@pytest.mark.parametrize(
    ("doctored", "rule"), [(d, r) for d in DOCTORED for r in REFUTED if (d, r) not in HARMLESS], ids=str
)
def test_doctored_certificate_is_refused(doctored: str, rule: str) -> None:
    """Change anything that matters in a certificate, and it does not check."""
    certificate = _certificate(rule)
    assert not DOCTORED[doctored](certificate).check()


@pytest.mark.parametrize("name", MEANINGLESS)
def test_meaningless_certificate_is_refused(name: str) -> None:
    """Two demands that differ refute nothing where the situations are not ones that one α has to serve."""
    first, second = MEANINGLESS[name].situations
    assert first.demand != second.demand
    assert not MEANINGLESS[name].check()
    assert HONEST.check()


@pytest.mark.parametrize("rule", ["momentum", "adam", "rmsprop", "adagrad"])
def test_certificate_of_another_rule_is_refused(rule: str) -> None:
    """The demands are those of one rule: under SGD they do not come out."""
    certificate = _certificate(rule)
    assert not replace(certificate, rule=RULES["sgd"], settings={}).check()


@pytest.mark.parametrize("name", ["momentum that forgets", "momentum that never fills its buffer"])
def test_certificate_does_not_fit_a_rule_with_a_bug(name: str) -> None:
    """A certificate of momentum fails for a momentum with a planted bug."""
    certificate = _certificate("momentum")
    assert not replace(certificate, rule=PLANTED[name]).check()


def test_certificate_of_rest_is_refused_if_the_memory_moves() -> None:
    """A twin that is said to rest must rest: a doctored memory is refused."""
    certificate = same_solution("adam").certificate
    assert certificate is not None
    assert certificate.check()
    first, second = certificate.situations
    assert first.memory is not None
    memory = {name: value * 2 for name, value in first.memory.items()}
    assert not replace(certificate, situations=(replace(first, memory=memory), second)).check()


def test_twins_at_rest_must_both_rest() -> None:
    """The one with decay needs a memory that stays, the one with the penalty a gradient that the penalty cancels."""
    certificate = same_solution("adam").certificate
    assert certificate is not None
    first, _ = certificate.situations
    ((gradient,), memory) = (first.gradients, first.memory)
    assert memory is not None
    ask = partial(
        demand,
        certificate.rule,
        first.weight,
        lr=certificate.lr,
        l2=certificate.l2,
        settings={**certificate.settings, **first.settings},
        order=certificate.order,
    )
    assert ask((gradient,), memory=memory) == first.demand
    with pytest.raises(ArithmeticError, match="moves"):
        ask((gradient,), memory={"m": memory["m"], "s": 2 * memory["s"]})
    with pytest.raises(ArithmeticError, match="moves"):
        ask((2 * gradient,), memory={"m": 2 * memory["m"], "s": 4 * memory["s"]})


def test_checking_needs_neither_sympy_nor_the_search() -> None:
    """A certificate is checked in an interpreter where SymPy and the search cannot be imported."""
    program = """
import sys, types
sys.modules["sympy"] = sys.modules["halflife.proofs._search"] = None
import halflife.rules
package = types.ModuleType("halflife.proofs")
package.__path__ = [halflife.rules.__path__[0].replace("rules", "proofs")]
sys.modules["halflife.proofs"] = package
from fractions import Fraction as F
from halflife.proofs._certificate import Certificate, Situation
from halflife.proofs._exact import Exact
first = Situation(weight=F(1), gradients=(F(-1, 4),), demand=Exact("5000000/25000001"))
second = Situation(weight=F(2), gradients=(F(1),), demand=Exact("5000000/20000000300000001"))
settings = {"beta1": F(9, 10), "beta2": F(999, 1000), "eps": F(1, 10**8)}
rule = halflife.rules.RULES["adam"]
good = Certificate(rule=rule, lr=F(1, 10), l2=F(1, 2), settings=settings, order=None, situations=(first, second))
bad = Certificate(rule=rule, lr=F(1, 10), l2=F(1, 3), settings=settings, order=None, situations=(first, second))
print(good.check(), bad.check())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["True", "False"]


def test_certificate_is_frozen_and_speaks_json() -> None:
    """A certificate cannot be changed in place, and its JSON holds exact numbers as text."""
    certificate = _certificate("momentum")
    with pytest.raises(FrozenInstanceError):
        certificate.lr = Fraction(1)  # type: ignore[misc]
    data = certificate.to_json()
    assert data["settings"] == {"momentum": "9/10", "dampening": "0"}
    assert [situation["demand"] for situation in data["situations"]] == ["7/68", "13/140"]
    assert data["situations"][0]["about"] == pytest.approx(7 / 68)


def test_search_finds_nothing_against_sgd() -> None:
    """Where the twins are the same no two situations demand different decays."""
    assert same_steps("sgd").certificate is None
    assert same_steps("momentum", momentum=0, dampening=0).certificate is None
