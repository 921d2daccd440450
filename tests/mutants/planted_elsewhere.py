"""The same decays, right and broken, in things of other build: Optax, Keras, functions, schedule-free optimizers."""

import math

import keras
import numpy as np
import optax
import torch
from keras import ops

LR, WD = 1e-2, 0.1

PULLS = {
    "right": lambda w: WD * w,
    "nothing": lambda w: 0 * w,
    "grows": lambda w: -WD * w,
    "subtracts": lambda w: WD + 0 * w,
}
"""What is added to the direction, before lr: of the weights."""

OPTAX = {
    "adam": optax.scale_by_adam,
    "lion": optax.scale_by_lion,
    "momentum": lambda: optax.trace(0.9),
    "rms": optax.scale_by_rms,
}


def in_optax(direction, decay):
    """A chain whose decay, with its strength in its closure, is one of those, or reaches too little."""

    def decayed(weight_decay):
        def one(u, w, last):
            if (decay == "last" and not last) or (decay == "half" and w.dtype.itemsize < 4):
                return u
            return u + (PULLS.get(decay, PULLS["right"])(w) / WD * weight_decay).astype(u.dtype)

        def update(updates, state, params):
            return [
                one(u, w, i == len(updates) - 1) for i, (u, w) in enumerate(zip(updates, params, strict=True))
            ], state

        return optax.GradientTransformation(lambda params: optax.EmptyState(), update)

    return optax.chain(OPTAX[direction](), decayed(WD), optax.scale_by_learning_rate(LR))


def in_keras(direction, decay):
    """A Keras optimizer whose own decay is broken."""

    class Planted(getattr(keras.optimizers, direction)):
        def _apply_weight_decay(self, variables):
            if self.weight_decay is None:
                return
            for i, w in enumerate(variables):
                if decay == "last" and i < len(variables) - 1:
                    continue
                if decay == "half" and w.dtype != "float64" and w.dtype != "float32":
                    continue
                pull = PULLS.get(decay, PULLS["right"])(w.value) / WD * self.weight_decay
                w.assign(w.value - ops.cast(self._get_current_learning_rate(), w.dtype) * ops.cast(pull, w.dtype))

    return Planted(learning_rate=LR, weight_decay=WD)


def numpy_adam(g, state):
    t, m, v = state or (0, 0 * g, 0 * g)
    t, m, v = t + 1, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8), (t, m, v)


def numpy_momentum(g, state):
    m = 0.9 * (0 if state is None else state) + g
    return m, m


def numpy_sign(g, state):
    return np.sign(g), state


FUNCTIONS = {f.__name__: f for f in (numpy_adam, numpy_momentum, numpy_sign)}


def as_function(direction, decay):
    """A plain function that decays before the step."""

    def step(weights, gradient, state, lr=LR, weight_decay=WD):
        d, state = FUNCTIONS[direction](gradient, state)
        return weights - lr * d - lr * weight_decay * PULLS[decay](weights) / WD, state

    return step


class ScheduleFree(torch.optim.Optimizer):
    """Steps of signs between a fast copy and its average; decay acts on the fast copy, by the weights seen."""

    def __init__(self, params, lr=LR, weight_decay=WD, *, decay="right", beta=0.9):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "k": 0})
        self.decay, self.beta = decay, beta

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            group["k"] += 1
            lr = self.param_groups[-1]["lr"] if self.decay == "last group's lr" else group["lr"]
            for p in group["params"]:
                fast = self.state[p].setdefault("fast", p.clone())
                mean = (p - (1 - self.beta) * fast) / self.beta
                reached = not (self.decay == "last" and p is not group["params"][-1])
                reached = reached and not (self.decay == "half" and p.dtype.itemsize < 4)
                pull = lr * group["weight_decay"] / WD * PULLS.get(self.decay, PULLS["right"])(p) * reached
                if p.grad is not None:
                    fast.sub_(group["lr"] * p.grad.sign() + pull)
                    mean.lerp_(fast, 1 / math.sqrt(1 + group["k"]))
                    p.copy_((1 - self.beta) * fast + self.beta * mean)


def schedule_free(decay):
    return lambda params, lr=LR, weight_decay=WD: ScheduleFree(params, lr, weight_decay, decay=decay)
