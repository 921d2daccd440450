"""Trainings with something to run in them: weights to round, losses to differentiate, models to call."""

from contextlib import nullcontext

import numpy as np
import torch

from audit_made import group, norm, training, weight
from halflife.audit._calls import Call
from halflife.audit._penalty import penalties_of
from halflife.audit._training import Kind
from halflife.probe._torch_live import from_live
from halflife.rules import Law


def rounded(dtype, strength, law=Law.DECOUPLED, **more):
    """AdamW on weights of this dtype; α is a hundredth of the strength."""
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.ones(4, 3))], lr=0.01, weight_decay=strength)
    numbers = {"decay": more.pop("decay", 0.01 * strength)}
    made = group(law, strength, weight(dtype=dtype, **more), **numbers)
    return training(made, subjects=(from_live(optimizer, 0, "AdamW").with_strength("weight_decay"),))


class Keeping:
    """Steps of decay alone, of which a low precision keeps a share."""

    lr_name = None

    def __init__(self, share, noise):
        self.share, self.noise = share, noise

    def session(self):
        return nullcontext()

    def start(self, shapes, weights, *, lr, strength, dtype, **_):
        self.now = np.array(weights)
        self.decay = lr * strength * (1 if dtype == "float64" else self.share)
        self.spoilt = self.noise * self.now[::-1] if strength and dtype != "float64" else 0.0
        return self

    def step(self, gradient):
        self.now = self.now * (1 - self.decay)

    def weights(self):
        return self.now + self.spoilt

    def scale_lr(self, factor):
        self.decay *= factor


def keeping(share, noise=0.0):
    return training(group(Law.DECOUPLED, 0.1, weight(dtype="float32")), subjects=(Keeping(share, noise),))


def penalized(penalty, frozen=False, device=None, empty=False):
    """Two layers, a loss and a penalty on their weights."""
    torch.manual_seed(0)
    w, v = (torch.nn.Parameter(torch.randn(4, n, dtype=torch.float64, device=device)) for n in (3, 2))
    x = torch.randn(5, 3, dtype=torch.float64)
    if empty:
        w.data.zero_()
    members = (weight("w", tensor=w, trainable=not frozen), weight("v", (4, 2), tensor=v))
    penalties = penalties_of(lambda: (x @ w.T @ v).tanh().sum() + penalty(w, v), None)
    return training(group(Law.DECOUPLED, 0.1, *members), penalties=penalties)


def penalized_in_part(part):
    """So many of 4900 weights are under a penalty."""
    w = torch.nn.Parameter(torch.linspace(-1, 1, 4900, dtype=torch.float64).view(70, 70))
    penalties = penalties_of(lambda: 0.01 * w.flatten()[:part].square().sum(), None)
    return training(group(Law.DECOUPLED, 0.1, weight("w", (70, 70), tensor=w)), penalties=penalties)


def unpenalized(loss):
    """Any loss, of one weight."""
    w = weight("w", tensor=torch.nn.Parameter(torch.ones(4, 3)))
    return training(group(Law.DECOUPLED, 0.1, w), penalties=penalties_of(loss, None))


def chance():
    """A mean square of what is normalized and shifted: its gradient is the shift, and no penalty."""
    torch.manual_seed(0)
    w, b = torch.nn.Parameter(torch.randn(4, 3)), torch.nn.Parameter(torch.tensor([0.5, 0.25], dtype=torch.float64))
    penalties = penalties_of(lambda: (torch.tensor([[-1.0], [1.0]]) * w.sum() + b).square().mean(), None)
    return training(group(Law.DECOUPLED, 0.1, weight("w", tensor=w), weight("b", (2,), tensor=b)), penalties=penalties)


def sparse():
    """An embedding whose gradient is sparse."""
    layer = torch.nn.Embedding(4, 3, sparse=True, dtype=torch.float64)
    loss = penalties_of(lambda: layer(torch.arange(4)).square().sum(), layer)
    return training(group(Law.DECOUPLED, 0.1, weight("t", (4, 3), tensor=layer.weight)), penalties=loss)


class Stage(torch.nn.Module):
    """Weights before a normalization: untouched, or swelling at another length; one unused, one faint."""

    def __init__(self, names, whole=False):
        super().__init__()
        self.whole = whole
        for name in names:
            self.register_parameter(name, torch.nn.Parameter(torch.randn(6, 5)))
        self.length = {name: float(p.detach().norm()) for name, p in self.named_parameters()}

    def forward(self, x):
        out = 0.0
        for name, p in self.named_parameters():
            length = p.norm() / self.length[name]
            swelling = {"b": 1 + (length - 1) ** 2, "unused": 0.0, "faint": 1e-3 * length}.get(name, 1.0)
            if swelling:
                out = out + torch.nn.functional.layer_norm(x @ p.T, (6,)) * swelling
        return out.long() if self.whole else out


def called_in_parts(whole=False, meta=False):
    """Two modules: the first holds all but d; plain is in neither."""
    torch.manual_seed(0)
    first, second, plain = (
        Stage(("a", "b", "c", "unused", "faint"), whole),
        Stage(("d",)),
        torch.nn.Parameter(torch.ones(6, 5)),
    )
    owned = {**dict(first.named_parameters()), **dict(second.named_parameters()), "plain": plain}
    members = [weight(name, (6, 5), tensor=tensor) for name, tensor in owned.items()]
    if meta:
        members.append(weight("m", tensor=torch.ones(2, 2, device="meta")))
    calls = (
        Call.on(torch.nn.Linear(3, 3), torch.ones(1, 7)),
        *(Call.on(m, torch.randn(7, 5)) for m in (first, second, first)),
    )
    return training(group(Law.DECOUPLED, 0.1, *members), model=first, calls=calls)


def normalized(eps=1e-5, gain=1.0, frozen=False, kind=Kind.WEIGHT, example=None, device=None):
    """A layer, its normalization, and a head."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 6, bias=False), torch.nn.BatchNorm1d(6, eps=eps), torch.nn.Dropout(), torch.nn.Linear(6, 3)
    ).to(device)
    with torch.no_grad():
        model[1].weight.fill_(gain)
    members = (
        weight("0.weight", (6, 4), kind, tensor=model[0].weight, trainable=not frozen),
        weight("3.weight", (3, 6), tensor=model[3].weight),
        norm("1.weight", tensor=model[1].weight),
    )
    batch = torch.randn(9, 4) if example is None else example
    return training(group(Law.DECOUPLED, 0.1, *members), model=model.eval(), calls=(Call.on(model, batch),))


def twice(*places):
    """Two groups, with one tensor besides in each of these."""
    shared = weight("u", tensor=object())
    members = [[weight(f"w{index}", tensor=object())] + [shared] * places.count(index) for index in (0, 1)]
    return training(*(group(Law.DECOUPLED, 0.1, *each, index=index) for index, each in enumerate(members)))


def beside(*decayed, spared=()):
    groups = [group(Law.DECOUPLED, 0.1, *decayed)]
    return training(*groups, *([group(Law.DECOUPLED, 0.0, *spared, index=1)] if spared else []), model=1)
