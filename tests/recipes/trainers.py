"""One small network, trained by the text of a recipe in the real framework: the judges of EXACT.

Four inputs, five sigmoid units, one output, ½·(mean squared error); the same start and the same mini-batches, and
everything in float64 (but Keras on JAX rounds its roots to float32). The text is run as a user would paste it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import numpy as np
import optax
import sklearn.neural_network
import torch

STEPS = 50
BATCH = 8
_random = np.random.default_rng(5)
START = [_random.normal(size=shape) for shape in ((4, 5), (5,), (5, 1), (1,))]
"""Weights and biases as (inputs, outputs)."""

ROWS = _random.normal(size=(STEPS, BATCH, 4))
TARGETS = _random.normal(size=(STEPS, BATCH, 1))

Path = np.ndarray


def _run(text: str, **names: Any) -> dict[str, Any]:
    """The names after the text."""
    exec(text, names)  # noqa: S102 - text that halflife wrote
    return names


def _flat(parameters: list[Any]) -> np.ndarray:
    return np.concatenate([np.asarray(p).ravel() for p in parameters])


@cache
def torch_path(text: str) -> Path:
    """The weights after each step in PyTorch."""
    ordinary = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Sigmoid(), torch.nn.Linear(5, 1))
        with torch.no_grad():
            for parameter, start in zip(model.parameters(), START, strict=True):
                parameter.copy_(torch.tensor(start.T))
        names = _run(text, torch=torch, model=model)
        path = []
        for rows, targets in zip(ROWS, TARGETS, strict=True):
            names["optimizer"].zero_grad()
            loss = ((model(torch.tensor(rows)) - torch.tensor(targets)) ** 2).mean() / 2
            loss.backward()
            names["optimizer"].step()
            if "scheduler" in names:
                names["scheduler"].step()
            path.append(_flat([p.detach().numpy().T for p in model.parameters()]))
        return np.stack(path)
    finally:
        torch.set_default_dtype(ordinary)


@cache
def keras_path(text: str) -> Path:
    """The weights after each step in Keras on JAX."""
    import keras  # seconds to import, and needed by few

    ordinary = keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        with jax.enable_x64(True):
            names = _run(text, keras=keras)
            chosen = {name: names[name] for name in ("kernel_regularizer", "bias_regularizer") if name in names}
            model = keras.Sequential(
                [
                    keras.Input((4,)),
                    keras.layers.Dense(5, activation="sigmoid", **chosen),
                    keras.layers.Dense(1, **chosen),
                ]
            )
            model.set_weights(START)
            model.compile(optimizer=names["optimizer"], loss=lambda y, o: keras.ops.mean((y - o) ** 2) / 2)
            path = []
            for rows, targets in zip(ROWS, TARGETS, strict=True):
                model.train_on_batch(rows, targets)
                path.append(_flat([variable.value for variable in model.weights]))
            return np.stack(path)
    finally:
        keras.config.set_floatx(ordinary)
        keras.config.set_dtype_policy(ordinary)


def _error(parameters: list[Any], rows: Any, targets: Any) -> Any:
    first, bias, second, last = parameters
    return jax.numpy.mean((jax.nn.sigmoid(rows @ first + bias) @ second + last - targets) ** 2) / 2


_gradient = jax.jit(jax.grad(_error))


@cache
def optax_path(text: str) -> Path:
    """The weights after each step in JAX with Optax."""
    with jax.enable_x64(True):
        optimizer = _run(text, optax=optax, jax=jax)["optimizer"]
        parameters = [jax.numpy.array(start) for start in START]
        state = optimizer.init(parameters)
        path = []
        for rows, targets in zip(ROWS, TARGETS, strict=True):
            change, state = optimizer.update(_gradient(parameters, rows, targets), state, parameters)
            parameters = optax.apply_updates(parameters, change)
            path.append(_flat(parameters))
        return np.stack(path)


@cache
def sklearn_path(text: str) -> Path:
    """The weights after each step of scikit-learn's MLPRegressor."""
    text = text.replace("MLPClassifier", "MLPRegressor")
    model = _run(text, sklearn=sklearn)["model"].set_params(hidden_layer_sizes=(5,), activation="logistic")
    assert model.batch_size == BATCH, "the text's alpha is for other mini-batches"
    model.partial_fit(ROWS[0], TARGETS[0].ravel())  # makes arrays of the right shapes, which are then replaced
    del model._optimizer
    model.coefs_, model.intercepts_ = [START[0].copy(), START[2].copy()], [START[1].copy(), START[3].copy()]
    path = []
    for rows, targets in zip(ROWS, TARGETS, strict=True):
        model.partial_fit(rows, targets.ravel())
        (first, second), (bias, last) = model.coefs_, model.intercepts_
        path.append(_flat([first, bias, second, last]))
    return np.stack(path)


TRAINERS: dict[str, Callable[[str], Path]] = {
    "torch": torch_path,
    "keras": keras_path,
    "optax": optax_path,
    "sklearn": sklearn_path,
}


def gap(path: Path, other: Path) -> float:
    """The largest distance at any step, relative to the length of the weights at the start."""
    return float(np.linalg.norm(path - other, axis=1).max() / np.linalg.norm(_flat(START)))
