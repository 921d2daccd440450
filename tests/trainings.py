"""Small trainings, sound and broken, and a quick way to audit them."""

import torch
from torch import nn

import halflife

SOUND = {"lr": 1e-2, "weight_decay": 0.1}
STEPS = 1000


class Net(nn.Module):
    """An embedding, a normalized hidden layer and a head: one parameter of every kind."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(12, 6)
        self.hidden = nn.Linear(6, 8, bias=False)
        self.norm = nn.LayerNorm(8)
        self.head = nn.Linear(8, 3)

    def forward(self, tokens):
        return self.head(torch.relu(self.norm(self.hidden(self.table(tokens)))))


def net(seed=0):
    torch.manual_seed(seed)
    return Net()


TOKENS = torch.arange(12)


def loss_of(model):
    return lambda: nn.functional.cross_entropy(model(TOKENS), TOKENS % 3)


def trained(optimizer, model, steps=3):
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(model)().backward()
        optimizer.step()
    return optimizer


def split(model, strength, **more):
    """Two groups: what has two dimensions or more is decayed; embeddings are not."""
    decayed = [p for name, p in model.named_parameters() if p.ndim > 1 and "table" not in name]
    spared = [p for name, p in model.named_parameters() if p.ndim < 2 or "table" in name]
    return [{"params": decayed, "weight_decay": strength, **more}, {"params": spared, "weight_decay": 0.0, **more}]


def sound(model=None, **changes):
    """A well-built AdamW: weights decayed, the rest spared, and enough of it."""
    model = model or net()
    settings = SOUND | changes
    return torch.optim.AdamW(split(model, settings.pop("weight_decay")), **settings), model


def found(code, optimizer, model=None, **arguments):
    """The findings of one check."""
    result = halflife.audit(optimizer, model, select=[code], **arguments)
    return list(result.findings)


class Planted(torch.optim.Optimizer):
    """SGD whose decay is given as a function of (parameter, lr, strength, place of the parameter)."""

    decay = staticmethod(lambda p, lr, strength, place, gradient: None)

    def __init__(self, params, lr=1e-2, weight_decay=0.1):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for place, p in enumerate(group["params"]):
                self.decay(p, group["lr"], group["weight_decay"], place, p.grad)
                if p.grad is not None:
                    p.add_(p.grad, alpha=-group["lr"])


class DoesNothing(Planted):
    decay = staticmethod(lambda p, lr, strength, place, gradient: None)


class Grows(Planted):
    decay = staticmethod(lambda p, lr, strength, place, gradient: p.mul_(1 + lr * strength))


class SubtractsConstant(Planted):
    decay = staticmethod(lambda p, lr, strength, place, gradient: p.sub_(lr * strength))


class DecaysAll(Planted):
    """Decays what has no gradient, too."""

    decay = staticmethod(lambda p, lr, strength, place, gradient: p.mul_(1 - lr * strength))


class Constant(Planted):
    """Not times lr."""

    decay = staticmethod(lambda p, lr, strength, place, gradient: p.mul_(1 - strength))
