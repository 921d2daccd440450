"""Fully connected networks, many at once: members along the first axis, rows of data along the last.

Weights of a layer are [members, outputs, inputs], biases [members, outputs, 1], activations [members, units, rows].
The inputs are the same rows for every member, so the first layer of all members together is one matrix product,
(members·outputs × inputs) @ (inputs × rows), and so is its gradient: that layout is where the speed comes from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from halflife._errors import BadInput, UnknownName
from halflife.lab.model import Parameters

Array = Any


def _identity(z: Array) -> Array:
    return z


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "relu": jax.nn.relu,
    "tanh": jnp.tanh,
    "logistic": jax.nn.sigmoid,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "identity": _identity,
}


def _half_squared(outputs: Array, targets: Array) -> Array:
    return jnp.sum((outputs - targets) ** 2, axis=1) / 2


def _mean_squared(outputs: Array, targets: Array) -> Array:
    return jnp.mean((outputs - targets) ** 2, axis=1)


def _softmax_cross_entropy(logits: Array, targets: Array) -> Array:
    shifted = logits - jax.lax.stop_gradient(jnp.max(logits, axis=1, keepdims=True))
    return jnp.log(jnp.sum(jnp.exp(shifted), axis=1)) - jnp.sum(shifted * targets, axis=1)


def _logistic_cross_entropy(logits: Array, targets: Array) -> Array:
    return jnp.sum(jax.nn.softplus(logits) - targets * logits, axis=1)


ERRORS: Mapping[str, Callable[[Array, Array], Array]] = {
    "squared": _half_squared,
    "mean_squared": _mean_squared,
    "softmax_cross_entropy": _softmax_cross_entropy,
    "logistic_cross_entropy": _logistic_cross_entropy,
}
"""The error of each row from outputs [members, outputs, rows] and targets [outputs, rows]; a batch takes the mean.

`squared` is ½Σ(o−t)² over the outputs, `mean_squared` the plain mean over them, without ½. The two cross-entropies
take logits: `softmax` over exclusive classes, for targets that sum to 1, `logistic` output by output.
"""


@jax.custom_vjp  # type: ignore[untyped-decorator] # jax ships no types here
def _layer(weights: Array, below: Array) -> Array:
    """Each member's weights times what its units below say: [members, outputs, rows].

    Its gradient for the weights is (below·dᵀ)ᵀ and not d·belowᵀ, the same sums in another layout: XLA's fast products
    on a CPU contract the last axis of the left factor, so one of the two is turned, and d is the smaller.
    """
    return jnp.matmul(weights, below)


def _layer_forward(weights: Array, below: Array) -> tuple[Array, tuple[Array, Array]]:
    return jnp.matmul(weights, below), (weights, below)


def _layer_backward(factors: tuple[Array, Array], d: Array) -> tuple[Array, Array]:
    weights, below = factors
    of_weights = jnp.matmul(below, jnp.swapaxes(d, 1, 2))
    return jnp.swapaxes(of_weights, 1, 2), jnp.matmul(jnp.swapaxes(weights, 1, 2), d)


_layer.defvjp(_layer_forward, _layer_backward)

_Spread = Callable[[int, int, float], float]

INITIALIZATIONS: Mapping[str, tuple[str, _Spread]] = {
    "he": ("normal", lambda inputs, _outputs, _sigma: (2 / inputs) ** 0.5),
    "glorot": ("uniform", lambda inputs, outputs, _sigma: (6 / (inputs + outputs)) ** 0.5),
    "torch": ("uniform", lambda inputs, _outputs, _sigma: inputs**-0.5),
    "normal": ("normal", lambda _inputs, _outputs, sigma: sigma),
}
"""How weights start: the distribution, and its standard deviation or bound.

He et al. 2015, equation 10; Glorot & Bengio 2010, equation 16; torch.nn.Linear; and N(0, σ²). Biases start at 0,
except with `torch`, which draws them like the weights.
"""


@dataclass(frozen=True, kw_only=True)
class Network:
    """The shape of a fully connected network and the error that it is trained on.

    Attributes:
        sizes: units a layer, inputs first, outputs last; (64, 64, 10) has one hidden layer.
        error: one of `ERRORS`.
        activation: of the hidden layers, one of `ACTIVATIONS`.
        output: of the output layer, one of `ACTIVATIONS`; the cross-entropies bring their own, and want `identity`.
        initialization: one of `INITIALIZATIONS`.
        sigma: the standard deviation of `initialization="normal"`.

    Raises:
        UnknownName: an error, activation or initialization that does not exist.
        BadInput: fewer than two sizes, or one below 1.
    """

    sizes: tuple[int, ...]
    error: str
    activation: str = "relu"
    output: str = "identity"
    initialization: str = "he"
    sigma: float = 0.1

    def __post_init__(self) -> None:
        for kind, name, known in (
            ("error", self.error, ERRORS),
            ("activation", self.activation, ACTIVATIONS),
            ("activation", self.output, ACTIVATIONS),
            ("initialization", self.initialization, INITIALIZATIONS),
        ):
            if name not in known:
                raise UnknownName(kind, name, known)
        if len(self.sizes) < 2 or min(self.sizes) < 1:
            raise BadInput(f"the layers have sizes {self.sizes}: at least inputs and outputs, each 1 or more.")
        if self.error.endswith("cross_entropy") and self.output != "identity":
            raise BadInput(
                f"output is {self.output!r} under {self.error}: it must be 'identity', for the error brings its own."
            )

    @property
    def parameters(self) -> int:
        """How many numbers one member learns, biases included."""
        return sum(outputs * (inputs + 1) for inputs, outputs in zip(self.sizes, self.sizes[1:], strict=False))

    def initial(self, seed: int) -> Parameters:
        """One member's first weights, float64, without the member axis; the same seed gives the same numbers."""
        random = np.random.default_rng([seed, _INITIALIZATION_STREAM])
        distribution, spread = INITIALIZATIONS[self.initialization]
        layers = []
        for inputs, outputs in zip(self.sizes, self.sizes[1:], strict=False):
            draw = random.standard_normal if distribution == "normal" else _uniform(random)
            scale = spread(inputs, outputs, self.sigma)
            weights = scale * draw((outputs, inputs))
            biases = scale * draw((outputs, 1)) if self.initialization == "torch" else np.zeros((outputs, 1))
            layers.append({"weights": weights, "biases": biases})
        return layers

    def outputs(self, parameters: Parameters, rows: Array) -> Array:
        """What every member answers: [members, outputs, rows] for rows [rows, inputs]; logits under a cross-entropy."""
        first, *others = parameters
        members, units, inputs = first["weights"].shape
        z = (first["weights"].reshape(members * units, inputs) @ rows.T).reshape(members, units, -1) + first["biases"]
        for layer in others:
            z = _layer(layer["weights"], ACTIVATIONS[self.activation](z)) + layer["biases"]
        return ACTIVATIONS[self.output](z)

    def described(self) -> Mapping[str, Any]:
        """All of it."""
        return vars(self)

    def row_errors(self, outputs: Array, targets: Array) -> Array:
        """The error of every member on every row, [members, rows], for targets [rows, outputs]."""
        return ERRORS[self.error](outputs, targets.T)


_INITIALIZATION_STREAM = 1


def _uniform(random: np.random.Generator) -> Callable[[tuple[int, int]], np.ndarray]:
    return lambda shape: random.uniform(-1, 1, size=shape)
