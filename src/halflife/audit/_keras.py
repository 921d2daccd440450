"""A Keras optimizer and its model as a training: one group, a law from the probe, names from the variables."""

import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from halflife._errors import BadInput
from halflife.audit._groups import along, decay_at
from halflife.audit._naming import kind_by_name
from halflife.audit._plan import check_plan, planned_shares
from halflife.audit._training import Group, Kind, Parameter, Training
from halflife.probe import probe

SCALE = 2.0
PROPORTIONAL = 1e-3


def is_optimizer(value: Any) -> bool:
    """Whether it is a Keras optimizer; Keras is asked only if it is loaded."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(value, keras.optimizers.Optimizer)


def training_of(
    optimizer: Any,
    model: Any = None,
    *,
    steps: int | None = None,
    steps_per_epoch: int | None = None,
    schedule: Any = None,
    calls: Sequence[Any] | None = None,
) -> Training:
    """What the checks look at; the penalties are those of `model.losses`, so no loss is needed.

    Raises:
        BadInput: there is no model, or it has no variables yet.
    """
    if model is None or not getattr(model, "trainable_variables", None):
        raise BadInput("a Keras optimizer knows no parameters before training: give the built model, too.")
    check_plan(steps=steps, steps_per_epoch=steps_per_epoch, schedule=schedule)
    report = probe(optimizer)
    excluded = getattr(optimizer, "exclude_from_weight_decay_keywords", None) or []
    members = tuple(_parameter(v) for v in model.trainable_variables)
    decayed = tuple(p for p in members if not any(word in p.name for word in excluded))
    lr = report.lr or 0.0
    group = Group(index=0, members=decayed, report=report, lr=lr, strength=report.strength, decay=None)
    group = replace(group, decay=decay_at(group, lr))
    if steps is not None and group.decay is not None:
        lrs = lr * planned_shares(schedule, steps)
        group = replace(group, decays=np.broadcast_to(along(group, lrs), lrs.shape))
    return Training(
        name=type(optimizer).__name__,
        groups=(group,),
        model=model,
        steps=steps,
        steps_per_epoch=steps_per_epoch,
        schedule=schedule,
        penalties=lambda parameters: penalties_of(model, parameters),
        calls=calls,
    )


def penalties_of(model: Any, parameters: Sequence[Parameter]) -> dict[str, float]:
    """λ of the L2 penalty in `model.losses` on each variable that has one, from its value at two weight scales.

    A penalty (λ/2)‖w‖² grows fourfold when its weight is doubled; one on absolute values does not.
    """
    with warnings.catch_warnings():
        # backends differ in what they say about turning their arrays into numbers
        warnings.simplefilter("ignore")
        found = {p.name: _penalty_of(model, p.tensor) for p in parameters}
    return {name: l2 for name, l2 in found.items() if l2 is not None}


def _penalty_of(model: Any, variable: Any) -> float | None:
    weights = np.array(sys.modules["keras"].ops.convert_to_numpy(variable.value))
    size = float((weights.astype(float) ** 2).sum())
    values = []
    try:
        for scale in (0.0, 1.0, SCALE):
            variable.assign(weights * scale)
            values.append(sum(float(each) for each in model.losses))
    finally:
        variable.assign(weights)
    once, twice = values[1] - values[0], values[2] - values[0]
    square = size > 0 and once > 0 and abs(twice / once / SCALE**2 - 1) < PROPORTIONAL
    return 2 * once / size if square else None


def _parameter(variable: Any) -> Parameter:
    path = str(getattr(variable, "path", variable.name))
    kind = kind_by_name(path.replace("/", "."), len(variable.shape))
    named_norm = path.rpartition("/")[2] in ("gamma", "beta", "moving_mean", "moving_variance")
    return Parameter(
        name=path,
        shape=tuple(variable.shape),
        dtype=str(variable.dtype),
        kind=Kind.NORM if named_norm else kind,
        trainable=bool(variable.trainable),
        tensor=variable,
    )
