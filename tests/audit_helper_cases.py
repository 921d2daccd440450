"""What the helpers of the checks must answer, one row a claim: the function, its arguments, and the answer."""

from math import sqrt
from types import SimpleNamespace

import torch

from audit_made import group, training, weight
from halflife.rules import Law


def remembering(settings, **state):
    """lr·λ/(√v̂ + ε) of one weight at lr 0.01 and λ 0.1, a measured coefficient of 2 besides where it is asked for."""
    tensor = torch.zeros(4)
    coefficient = settings.pop("coefficient", None)
    more = {} if coefficient is None else {"coefficient": coefficient}
    p = weight("w", (4,), tensor=tensor)
    made = group(Law.L2, 0.1, p, decay=None, enters_preconditioner=True, **more)
    held = {name: torch.as_tensor(value) for name, value in state.items()}
    return training(made, state={id(tensor): held}, settings=(settings,) if settings else ()), made, p


V = torch.tensor([1.0, 4.0, 4.0, 9.0])
BETAS = {"betas": (0.9, 0.75)}
MOMENTS = [
    ("effective_decay", remembering({"eps": 0.5}, square_avg=V), 0.001 / 2.5),
    ("effective_decay", remembering({"eps": 0.5, "coefficient": 2.0}, square_avg=V), 0.002 / 2.5),
    ("effective_decay", remembering(BETAS | {"eps": 0.5}, exp_avg_sq=V, step=2.0),
     0.001 / (2 / sqrt(1 - 0.75**2) + 0.5)),
    ("effective_decay", remembering(BETAS | {"eps": 0.5}, exp_avg_sq=V, step=0.0), 0.001 / (2 / sqrt(0.25) + 0.5)),
    ("effective_decay", remembering(dict(BETAS), exp_avg_sq=V), 0.001 / 2),
    ("effective_decay", remembering(dict(BETAS), square_avg=V, step=2.0), 0.001 / 2),
    ("effective_decay", remembering({"eps": 0.5}, exp_avg_sq=V, step=2.0), 0.001 / 2.5),
    ("effective_decay", remembering(dict(BETAS), sum=V, step=2.0), 0.001 / 2),
    ("effective_decay", remembering(dict(BETAS), exp_avg_sq=V, max_exp_avg_sq=4 * V, step=50.0),
     0.001 / (4 / sqrt(1 - 0.75**50))),
    ("effective_decay", remembering({"eps": 0.5}, exp_inf=V), 0.001 / 4.5),
    ("effective_decay", remembering({"eps": 0.5}, square_avg=V, grad_avg=torch.full((4,), 0.5)),
     0.001 / (sqrt(3.75) + 0.5)),
    ("effective_decay", remembering({"eps": 1.0}, square_avg=V, acc_delta=torch.full((4,), 0.25)), 0.001 / 2),
    ("effective_decay", remembering({"eps": 0.5}), None),
    ("effective_decay", remembering({"eps": 0.5}, square_avg=torch.zeros(0)), None),
    ("effective_decay", remembering({"eps": 0.5}, square_avg=torch.zeros(4, device="meta")), None),
    ("effective_decay", remembering({"betas": (0.9, 0.9)}, square_avg=torch.zeros(4)), None),
    ("effective_decay", remembering({}, square_avg=V), None),
    ("effective_decay", remembering({"eps": 0.0}, square_avg=torch.arange(250_000.0) ** 2), 0.001 / 124_999),
]  # fmt: skip


def held(*groups, lr=None):
    """An optimizer, as far as a plan looks at it."""
    defaults = {} if lr is None else {"lr": lr}
    return SimpleNamespace(param_groups=[{"params": [], **each} for each in groups], defaults=defaults)


def scheduled(make, steps, *groups):
    """An optimizer with a scheduler that has taken these steps already."""
    optimizer = torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], **each} for each in groups], lr=0.1)
    scheduler = make(optimizer)
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
    return optimizer, scheduler


def halving(optimizer):
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)


class Stepping:
    def step(self):
        raise ValueError("over")


STEPPING = Stepping()


def on_plateau(optimizer):
    return torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)


def as_lists(planned):
    lrs, peaks = planned
    return [None if each is None else [float(lr) for lr in each] for each in lrs], [float(peak) for peak in peaks]


def falling(step):
    return 1 - step / 4


REFUSED = "refused"


def passing_on(scheduler):
    return SimpleNamespace(scheduler=scheduler)


PLAN = [
    ("planned_lrs", (held({"lr": 0.1}, {"lr": 0.3}), None, None), ([None, None], [0.1, 0.3])),
    ("planned_lrs", (held({"lr": 0.1}), None, 2), ([[0.1, 0.1]], [0.1])),
    ("planned_lrs", (held({"lr": 0.1}), falling, 3), ([[0.1, 0.075, 0.05]], [0.1])),
    ("planned_lrs", (held({"lr": 0.1, "initial_lr": 0.4}), None, 1), ([[0.4]], [0.4])),
    ("planned_lrs", (held({"lr": 0.1}, {"lr": 0.1}, lr=0.2), None, 1), ([[0.2], [0.2]], [0.2, 0.2])),
    ("planned_lrs", (held({"lr": 0.1}, {"lr": 0.3}, lr=0.9), None, 1), ([[0.1], [0.3]], [0.1, 0.3])),
    ("planned_lrs", (held({"lr": 0.1}), None, 1, [0.5]), ([[0.5]], [0.5])),
    ("planned_lrs", (held({"lr": 0.1}), None, 1, [0.5, 0.6]), ([[0.1]], [0.1])),
    ("planned_lrs", (held({"learning_rate": 0.1}, {}), None, 1), ([[0.1], [1.0]], [0.1, 1.0])),
    ("planned_lrs", (held({"lr": 0.2, "lr_scale": 0.5}, {"lr": 0.2}), None, 1), ([[0.1], [0.2]], [0.1, 0.2])),
    ("planned_lrs", (held({"lr": 0.1, "lr_scale": 0.5}, {"lr": 0.2}), None, 1), ([[0.1], [0.2]], [0.1, 0.2])),
    ("planned_lrs", (held({"lr": 0.01, "lr_scale": 0.5, "initial_lr": 0.2}, {"lr": 0.02, "initial_lr": 0.2}), None, 1),
     ([[0.1], [0.2]], [0.1, 0.2])),
    ("planned_lrs", (*scheduled(halving, 1, {"lr": 0.8}, {"lr": 0.4}), 3),
     ([[0.4, 0.2, 0.1], [0.2, 0.1, 0.05]], [0.8, 0.4])),
    ("planned_lrs", (*scheduled(on_plateau, 0, {"lr": 0.8}), 3), ([[0.8, 0.8, 0.8]], [0.8])),
]  # fmt: skip

ALONE = passing_on(3)
PLAN += [
    ("planned_lrs", (held({"lr": 0.1}), "linear", 2), ([[0.1, 0.05]], [0.1])),
    ("unwrapped", (passing_on(STEPPING),), STEPPING),
    ("unwrapped", (ALONE,), ALONE),
    ("check_plan", {}, None),
    ("check_plan", {"steps": 1, "steps_per_epoch": 1, "schedule": "linear"}, None),
    ("check_plan", {"schedule": falling}, None),
    ("check_plan", {"schedule": STEPPING}, None),
    *(("check_plan", bad, REFUSED) for bad in (
        {"steps": 0}, {"steps_per_epoch": -1}, {"steps": True}, {"steps": 2.5}, {"steps": "2"},
        {"schedule": 3}, {"schedule": "cosinus"},
    )),
]  # fmt: skip

SHORT = torch.bfloat16
PENALTY = [
    ("is_l2", ([(1.0, 0.02)], torch.float32), True),
    ("is_l2", ([(1.0, 0.02), (1.1, 0.02)], torch.float32), True),
    ("is_l2", ([(1.1, 0.02), (1.0, 0.02)], torch.float32), True),
    ("is_l2", ([(1.0, 0.02), (1.1, 0.02 / 1.1)], torch.float32), False),
    ("is_l2", ([(1.1, 0.02 / 1.1), (1.0, 0.02)], torch.float32), False),
    ("is_l2", ([(1.0, 0.02), (1.0, 0.02), (1.1, 0.02 / 1.1)], torch.float32), False),
    ("is_l2", ([(1.0, 0.02), (1.1, 0.02 * 1.1**0.47)], torch.float32), True),
    ("is_l2", ([(1.0, 0.02), (1.1, 0.02 * 1.1**0.53)], torch.float32), False),
    ("is_l2", ([(1.0, 0.02), (1 + 9e-6, 0.02 * (1 + 9.5e-6))], torch.float32), True),
    ("is_l2", ([(1.0, 0.02), (1 + 9e-6, 0.02 * (1 + 1.05e-5))], torch.float32), False),
    ("is_l2", ([(1.0, 0.02), (1.0 + 1e-4, 0.02 * 1.005)], SHORT), True),
]


def in_script(kind, penalty=lambda w: 0.0, *, scale=1.0, passes=True, other=False, frozen=False, wasted=0):
    """What `Backwards` says of three steps of two micro-batches each, after some passes that are thrown away."""
    torch.manual_seed(0)
    w, v, one = (torch.nn.Parameter(torch.randn(*shape)) for shape in ((4, 3), (4, 2), (1,)))
    optimizer, x, seen = torch.optim.SGD([w, v, one], lr=0.05), torch.randn(6, 3), kind()
    wanted = {id(p): p for p in (w, v, one)}
    seen.loss_scale = scale
    for step in range(-wasted, 3 if passes else -wasted):
        optimizer.zero_grad()
        for half in (x[:3], x[3:]):
            loss = scale * ((half @ w.T @ v).tanh().sum() + penalty(w) + 0.1 * one.square().sum()) / 2
            with seen.watched([loss], wanted):
                loss.backward()
        if step >= 0:
            seen.stepped([w, v, one])
            for p in wanted.values():
                p.data -= 0.05 * p.grad / scale
    strange = torch.nn.Parameter(torch.ones(4, 3))
    members = [weight("w", tensor=strange if other else w, trainable=not frozen), weight("v", (4, 2), tensor=v)]
    return seen.penalties(members[:1] if other else [*members, weight("one", (1,), tensor=one), weight("unknown")])


def square(w):
    return 0.01 * w.square().sum()


SCRIPTS = [
    ({}, {}),
    ({"penalty": square}, {"w": 0.02}),
    ({"penalty": square, "scale": 1024.0}, {"w": 0.02}),
    ({"penalty": square, "wasted": 2}, {"w": 0.02}),
    ({"penalty": square, "frozen": True}, {}),
    ({"penalty": lambda w: 0.01 * w.norm()}, {}),
    ({"penalty": square, "passes": False}, "no backward call was seen"),
    ({"penalty": square, "other": True}, "no backward call reached"),
]
HELPERS = {"_moments": MOMENTS, "_plan": PLAN, "_penalty": PENALTY}
