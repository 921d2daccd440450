"""What each step of training is told: which rows, and every member's lr and decay under the schedule."""

from collections.abc import Callable, Sequence

import numpy as np

from halflife.lab.regime import Regime
from halflife.lab.settings import Setting
from halflife.rules import schedule as schedules

_STREAM = 2


Order = Callable[[int], np.ndarray]
"""The order of the rows in an epoch, counted from 0; asked once an epoch, in turn."""


def shuffled(rows: int, *, seed: int) -> Order:
    """An order that is drawn anew for every epoch, by the seed and the epoch alone."""
    return lambda epoch: np.random.default_rng([seed, _STREAM, epoch]).permutation(rows)


def batches(
    rows: int,
    batch_size: int,
    *,
    seed: int,
    epoch: int,
    order: Order | None = None,
    row_weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The order of rows in one epoch, as indices [steps, batch] and each index's weight in its batch's mean.

    The last batch is filled up with rows of weight 0 where it is smaller. Weights of rows, above 0, count within
    their batch: a batch takes the weighted mean of its rows.
    """
    batch_size = min(batch_size, rows)
    steps = -(-rows // batch_size)
    filled = np.zeros(steps * batch_size, np.int32)
    filled[:rows] = (order or shuffled(rows, seed=seed))(epoch)
    index = filled.reshape(steps, batch_size)
    real = (np.arange(steps * batch_size) < rows).reshape(steps, batch_size)
    weight = real if row_weights is None else real * row_weights[index]
    return index, weight / weight.sum(axis=1, keepdims=True)


def feed(
    regime: Regime,
    settings: Sequence[Setting],
    rows: int,
    *,
    seed: int,
    epochs: range,
    order: Order | None = None,
    row_weights: np.ndarray | None = None,
    steps_before: int = 0,
) -> dict[str, np.ndarray]:
    """All that the steps of these epochs are told besides the rows themselves, in the regime's precision.

    Each array begins with [steps], those of one epoch after those of another, except `epoch`, which is [epochs]; lr
    and decay go on with [members, 1, 1], so that they broadcast against weights. Steps that were taken before count
    for `step` alone, the number that a rule corrects its moments by.
    """
    dtype = np.dtype(regime.precision)
    told = [
        batches(rows, regime.batch_size, seed=seed, epoch=epoch, order=order, row_weights=row_weights)
        for epoch in epochs
    ]
    index, weight = (np.concatenate(part) for part in zip(*told, strict=True))
    steps = len(index) // len(epochs)
    step = np.arange(epochs.start * steps, epochs.stop * steps)
    schedule = schedules.named(regime.schedule, regime.epochs * steps)
    share = np.array([schedule(int(t)) for t in step])
    lr = np.stack([setting.lr * share for setting in settings], axis=1)
    decay = np.stack([setting.decay(setting.lr * share) for setting in settings], axis=1)
    return {
        "epoch": np.array(epochs, np.int32) + 1,
        "index": index,
        "weight": weight.astype(dtype),
        "share": ((weight > 0).sum(axis=-1) / rows).astype(dtype),
        "step": (step + steps_before).astype(np.int32) + 1,
        "lr": lr[..., None, None].astype(dtype),
        "decay": decay[..., None, None].astype(dtype),
    }
