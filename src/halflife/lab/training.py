"""Training a population: from rows, a regime and settings to curves and weights, a block of epochs a compiled call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np

from halflife.lab.data import Data, Rows
from halflife.lab.evaluation import in_blocks
from halflife.lab.feed import Order as RowOrder
from halflife.lab.feed import feed
from halflife.lab.model import Parameters
from halflife.lab.program import CURVES, MEASURED, WATCHED, train_block, train_block_soon
from halflife.lab.regime import Regime
from halflife.lab.settings import Setting
from halflife.rules import RULES, State

Array = Any

_STEPS_A_CALL = 1024
_WORK_A_CALL = 10**10
"""Weights × members × rows of batches: about a second of a core, after which training can be stopped."""

_ROWS_TOGETHER = 64


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where training begins, when it is not at the initial weights of the network.

    Attributes:
        parameters: weights and biases of all members, [members, ...], as in `Trained`.
        states: what the rule remembers of the steps before, as in `Trained`; None if it remembers nothing.
        steps: how many steps were taken before.
    """

    parameters: Parameters
    states: list[dict[str, State]] | None = None
    steps: int = 0


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came out of training some members.

    Attributes:
        curves: [epochs, members] for each name of `CURVES`.
        final: [members] for "train" and "train_score": error and score on the training rows after the last epoch; NaN
            where training ended before it, or was not to look.
        diverged: [members], the epoch (from 1) in which a member stopped being finite, 0 if none.
        parameters: the last weights of all members, as NumPy arrays.
        states: what the rule remembers of each of them.
        parts: how many compiled calls the members were split over; their number decides the last bits of the curves.
        spreads: of each layer's weights, as `halflife.lab.spread.quantiles` has them; empty unless they were asked for.
    """

    curves: Mapping[str, np.ndarray]
    final: Mapping[str, np.ndarray]
    diverged: np.ndarray
    parameters: Parameters
    states: list[dict[str, State]]
    parts: int = 1
    spreads: tuple[np.ndarray, ...] = ()


class Stopped(Exception):
    """Training was asked to stop between two calls."""


def train(
    data: Data,
    regime: Regime,
    settings: Sequence[Setting],
    *,
    seed: int,
    stop: Callable[[], bool] = lambda: False,
    after_epoch: Callable[[int, Parameters], None] | None = None,
    enough: Callable[[Mapping[str, np.ndarray]], bool] | None = None,
    start: Start | None = None,
    order: RowOrder | None = None,
    row_weights: np.ndarray | None = None,
    together: int | None = None,
    watched: bool = True,
    last_look: bool = True,
    soon: bool = False,
    device: Any = None,
) -> Trained:
    """Train one network a setting, all from the same start on the same batches, all under one rule.

    Args:
        data: the rows.
        regime: what the members share.
        settings: what they differ in; one rule and one order of decay among them.
        seed: of the initialization and the order of rows.
        stop: asked between compiled calls; when true, training ends with `Stopped`.
        after_epoch: called with the epoch (from 1) and the weights of all members after each epoch.
        enough: asked about each epoch in turn, with its `CURVES`, [members]; when true, training ends there, and with
            it the curves. Epochs of the same compiled call that came after it are taken back.
        start: where to begin, by default at the initial weights that the seed draws.
        order: of the training rows in each epoch, by default drawn by the seed.
        row_weights: [rows], above 0: how much each training row counts in the mean of its batch.
        together: a divisor of the epochs; a compiled call takes no more than so many, so that trainings of different
            lengths can share their program.
        watched: whether errors and scores on validation and test rows are measured after every epoch; if not, they are
            after the last, and NaN in the curves before it: a tenth to a quarter of the time of small networks.
        last_look: whether error and score on all training rows are measured after the last epoch.
        soon: whether the program is compiled sooner and runs slower, for trainings that take a second or less.
        device: a device of JAX to train on, by default its default.

    Returns:
        Curves and final weights, members in the order of the settings.

    Raises:
        Stopped: `stop` said so.
    """
    members = len(settings)
    rule = settings[0].rule
    with jax.enable_x64(regime.precision == "float64"):
        dtype = np.dtype(regime.precision)
        rows = (_filled_up(data.train.x, dtype), _filled_up(data.train.y, dtype))
        learned = data.train if last_look else Rows(x=data.train.x[:0], y=data.train.y[:0])
        evaluated, every_epoch = in_blocks((data.valid, data.test), (learned,), dtype=dtype)
        rows, evaluated = jax.device_put((rows, evaluated), device)  # once, not with every call
        start = start or _initial(regime, seed, members)
        parameters = [{name: w.astype(dtype) for name, w in layer.items()} for layer in start.parameters]
        states = start.states or [
            {name: RULES[rule].initial_state(w) for name, w in layer.items()} for layer in parameters
        ]
        carry = (parameters, states, np.zeros(members, np.int32))
        hyperparameters = {
            name: _per_member([dict(s.hyperparameters)[name] for s in settings], dtype)
            for name, _ in settings[0].hyperparameters
        }
        l2 = _per_member([s.l2 for s in settings], dtype)
        together = regime.epochs if together is None else together
        block = 1 if after_epoch else _epochs_a_call(regime, members, len(data.train.x), together)
        call = partial(
            train_block_soon if soon else train_block,
            network=regime.network,
            rule=rule,
            order=settings[0].law.order,
            regularize_biases=regime.regularize_biases,
            scored_as=data.task,
        )
        curves = []
        for first in range(0, regime.epochs, block):
            if stop():
                raise Stopped
            epochs = range(first, first + block)
            told = feed(
                regime,
                settings,
                len(data.train.x),
                seed=seed,
                epochs=epochs,
                order=order,
                row_weights=row_weights,
                steps_before=start.steps,
            )
            between = every_epoch if watched else 0
            blocks = [len(evaluated.x) if epoch == regime.epochs - 1 else between for epoch in epochs]
            before, told["blocks"] = carry, np.array(blocks, np.int32)
            carry, curve = call(before, told, rows, evaluated, l2, hyperparameters, np.int32(block))
            curves.append(np.asarray(curve))
            if after_epoch:
                after_epoch(first + 1, jax.tree.map(np.asarray, carry[0]))
            if enough and (ended := _ended(curves[-1], enough)):
                curves[-1] = curves[-1][:ended]
                if ended < block:
                    carry, _ = call(before, told, rows, evaluated, l2, hyperparameters, np.int32(ended))
                break
        measured = dict(zip(MEASURED, np.concatenate(curves).swapaxes(0, 1), strict=True))
        for name in () if watched else WATCHED:
            measured[name][:-1] = np.nan
        unseen = 0 if len(measured["train"]) == regime.epochs else np.nan
        return Trained(
            curves={name: measured[name] for name in CURVES},
            final={"train": measured["last"][-1] + unseen, "train_score": measured["last_score"][-1] + unseen},
            diverged=np.asarray(carry[2]),
            parameters=jax.tree.map(np.asarray, carry[0]),
            states=jax.tree.map(np.asarray, carry[1]),
        )


def _initial(regime: Regime, seed: int, members: int) -> Start:
    return Start(
        parameters=[
            {name: np.repeat(values[None], members, axis=0) for name, values in layer.items()}
            for layer in regime.network.initial(seed)
        ]
    )


def _ended(curves: Array, enough: Callable[[Mapping[str, np.ndarray]], bool]) -> int:
    """The first of these epochs, counted from 1, that is enough; 0 if none is."""
    return next((n for n, of_epoch in enumerate(curves, 1) if enough(dict(zip(CURVES, of_epoch, strict=False)))), 0)


def _epochs_a_call(regime: Regime, members: int, rows: int, most: int) -> int:
    batch = min(regime.batch_size, rows)
    steps = min(_STEPS_A_CALL, _WORK_A_CALL // (regime.network.parameters * members * batch))
    wanted = min(most, max(1, steps // -(-rows // batch)))
    return next(block for block in range(wanted, 0, -1) if most % block == 0)


def _filled_up(rows: Array, dtype: np.dtype) -> Array:
    """Rows that no batch asks for, so that folds which differ by a row share a compiled program."""
    return np.pad(rows.astype(dtype), ((0, -len(rows) % _ROWS_TOGETHER), (0, 0)))


def _per_member(values: Sequence[float], dtype: Any) -> Array:
    return np.array(values, dtype).reshape(-1, 1, 1)
