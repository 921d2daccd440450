"""What cannot be installed, as loops that anybody can hold against its source: Caffe, the AdamW paper, the blog post.

Each loop knows its own letters and nothing of halflife. Caffe is written from its `sgd_solver.cpp` and the files of its
other solvers, the paper from its algorithms 1 and 2, the post from its program.
"""

import re
from collections.abc import Callable

import numpy as np

from recipes.problem import ROWS, START, TARGETS, Path, flat, gradient

Step = Callable[[int, np.ndarray, np.ndarray, dict[str, np.ndarray], float], np.ndarray]
"""(t, weights, gradient, memory, share of the peak lr) to new weights; t counts from 1."""


def walk(step: Step, shares: tuple[float, ...]) -> Path:
    """The weights after each step; every tensor has a memory of its own."""
    weights, memories, path = list(START), [dict[str, np.ndarray]() for _ in START], []
    for t, share in enumerate(shares, start=1):
        gradients = gradient(weights, ROWS[t - 1], TARGETS[t - 1])
        weights = [step(t, w, g, m, share) for w, g, m in zip(weights, gradients, memories, strict=True)]
        path.append(flat(weights))
    return np.stack(path)


def caffe_path(text: str, shares: tuple[float, ...]) -> Path:
    """A solver: regularize the difference, compute the update, subtract it."""
    lines = dict(re.findall(r"^(\w+): (\S+)$", text, re.MULTILINE))
    kind = lines.pop("type").strip('"')
    lines.pop("lr_policy")
    n = {name: float(value) for name, value in lines.items()}
    only_weights = "decay_mult: 0" in text
    momentum, delta = n.get("momentum", 0.0), n.get("delta", 1e-8)

    def step(t: int, w: np.ndarray, g: np.ndarray, m: dict[str, np.ndarray], share: float) -> np.ndarray:
        rate = n["base_lr"] * share
        diff = g + n["weight_decay"] * (0.0 if only_weights and w.ndim < 2 else 1.0) * w
        old = m.get("history", np.zeros_like(w))
        if kind == "SGD":
            m["history"] = momentum * old + rate * diff
            return w - m["history"]
        if kind == "Nesterov":
            m["history"] = momentum * old + rate * diff
            return w - ((1 + momentum) * m["history"] - momentum * old)
        if kind == "AdaGrad":
            m["history"] = old + diff**2
            return w - rate * diff / (np.sqrt(m["history"]) + delta)
        if kind == "RMSProp":
            keep = n.get("rms_decay", 0.99)
            m["history"] = keep * old + (1 - keep) * diff**2
            return w - rate * diff / (np.sqrt(m["history"]) + delta)
        if kind == "AdaDelta":
            m["history"] = momentum * old + (1 - momentum) * diff**2
            moved = m.get("moved", np.zeros_like(w))
            update = diff * np.sqrt((delta + moved) / (delta + m["history"]))
            m["moved"] = momentum * moved + (1 - momentum) * update**2
            return w - rate * update
        beta2 = n.get("momentum2", 0.999)
        m["history"] = momentum * old + (1 - momentum) * diff
        m["square"] = beta2 * m.get("square", np.zeros_like(w)) + (1 - beta2) * diff**2
        correction = np.sqrt(1 - beta2**t) / (1 - momentum**t)
        return w - rate * correction * m["history"] / (np.sqrt(m["square"]) + delta)

    return walk(step, shares)


def paper_path(text: str, shares: tuple[float, ...]) -> Path:
    """Algorithms 1 and 2, with ηt the schedule's share."""
    n = {letter: float(value) for letter, value in re.findall(r"(\S+) = ([^\s,]+)", text)}
    only_weights, adam = "weights only" in text, text.startswith("Adam")
    beta1, beta2, eps = n.get("β1", 0.9 if adam else 0.0), n.get("β2", 0.999), n.get("ε", 1e-8)

    def step(t: int, w: np.ndarray, g: np.ndarray, m: dict[str, np.ndarray], eta: float) -> np.ndarray:
        decayed = not (only_weights and w.ndim < 2)
        g = g + n.get("λ'", 0.0) * w * decayed
        first = m.get("m", np.zeros_like(w))
        if adam:
            m["m"] = beta1 * first + (1 - beta1) * g
            m["v"] = beta2 * m.get("v", np.zeros_like(w)) + (1 - beta2) * g**2
            move = n["α"] * (m["m"] / (1 - beta1**t)) / (np.sqrt(m["v"] / (1 - beta2**t)) + eps)
            return w - eta * (move + n.get("λ", 0.0) * w * decayed)
        m["m"] = beta1 * first + eta * n["α"] * g
        return w - m["m"] - eta * n.get("λ", 0.0) * w * decayed

    return walk(step, shares)


def blog_step(text: str) -> Step:
    """The program's order: the step, μ times the step before it, then the shrinking of all weights."""
    n = {letter: float(value) for letter, value in re.findall(r"(\S) = ([^\s,]+)", text)}
    after = "; w ← w − α·w" in text

    def step(t: int, w: np.ndarray, g: np.ndarray, m: dict[str, np.ndarray], share: float) -> np.ndarray:
        plain = n["η"] * share * (g + n.get("λ", 0.0) * w)
        moved = w - plain - n.get("μ", 0.0) * m.get("plain", np.zeros_like(w))
        m["plain"] = plain
        return moved - n.get("α", 0.0) * (moved if after else w)

    return step


def blog_path(text: str, shares: tuple[float, ...]) -> Path:
    """The post's program."""
    return walk(blog_step(text), shares)


BY_HAND = {"caffe": caffe_path, "paper": paper_path, "blog": blog_path}
