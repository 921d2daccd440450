"""What an adaptive optimizer divides by, read from its live second-moment state."""

import math
from collections.abc import Mapping
from typing import Any

from halflife.audit._training import Group, Parameter, Training

SAMPLE = 100_000
"""A median of so many elements is known well enough."""
SQUARES = ("max_exp_avg_sq", "exp_avg_sq", "square_avg", "sum")
"""State entries that hold running squares; their root divides."""
SIZES = ("exp_inf",)
"""State entries that divide as they are."""
MEAN = "grad_avg"
"""What a centred second moment has taken off its squares."""
SCALE = "acc_delta"
"""The squares of past steps, whose root multiplies (Adadelta)."""


def effective_decay(training: Training, group: Group, parameter: Parameter) -> float | None:
    """lr·λ/(√v̂ + ε) of a parameter's median element at the peak lr: its α (1/step) if its v stays as it is.

    None when there is no second moment for it yet.
    """
    if not training.settings:
        return None
    divisor = _divisor(training.state.get(id(parameter.tensor), {}), training.settings[group.index])
    coefficient = 1.0 if group.report.coefficient is None else group.report.coefficient
    return None if not divisor else group.lr * (group.strength or 0.0) * coefficient / divisor


def _divisor(state: Mapping[str, Any], settings: Mapping[str, Any]) -> float | None:
    eps = float(settings.get("eps", 0.0))
    name = next((each for each in SQUARES + SIZES if _holds(state, each)), None)
    if name is None:
        return None
    middle = _sampled(state[name])
    if name in SIZES:
        return float(middle.median()) + eps
    if _holds(state, MEAN):
        middle = middle - _sampled(state[MEAN]) ** 2
    if _holds(state, SCALE):
        return float(((middle + eps) / (_sampled(state[SCALE]) + eps)).median().sqrt())
    return math.sqrt(float(middle.median()) / _warm(state, settings, name)) + eps


def _holds(state: Mapping[str, Any], name: str) -> bool:
    moment = state.get(name)
    return moment is not None and not getattr(moment, "is_meta", True) and bool(moment.numel())


def _sampled(moment: Any) -> Any:
    flat = moment.detach().flatten()
    return flat[:: max(1, flat.numel() // SAMPLE)].float()


def _warm(state: Mapping[str, Any], settings: Mapping[str, Any], name: str) -> float:
    """How much of its final size a running mean that started at zero has reached."""
    if "betas" not in settings or "step" not in state or name not in SQUARES[:2]:
        return 1.0
    return float(1 - settings["betas"][1] ** max(1.0, float(state["step"])))
