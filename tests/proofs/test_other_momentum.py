import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from halflife.proofs import same_steps
from halflife.proofs.other_momentum import _left_over, theorem

STEPS, PEAK, WD, MU = 200, 0.1, 0.5, 0.9
TOLERANCE = 1e-12


def _lr(step: int) -> float:
    return PEAK * (1 + math.cos(math.pi * step / STEPS)) / 2 if step >= 0 else 0.0


def _twins(
    momentum: Callable[[int], float], l2: float, start: float = WD, **options: Any
) -> tuple[torch.Tensor, torch.Tensor]:
    """Paths of torch.optim.SGD with decay by hand, and of torch.optim.SGD with a penalty, lr changing, float64."""
    random = torch.Generator().manual_seed(0)
    curvature = torch.linspace(0.3, 3.0, 6, dtype=torch.float64)
    noise = torch.randn((STEPS, 6), generator=random, dtype=torch.float64)
    here = torch.nn.Parameter(torch.randn(6, generator=random, dtype=torch.float64) + 2)
    there = torch.nn.Parameter(here.detach().clone())
    plain = torch.optim.SGD([here], lr=PEAK, momentum=MU, **options)
    penalty = torch.optim.SGD([there], lr=PEAK, momentum=MU, weight_decay=l2, **options)
    if start:
        penalty.state[there]["momentum_buffer"] = start * there.detach().clone()
    paths: list[list[torch.Tensor]] = [[], []]
    for step in range(STEPS):
        for weights, optimizer in ((here, plain), (there, penalty)):
            optimizer.param_groups[0]["lr"] = _lr(step)
            weights.grad = (curvature * weights + noise[step]).detach()
        penalty.param_groups[0]["momentum"] = momentum(step)
        with torch.no_grad():
            here.mul_(1 - _lr(step) * WD)
        for path, weights, optimizer in zip(paths, (here, there), (plain, penalty), strict=True):
            optimizer.step()
            path.append(weights.detach().clone())
    return torch.stack(paths[0]), torch.stack(paths[1])


def _apart(pair: tuple[torch.Tensor, torch.Tensor]) -> float:
    one, other = pair
    return float((one - other).abs().max() / one.abs().max())


def _slower(step: int) -> float:
    return MU * (1 - WD * _lr(step - 1))


def test_torch_takes_the_same_steps_through_either_door() -> None:
    """200 noisy steps of torch.optim.SGD, lr falling: decay, and the penalty at the momentum of each step."""
    assert _apart(_twins(_slower, WD * (1 - MU))) < TOLERANCE


WRONG = {
    "the momentum unchanged": (lambda _: MU, WD * (1 - MU)),
    "the lr of this step, not of the one before": (lambda step: MU * (1 - WD * _lr(step)), WD * (1 - MU)),
    "the penalty of the naive map": (_slower, WD),
    "the penalty a hundredth off": (_slower, 1.01 * WD * (1 - MU)),
    "a larger momentum": (lambda step: MU * (1 + WD * _lr(step - 1)), WD * (1 - MU)),
    "an empty buffer": (_slower, WD * (1 - MU), 0.0),
    "a buffer for the constant lr": (_slower, WD * (1 - MU), WD / (1 - PEAK * WD)),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_exchange_is_seen(name: str) -> None:
    """Each part of the map is needed: without it the twins part by at least a thousand times the tolerance."""
    assert _apart(_twins(*WRONG[name])) > 1000 * TOLERANCE


def test_nesterov_parts() -> None:
    """The exchange of heavy ball does not hold under Nesterov's momentum."""
    assert _apart(_twins(_slower, WD * (1 - MU), nesterov=True)) > 1e-3


def test_elimination_finds_an_exchange_where_there_is_one() -> None:
    """What refutes Nesterov's exchange leaves nothing for heavy ball, which has one."""
    assert _left_over("momentum_lr_inside") == 0
    assert _left_over("nesterov") != 0


def test_wrong_penalty_is_refused() -> None:
    """With nine tenths of the penalty the theorem fails, by algebra and by measurement."""
    wrong = theorem(share=0.9)
    assert not all(step.holds() for step in wrong.proof)
    assert not wrong.witnesses[0].holds()
    assert str(same_steps("momentum").verdict) == "EQUIVALENT IFF"
