"""What torch prints of an optimizer is read as the optimizer itself is."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from halflife import BadInput
from halflife.recipes import read, translate

WEIGHTS = [torch.nn.Parameter(torch.ones(2, 2)), torch.nn.Parameter(torch.ones(2))]
REGULARIZED = {"lr": 0.07, "weight_decay": 0.3}


def _scheduled(make: Callable[[torch.optim.Optimizer], Any]) -> torch.optim.Optimizer:
    optimizer = torch.optim.SGD(WEIGHTS, **REGULARIZED, momentum=0.8)
    scheduler = make(optimizer)
    optimizer.step()
    scheduler.step()
    return optimizer


PRINTED: dict[str, Callable[[], torch.optim.Optimizer]] = {
    "SGD": lambda: torch.optim.SGD(WEIGHTS, **REGULARIZED, momentum=0.8, dampening=0.3),
    "Nesterov": lambda: torch.optim.SGD(WEIGHTS, **REGULARIZED, momentum=0.8, nesterov=True),
    "a tensor's lr": lambda: torch.optim.Adam(WEIGHTS, lr=torch.tensor(0.25), weight_decay=0.3),
    "amsgrad": lambda: torch.optim.AdamW(WEIGHTS, **REGULARIZED, betas=(0.7, 0.8), amsgrad=True),
    "the switch": lambda: torch.optim.Adam(WEIGHTS, **REGULARIZED, decoupled_weight_decay=True),
    "centred": lambda: torch.optim.RMSprop(WEIGHTS, **REGULARIZED, centered=True),
    "two groups": lambda: torch.optim.AdamW(
        [{"params": WEIGHTS[:1]}, {"params": WEIGHTS[1:], "weight_decay": 0.0}], **REGULARIZED
    ),
    "a schedule": lambda: _scheduled(lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 5)),
    "a peak to come": lambda: _scheduled(
        lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=0.7, total_steps=9, cycle_momentum=False
        )
    ),
}


@pytest.mark.parametrize("name", PRINTED)
def test_the_print_is_read_as_the_optimizer_is(name: str) -> None:
    """Same rule, law, numbers, peak lr and choice of parameters, whether it is given live or as its print."""
    optimizer = PRINTED[name]()
    live = translate(optimizer, to="torch").source
    assert live.strength == 0.3
    for text in (repr(optimizer), f"\n{optimizer!r}\n", f">>> optimizer\n{optimizer!r}"):
        printed = translate(text, to="torch")
        assert printed.source == live
        assert printed.read_from == "torch"


def test_the_peak_of_one_cycle_is_the_lr() -> None:
    """The lr that one cycle climbs to, not the one it begins at."""
    assert read(repr(PRINTED["a peak to come"]())).lr == 0.7
    assert translate(PRINTED["a peak to come"](), to="torch").source.lr == 0.7


def test_a_name_of_another_package_is_read_there() -> None:
    """The print of bitsandbytes' AdamW8bit, of which torch has nothing."""
    printed = (
        repr(PRINTED["two groups"]()).replace("AdamW", "AdamW8bit").replace("    decoupled_weight_decay: True\n", "")
    )
    assert translate(printed, to="torch").read_from == "bitsandbytes"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (repr(torch.optim.SGD(WEIGHTS, lr=0.1, maximize=True)), "maximize: True"),
        ("SGD (\nParameter Group 0\n    momentum: 0.9\n)", "a group without lr"),
        ("SGD (\nParameter Group 0\n    lr: much\n    momentum: 0.9\n)", "lr is 'much'"),
        (repr(torch.optim.SGD([{"params": WEIGHTS[:1], "lr": 0.2}, {"params": WEIGHTS[1:]}], lr=0.1)), "differ in lr"),
        ("Prodigy (\nParameter Group 0\n    lr: 1.0\n)", "Prodigy"),
    ],
)
def test_a_print_that_cannot_be_meant_is_refused(text: str, said: str) -> None:
    """One sentence says what of it."""
    with pytest.raises(BadInput, match=said) as caught:
        translate(text)
    assert "\n" not in str(caught.value)
