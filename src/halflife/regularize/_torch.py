"""The adapter to torch: plan the doors of each group, then install them in one go or not at all."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from halflife._errors import BadInput
from halflife.regularize._arithmetic import NARROW, PerParameter, check_rounding
from halflife.regularize._ask import Ask, Rounding, scheduled
from halflife.regularize._attach import Handles, attached
from halflife.regularize._handle import GroupSummary, Regularization
from halflife.regularize._hooks import DOOR, L1, L2, PEAK, STEPS, Door, Hooks, Part
from halflife.regularize._native import Native, Own, lr_name, own_arguments, require_reached
from halflife.regularize._selection import Chosen, Selection, Where, select
from halflife.rules import Law

Group = dict[str, Any]


def regularized(
    optimizer: Any,
    ask: Ask,
    *,
    where: Where,
    toward: Mapping[str, Any] | Sequence[Any] | None,
    model: Any,
    peak_lr: float | None,
) -> Regularization:
    """Regularize a live torch optimizer.

    Raises:
        BadInput: the request cannot be met; the optimizer is then as it was.
    """
    name = type(optimizer).__name__
    if any(DOOR in group for group in optimizer.param_groups):
        raise BadInput(
            f"{name} is already regularized by halflife: change the strength in its param_groups, or call remove() "
            "on what regularize returned and ask again."
        )
    if not hasattr(optimizer, "register_step_pre_hook"):
        raise BadInput(f"{name} has no step hooks: it must be a torch.optim.Optimizer.")
    if any(group.get("differentiable") for group in optimizer.param_groups):
        raise BadInput(
            f"{name} was built with differentiable=True, so its step is recorded for gradients and takes no leaf "
            "parameters: build it without, or put the penalty into the error."
        )
    if peak_lr is not None and not (isinstance(peak_lr, (int, float)) and 0 < peak_lr < float("inf")):
        raise BadInput(f"peak_lr is {peak_lr!r}: it must be a positive number.")
    if ask.schedule is not None:
        scheduled(ask.schedule, 0, ask.decay)
    selections = select(optimizer.param_groups, where, model)
    chosen = [p for s in selections for c in s.chosen for p in c.parameters]
    check_rounding(ask.rounding, chosen)
    if (ask.cautious or ask.l1) and any(p.is_complex() for p in chosen):
        raise BadInput("a parameter is complex: neither cautious= nor l1= can be asked for, for both compare numbers.")
    targets = _targets(toward, selections)
    sparse = any(p.grad is not None and p.grad.is_sparse for p in chosen) or _sparse(model)
    by_rows = sparse and ask.law is Law.L2  # which no optimizer's own L2 does
    narrow = ask.rounding is not Rounding.NEAREST and any(p.dtype in NARROW for p in chosen) and ask.law is not Law.L2
    owns = own_arguments(optimizer, ask, from_outside=ask.cautious or narrow or by_rows, towards=bool(targets))
    planned = [
        _planned(group, selection, own, ask, peak_lr)
        for group, selection, own in zip(optimizer.param_groups, selections, owns, strict=True)
    ]
    doors = [door for *_, door in chain.from_iterable(planned)]
    hooks = Hooks(ask=ask, doors=doors, targets=targets)
    snapshot = [(group, dict(group)) for group in optimizer.param_groups]
    previous: list[Group] = []
    handles: Handles = []
    foreign = not type(optimizer).__module__.startswith("torch.optim.")
    tried = foreign and any(door.native in (Native.NO, Native.PENALTY) and door.parts for door in doors)
    plain = replace(ask, l1=0.0, l2=ask.strength if ask.law is Law.L2 else 0.0, schedule=None, cautious=False)
    if tried and (plain != ask or targets or narrow):
        regularized(optimizer, plain, where=where, toward=None, model=model, peak_lr=peak_lr).remove()
        tried = False
    try:
        _settle(optimizer, planned, previous)
        handles += attached(optimizer, hooks)
        if tried:
            require_reached(optimizer, ask.law)
    except Exception:
        for detach in handles:
            detach()
        for group, before in snapshot:
            group.clear()
            group.update(before)
        optimizer.param_groups[:] = [group for group, _ in snapshot]
        raise
    summaries = tuple(_summary(door, piece, ask) for piece, door in chain.from_iterable(planned))
    return Regularization(
        name=name,
        groups=summaries,
        extras=_extras(ask, targets),
        undo=partial(_remove, optimizer, doors, handles, previous),
    )


def _planned(
    group: Group, selection: Selection, own: Own, ask: Ask, peak_lr: float | None
) -> list[tuple[Selection, Door]]:
    """The doors of one group: several, if its own argument serves and it has to be split for that."""
    lr = lr_name(group)
    known = next(group[name] for name in ("max_lr", "initial_lr", lr) if group.get(name) is not None)
    peak = float(known) if peak_lr is None else peak_lr
    native = own.native
    if not selection.whole and native is not Native.NO and group.get("initial_lr") is not None:
        native = Native.NO  # a scheduler counts the groups: they are not split under it
    pieces = [selection]
    if native is not Native.NO and not selection.whole:
        nobody = Chosen(parameters=(), names=())
        pieces = [Selection(chosen=(chosen,), spared=nobody) for chosen in selection.chosen]
        pieces += [Selection(chosen=(), spared=selection.spared)] if selection.spared.parameters else []
    # a switch is only turned for the argument that it makes serve
    fixed = {k: v for k, v in own.fixed.items() if not isinstance(v, bool) or native is not Native.NO}
    planned = []
    for piece in pieces:
        given = [ask.strength if c.strength is None else c.strength for c in piece.chosen]
        strengths = [ask.weight_decay(strength, peak) for strength in given]
        base = max(strengths, default=0.0)
        parts = [
            Part(parameters=None if piece.whole else list(c.parameters), factor=s / base if base else 1.0)
            for c, s in zip(piece.chosen, strengths, strict=True)
        ]
        settings = {**fixed, own.key: base, PEAK: peak}
        if ask.law is not Law.L2 and ask.l2:
            settings[L2] = ask.l2
        if ask.l1:
            settings[L1] = ask.l1
        if ask.schedule is not None or ask.rounding is Rounding.STOCHASTIC:
            settings[STEPS] = 0
        door = Door(key=own.key, lr_name=lr, native=native, parts=parts, settings=settings, lent=own.lent)
        planned.append((piece, door))
    return planned


def _settle(optimizer: Any, planned: list[list[tuple[Selection, Door]]], previous: list[Group]) -> None:
    """Give each group its settings, splitting those that need it, and note what they had."""
    groups: list[Group] = []
    for group, doors in zip(list(optimizer.param_groups), planned, strict=True):
        pieces = [group, *({k: copy.copy(v) for k, v in group.items()} for _ in doors[1:])]
        if len(doors) > 1:
            for piece, (selection, _) in zip(pieces, doors, strict=True):
                members = [*selection.chosen, selection.spared]
                piece["params"] = [p for chosen in members for p in chosen.parameters]
                if "param_names" in group:
                    piece["param_names"] = [n for chosen in members for n in chosen.names]
        for piece, (_, door) in zip(pieces, doors, strict=True):
            number = len(previous)
            previous.append({k: piece[k] for k in door.settings if k in piece})
            piece.update(door.settings)
            piece[DOOR] = number
        groups += pieces
    optimizer.param_groups[:] = groups


def _remove(optimizer: Any, doors: list[Door], handles: Handles, previous: list[Group]) -> None:
    for detach in handles:
        detach()
    handles.clear()
    for group in optimizer.param_groups:
        number = group.pop(DOOR, None)
        if number is not None:
            for key in doors[number].settings:
                group.pop(key, None)
            group.update(previous[number])


def _targets(toward: Mapping[str, Any] | Sequence[Any] | None, selections: Sequence[Selection]) -> PerParameter:
    """What each chosen parameter is to shrink towards, by name or by place."""
    if toward is None:
        return PerParameter()
    if not isinstance(toward, Iterable) or isinstance(toward, str):
        raise BadInput(f"toward is {toward!r}: it must be a dict of tensors by name, or tensors in the groups' order.")
    members = [c for s in selections for c in (*s.chosen, s.spared)]
    named = [(p, n) for c in members for p, n in zip(c.parameters, c.names, strict=True)]
    if isinstance(toward, Mapping):
        if not any(n for _, n in named):
            raise BadInput("toward gives weights by name, but names are not known: give the module as model=.")
        pairs = [
            (p, toward.get(n), repr(n)) for c in _chosen(selections) for p, n in zip(c.parameters, c.names, strict=True)
        ]
    else:
        goals = list(toward)
        order = [p for s in selections for p in s.in_order]
        if len(goals) != len(order):
            raise BadInput(f"toward has {len(goals)} tensors: the optimizer has {len(order)} parameters.")
        meant = {id(p) for c in _chosen(selections) for p in c.parameters}
        pairs = [
            (p, goal, f"parameter {i}") for i, (p, goal) in enumerate(zip(order, goals, strict=True)) if id(p) in meant
        ]
    targets = PerParameter()
    for p, goal, name in pairs:
        if goal is None:
            raise BadInput(f"toward has no weights for {name}: it must have some for each parameter that is chosen.")
        if not hasattr(goal, "shape") or not hasattr(goal, "detach"):
            raise BadInput(f"toward has {goal!r} for {name}: it must be a tensor.")
        if goal.shape != p.shape:
            raise BadInput(f"toward has shape {tuple(goal.shape)} for {name}: it must be {tuple(p.shape)}.")
        # a copy: a target that is the parameter itself would go where the weights go
        targets[p] = goal.detach().to(device=p.device, dtype=p.dtype, copy=True)
    return targets


def _sparse(model: Any) -> bool:
    """Whether a layer of it makes sparse gradients."""
    return model is not None and any(getattr(module, "sparse", False) is True for module in model.modules())


def _chosen(selections: Sequence[Selection]) -> list[Chosen]:
    return [c for s in selections for c in s.chosen]


def _summary(door: Door, selection: Selection, ask: Ask) -> GroupSummary:
    strength, peak = float(door.settings[door.key]), door.settings[PEAK]
    members = [p for c in selection.chosen for p in c.parameters]
    return GroupSummary(
        law=ask.law,
        strength_name=door.key,
        strength=strength,
        peak_lr=float(peak),
        decay=None if ask.law is Law.L2 else float(ask.law.decay(strength, lr=peak, peak_lr=peak)) if strength else 0.0,
        served_by=str(door.native),
        tensors=len(members),
        weights=sum(p.numel() for p in members),
        spared=len(selection.spared.parameters),
        examples=tuple([n for c in selection.chosen for n in c.names][:3]),
    )


def _extras(ask: Ask, targets: PerParameter) -> tuple[str, ...]:
    said = {
        f"L2 besides, l2 {ask.l2:.4g}": ask.l2 and ask.law is not Law.L2,
        f"L1 besides, l1 {ask.l1:.4g}: soft thresholding at lr·l1 after the step": ask.l1,
        "the strength follows a function of the step": ask.schedule is not None,
        f"towards given weights, for {len(targets)} tensors": targets,
        "only where the step and the decay go the same way": ask.cautious,
    }
    return tuple(sentence for sentence, holds in said.items() if holds)
