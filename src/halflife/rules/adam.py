"""Adam and its family: two running moments, each corrected for having started at zero."""

from halflife.rules._operations import Array, absolute, maximum, sqrt, where
from halflife.rules._rule import Hyperparameter, Rule, State

INFINITY = float("inf")
BETA1 = Hyperparameter(default=0.9, low=0.0, high=1.0, meaning="share of the running mean kept")
BETA2 = Hyperparameter(default=0.999, low=0.0, high=1.0, meaning="share of the running square kept")
EPS = Hyperparameter(default=1e-8, low=0.0, high=INFINITY, meaning="added to the root")


def _moments(gradient: Array, state: State, beta1: Array, beta2: Array) -> State:
    return {
        "m": beta1 * state["m"] + (1 - beta1) * gradient,
        "s": beta2 * state["s"] + (1 - beta2) * gradient * gradient,
    }


def _adam(gradient: Array, state: State, *, step: Array, beta1: Array, beta2: Array, eps: Array) -> tuple[Array, State]:
    moments = _moments(gradient, state, beta1, beta2)
    m = moments["m"] / (1 - beta1**step)
    root = sqrt(moments["s"]) / sqrt(1 - beta2**step)
    return m / (root + eps), moments


def _amsgrad(
    gradient: Array, state: State, *, step: Array, beta1: Array, beta2: Array, eps: Array
) -> tuple[Array, State]:
    moments = _moments(gradient, state, beta1, beta2)
    largest = maximum(state["largest"], moments["s"])
    m = moments["m"] / (1 - beta1**step)
    root = sqrt(largest) / sqrt(1 - beta2**step)
    return m / (root + eps), moments | {"largest": largest}


def _adamax(
    gradient: Array, state: State, *, step: Array, beta1: Array, beta2: Array, eps: Array
) -> tuple[Array, State]:
    m = beta1 * state["m"] + (1 - beta1) * gradient
    largest = maximum(beta2 * state["largest"], absolute(gradient) + eps)
    return m / (1 - beta1**step) / largest, {"m": m, "largest": largest}


def _nadam(
    gradient: Array,
    state: State,
    *,
    step: Array,
    beta1: Array,
    beta2: Array,
    eps: Array,
    momentum_decay: Array,
) -> tuple[Array, State]:
    moments = _moments(gradient, state, beta1, beta2)
    momentum = beta1 * (1 - 0.96 ** (step * momentum_decay) / 2)
    next_momentum = beta1 * (1 - 0.96 ** ((step + 1) * momentum_decay) / 2)
    product = state["product"] * momentum
    look_ahead = (1 - momentum) / (1 - product) * gradient + next_momentum / (1 - product * next_momentum) * moments[
        "m"
    ]
    root = sqrt(moments["s"]) / sqrt(1 - beta2**step)
    return look_ahead / (root + eps), moments | {"product": product}


def _radam(
    gradient: Array, state: State, *, step: Array, beta1: Array, beta2: Array, eps: Array
) -> tuple[Array, State]:
    moments = _moments(gradient, state, beta1, beta2)
    m = moments["m"] / (1 - beta1**step)
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2**step / (1 - beta2**step)
    tractable = length > 5
    # a stand-in until then, where the quotient below could be 0/0: what comes of it is not used
    length, longest = where(tractable, length, 6), where(tractable, longest, 6)
    rectification = sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
    adaptive = rectification * sqrt(1 - beta2**step) / (sqrt(moments["s"]) + eps)
    return m * where(tractable, adaptive, 1), moments


ADAM = Rule(
    name="adam",
    direction=_adam,
    formula="m ← β₁·m + (1−β₁)·g; s ← β₂·s + (1−β₂)·g²; d = m̂/(√ŝ + ε), m̂ = m/(1−β₁ᵗ), ŝ = s/(1−β₂ᵗ)",
    reference="Kingma & Ba 2015, algorithm 1",
    hyperparameters={"beta1": BETA1, "beta2": BETA2, "eps": EPS},
    initial={"m": 0, "s": 0},
)

AMSGRAD = Rule(
    name="amsgrad",
    direction=_amsgrad,
    formula="as adam, with the largest s so far in place of s",
    reference="Reddi, Kale & Kumar 2018, algorithm 2, with bias correction as in torch.optim.Adam(amsgrad=True)",
    hyperparameters={"beta1": BETA1, "beta2": BETA2, "eps": EPS},
    initial={"m": 0, "s": 0, "largest": 0},
)

ADAMAX = Rule(
    name="adamax",
    direction=_adamax,
    formula="m as adam; u ← max(β₂·u, |g| + ε); d = m̂/u",
    reference="Kingma & Ba 2015, algorithm 2; ε as in torch.optim.Adamax",
    hyperparameters={"beta1": BETA1, "beta2": BETA2, "eps": EPS},
    initial={"m": 0, "largest": 0},
)

NADAM = Rule(
    name="nadam",
    direction=_nadam,
    formula="as adam, with (1−μₜ)/(1−Πμ)·g + μₜ₊₁/(1−Πμ·μₜ₊₁)·m in place of m̂; μₜ = β₁·(1 − 0.96^(t·ψ)/2)",
    reference="Dozat 2016; in this form torch.optim.NAdam",
    hyperparameters={
        "beta1": BETA1,
        "beta2": BETA2,
        "eps": EPS,
        "momentum_decay": Hyperparameter(default=4e-3, low=0.0, high=INFINITY, meaning="how fast μₜ rises to β₁ (ψ)"),
    },
    initial={"m": 0, "s": 0, "product": 1},
)

RADAM = Rule(
    name="radam",
    direction=_radam,
    formula="as adam times the rectification r(t), once the variance is tractable (length > 5); d = m̂ before",
    reference="Liu et al. 2020, algorithm 2; threshold as in torch.optim.RAdam",
    hyperparameters={"beta1": BETA1, "beta2": BETA2, "eps": EPS},
    initial={"m": 0, "s": 0},
)
