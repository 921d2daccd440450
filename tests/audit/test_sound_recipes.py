"""On well-built trainings of today's recipes there is no error and no warning, and every check can run."""

import pytest
import torch

import halflife
from halflife.audit import Severity
from halflife.rules.schedule import named
from recipes_projects import PROJECTS
from recipes_sound import SOUND

STEPS = 10_000
SCHEDULES_ITSELF = ("AdamWScheduleFree",)


TAKEN = [(recipe, 3) for recipe in SOUND + PROJECTS] + [(recipe, 0) for recipe in PROJECTS[:3]]


@pytest.mark.parametrize(("recipe", "taken"), TAKEN, ids=[f"{recipe.__name__}-{taken}" for recipe, taken in TAKEN])
def test_a_well_built_recipe_has_no_error_and_no_warning(recipe, taken):
    """In a warm-up with a cosine behind it, before the first step or after three: a known law, and notes at most."""
    torch.manual_seed(0)
    optimizers, model, example, loss = recipe()
    schedulers = {
        optimizer: torch.optim.lr_scheduler.LambdaLR(optimizer, named("warmup-cosine", STEPS))
        for optimizer in optimizers
        if type(optimizer).__name__ not in SCHEDULES_ITSELF
    }
    for _ in range(taken):
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
