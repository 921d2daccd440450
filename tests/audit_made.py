"""Trainings put together by hand: a check sees groups and laws, and no optimizer has to be probed for that."""

import numpy as np
import torch

from halflife.audit._training import Group, Kind, Parameter, Training
from halflife.probe import LawReport
from halflife.rules import Law

STEPS = 1000
E, W, N, S = "error", "warning", "note", "skipped"
FROZEN = {"trainable": False}
SHAPELESS = (S, "", "needs the shape of each parameter, and that of some is not known")
SET = 'optimizer.param_groups[{}]["weight_decay"] = {}'


def weight(name="w", shape=(4, 3), kind=Kind.WEIGHT, **more):
    return Parameter(name=name, shape=shape, kind=kind, dtype=more.pop("dtype", "float64"), **more)


def bias(name="b", **more):
    return weight(name, (4,), Kind.BIAS, **more)


def norm(name="n", **more):
    return weight(name, (4,), Kind.NORM, **more)


def vector(name="v", **more):
    return weight(name, (4,), Kind.VECTOR, **more)


def table(name="t", **more):
    return weight(name, (12, 3), Kind.EMBEDDING, **more)


def flat(name="f", **more):
    return weight(name, (4,), Kind.FLAT, **more)


NUMBERS = ("decay", "decays", "lr", "momentum", "gain", "unread")


def group(law=Law.DECOUPLED, strength=0.1, *members, index=0, **more):
    """A group of one weight, unless told otherwise; what is no number of the group's is one of its report."""
    numbers = {"lr": 0.01, "decay": 0.001} | {key: more.pop(key) for key in NUMBERS if key in more}
    report = LawReport(name="made", law=law, strength_name="weight_decay", **more)
    return Group(index=index, members=members or (weight(),), report=report, strength=strength, **numbers)


def planned(removed, early=0.5, **more):
    """A group that removes this share in the run, and this part of that in its first half."""
    total = -np.log1p(-removed)
    alphas = -np.expm1(-total * np.repeat([early, 1 - early], STEPS // 2) / (STEPS // 2))
    return group(decays=alphas, decay=float(alphas.max()), **more)


def training(*groups, **more):
    return Training(name="Made", groups=groups, steps=more.pop("steps", STEPS), **more)


def live(make, members, gradient, **more):
    """Adaptive memory of weights that were trained, as a check finds it."""
    tensors = [torch.nn.Parameter(torch.zeros(3, 3)) for _ in members]
    optimizer = make(tensors, **more)
    for _ in range(4):
        for tensor, size in zip(tensors, gradient, strict=True):
            tensor.grad = None if size is None else torch.full((3, 3), float(size))
        optimizer.step()
    parameters = tuple(weight(name, (3, 3), tensor=tensor) for name, tensor in zip(members, tensors, strict=True))
    return parameters, {id(t): optimizer.state[t] for t in tensors}, tuple(optimizer.param_groups)
