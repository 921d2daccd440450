"""Optax: the place in the chain decides the law; `halflife.optax.regularize` opens the door that you mean.

python examples/optax_decay.py [--quick]
"""

import sys

import jax
import jax.numpy as jnp
import optax
from sklearn.datasets import load_digits

import halflife


def before(learning_rate, weight_decay=1e-2):
    return optax.chain(optax.add_decayed_weights(weight_decay), optax.adam(learning_rate))


def inside(learning_rate, weight_decay=1.0):
    return optax.chain(
        optax.scale_by_adam(), optax.add_decayed_weights(weight_decay), optax.scale_by_learning_rate(learning_rate)
    )


def after(learning_rate, weight_decay=1e-3):
    return optax.chain(optax.adam(learning_rate), optax.add_decayed_weights(weight_decay))


x, y = load_digits(return_X_y=True)
x, labels = jnp.asarray(x / 16), jnp.asarray(y)
start = {"w": jax.random.normal(jax.random.key(0), (64, 10)) / 8, "b": jnp.zeros(10)}


def loss(parameters, rows):
    logits = x[rows] @ parameters["w"] + parameters["b"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels[rows]).mean()


ours = halflife.optax.regularize(optax.adam, 1e-3, decay=1e-3)
optimizers = {make.__name__: make(1e-3) for make in (before, inside, after)} | {"ours": ours}
for name, optimizer in optimizers.items():

    @jax.jit
    def step(state, rows, optimizer=optimizer):
        parameters, memory = state
        updates, memory = optimizer.update(jax.grad(loss)(parameters, rows), memory, parameters)
        return optax.apply_updates(parameters, updates), memory

    state = start, optimizer.init(start)
    for t in range(20 if "--quick" in sys.argv else 500):
        state = step(state, jax.random.randint(jax.random.key(t), (32,), 0, 300))
    right = jnp.mean((x[300:] @ state[0]["w"] + state[0]["b"]).argmax(1) == labels[300:])
    print(
        f"{name:7} {halflife.probe(optimizer).law!s:10} accuracy {right:.3f}, ‖w‖ {jnp.linalg.norm(state[0]['w']):.3g}"
    )
