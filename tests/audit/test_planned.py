"""How long a run will be, as a live trainer says, or the schedule of its lr."""

import sys
from types import SimpleNamespace

import pytest
import torch
from torch.optim import lr_scheduler

from halflife.audit._planned import length_of, planned


def _schedule(make):
    return make(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1))


def _warmed_up(optimizer):
    parts = [lr_scheduler.LinearLR(optimizer, total_iters=10), lr_scheduler.CosineAnnealingLR(optimizer, 90)]
    return lr_scheduler.SequentialLR(optimizer, parts, milestones=[10])


@pytest.mark.parametrize(
    ("make", "steps"),
    [
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 90), 90),
        (lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=40), 40),
        (_warmed_up, 100),
        (lambda o: lr_scheduler.StepLR(o, 30), None),
    ],
)
def test_a_schedule_that_ends_with_the_run_tells_its_length(make, steps):
    """A warm-up before it counts; one that goes on for ever tells nothing."""
    assert length_of(_schedule(make)) == steps
    assert planned(_schedule(make)) == (steps, None)


class Trainer:
    """What Hugging Face's says of its run."""

    def __init__(self, steps, epochs):
        self.state = SimpleNamespace(max_steps=steps, num_train_epochs=epochs)


@pytest.mark.parametrize(
    ("steps", "epochs", "expected"), [(70, 7, (70, 10)), (70, 0, (70, None)), (0, 7, (90, None)), (7, 70, (7, 1))]
)
def test_a_live_trainer_tells_its_steps_and_those_of_an_epoch(monkeypatch, steps, epochs, expected):
    """It is asked before the schedule; one that has not begun is not asked."""
    monkeypatch.setitem(sys.modules, "transformers.trainer", SimpleNamespace(Trainer=Trainer))
    trainer = Trainer(steps, epochs)
    assert planned(_schedule(lambda o: lr_scheduler.CosineAnnealingLR(o, 90))) == expected
    del trainer
