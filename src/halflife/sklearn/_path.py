"""The regularization path: what becomes of a network as its penalty grows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from scipy.special import expit, softmax

from halflife.lab.model import Parameters
from halflife.lab.networks import Network
from halflife.lab.training import Trained

Array = Any


@dataclass(frozen=True, kw_only=True, eq=False)
class RegularizationPath:
    """Arrays along the strength, [strengths], at one learning rate.

    Attributes:
        door: "l2" or "decay".
        strengths: λ or α, rising.
        lr: the learning rate.
        norm: ‖w‖, biases excluded, of a network trained on all rows.
        train_error: its error on all rows, without penalty.
        valid_error: the mean over folds and seeds of the error on the rows held out.
        effective_parameters: how many numbers the rows determine, Σ hᵢ/(hᵢ + λ) over the eigenvalues h of the
            Gauss-Newton matrix of the weights, and one for each bias (MacKay 1992, A practical Bayesian framework for
            backpropagation networks, section 4); NaN along a decay, which is no λ under every rule.
    """

    door: str
    strengths: Array
    lr: float
    norm: Array
    train_error: Array
    valid_error: Array
    effective_parameters: Array

    @classmethod
    def of(
        cls,
        trained: Sequence[Trained],
        network: Network,
        X: Array,
        *,
        door: str,
        strengths: Array,
        lr: float,
        valid_error: Array,
    ) -> Self:
        """The path along which these were trained on the rows X, a population of one for each strength."""
        return cls(
            door=door,
            strengths=strengths,
            lr=lr,
            norm=np.array([t.curves["norm"][-1, 0] for t in trained], float),
            train_error=np.array([t.final["train"][0] for t in trained], float),
            valid_error=valid_error,
            effective_parameters=np.array(
                [
                    effective_parameters(network, t.parameters, X, l2) if door == "l2" else np.nan
                    for t, l2 in zip(trained, strengths, strict=True)
                ]
            ),
        )

    def plot(self) -> Any:
        """A matplotlib figure: errors, norm and effective parameters over the strength."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 7), layout="constrained")
        axes = figure.subplots(3, 1, sharex=True)
        # strength 0 has a place on an axis that is linear next to it
        smallest = min((s for s in self.strengths if s > 0), default=1.0)
        axes[0].plot(self.strengths, self.train_error, "o-", label="training rows")
        axes[0].plot(self.strengths, self.valid_error, "o-", label="held-out rows")
        axes[0].set_ylabel("error")
        axes[0].legend()
        axes[1].plot(self.strengths, self.norm, "o-")
        axes[1].set_ylabel("norm of the weights")
        axes[2].plot(self.strengths, self.effective_parameters, "o-")
        axes[2].set_ylabel("effective parameters")
        axes[2].set_xscale("symlog", linthresh=smallest)
        axes[2].set_xlabel("λ (l2)" if self.door == "l2" else "α (decay)")
        return figure


def effective_parameters(network: Network, parameters: Parameters, X: Array, l2: float) -> float:
    """How many numbers of one network the rows determine under a penalty; all of them without.

    Without penalty, a direction that the rows say nothing about counts 0.

    Args:
        network: its shape.
        parameters: its weights, a population of one.
        X: the training rows.
        l2: λ.
    """
    weights = [layer["weights"] for layer in parameters]

    def outputs(weights: list[Array]) -> Array:
        layers = [{"weights": w, "biases": p["biases"]} for w, p in zip(weights, parameters, strict=True)]
        return network.outputs(layers, jnp.asarray(X))[0].T

    with jax.enable_x64(X.dtype == np.float64):
        z = np.asarray(outputs(weights))
        jacobian = np.concatenate(
            [np.asarray(j).reshape(*z.shape, -1) for j in jax.jacrev(outputs)(weights)], axis=2, dtype=np.float64
        )
    scaled = np.einsum("rpo,roq->rpq", _roots(network.error, z.astype(np.float64)), jacobian)
    flat = scaled.reshape(-1, jacobian.shape[2]) / np.sqrt(len(X))
    singular = np.linalg.svd(flat, compute_uv=False)
    h = singular[singular > singular.max() * np.finfo(X.dtype).eps * max(flat.shape)] ** 2
    return float((h / (h + l2)).sum() + sum(layer["biases"].size for layer in parameters))


def _roots(error: str, z: Array) -> Array:
    """For each row a matrix R [outputs, outputs], RᵀR being the second derivative of its error by its outputs.

    That is 1 for the squared error, p(1−p) for the logistic cross-entropy, and for the softmax diag(p) − ppᵀ = RᵀR
    with R = diag(√p)(1 − 1pᵀ).
    """
    one = np.eye(z.shape[1])
    if error == "squared":
        return np.broadcast_to(one, (len(z), *one.shape))
    if error == "logistic_cross_entropy":
        p = expit(z)
        return np.sqrt(p * (1 - p))[:, :, None] * one
    p = softmax(z, axis=1)
    return np.sqrt(p)[:, :, None] * (one - p[:, None, :])
