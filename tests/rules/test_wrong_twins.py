import pytest

from claims import CLAIMS, Claim
from halflife.rules import RULES
from judges import POWER, TOLERANCE, Disagreement
from mutants.wrong_rules import OTHER_DOOR, WRONG_DECAY, WRONG_L2, WRONG_RULES, WRONG_STEP, WrongRule

L2_CLAIMS = [claim for claim in CLAIMS if claim.l2]
DECAY_CLAIMS = [claim for claim in CLAIMS if claim.wd]


def _pairs(claims, twins):
    return [pytest.param(claim, twin, id=f"{claim.name}: {name}") for claim in claims for name, twin in twins.items()]


def _assert_caught(claim: Claim, **changes) -> None:
    with pytest.raises(Disagreement) as caught:
        claim.decide(**changes)
    assert not caught.value.distance < POWER * TOLERANCE


@pytest.mark.parametrize(
    ("claim", "twin"),
    _pairs(L2_CLAIMS, WRONG_L2) + _pairs(DECAY_CLAIMS, WRONG_DECAY) + _pairs(CLAIMS, WRONG_STEP),
)
def test_wrong_update_is_caught(claim: Claim, twin) -> None:
    """A twin of `update` that regularizes or steps wrongly is caught by every row it applies to."""
    _assert_caught(claim, step_function=twin)


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.rule != "sgd"], ids=lambda claim: claim.name)
def test_the_other_door_is_caught(claim: Claim) -> None:
    """Decay before the direction instead of after it, or the reverse, is caught wherever the direction has a say."""
    _assert_caught(claim, step_function=OTHER_DOOR)


def test_the_other_door_of_sgd_is_the_same() -> None:
    """Under plain SGD both doors lead to the same place when α = lr·λ (Proposition 1)."""
    (claim,) = (claim for claim in CLAIMS if claim.rule == "sgd")
    claim.decide(step_function=OTHER_DOOR)


def _shows_in(wrong: WrongRule, claim: Claim) -> bool:
    return claim.rule in wrong.rules and (not wrong.needs or wrong.needs in claim.ours)


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        pytest.param(claim, wrong, id=f"{claim.name}: {name}")
        for name, wrong in WRONG_RULES.items()
        for claim in CLAIMS
        if _shows_in(wrong, claim)
    ],
)
def test_wrong_direction_is_caught(claim: Claim, wrong: WrongRule) -> None:
    """A twin of a rule with a mistake in its direction is caught by every row in which the mistake can show."""
    _assert_caught(claim, rule=wrong.make(RULES[claim.rule]))


@pytest.mark.parametrize("name", WRONG_RULES)
def test_every_wrong_twin_is_tried(name: str) -> None:
    """No wrong twin sits in the table without a row that could catch it."""
    assert any(_shows_in(WRONG_RULES[name], claim) for claim in CLAIMS)
