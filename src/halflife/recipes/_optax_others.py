"""The optimizers of Optax whose steps no rule takes, each read as the row that is nearest to it."""

from collections.abc import Sequence
from dataclasses import replace

from halflife.recipes._framework import Form, beyond
from halflife.rules import Law

_RATIO = "rescales the step of each tensor by a trust ratio"
_NO_DECAY = {"weight_decay": 0.0}

_DECAYED_BY_THE_CHAIN = {
    "adabelief": ("adam", "divides by the spread of gradients round their mean"),
    "amsgrad": ("adam", "takes the largest of the corrected squares, not of the squares"),
    "yogi": ("adam", "moves its squares by a sign"),
    "sm3": ("adagrad", "keeps the largest squares of rows and columns alone"),
    "fromage": ("sgd", "rescales steps and weights by their norms"),
    "noisy_sgd": ("sgd", "adds noise to the gradients"),
    "signum": ("sign_sgd", "averages gradients before it takes their signs"),
    "optimistic_adam": ("adam", "steps beyond by the difference of two updates"),
    "rprop": ("sign_sgd", "has a step length for every weight"),
    "polyak_sgd": ("sgd", "finds lr from the value of the loss"),
    "lbfgs": ("sgd", "estimates the curvature"),
}


def others(rows: Sequence[Form]) -> tuple[Form, ...]:
    """The rows of these names; `adafactor` calls its strength `weight_decay_rate`, which lr does not multiply."""

    def row(call: str, law: Law) -> Form:
        return next(form for form in rows if (form.call, form.law) == (call, law))

    adamw = row("adamw", Law.DECOUPLED)
    by_rate = replace(adamw, strength="weight_decay_rate", names={}, flags={}, defaults={"weight_decay_rate": None})
    chained = (
        form
        for name, (nearest, why) in _DECAYED_BY_THE_CHAIN.items()
        for law in (Law.L2, Law.CONSTANT)
        for form in beyond(row(nearest, law), name, why=why)
    )
    return (
        *beyond(adamw, "lamb", why=f"{_RATIO}, with the decay in it", defaults=_NO_DECAY),
        *beyond(adamw, "novograd", why="divides by the norm of each tensor's gradient", defaults=_NO_DECAY),
        *beyond(adamw, "adan", why="averages the differences of gradients as well", defaults=_NO_DECAY),
        *beyond(row("adadelta", Law.L2), "lars", why=f"{_RATIO}, with the penalty in it", defaults=_NO_DECAY),
        *beyond(by_rate, "adafactor", why="factors its squares into rows and columns", law=Law.CONSTANT),
        *chained,
    )
