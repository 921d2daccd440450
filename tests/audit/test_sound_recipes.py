"""On well-built trainings of today's recipes there is no error and no warning, and every check can run."""

import pytest
import torch

import halflife
from halflife.audit import Severity
from halflife.rules.schedule import named
from recipes_sound import SOUND

STEPS = 10_000
SCHEDULES_ITSELF = ("AdamWScheduleFree",)


@pytest.mark.parametrize("recipe", SOUND, ids=lambda recipe: recipe.__name__)
def test_a_well_built_recipe_has_no_error_and_no_warning(recipe):
    """Three steps into a warm-up with a cosine behind it, each optimizer has a known law and notes at most."""
    torch.manual_seed(0)
    optimizers, model, example, loss = recipe()
    schedulers = {
        optimizer: torch.optim.lr_scheduler.LambdaLR(optimizer, named("warmup-cosine", STEPS))
        for optimizer in optimizers
        if type(optimizer).__name__ not in SCHEDULES_ITSELF
    }
    for _ in range(3):
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss().backward()
        for optimizer in optimizers:
            optimizer.step()
        for scheduler in schedulers.values():
            scheduler.step()
    for optimizer in optimizers:
        others = [other for other in optimizers if other is not optimizer]
        plan = {"steps": STEPS, "schedule": schedulers.get(optimizer, "constant")}
        result = halflife.audit(optimizer, model, **plan, loss=loss, example_input=(example,), others=others)
        assert [str(f) for f in result.findings if f.severity is not Severity.NOTE or f.code == "HL018"] == []
        assert result.skipped == ()
