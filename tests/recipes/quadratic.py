"""A quadratic error, minimized to the end by the text of a recipe in the real framework: the judges of SAME SOLUTION.

Four inputs, one output without hidden units, ½·(mean squared error) over all rows in every step. Inputs and targets
have mean 0, so the bias, where there is one, begins at its optimum 0 and stays there, regularized or not.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import numpy as np
import optax
import optimi
import sklearn.neural_network
import torch

from recipes.by_hand import blog_step
from recipes.trainers import run, walk_in_keras

ROWS = 12
_random = np.random.default_rng(8)
_centred = _random.normal(size=(ROWS, 4))
_centred -= _centred.mean(axis=0)
_axes, _turn = np.linalg.qr(_centred)[0], np.linalg.qr(_random.normal(size=(4, 4)))[0]
X = (_axes * np.sqrt(ROWS * np.array([0.4, 0.7, 1.5, 3.0]))) @ _turn
"""Inputs [rows, 4] whose curvatures are 0.4 to 3, along axes that are not the weights' own."""

Y = X @ np.array([[1.0], [-2.0], [0.5], [4.0]]) + _random.normal(size=(ROWS, 1))
Y -= Y.mean()
HESSIAN, SLOPE = X.T @ X / ROWS, X.T @ Y / ROWS
START = _random.normal(size=(4, 1))
STEPS = 500
CONVERGED = 1e-12
"""How far the last step may go."""


def ridge(l2: float) -> np.ndarray:
    """(H + λI)⁻¹b, where descent on the error with the penalty (λ/2)‖w‖² ends."""
    return np.linalg.solve(HESSIAN + l2 * np.eye(4), SLOPE)[:, 0]


def torch_end(text: str) -> tuple[np.ndarray, np.ndarray]:
    """The last two weights in PyTorch, by torch.optim or by optimi."""
    model = torch.nn.Linear(4, 1, dtype=torch.float64)
    x, y = torch.tensor(X), torch.tensor(Y)
    with torch.no_grad():
        model.weight.copy_(torch.tensor(START.T))
        model.bias.zero_()
    optimizer = run(text, torch=torch, optimi=optimi, model=model)["optimizer"]
    path = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        (((model(x) - y) ** 2).mean() / 2).backward()
        optimizer.step()
        path.append(model.weight.detach().numpy()[0].copy())
    return path[-2], path[-1]


def keras_end(text: str) -> tuple[np.ndarray, np.ndarray]:
    """The last two weights in Keras."""
    import keras  # seconds to import, and needed by few

    def model_of(**chosen: Any) -> Any:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, **chosen)])
        model.set_weights([START, np.zeros(1)])
        return model

    path = [weights[0][:, 0] for weights in walk_in_keras(text, model_of, [(X, Y)] * STEPS)]
    return path[-2], path[-1]


def optax_end(text: str) -> tuple[np.ndarray, np.ndarray]:
    """The last two weights in JAX with Optax."""
    with jax.enable_x64(True):
        optimizer = run(text, optax=optax, jax=jax)["optimizer"]
        hessian, slope = jax.numpy.array(HESSIAN), jax.numpy.array(SLOPE)

        def step(carry: tuple[jax.Array, object], _: None) -> tuple[tuple[jax.Array, object], jax.Array]:
            weights, state = carry
            change, state = optimizer.update(hessian @ weights - slope, state, weights)
            weights = optax.apply_updates(weights, change)
            return (weights, state), weights[:, 0]

        start = jax.numpy.array(START)
        _, path = jax.lax.scan(step, (start, optimizer.init(start)), None, length=STEPS)
        return np.asarray(path[-2]), np.asarray(path[-1])


def sklearn_end(text: str) -> tuple[np.ndarray, np.ndarray]:
    """The last two weights of scikit-learn's MLPRegressor."""
    model = run(text.replace("MLPClassifier", "MLPRegressor"), sklearn=sklearn)["model"]
    assert model.batch_size == ROWS, "the text's alpha is for other mini-batches"
    model.set_params(hidden_layer_sizes=(), shuffle=False)
    model.partial_fit(X, Y.ravel())  # makes arrays of the right shapes, which are then replaced
    del model._optimizer
    model.coefs_, model.intercepts_ = [START.copy()], [np.zeros(1)]
    path = []
    for _ in range(STEPS):
        model.partial_fit(X, Y.ravel())
        path.append(model.coefs_[0][:, 0].copy())
    return path[-2], path[-1]


def blog_end(text: str) -> tuple[np.ndarray, np.ndarray]:
    """The last two weights by the post's own program, which is no library."""
    step, memory, path = blog_step(text), dict[str, np.ndarray](), [START, START]
    for t in range(1, STEPS + 1):
        path.append(step(t, path[-1], HESSIAN @ path[-1] - SLOPE, memory, 1.0))
    return path[-2][:, 0], path[-1][:, 0]


ENDS: dict[str, Callable[[str], tuple[np.ndarray, np.ndarray]]] = {
    "torch": torch_end,
    "keras": keras_end,
    "optax": optax_end,
    "sklearn": sklearn_end,
    "optimi": torch_end,
    "blog": blog_end,
}


@cache
def end(framework: str, text: str) -> np.ndarray:
    """Where the text's training ends, at a point where it moves no more."""
    before, last = ENDS[framework](text)
    assert np.abs(last - before).max() <= CONVERGED, f"{framework} still moves after {STEPS} steps: {text}"
    return last
