"""Either door on an Optax optimizer: `halflife.optax.regularize(optax.adam, 1e-3, half_life=5000)`."""

from halflife.regularize._optax import RegularizedState, regularize

__all__ = ["RegularizedState", "regularize"]
