"""Lines of Python that mend what was found, to be pasted where `optimizer` and `model` are known."""

from math import floor, log, log10

from halflife.audit._training import Group, Training

DECOUPLED_FLAG = ("Adam", "NAdam", "RAdam")
"""Optimizers of torch that have `decoupled_weight_decay`."""
USUAL_DECAY = 1e-4
"""α (1/step) where the length of the run is not known."""


def set_strength(group: Group, value: float, comment: str) -> str:
    """The strength of a group set anew."""
    return f'optimizer.param_groups[{group.index}]["{group.report.strength_name}"] = {value:g}  # {comment}'


def rounded_down(value: float) -> float:
    """The largest number of two digits that is not above it."""
    scale = 10.0 ** (floor(log10(value)) - 1)
    return float(f"{floor(value / scale + 1e-9) * scale:.1e}")


def decoupled(training: Training, group: Group) -> str:
    """Decoupled decay in the place of what is there, with a timescale of one run."""
    decay = 1 / training.steps if training.steps else USUAL_DECAY
    if training.name in DECOUPLED_FLAG:
        return (
            f"optimizer = torch.optim.{training.name}(model.parameters(), lr={group.lr:g},\n"
            f"    weight_decay={decay / (group.lr or 1e-3):.2g}, decoupled_weight_decay=True)"
        )
    return f"halflife.regularize(optimizer, half_life={float(f'{log(2) / decay:.2g}'):g})"


def apart(training: Training, group: Group) -> str:
    """What has two dimensions or more is decayed, the rest is not."""
    kind = f"torch.optim.{training.name}" if training.from_torch else "type(optimizer)"
    name = group.report.strength_name
    return (
        "weights = [p for p in model.parameters() if p.ndim > 1]\n"
        "vectors = [p for p in model.parameters() if p.ndim < 2]\n"
        f'groups = [{{"params": weights, "{name}": {group.strength:g}}},\n'
        f'    {{"params": vectors, "{name}": 0.0}}]\n'
        f"optimizer = {kind}(groups, lr={group.lr:g})"
    )
