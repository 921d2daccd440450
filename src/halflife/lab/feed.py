"""What each step of training is told: which rows, and every member's lr and decay under the schedule."""

from collections.abc import Sequence

import numpy as np

from halflife.lab.recipe import Recipe
from halflife.lab.settings import Setting
from halflife.rules import schedule as schedules

_STREAM = 2


def batches(rows: int, batch_size: int, *, seed: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """The order of rows in one epoch, as indices [steps, batch] and each index's weight in its batch's mean.

    The last batch is filled up with rows of weight 0 where it is smaller.
    """
    batch_size = min(batch_size, rows)
    order = np.random.default_rng([seed, _STREAM, epoch]).permutation(rows)
    steps = -(-rows // batch_size)
    index = np.zeros(steps * batch_size, np.int32)
    index[:rows] = order
    real = (np.arange(steps * batch_size) < rows).reshape(steps, batch_size)
    return index.reshape(steps, batch_size), real / real.sum(axis=1, keepdims=True)


def feed(recipe: Recipe, settings: Sequence[Setting], rows: int, *, seed: int, epochs: range) -> dict[str, np.ndarray]:
    """All that the steps of these epochs are told besides the rows themselves, in the recipe's precision.

    Each array begins with [epochs, steps], except `epoch`, which is [epochs]; lr and decay go on with
    [members, 1, 1], so that they broadcast against weights.
    """
    dtype = np.dtype(recipe.precision)
    order = [batches(rows, recipe.batch_size, seed=seed, epoch=epoch) for epoch in epochs]
    index, weight = (np.stack(part) for part in zip(*order, strict=True))
    steps = index.shape[1]
    step = np.arange(epochs.start * steps, epochs.stop * steps)
    schedule = schedules.named(recipe.schedule, recipe.epochs * steps)
    share = np.array([schedule(int(t)) for t in step])
    lr = np.stack([setting.lr * share for setting in settings], axis=1)
    decay = np.stack([setting.decay(setting.lr * share) for setting in settings], axis=1)
    per_step = (len(epochs), steps, len(settings), 1, 1)
    return {
        "epoch": np.array(epochs, np.int32) + 1,
        "index": index,
        "weight": weight.astype(dtype),
        "step": step.reshape(len(epochs), steps).astype(np.int32) + 1,
        "lr": lr.reshape(per_step).astype(dtype),
        "decay": decay.reshape(per_step).astype(dtype),
    }
