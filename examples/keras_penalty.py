"""Keras: two things are called weight decay there. Translate one setting into each, and see what each does.

python examples/keras_penalty.py [--quick]
"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from sklearn.datasets import load_digits

import halflife

SETTING = "torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=0.01)"
x, y = load_digits(return_X_y=True)
x = x / 16


def fit(optimizer, regularizer=None):
    keras.utils.set_random_seed(0)
    layer = keras.layers.Dense(10, kernel_regularizer=regularizer)
    model = keras.Sequential([keras.Input((64,)), layer])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss=loss, metrics=["accuracy"])
    model.fit(x[:300], y[:300], batch_size=30, epochs=1 if "--quick" in sys.argv else 50, verbose=0)
    accuracy = model.evaluate(x[300:], y[300:], verbose=0)[1]
    return f"accuracy {accuracy:.3f}, ‖w‖ {np.linalg.norm(keras.ops.convert_to_numpy(layer.kernel)):.3f}"


SGD, L2 = keras.optimizers.SGD, keras.regularizers.L2
print("PyTorch's weight_decay is a penalty under SGD. In Keras:")
print(halflife.translate(SETTING, to="keras"))
print("\nKeras' own weight_decay is another law:", halflife.probe(SGD, learning_rate=0.1, momentum=0.9).law)
print("neither               ", fit(SGD(0.1, momentum=0.9)))
print("L2(0.005), λ = 0.01   ", fit(SGD(0.1, momentum=0.9), L2(0.005)))
print("weight_decay=0.01     ", fit(SGD(0.1, momentum=0.9, weight_decay=0.01)))
print("weight_decay=0.01/0.1 ", fit(SGD(0.1, momentum=0.9, weight_decay=0.1)), "= λ/(1−μ), the penalty's solution")
