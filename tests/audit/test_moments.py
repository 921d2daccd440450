"""The decay that an adaptive optimizer makes of L2 is what its weights lose, however it keeps its second moment."""

import pytest
import torch

import halflife

STEPS = 400
LOUDNESS = 0.3
OPTIMIZERS = [
    (torch.optim.Adam, {}),
    (torch.optim.Adam, {"amsgrad": True}),
    (torch.optim.Adam, {"eps": 0.2}),
    (torch.optim.Adamax, {}),
    (torch.optim.RMSprop, {"alpha": 0.9}),
    (torch.optim.RMSprop, {"alpha": 0.9, "centered": True}),
    (torch.optim.RMSprop, {"alpha": 0.9, "centered": True, "eps": 0.2}),
    (torch.optim.Adagrad, {}),
    (torch.optim.Adadelta, {"lr": 10.0}),
]


@pytest.mark.parametrize(("make", "settings"), OPTIMIZERS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_the_effective_decay_is_what_the_weights_lose(make, settings):
    """Under gradients that cancel out, twins with and without L2 part by α of the weight a step, to a fifth.

    Adadelta multiplies by its past steps, a thousand times less than one here; that swings within a period.
    """
    settings = {"lr": 1e-3} | settings
    twins = []
    for strength in (1e-3, 0.0):
        weight = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.float64))
        optimizer = make([weight], weight_decay=strength, **settings)
        rows = []
        for step in range(STEPS):
            # three of four times up by a third of the way down: the mean is zero, the centre of a window is not
            weight.grad = torch.full_like(weight, LOUDNESS * (1.0 if step % 4 else -3.0))
            optimizer.step()
            rows.append(weight[0, 0].item())
        twins.append((optimizer, rows))
    (optimizer, on), (_, off) = twins
    said = halflife.audit(optimizer, select=["HL003"]).groups[0].members[0].decay
    early, late = STEPS // 2, STEPS - 1  # a whole number of periods apart, but for one step
    lost = ((off[late] - on[late]) - (off[early - 1] - on[early - 1])) / (late - early + 1)
    assert said == pytest.approx(lost, rel=1.0 if make is torch.optim.Adadelta else 0.2)
    assert lost > 1e-7
