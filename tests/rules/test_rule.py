import math

import numpy as np
import pytest

from halflife import BadInput, HalflifeError, UnknownName
from halflife.rules import RULES, rule, update

HYPERPARAMETERS = [(name, key) for name, one in RULES.items() for key in one.hyperparameters]

ISSUED = {
    "sgd",
    "momentum",
    "momentum_lr_inside",
    "nesterov",
    "mccaffrey",
    "preconditioned",
    "rmsprop",
    "rmsprop_centred",
    "adagrad",
    "adadelta",
    "adam",
    "amsgrad",
    "adamax",
    "nadam",
    "radam",
    "lion",
    "sign",
}


def test_rules_are_found_by_name() -> None:
    """Every rule is there, under its own name."""
    assert set(RULES) == ISSUED
    assert all(rule(name).name == name for name in RULES)


@pytest.mark.parametrize("name", RULES)
def test_rule_says_what_it_is(name: str) -> None:
    """Every rule has a formula and a reference with a year or a home, and every hyperparameter a meaning."""
    one = RULES[name]
    assert one.formula.strip()
    assert any(part.strip(",;:").isdigit() and len(part.strip(",;:")) == 4 for part in one.reference.split())
    assert all(hyperparameter.meaning.strip() for hyperparameter in one.hyperparameters.values())
    assert [other.name for other in RULES.values() if other.formula == one.formula] == [name]


@pytest.mark.parametrize("name", RULES)
def test_state_has_the_shape_and_kind_of_the_weights(name: str) -> None:
    """Before the first step each entry of the state looks like the weights and holds what the rule says."""
    weights = np.ones((3, 2), dtype=np.float32)
    state = RULES[name].initial_state(weights)
    assert set(state) == set(RULES[name].initial)
    for key, value in state.items():
        assert value.dtype == weights.dtype
        np.testing.assert_array_equal(value, np.full((3, 2), RULES[name].initial[key]))


@pytest.mark.parametrize(("name", "nearest"), [("adm", "adam"), ("Momentum", "momentum"), ("rmsprob", "rmsprop")])
def test_unknown_rule_names_the_nearest(name: str, nearest: str) -> None:
    """A rule that does not exist is answered with the ones it resembles."""
    with pytest.raises(UnknownName, match=f"unknown rule '{name}': did you mean .*{nearest}") as caught:
        rule(name)
    assert nearest in caught.value.nearest


def test_unknown_rule_that_resembles_none_lists_all() -> None:
    """A name that resembles none is answered with all of them."""
    with pytest.raises(UnknownName, match=", ".join(RULES)) as caught:
        rule("???")
    assert caught.value.nearest == []


def test_unknown_hyperparameter_names_the_nearest() -> None:
    """A hyperparameter that the rule does not take is answered with the ones it resembles."""
    with pytest.raises(UnknownName, match=r"hyperparameter of adam 'beta': did you mean beta"):
        update(RULES["adam"], 1.0, 1.0, RULES["adam"].initial_state(1.0), step=1, lr=0.1, beta=0.9)


def test_errors_are_one_family() -> None:
    """Whatever the caller can mend is BadInput, a ValueError; an unknown name is a LookupError too."""
    assert issubclass(UnknownName, BadInput)
    assert issubclass(UnknownName, LookupError)
    assert issubclass(BadInput, ValueError)
    assert issubclass(BadInput, HalflifeError)


@pytest.mark.parametrize(("name", "key"), HYPERPARAMETERS)
def test_hyperparameter_stays_in_its_interval(name: str, key: str) -> None:
    """The lower end and the default are allowed; below it, at the open upper end and NaN are bad input."""
    allowed = RULES[name].hyperparameters[key]
    assert allowed.low <= allowed.default < allowed.high
    assert RULES[name].settings(**{key: allowed.low})[key] == allowed.low
    for value in (allowed.low - 1e-9, allowed.high, math.nan):
        with pytest.raises(BadInput, match=rf"{key} of {name} is {value}: it must be in \["):
            RULES[name].settings(**{key: value})


def test_hyperparameters_that_are_arrays_pass() -> None:
    """Arrays are not looked into: in a compiled function there is nothing to look at."""
    values = np.array([0.5, 1.5])
    assert RULES["momentum"].settings(momentum=values)["momentum"] is values
