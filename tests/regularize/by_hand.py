"""A small problem, and an obvious loop of what a step does, for the tests beside this."""

import torch

LR, DECAY, STEPS = 0.05, 0.02, 8


def problem(seed=0, dtype=torch.float64):
    """A parameter, its target of equal size, and gradients that depend on the weights."""
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(5, 4, generator=generator, dtype=torch.float64).to(dtype)
    goal = torch.randn(5, 4, generator=generator, dtype=torch.float64).to(dtype)
    return torch.nn.Parameter(start.clone()), start, lambda w: 0.5 * (w - goal) + 0.1 * torch.sin(3 * w)


def trained(optimizer, p, gradient, steps=STEPS, scheduler=None):
    for _ in range(steps):
        p.grad = gradient(p.detach())
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
    return p.detach()


def agree(got, wanted, without, tolerance=1e-12):
    """Equal to rounding, and the effect that is tested is ten times the tolerance at least."""
    assert (wanted - without).abs().max() > 10 * tolerance
    torch.testing.assert_close(got, wanted, rtol=0, atol=tolerance)


def loop(start, gradient, after=lambda w, old, t: w, before=lambda w, t: w, lr=lambda t: LR, momentum=0.9):
    """SGD with momentum, the decay put in by hand."""
    w, v = start.clone(), torch.zeros_like(start)
    for t in range(STEPS):
        v = momentum * v + gradient(w)
        old = w
        w = after(before(w, t) - lr(t) * v, old, t)
    return w


def sgd(p):
    return torch.optim.SGD([p], lr=LR, momentum=0.9)
