"""From a live torch optimizer to groups with laws: probed, named, and followed through the planned run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from halflife._errors import BadInput
from halflife.audit._naming import masters, named_alone, named_by_model
from halflife.audit._plan import check_plan, planned_lrs
from halflife.audit._training import Floats, Group, Parameter, Penalties, Training
from halflife.probe import LawReport
from halflife.probe._momentum import momentum_of, slow_decay
from halflife.rules import Law

WRAPPERS = ("accelerate", "lightning", "pytorch_lightning")
"""Packages whose optimizers only pass on what the one inside does."""
FALLBACK_LR = 1e-3
ALSO_CALLED = {"wd", "decay", "decay_rate", "weight_decay_rate", "weightdecay", "l2", "l2_reg", "l2_lambda"}
"""What users have called the strength in a group of torch's, which takes any name without a word."""
NOT_SETTINGS = {"params", "param_names", "name", "initial_lr"}


def training_of(
    optimizer: Any,
    model: Any = None,
    *,
    steps: int | None = None,
    steps_per_epoch: int | None = None,
    schedule: Any = None,
    penalties: Penalties | None = None,
    calls: Sequence[Any] | None = None,
    absent: Mapping[str, str] | None = None,
    elsewhere: frozenset[int] = frozenset(),
    built: Sequence[float] | None = None,
    reports: Sequence[LawReport] | None = None,
) -> Training:
    """What the checks look at.

    Args:
        optimizer: a live torch optimizer.
        model: the torch module that it trains.
        steps: planned.
        steps_per_epoch: so that half-lives can be had in epochs.
        schedule: see `planned_lrs`.
        penalties: what tells those of the loss.
        calls: of the model that can be repeated.
        absent: why one of these is not known.
        elsewhere: ids of tensors that another optimizer trains.
        built: the lr that each group was built with, where that is known.
        reports: of the groups, when they are known already.

    Raises:
        BadInput: it is no torch optimizer, has no parameters, or cannot be stepped on fresh ones.
    """
    optimizer = unwrapped(optimizer)
    name = type(optimizer).__name__
    if isinstance(optimizer, type) or not isinstance(getattr(optimizer, "param_groups", None), list):
        given = optimizer.__name__ if isinstance(optimizer, type) else name
        raise BadInput(f"{given} is not an optimizer: give a live torch optimizer, which has parameter groups.")
    if not any(group["params"] for group in optimizer.param_groups):
        raise BadInput(f"{name} has no parameters: there is nothing to audit.")
    if model is not None and not hasattr(model, "named_modules"):
        raise BadInput(f"model is a {type(model).__name__}: it must be a torch module.")
    check_plan(steps=steps, steps_per_epoch=steps_per_epoch, schedule=schedule)
    subjects: tuple[Any, ...] = ()
    if reports is None:
        reports, subjects = probed(optimizer)
    lrs, peaks = planned_lrs(optimizer, schedule, steps, built)
    inside = {id(p): p for settings in optimizer.param_groups for p in settings["params"]}
    known = {} if model is None else named_by_model(model)
    copies, trained = ({}, set()) if inside.keys() & known.keys() else masters(inside.values(), known)
    groups = tuple(
        _group(
            index,
            settings,
            _members(index, settings, known | copies),
            reports[index],
            lrs[index],
            peaks[index],
            subjects,
            _unread(optimizer, settings),
        )
        for index, settings in enumerate(optimizer.param_groups)
    )
    return Training(
        name=name,
        groups=groups,
        outside=tuple(
            p for key, p in known.items() if key not in inside and key not in elsewhere and p.name not in trained
        ),
        model=model,
        state={id(p): optimizer.state[p] for p in optimizer.state},
        settings=tuple(optimizer.param_groups),
        subjects=subjects,
        steps=steps,
        steps_per_epoch=steps_per_epoch,
        schedule=schedule,
        penalties=penalties,
        calls=calls,
        absent=absent or {},
        named=model is not None,
        from_torch=_from_torch(optimizer),
        overlap=not known or bool(copies or inside.keys() & known.keys()),
    )


def _from_torch(optimizer: Any) -> bool:
    return type(optimizer).__module__.startswith("torch.optim.")


def _unread(optimizer: Any, settings: Mapping[str, Any]) -> dict[str, float]:
    strays = ALSO_CALLED & (settings.keys() - optimizer.defaults.keys()) if _from_torch(optimizer) else set()
    return {key: float(settings[key]) for key in sorted(strays) if isinstance(settings[key], int | float)}


def held_by(optimizers: Iterable[Any]) -> frozenset[int]:
    """The ids of all tensors that these optimizers train.

    Raises:
        BadInput: one of them is no torch optimizer.
    """
    for optimizer in optimizers:
        if not isinstance(getattr(optimizer, "param_groups", None), list):
            raise BadInput(f"{type(optimizer).__name__} in others is not a torch optimizer.")
    return frozenset(id(p) for each in optimizers for group in each.param_groups for p in group["params"])


def unwrapped(optimizer: Any) -> Any:
    """The torch optimizer inside the wrappers of Accelerate and Lightning."""
    while type(optimizer).__module__.partition(".")[0] in WRAPPERS:
        inner = vars(optimizer).get("optimizer", vars(optimizer).get("_optimizer"))
        if inner is None:
            break
        optimizer = inner
    return optimizer


def probed(optimizer: Any) -> tuple[list[LawReport], tuple[Any, ...]]:
    """A report and a subject for each group; groups that differ in lr and strength alone share their law.

    Raises:
        BadInput: the optimizer cannot be stepped on fresh parameters.
    """
    from halflife.probe._probe import probe_subject
    from halflife.probe._torch_live import from_live

    name = type(optimizer).__name__
    optimizer = _under_way(optimizer)
    subjects = tuple(from_live(optimizer, i, f"{name} group {i}") for i in range(len(optimizer.param_groups)))
    found: dict[str, LawReport] = {}
    reports: list[LawReport] = []
    varying: set[str] = set()
    for subject, group in zip(subjects, optimizer.param_groups, strict=True):
        varying.add(str(subject.lr_name))
        key = _key(optimizer, group, varying)
        if key not in found:
            report = probe_subject(subject)
            varying.add(str(report.strength_name))
            key = _key(optimizer, group, varying)
            found[key] = report
        reports.append(found[key])
    told = zip(subjects, reports, strict=True)
    return reports, tuple(s.with_strength(str(r.strength_name)) if r.strength_name in s.knobs else s for s, r in told)


def _under_way(optimizer: Any) -> Any:
    """The optimizer itself, or where a warm-up or the end of a schedule left lr at zero, a copy with the peak of it.

    The copy shares everything but the groups' settings; the probe steps neither.
    """
    if all(float(group.get("lr", 1.0)) > 0 for group in optimizer.param_groups):
        return optimizer
    copied = object.__new__(type(optimizer))
    copied.__dict__ = dict(vars(optimizer))
    copied.param_groups = [
        group if float(group.get("lr", 1.0)) > 0 else {**group, "lr": float(group.get("initial_lr", 0)) or FALLBACK_LR}
        for group in optimizer.param_groups
    ]
    return copied


def _key(optimizer: Any, group: Mapping[str, Any], varying: set[str]) -> str:
    defaults = getattr(optimizer, "defaults", None) or group
    return repr(sorted((k, repr(v)) for k, v in group.items() if k in defaults and k not in NOT_SETTINGS | varying))


def _members(index: int, settings: Mapping[str, Any], known: Mapping[int, Parameter]) -> tuple[Parameter, ...]:
    names = settings.get("param_names")
    members = []
    for i, tensor in enumerate(settings["params"]):
        if id(tensor) in known:
            members.append(known[id(tensor)])
        else:
            name = names[i] if names else f"parameter {i} of group {index}"
            members.append(named_alone(tensor, name, trusted=bool(names)))
    return tuple(members)


def _group(
    index: int,
    settings: Mapping[str, Any],
    members: tuple[Parameter, ...],
    report: LawReport,
    lrs: Floats | None,
    peak: float,
    subjects: tuple[Any, ...],
    unread: Mapping[str, float],
) -> Group:
    strength = settings.get(str(report.strength_name), report.strength)
    group = Group(
        index=index,
        members=members,
        report=report,
        lr=peak,
        strength=None if strength is None else float(strength),
        decay=None,
        unread=unread,
    )
    if report.law is Law.L2 and subjects and not report.enters_preconditioner and report.enters_momentum:
        momentum, gain = momentum_of(subjects[index], peak or 1e-3)
        group = replace(group, momentum=momentum, gain=gain)
    now = decay_at(group, peak)
    if now is None or lrs is None:
        return replace(group, decay=now)
    return replace(group, decay=now, decays=np.array(np.broadcast_to(along(group, lrs), lrs.shape), dtype=float))


def along(group: Group, lrs: Floats) -> Any:
    """α at each of these learning rates."""
    distinct, places = np.unique(lrs, return_inverse=True)
    return np.array([decay_at(group, float(lr)) for lr in distinct])[places]


def pull(group: Group) -> float:
    """The pull x = ηλ at the peak lr, as the recurrence of heavy-ball momentum has it, dampening included."""
    return _pull(group, group.lr)


def _pull(group: Group, lr: float) -> float:
    coefficient = _coefficient(group.report)
    return lr * (group.strength or 0.0) * coefficient * group.gain * (1 - group.momentum)


def _coefficient(report: LawReport) -> float:
    """As measured, without the last digits, which are rounding: a decay of 1 is not one of 0.999999999999999."""
    return 1.0 if report.coefficient is None else float(f"{report.coefficient:.9g}")


def decay_at(group: Group, lr: float) -> float | None:
    """α of a group at some lr; None where it depends on the gradients or the law is unknown."""
    report, law = group.report, group.report.law
    if group.strength is None or group.strength == 0 or law is Law.NONE:
        return 0.0
    coefficient = _coefficient(report)
    if law.value.lr_power is not None:
        return coefficient * float(law.decay(group.strength, lr=lr, peak_lr=group.lr or 1.0))
    if law is Law.L2 and not report.enters_preconditioner:
        return slow_decay(_pull(group, lr), group.momentum)
    if law is Law.GROWTH and report.multiplied_by == ("lr",):
        return -abs(coefficient * group.strength * lr)
    return None
