"""Keras on its torch backend, where everything is in float64, in a process of its own: a backend is chosen once.

`paths(texts)` starts the process; run as a script, it reads a JSON list of texts and prints a JSON list of paths.
"""

import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import numpy as np

from recipes.problem import ROWS, START, TARGETS, Path, flat


@cache
def paths(texts: tuple[str, ...]) -> dict[str, Path]:
    """The weights after each step for each text."""
    where = {"KERAS_BACKEND": "torch", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, __file__],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        env=os.environ | where,
        check=False,
    )
    assert not done.returncode, done.stderr[-2000:]
    return {text: np.array(path) for text, path in zip(texts, json.loads(done.stdout), strict=True)}


def keras_path(text: str) -> Path:
    """The weights after each step: the layers' regularizers in the loss, the optimizer's own `apply`."""
    import keras
    import torch

    names: dict[str, Any] = {"keras": keras}
    exec(text, names)  # noqa: S102 - text that halflife wrote
    chosen = {name: names[name] for name in ("kernel_regularizer", "bias_regularizer") if name in names}
    layers = [keras.layers.Dense(5, activation="sigmoid", **chosen), keras.layers.Dense(1, **chosen)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.set_weights(START)
    optimizer, variables = names["optimizer"], model.trainable_variables
    path = []
    for rows, targets in zip(ROWS, TARGETS, strict=True):
        model.zero_grad()
        output = model(torch.tensor(rows))
        (((output - torch.tensor(targets)) ** 2).mean() / 2 + sum(model.losses)).backward()
        with torch.no_grad():
            optimizer.apply([variable.value.grad for variable in variables], variables)
        path.append(flat([variable.value.detach().numpy() for variable in variables]))
    return np.stack(path)


if __name__ == "__main__":
    import keras

    keras.config.set_floatx("float64")
    asked = json.load(sys.stdin)
    sys.stdout.write(json.dumps([keras_path(text).tolist() for text in asked]))
