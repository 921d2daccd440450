"""The object that a text makes when it is pasted, and whether its setting is the one that was read in the text."""

from dataclasses import replace
from typing import Any

import jax
import keras
import optax
import pytest
import sklearn.neural_network
import torch

from halflife.recipes import Recipe
from recipes.trainers import run


def alive(text: str) -> Any:
    """The object that a text makes: an optimizer, an estimator, or a Keras model with its regularizers."""
    model = torch.nn.Linear(3, 2)
    names = run(text, torch=torch, keras=keras, optax=optax, sklearn=sklearn, jax=jax, model=model)
    if not isinstance(names.get("optimizer"), keras.optimizers.Optimizer):
        return names.get("optimizer", names["model"])
    return keras_model(names)


def keras_model(names: dict[str, Any]) -> Any:
    """A compiled model with the regularizers that a text names, its optimizer built."""
    chosen = {name: names[name] for name in ("kernel_regularizer", "bias_regularizer") if name in names}
    layers = [keras.layers.Dense(5, activation="sigmoid", **chosen), keras.layers.Dense(1, **chosen)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.compile(optimizer=names["optimizer"], loss="mse")
    names["optimizer"].build(model.trainable_variables)
    return model


def same(one: Recipe, other: Recipe) -> None:
    """Equal but for the rounding of numbers to float32, which Keras and Optax keep them in."""
    assert dict(one.hyperparameters) == pytest.approx(dict(other.hyperparameters), rel=1e-6)
    assert (one.lr, one.strength) == pytest.approx((other.lr, other.strength), rel=1e-6)
    numbers = {"lr": one.lr, "strength": one.strength, "hyperparameters": one.hyperparameters}
    assert replace(other, **numbers) == one
