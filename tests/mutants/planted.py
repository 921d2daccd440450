"""Optimizers put together from a direction and a decay, either of which can be anything.

A direction is what makes the optimizer: SGD, Adam, an orthogonalized momentum, a trust ratio. A decay is where the
strength enters and how large it is, rightly or with one thing broken. Each pair of the two is one class.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch


def sgd(g, state):
    return g


def momentum(g, state):
    state["m"] = 0.9 * state.get("m", 0) + g
    return state["m"].clone()


def unit_momentum(g, state):
    return momentum(g / g.norm().clamp_min(1e-12), state)


def nesterov(g, state):
    return g + 0.9 * momentum(g, state)


def adam(g, state):
    t = state["t"] = state.get("t", 0) + 1
    state["m"] = 0.9 * state.get("m", 0) + 0.1 * g
    state["v"] = 0.999 * state.get("v", 0) + 0.001 * g * g
    return state["m"] / (1 - 0.9**t) / ((state["v"] / (1 - 0.999**t)).sqrt() + 1e-8)


def rmsprop(g, state):
    state["v"] = 0.99 * state.get("v", 0) + 0.01 * g * g
    return g / (state["v"].sqrt() + 1e-8)


def lion(g, state):
    old = state.get("m", torch.zeros_like(g))
    state["m"] = 0.99 * old + 0.01 * g
    return (0.9 * old + 0.1 * g).sign()


def muon(g, state):
    m = state["m"] = 0.95 * state.get("m", 0) + g
    if g.ndim < 2:
        return m.sign()
    x = m.reshape(len(m), -1)
    x = x / x.norm().clamp_min(1e-30)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
    return x.reshape(g.shape)


@dataclass(frozen=True, kw_only=True)
class Decay:
    """Where the strength enters and how much of it.

    Attributes:
        place: `gradient` (w joins it), `before`, `joint` (with the direction, before a trust ratio) or `after`.
        amount: of the parameter, its group, all groups and the step's number: λ in a gradient, else α.
        pulls: what is multiplied by the amount, of the parameter and its state: the weights when not given.
        last: only the last parameter of a group.
        spoils: what is done besides, to the state.
        idle: whether parameters without gradient are decayed.
    """

    place: str
    amount: Callable[[Any, Any, Any, int], float]
    pulls: Callable[[Any, Any], Any] = lambda p, state: p
    last: bool = False
    spoils: Callable[[Any, Any, Any], None] = lambda p, state, group: None
    idle: bool = False


def planted(direction, decay: Decay, *, trust=False):
    """The class of optimizers that take this direction and have this decay."""

    class Planted(torch.optim.Optimizer):
        def __init__(self, params, lr=1e-2, weight_decay=0.1):
            super().__init__(params, {"lr": lr, "weight_decay": weight_decay})
            for group in self.param_groups:
                group["peak"] = group["lr"]
            self.steps = 0

        @torch.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self.move(p, group, last=p is group["params"][-1])
                    elif decay.idle:
                        p.mul_(1 - lr_wd(p, group, self.param_groups, self.steps))
            self.steps += 1

        def move(self, p, group, last):
            counts, state = last or not decay.last, self.state[p]
            pull = decay.amount(p, group, self.param_groups, self.steps) * decay.pulls(p, state) * counts
            d = direction(p.grad + pull if decay.place == "gradient" else p.grad.clone(), state)
            decay.spoils(p, state, group)
            if decay.place == "joint":
                d = d + pull
            if trust:
                d = d * p.norm() / d.norm().clamp_min(1e-30) if p.norm() > 0 else d
            if decay.place == "before":
                p.sub_(pull)
            p.sub_(d, alpha=group["lr"])
            if decay.place == "after":
                p.sub_(decay.amount(p, group, self.param_groups, self.steps) * decay.pulls(p, state) * counts)

    Planted.__qualname__ = f"{direction.__name__}"
    return Planted


def lr_wd(p, group, groups, t):
    return group["lr"] * group["weight_decay"]


def wd(p, group, groups, t):
    return group["weight_decay"]


def rounded(value):
    return float(torch.tensor(value, dtype=torch.bfloat16))


def stale(p, state):
    """The weights of the step before."""
    before, state["before"] = state.get("before", p).clone(), p.clone()
    return before


def shrink_buffers(state, group):
    """The decay that should have shrunk the weights shrinks the momentum."""
    if "m" in state:
        state["m"] = state["m"] * (1 - group["lr"] * group["weight_decay"])


RIGHT = {
    "penalty": Decay(place="gradient", amount=wd),
    "decoupled before": Decay(place="before", amount=lr_wd),
    "decoupled after": Decay(place="after", amount=lr_wd),
    "joint": Decay(place="joint", amount=wd),
    "proximal": Decay(place="after", amount=lambda p, g, gs, t: 1 - 1 / (1 + lr_wd(p, g, gs, t))),
    "constant": Decay(place="before", amount=wd),
    "constant after": Decay(place="after", amount=wd),
    "independent": Decay(place="before", amount=lambda p, g, gs, t: g["lr"] / g["peak"] * g["weight_decay"]),
    "corrected": Decay(place="before", amount=lambda p, g, gs, t: g["lr"] ** 2 / g["peak"] * g["weight_decay"]),
    "quadratic": Decay(place="before", amount=lambda p, g, gs, t: g["lr"] ** 2 * g["weight_decay"]),
    "sparing": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (p.ndim > 1)),
    "sparing penalty": Decay(place="gradient", amount=lambda p, g, gs, t: g["weight_decay"] * (p.ndim > 1)),
}
BROKEN = {
    "nothing": Decay(place="before", amount=lambda p, g, gs, t: 0.0),
    "grows": Decay(place="before", amount=lambda p, g, gs, t: -lr_wd(p, g, gs, t)),
    "grows after": Decay(place="after", amount=lambda p, g, gs, t: -lr_wd(p, g, gs, t)),
    "grows in the gradient": Decay(place="gradient", amount=lambda p, g, gs, t: -g["weight_decay"]),
    "grows by wd": Decay(place="before", amount=lambda p, g, gs, t: -g["weight_decay"]),
    "subtracts": Decay(place="before", amount=lr_wd, pulls=lambda p, s: torch.ones_like(p)),
    "subtracts wd": Decay(place="before", amount=wd, pulls=lambda p, s: torch.ones_like(p)),
    "subtracts in the gradient": Decay(place="gradient", amount=wd, pulls=lambda p, s: torch.ones_like(p)),
    "last": Decay(place="before", amount=lr_wd, last=True),
    "last penalty": Decay(place="gradient", amount=wd, last=True),
    "last after": Decay(place="after", amount=lr_wd, last=True),
    "bf16": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (p.dtype is not torch.bfloat16)),
    "half": Decay(place="after", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (p.dtype.itemsize > 2)),
    "half penalty": Decay(place="gradient", amount=lambda p, g, gs, t: g["weight_decay"] * (p.dtype.itemsize > 2)),
    "first group's lr": Decay(place="before", amount=lambda p, g, gs, t: gs[0]["lr"] * g["weight_decay"]),
    "last group's lr": Decay(place="before", amount=lambda p, g, gs, t: gs[-1]["lr"] * g["weight_decay"]),
    "last group's lr after": Decay(place="after", amount=lambda p, g, gs, t: gs[-1]["lr"] * g["weight_decay"]),
    "first group's wd": Decay(place="before", amount=lambda p, g, gs, t: g["lr"] * gs[0]["weight_decay"]),
    "first group's penalty": Decay(place="gradient", amount=lambda p, g, gs, t: gs[0]["weight_decay"]),
    "l1": Decay(place="gradient", amount=wd, pulls=lambda p, s: p.sign()),
    "l1 before": Decay(place="before", amount=lr_wd, pulls=lambda p, s: p.sign()),
    "rounded": Decay(place="before", amount=lambda p, g, gs, t: 1 - rounded(1 - lr_wd(p, g, gs, t))),
    "once": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (t == 0)),
    "stops at 6": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (t < 6)),
    "stops at 40": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (t < 40)),
    "starts at 20": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (t >= 20)),
    "ramps": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * min(1, (t + 1) / 50)),
    "turns to growth": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (1 if t < 30 else -1)),
    "absolute": Decay(place="before", amount=lr_wd, pulls=lambda p, s: p.abs()),
    "square": Decay(place="before", amount=lr_wd, pulls=lambda p, s: p * p.abs()),
    "norm": Decay(place="before", amount=lr_wd, pulls=lambda p, s: p / p.norm().clamp_min(1e-30)),
    "wd squared": Decay(place="before", amount=lambda p, g, gs, t: g["lr"] * g["weight_decay"] ** 2),
    "sparse": Decay(place="before", amount=lambda p, g, gs, t: 6 * lr_wd(p, g, gs, t) * (t % 6 == 4)),
    "rarely": Decay(place="after", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (t % 40 == 39)),
    "at squares": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (math.isqrt(t) ** 2 == t)),
    "fourth, then all": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (t % 4 == 0 or t > 70)),
    "every fourth step": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (t % 4 == 0)),
    "twice": Decay(place="before", amount=lambda p, g, gs, t: 2 * lr_wd(p, g, gs, t)),
    "vectors": Decay(place="before", amount=lambda p, g, gs, t: lr_wd(p, g, gs, t) * (p.ndim < 2)),
    "first lr": Decay(place="before", amount=lambda p, g, gs, t: g["peak"] * g["weight_decay"]),
    "both doors": Decay(place="gradient", amount=wd, spoils=lambda p, s, g: p.mul_(1 - g["lr"] * g["weight_decay"])),
    "stale": Decay(place="before", amount=lr_wd, pulls=lambda p, s: stale(p, s)),
    "buffer": Decay(place="before", amount=lambda p, g, gs, t: 0.0, spoils=lambda p, s, g: shrink_buffers(s, g)),
    "squared": Decay(place="before", amount=lr_wd, pulls=lambda p, s: p * p),
    "clipped": Decay(place="before", amount=lr_wd, pulls=lambda p, s: p.clamp(-0.3, 0.3)),
    "towards the start": Decay(place="before", amount=lr_wd, pulls=lambda p, s: p - s.setdefault("start", p.clone())),
    "idle": Decay(place="before", amount=lambda p, g, gs, t: 0.0, idle=True),
    "clamped": Decay(place="before", amount=lambda p, g, gs, t: min(lr_wd(p, g, gs, t), 1e-5)),
}
DIRECTIONS = {f.__name__: f for f in (sgd, momentum, nesterov, adam, rmsprop, lion, muon)}
