"""One member's training, written slowly and obviously in NumPy, and once more with torch.nn and torch.optim.

Both take the initial weights and the batches of rows from the lab and nothing else: no layout of members, no rule, no
law, no compiled code. Weights are a flat list [weights, biases, weights, biases, ...], as the lab's are here.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from scipy.special import erf, log_softmax, softmax

from halflife.lab import Data, Regime, Rows, Setting, Trained
from halflife.lab.feed import batches
from halflife.rules import Law, schedule

Weights = list[np.ndarray]


def small_data(task: str = "classification", *, rows: int = 23, inputs: int = 3, outputs: int = 3) -> Data:
    """Random rows with something to learn in them; 23 rows in batches of 8 leave a last batch of 7."""
    random = np.random.default_rng(5)
    teacher = random.normal(size=(inputs, outputs))

    def part(size: int) -> Rows:
        x = random.normal(size=(size, inputs))
        y = np.sin(x @ teacher) + 0.3 * random.normal(size=(size, outputs))
        return Rows(x=x, y=np.eye(outputs)[y.argmax(axis=1)] if task == "classification" else y)

    return Data(
        name="small",
        task=task,
        target="y",
        classes=tuple("abc"[:outputs]) if task == "classification" else (),
        features=tuple(f"x{i}" for i in range(inputs)),
        train=part(rows),
        valid=part(11),
        test=part(13),
        target_mean=np.zeros(outputs),
        target_scale=np.ones(outputs),
        label_noise=0.0,
        seed=0,
        fingerprint=f"{task} {rows} {inputs} {outputs}",
    )


def flat(trained: Trained, member: int) -> Weights:
    """One member's weights and biases, layer by layer, biases as vectors."""
    layers = trained.parameters
    return [a for layer in layers for a in (layer["weights"][member], layer["biases"][member, :, 0])]


def apart(weights: Weights, others: Weights) -> float:
    """‖w − w′‖/‖w′‖ over all weights and biases."""
    difference = np.concatenate([(a - b).ravel() for a, b in zip(weights, others, strict=True)])
    return float(np.linalg.norm(difference) / np.linalg.norm(np.concatenate([b.ravel() for b in others])))


def _logistic(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


ACTIVATIONS: Mapping[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]] = {
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "logistic": (_logistic, lambda z: _logistic(z) * (1 - _logistic(z))),
    "gelu": (
        lambda z: z * (1 + erf(z / 2**0.5)) / 2,
        lambda z: (1 + erf(z / 2**0.5)) / 2 + z * np.exp(-(z**2) / 2) / (2 * np.pi) ** 0.5,
    ),
}
"""Each activation and its derivative, of the sums that go in."""

ERRORS: Mapping[str, tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]] = {
    "squared": (lambda o, t: ((o - t) ** 2).sum(axis=1) / 2, lambda o, t: o - t),
    "mean_squared": (lambda o, t: ((o - t) ** 2).mean(axis=1), lambda o, t: 2 * (o - t) / t.shape[1]),
    "softmax_cross_entropy": (
        lambda o, t: -(t * log_softmax(o, axis=1)).sum(axis=1),
        lambda o, t: softmax(o, axis=1) - t,
    ),
    "logistic_cross_entropy": (
        lambda o, t: (np.logaddexp(0, o) - t * o).sum(axis=1),
        lambda o, t: _logistic(o) - t,
    ),
}
"""Each error of a row, and its derivative by the outputs."""


def outputs_of(weights: Weights, x: np.ndarray, regime: Regime) -> np.ndarray:
    """What the network answers, [rows, outputs]."""
    return _forward(weights, x, regime)[-1][1]


def _forward(weights: Weights, x: np.ndarray, regime: Regime) -> list[tuple[np.ndarray, np.ndarray]]:
    """The sums and the activations of each layer; the inputs count as the activations of layer 0."""
    layers = [(x, x)]
    for layer in range(0, len(weights), 2):
        z = layers[-1][1] @ weights[layer].T + weights[layer + 1]
        last = layer == len(weights) - 2
        layers.append((z, ACTIVATIONS[regime.network.output if last else regime.network.activation][0](z)))
    return layers


def _gradients(weights: Weights, x: np.ndarray, y: np.ndarray, regime: Regime) -> Weights:
    layers = _forward(weights, x, regime)
    delta = ERRORS[regime.network.error][1](layers[-1][1], y) * ACTIVATIONS[regime.network.output][1](layers[-1][0])
    gradients: Weights = []
    for layer in range(len(layers) - 1, 0, -1):
        below_z, below_a = layers[layer - 1]
        gradients = [delta.T @ below_a / len(x), delta.sum(axis=0) / len(x), *gradients]
        if layer > 1:
            delta = (delta @ weights[2 * layer - 2]) * ACTIVATIONS[regime.network.activation][1](below_z)
    return gradients


def start(regime: Regime, seed: int) -> Weights:
    """The lab's initial weights."""
    return [a for layer in regime.network.initial(seed) for a in (layer["weights"], layer["biases"][:, 0])]


def steps(data: Data, regime: Regime, seed: int) -> list[tuple[np.ndarray, float]]:
    """The rows of every batch, in order, and the schedule's share of lr at that step."""
    rows = [
        index[weight > 0]
        for epoch in range(regime.epochs)
        for index, weight in zip(*batches(len(data.train), regime.batch_size, seed=seed, epoch=epoch), strict=True)
    ]
    share = schedule.named(regime.schedule, len(rows))
    return [(batch, share(step)) for step, batch in enumerate(rows)]


def decay_of(law: Law, wd: float, *, lr: float, peak: float) -> float:
    """α of a step, from the table of laws in the design."""
    return {
        Law.L2: 0.0,
        Law.DECOUPLED: lr * wd,
        Law.INDEPENDENT: lr / peak * wd,
        Law.UNSCHEDULED: peak * wd,
        Law.CONSTANT: wd,
        Law.CORRECTED: lr * lr / peak * wd,
        Law.QUADRATIC: lr * lr * wd,
        Law.PROXIMAL: 0.0,
    }[law]


def by_numpy(data: Data, regime: Regime, setting: Setting, *, seed: int) -> list[Weights]:
    """The weights after every step, the start first; backpropagation, optimizer and law written by hand."""
    path = [start(regime, seed)]
    memory = [{"v": np.zeros_like(w), "s": np.zeros_like(w)} for w in path[0]]
    chosen = dict(setting.hyperparameters)
    for t, (rows, share) in enumerate(steps(data, regime, seed), start=1):
        lr = setting.lr * share
        gradients = _gradients(path[-1], data.train.x[rows], data.train.y[rows], regime)
        moved = []
        for place, (w, g) in enumerate(zip(path[-1], gradients, strict=True)):
            strength = setting.strength if place % 2 == 0 or regime.regularize_biases else 0.0
            if setting.law is Law.L2:
                g = g + strength * w
            d = _DIRECTIONS[setting.rule](g, memory[place], t, **chosen)
            if setting.law is Law.PROXIMAL:
                moved.append((w - lr * d) / (1 + lr * strength))
            else:
                moved.append(w - lr * d - decay_of(setting.law, strength, lr=lr, peak=setting.lr) * w)
        path.append(moved)
    return path


def _momentum(g: np.ndarray, memory: dict, t: int, *, momentum: float, dampening: float) -> np.ndarray:
    memory["v"] = g if t == 1 else momentum * memory["v"] + (1 - dampening) * g
    return memory["v"]


def _adam(g: np.ndarray, memory: dict, t: int, *, beta1: float, beta2: float, eps: float) -> np.ndarray:
    memory["v"] = beta1 * memory["v"] + (1 - beta1) * g
    memory["s"] = beta2 * memory["s"] + (1 - beta2) * g**2
    return memory["v"] / (1 - beta1**t) / (np.sqrt(memory["s"] / (1 - beta2**t)) + eps)


_DIRECTIONS: Mapping[str, Callable[..., np.ndarray]] = {
    "sgd": lambda g, memory, t: g,
    "momentum": _momentum,
    "adam": _adam,
}

_TORCH_ACTIVATIONS: Mapping[str, Callable[[], torch.nn.Module]] = {
    "identity": torch.nn.Identity,
    "relu": torch.nn.ReLU,
    "tanh": torch.nn.Tanh,
    "logistic": torch.nn.Sigmoid,
    "gelu": torch.nn.GELU,
}
_TORCH_ERRORS: Mapping[str, Callable[..., torch.Tensor]] = {
    "squared": lambda o, t: torch.nn.functional.mse_loss(o, t, reduction="sum") / 2 / len(o),
    "mean_squared": torch.nn.functional.mse_loss,
    "softmax_cross_entropy": torch.nn.functional.cross_entropy,
    "logistic_cross_entropy": lambda o, t: (
        torch.nn.functional.binary_cross_entropy_with_logits(o, t, reduction="sum") / len(o)
    ),
}


def by_torch(data: Data, regime: Regime, setting: Setting, *, seed: int) -> Weights:
    """The last weights of a torch.nn.Sequential under torch.optim, in float64; for L2 and DECOUPLED of Adam."""
    network = regime.network
    modules: list[torch.nn.Module] = []
    for inputs, outputs in zip(network.sizes, network.sizes[1:], strict=False):
        modules += [torch.nn.Linear(inputs, outputs, dtype=torch.float64), _TORCH_ACTIVATIONS[network.activation]()]
    modules[-1] = _TORCH_ACTIVATIONS[network.output]()
    model = torch.nn.Sequential(*modules)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), start(regime, seed), strict=True):
            parameter.copy_(torch.tensor(value))
    regularized = [p for p in model.parameters() if p.ndim == 2 or regime.regularize_biases]
    others = [p for p in model.parameters() if p.ndim != 2 and not regime.regularize_biases]
    groups = [{"params": regularized, "weight_decay": setting.strength}, {"params": others, "weight_decay": 0.0}]
    chosen = dict(setting.hyperparameters)
    if setting.rule == "adam":
        kind = torch.optim.Adam if setting.law is Law.L2 else torch.optim.AdamW
        betas = (chosen["beta1"], chosen["beta2"])
        optimizer = kind([g for g in groups if g["params"]], lr=1.0, betas=betas, eps=chosen["eps"])
    else:
        optimizer = torch.optim.SGD([g for g in groups if g["params"]], lr=1.0, **chosen)
    for rows, share in steps(data, regime, seed):
        for group in optimizer.param_groups:
            group["lr"] = setting.lr * share
        optimizer.zero_grad()
        o = model(torch.tensor(data.train.x[rows]))
        _TORCH_ERRORS[network.error](o, torch.tensor(data.train.y[rows])).backward()
        optimizer.step()
    return [p.detach().numpy() for p in model.parameters()]
