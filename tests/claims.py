"""The claims that a judge from outside can decide: one row a claim, ours beside theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from judges import by_halflife, by_keras, by_optax, by_torch, judge

BY = {"torch": by_torch, "optax": by_optax, "keras": by_keras}


@dataclass(frozen=True, kw_only=True, eq=False)
class Claim:
    """That a rule with these hyperparameters takes the path of this optimizer with those arguments.

    Attributes:
        rule: our rule.
        theirs: their optimizer's name.
        framework: whose it is.
        ours: our hyperparameters where they are not the defaults.
        arguments: theirs.
        l2: λ, door 1.
        wd: the strength of decoupled decay, door 2.
        has_argument: whether they take the strength as `weight_decay`; else λw joins the gradient before them.
    """

    rule: str
    theirs: str
    framework: str = "torch"
    ours: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    l2: float = 0.0
    wd: float = 0.0
    has_argument: bool = True

    @property
    def name(self) -> str:
        """What pytest prints."""
        chosen = [f"{key}={value}" for key, value in self.arguments.items()]
        return "-".join([self.rule, "l2" if self.l2 else "wd", self.framework, self.theirs, *chosen])

    def path(self, **changes: Any) -> np.ndarray:
        """Our path; `changes` make it a wrong twin's."""
        return by_halflife(**{"rule": self.rule, "l2": self.l2, "wd": self.wd, **self.ours, **changes})

    @cache  # noqa: B019 - the claims live as long as the tests
    def reference(self, *, regularized: bool = True) -> np.ndarray:
        """Their path."""
        strength = (self.l2 or self.wd) * regularized
        if self.has_argument:
            return BY[self.framework](self.theirs, {**self.arguments, "weight_decay": strength})
        return BY[self.framework](self.theirs, self.arguments, l2=strength)

    def decide(self, **changes: Any) -> None:
        """Let the judge decide."""
        judge(self.path(**changes), self.reference(), self.reference(regularized=False))


def _l2(rule: str, theirs: str, arguments: Mapping[str, Any], **ours: Any) -> Claim:
    return Claim(rule=rule, theirs=theirs, arguments=arguments, ours=ours, l2=0.3)


def _decoupled(rule: str, theirs: str, arguments: Mapping[str, Any], **ours: Any) -> Claim:
    return Claim(rule=rule, theirs=theirs, arguments=arguments, ours=ours, wd=0.3)


def _optax(rule: str, theirs: str, arguments: Mapping[str, Any], **ours: Any) -> Claim:
    return Claim(framework="optax", rule=rule, theirs=theirs, arguments=arguments, ours=ours, wd=0.3)


FLAG = {"decoupled_weight_decay": True}
HALF_FULL = {"lr_decay": 0.05, "initial_accumulator_value": 0.5}

CLAIMS = [
    _l2("sgd", "SGD", {}),
    _l2("momentum", "SGD", {"momentum": 0.9}),
    _l2("momentum", "SGD", {"momentum": 0.8, "dampening": 0.4}, momentum=0.8, dampening=0.4),
    _l2("nesterov", "SGD", {"momentum": 0.9, "nesterov": True}),
    _l2("rmsprop", "RMSprop", {}),
    _l2("rmsprop", "RMSprop", {"alpha": 0.9, "momentum": 0.7, "eps": 1e-3}, smoothing=0.9, momentum=0.7, eps=1e-3),
    _l2("rmsprop_centred", "RMSprop", {"centered": True}),
    _l2("rmsprop_centred", "RMSprop", {"centered": True, "momentum": 0.7}, momentum=0.7),
    _l2("adagrad", "Adagrad", {}),
    _l2("adagrad", "Adagrad", HALF_FULL, lr_decay=0.05, initial_accumulator=0.5),
    _l2("adadelta", "Adadelta", {}),
    _l2("adadelta", "Adadelta", {"rho": 0.8, "eps": 1e-3}, smoothing=0.8, eps=1e-3),
    _l2("adam", "Adam", {}),
    _l2("adam", "Adam", {"betas": (0.7, 0.9), "eps": 1e-3}, beta1=0.7, beta2=0.9, eps=1e-3),
    _l2("amsgrad", "Adam", {"amsgrad": True, "betas": (0.9, 0.9)}, beta2=0.9),
    _l2("adamax", "Adamax", {"betas": (0.9, 0.95), "eps": 1e-3}, beta2=0.95, eps=1e-3),
    _l2("nadam", "NAdam", {}),
    _l2("nadam", "NAdam", {"momentum_decay": 0.1}, momentum_decay=0.1),
    _l2("radam", "RAdam", {}),
    _l2("radam", "RAdam", {"betas": (0.9, 0.6)}, beta2=0.6),  # never rectified: the longest length is exactly 4
    _decoupled("adam", "AdamW", {}),
    _decoupled("adam", "Adam", FLAG),
    _decoupled("amsgrad", "AdamW", {"amsgrad": True, "betas": (0.9, 0.9)}, beta2=0.9),
    _decoupled("nadam", "NAdam", FLAG),
    _decoupled("radam", "RAdam", FLAG),
    _optax("adam", "adamw", {}),
    _optax("adam", "adamw", {"b1": 0.7, "b2": 0.9}, beta1=0.7, beta2=0.9),
    _optax("lion", "lion", {}),
    _optax("lion", "lion", {"b1": 0.5, "b2": 0.8}, beta1=0.5, beta2=0.8),
    Claim(framework="optax", rule="sign", theirs="sign_sgd", l2=0.3, has_argument=False),
    Claim(
        framework="keras",
        rule="momentum_lr_inside",
        theirs="SGD",
        arguments={"momentum": 0.9},
        l2=0.3,
        has_argument=False,
    ),
    Claim(framework="keras", rule="momentum_lr_inside", theirs="SGD", arguments={"momentum": 0.9}, wd=0.3),
]
"""Every claim. Decay acts jointly with the step in ours and before it in torch and Keras: the same number."""
