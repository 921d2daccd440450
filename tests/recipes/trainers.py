"""The problem, solved by the text of a recipe in the real framework: the judges of EXACT.

Everything is in float64. The text is run as a user would paste it.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import jax
import numpy as np
import optax
import sklearn.neural_network
import torch

from recipes.problem import BATCH, ROWS, START, TARGETS, Path, flat


def run(text: str, **names: Any) -> dict[str, Any]:
    """The names after the text."""
    exec(text, names)  # noqa: S102 - text that halflife wrote
    return names


@cache
def torch_path(text: str, shares: tuple[float, ...] = ()) -> Path:
    """The weights after each step in PyTorch; what is imported by its optimizers' names may be in the text."""
    names = {name: importlib.import_module(name) for name in ("torch", "optimi", "lion_pytorch")}
    return walk_in_torch(lambda model: run(text, model=model, **names), shares)


def walk_in_torch(make: Callable[[torch.nn.Module], dict[str, Any]], shares: tuple[float, ...] = ()) -> Path:
    """The weights after each step of the `optimizer` that is made for a model, with its `scheduler`, if there is one.

    Where shares are given, lr is that share of its peak in each step, set by hand.
    """
    ordinary = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        model = torch_model()
        names = make(model)
        optimizer = names["optimizer"]
        peaks = [group["lr"] for group in optimizer.param_groups]
        path = []
        for step, (rows, targets) in enumerate(zip(ROWS, TARGETS, strict=True)):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True) if shares else ():
                group["lr"] = peak * shares[step]
            optimizer.zero_grad()
            loss = ((model(torch.tensor(rows)) - torch.tensor(targets)) ** 2).mean() / 2
            loss.backward()
            optimizer.step()
            if "scheduler" in names:
                names["scheduler"].step()
            path.append(torch_weights(model))
        return np.stack(path)
    finally:
        torch.set_default_dtype(ordinary)


def torch_model() -> torch.nn.Module:
    """The network at its start, in the default dtype."""
    model = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Sigmoid(), torch.nn.Linear(5, 1))
    with torch.no_grad():
        for parameter, start in zip(model.parameters(), START, strict=True):
            parameter.copy_(torch.tensor(start.T))
    return model


def torch_weights(model: torch.nn.Module) -> np.ndarray:
    """All parameters in one row, as (inputs, outputs)."""
    return flat([p.detach().numpy().T for p in model.parameters()])


@cache
def keras_path(text: str) -> Path:
    """The weights after each step in Keras."""
    import keras  # seconds to import, and needed by few

    def model_of(**chosen: Any) -> Any:
        layers = [keras.layers.Dense(5, activation="sigmoid", **chosen), keras.layers.Dense(1, **chosen)]
        model = keras.Sequential([keras.Input((4,)), *layers])
        model.set_weights(START)
        return model

    return np.stack([flat(weights) for weights in walk_in_keras(text, model_of, zip(ROWS, TARGETS, strict=True))])


def walk_in_keras(
    text: str, model_of: Callable[..., Any], batches: Iterable[tuple[np.ndarray, np.ndarray]]
) -> Iterator[list[np.ndarray]]:
    """The weights after each batch: half the mean square and the layers' penalties, and the optimizer's own `apply`.

    The products, and the sigmoid between them, are torch's: Keras on torch multiplies in float32.
    """
    import keras

    ordinary = keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        names = run(text, keras=keras)
        model = model_of(**{name: names[name] for name in ("kernel_regularizer", "bias_regularizer") if name in names})
        variables = model.trainable_variables
        for rows, targets in batches:
            model.zero_grad()
            *hidden, (kernel, bias) = [(layer.kernel.value, layer.bias.value) for layer in model.layers]
            output = torch.tensor(rows)
            for inner, shift in hidden:
                output = torch.sigmoid(output @ inner + shift)
            errors = output @ kernel + bias - torch.tensor(targets)
            ((errors**2).mean() / 2 + sum(model.losses)).backward()
            with torch.no_grad():
                names["optimizer"].apply([variable.value.grad for variable in variables], variables)
            yield model.get_weights()
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
        optimizer = run(text, optax=optax, jax=jax)["optimizer"]
        parameters = [jax.numpy.array(start) for start in START]
        state = optimizer.init(parameters)
        path = []
        for rows, targets in zip(ROWS, TARGETS, strict=True):
            change, state = optimizer.update(_gradient(parameters, rows, targets), state, parameters)
            parameters = optax.apply_updates(parameters, change)
            path.append(flat(parameters))
        return np.stack(path)


@cache
def sklearn_path(text: str) -> Path:
    """The weights after each step of scikit-learn's MLPRegressor."""
    text = text.replace("MLPClassifier", "MLPRegressor")
    model = run(text, sklearn=sklearn)["model"].set_params(hidden_layer_sizes=(5,), activation="logistic")
    assert model.batch_size == BATCH, "the text's alpha is for other mini-batches"
    model.partial_fit(ROWS[0], TARGETS[0].ravel())  # makes arrays of the right shapes, which are then replaced
    del model._optimizer
    model.coefs_, model.intercepts_ = [START[0].copy(), START[2].copy()], [START[1].copy(), START[3].copy()]
    path = []
    for rows, targets in zip(ROWS, TARGETS, strict=True):
        model.partial_fit(rows, targets.ravel())
        (first, second), (bias, last) = model.coefs_, model.intercepts_
        path.append(flat([first, bias, second, last]))
    return np.stack(path)


@cache
def hugging_face_path(text: str, dtype: torch.dtype = torch.float64) -> Path:
    """The weights after each step of Hugging Face's Trainer."""
    import transformers

    class Kept(transformers.TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, model: Any, **__: Any) -> None:
            path.append(torch_weights(model))

    class Model(torch.nn.Sequential):
        def forward(self, rows: Any, labels: Any) -> Any:
            return {"loss": ((super().forward(rows.to(dtype)) - labels.to(dtype)) ** 2).mean() / 2}

    class InOrder(transformers.Trainer):  # type: ignore[misc]
        def _get_train_sampler(self, dataset: Any = None) -> Any:
            return torch.utils.data.SequentialSampler(dataset)

    path: list[np.ndarray] = []
    ordinary = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        args = run(text, transformers=transformers)["args"]
        args.save_strategy, args.disable_tqdm, args.report_to, args.dataloader_pin_memory = "no", True, [], False
        data = [{"rows": x, "labels": y} for x, y in zip(ROWS.reshape(-1, 4), TARGETS.reshape(-1, 1), strict=True)]
        InOrder(Model(*torch_model()), args, train_dataset=data, callbacks=[Kept()]).train()
        return np.stack(path)
    finally:
        torch.set_default_dtype(ordinary)


TRAINERS: dict[str, Callable[[str], Path]] = {
    "torch": torch_path,
    "keras": keras_path,
    "optax": optax_path,
    "sklearn": sklearn_path,
}
