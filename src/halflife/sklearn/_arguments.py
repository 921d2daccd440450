"""The arguments that the classifier and the regressor share: scikit-learn reads them from the constructor."""

from dataclasses import KW_ONLY, dataclass
from typing import Any


@dataclass(eq=False, repr=False)
class Arguments:
    """What both take.

    Args:
        hidden_layer_sizes: units of every hidden layer; () is a linear model.
        activation: of hidden layers: relu, tanh, logistic, gelu or identity.
        optimizer: the name of a rule, as in `halflife.rules.RULES`: sgd, momentum, nesterov, adam, rmsprop, lion, ...
        l2: λ of the penalty (λ/2)‖w‖² in the error, biases excluded; at most one of l2, decay and half_life.
        decay: α at the peak of lr, the share of the weights removed in one step, following the schedule.
        half_life: the same as steps in which a weight without gradient halves.
        schedule: of lr over max_iter epochs: constant, linear, cosine, cosine-restarts, step or warmup-cosine.
        batch_size: rows a step; "auto" is 200. Never more than there are.
        learning_rate_init: the peak lr.
        max_iter: the most epochs.
        shuffle: whether rows are put in a new order for each epoch.
        random_state: of first weights, held-out rows and order.
        tol: an epoch improves if the error falls, or the validation score rises, by so much.
        warm_start: whether `fit` goes on from the weights of the fit before.
        momentum: share of the buffer kept, by rules that have one.
        early_stopping: whether to hold out rows, stop when their score stops rising, and keep the best weights.
        validation_fraction: share of rows held out for it.
        beta_1: share of the running mean kept, by Adam and its like.
        beta_2: share of the running square kept.
        epsilon: added to the root of the corrected square.
        n_iter_no_change: epochs without improvement before training stops; None to train for all of max_iter.
        precision: float32, float64, or "auto" for that of X; float32 trains about twice as fast.
    """

    hidden_layer_sizes: Any = (100,)
    activation: str = "relu"
    _: KW_ONLY
    optimizer: str = "adam"
    l2: float = 0.0
    decay: float = 0.0
    half_life: float | None = None
    schedule: str = "constant"
    batch_size: Any = "auto"
    learning_rate_init: float = 0.001
    max_iter: int = 200
    shuffle: bool = True
    random_state: Any = None
    tol: float = 1e-4
    warm_start: bool = False
    momentum: float = 0.9
    early_stopping: bool = False
    validation_fraction: float = 0.1
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    n_iter_no_change: int | None = 10
    precision: str = "auto"
