"""In Optax, Keras, plain functions and schedule-free optimizers, too, each break is named and no other."""

import pytest

import halflife
from halflife import Law
from halflife.probe import Defect
from mutants.planted_elsewhere import FUNCTIONS, OPTAX, as_function, in_keras, in_optax, schedule_free

NAMED = {
    "right": (Law.DECOUPLED, ()),
    "nothing": (Law.NONE, (Defect.NO_EFFECT,)),
    "grows": (Law.GROWTH, (Defect.GROWTH,)),
    "subtracts": (Law.SUBTRACTED_CONSTANT, (Defect.SUBTRACTED_CONSTANT,)),
    "last": (Law.DECOUPLED, (Defect.PARTIAL_REACH,)),
    "half": (Law.DECOUPLED, (Defect.LOST_IN_PRECISION,)),
    "last group's lr": (Law.DECOUPLED, (Defect.WRONG_GROUP,)),
}
EVERYWHERE = ("right", "nothing", "grows", "subtracts")
WITHOUT_GROUPS = (*EVERYWHERE, "last", "half")


def turns(names, decays):
    """Each decay with one of the names, every name in its turn."""
    return [(list(names)[i % len(names)], decay) for i, decay in enumerate(decays)]


def is_named(report, decay):
    law, defects = NAMED[decay]
    assert report.law is law, report
    assert report.defects == defects, report
    return report


@pytest.mark.parametrize(("direction", "decay"), turns(OPTAX, WITHOUT_GROUPS))
def test_in_optax(direction, decay):
    """A chain of which one link is broken; its strength is known by nothing but a closure."""
    is_named(halflife.probe(in_optax(direction, decay)), decay)


@pytest.mark.parametrize(("direction", "decay"), turns(("Adam", "SGD", "Lion"), WITHOUT_GROUPS))
def test_in_keras(direction, decay):
    """A Keras optimizer with its own decay overridden."""
    is_named(halflife.probe(in_keras(direction, decay)), decay)


@pytest.mark.parametrize("direction", FUNCTIONS)
@pytest.mark.parametrize("decay", EVERYWHERE)
def test_in_a_function(direction, decay):
    """One tensor a call: what can be wrong with one can be seen."""
    is_named(halflife.probe(as_function(direction, decay)), decay)


@pytest.mark.parametrize("decay", NAMED)
def test_in_a_schedule_free_optimizer(decay):
    """Of three copies of the weights one is decayed; its coefficient is then a mean over them."""
    report = is_named(halflife.probe(schedule_free(decay)), decay)
    assert report.averaged is (report.law in (Law.DECOUPLED, Law.GROWTH)), report
