"""Which trainings a study compares: for every rule, lr × strength × {L2, INDEPENDENT decay}, strength 0 included.

Decay is tried at α = lr·wd for wd in a window of its own. For SGD that window is the penalty's, so its two maps hold
the same trainings, one sheared along lr; for the others it is moved to where decay is as strong as a penalty.
"""

from collections.abc import Mapping, Sequence

from halflife.lab.settings import Setting
from halflife.rules import Law

LAWS = (Law.L2, Law.INDEPENDENT)

MIDDLE_LR: Mapping[str, float] = {
    "sgd": 0.1,
    "preconditioned": 0.1,
    "momentum": 0.01,
    "momentum_lr_inside": 0.01,
    "nesterov": 0.01,
    "mccaffrey": 0.05,
    "rmsprop": 0.003,
    "rmsprop_centred": 0.003,
    "adagrad": 0.03,
    "adadelta": 1.0,
    "adam": 0.003,
    "amsgrad": 0.003,
    "adamax": 0.005,
    "nadam": 0.003,
    "radam": 0.003,
    "lion": 0.0003,
    "sign": 0.0003,
}
"""A learning rate that works on standardized data and small networks; grids lie round it."""

_DECAY_OVER_L2: Mapping[str, float] = {
    "sgd": 1,
    "preconditioned": 1,
    "momentum": 10,
    "momentum_lr_inside": 10,
    "nesterov": 10,
    "mccaffrey": 2,
}
_DECAY_OVER_L2_OF_ADAPTIVE = 10**1.5
"""How much stronger wd must be than λ to shrink as much; 1/(1−μ) under momentum, 1 + μ in McCaffrey's program."""


def decay_over_l2(rule: str) -> float:
    """How many times λ the wd of a decay must be to shrink weights about as much as a penalty does."""
    return _DECAY_OVER_L2.get(rule, _DECAY_OVER_L2_OF_ADAPTIVE)


def default_lrs(rule: str) -> tuple[float, ...]:
    """Six learning rates, each twice the one before, round the rule's middle one."""
    return tuple(MIDDLE_LR[rule] * 2.0**k for k in range(-3, 3))


def default_strengths() -> tuple[float, ...]:
    """Nine strengths of the penalty from 1e-4 to 1, half a decade apart."""
    return tuple(float(f"{10 ** (k / 2):.4g}") for k in range(-8, 1))


def settings(rule: str, lrs: Sequence[float] | None, strengths: Sequence[float] | None) -> list[Setting]:
    """All settings of one rule; without any regularization once for each lr.

    Args:
        rule: its name.
        lrs: peak learning rates, the rule's own by default.
        strengths: λ for the penalty and, times lr, α for decay; without them the windows described above.
    """
    moved = 1.0 if strengths else decay_over_l2(rule)
    return [
        setting
        for lr in lrs or default_lrs(rule)
        for setting in (
            Setting(rule=rule, law=Law.L2, lr=lr, strength=0.0),
            *(
                Setting(rule=rule, law=law, lr=lr, strength=s if law is Law.L2 else s * moved * lr)
                for s in strengths or default_strengths()
                if s != 0
                for law in LAWS
            ),
        )
    ]
