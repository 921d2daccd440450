from itertools import pairwise

import numpy as np
import pytest

from claims import CLAIMS, Claim
from halflife.rules import RULES
from judges import START, STEPS, Disagreement, by_halflife, by_torch, gap, judge, lr_at


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_path_is_that_of_the_framework(claim: Claim) -> None:
    """A rule takes the steps of its framework's optimizer, 200 of them, lr changing, to 1e-12."""
    claim.decide()


def test_every_rule_has_a_judge() -> None:
    """A rule that no framework has is held against a slow obvious loop; no rule goes without."""
    obvious = {"preconditioned", "mccaffrey"}
    assert {claim.rule for claim in CLAIMS} | obvious == set(RULES)


def test_lr_inside_and_outside_agree_while_lr_is_constant() -> None:
    """At constant lr it does not matter on which side of the buffer lr stands; torch has it outside."""
    inside = by_halflife("momentum_lr_inside", l2=0.3, lr=lambda step: 0.01)
    theirs = [by_torch("SGD", {"momentum": 0.9, "weight_decay": wd}, lr=lambda step: 0.01) for wd in (0.3, 0.0)]
    judge(inside, *theirs)


def test_judge_refuses_a_test_without_power() -> None:
    """A reference that regularization hardly moves is no reference, even for its own path."""
    path = by_halflife("sgd", l2=0.3)
    with pytest.raises(AssertionError, match="no power"):
        judge(path, path, path * (1 + 1e-13))


def test_judge_sees_two_tolerances() -> None:
    """A path that is off by twice the tolerance, in one step alone, is caught; one off by a tenth is not."""
    path, without = by_halflife("sgd", l2=0.3), by_halflife("sgd")
    longest = np.linalg.norm(path, axis=-1).max()
    for share, caught in ((0.1, False), (2.0, True)):
        other = path.copy()
        other[STEPS // 2, 0] += share * 1e-12 * longest
        if caught:
            with pytest.raises(Disagreement):
                judge(other, path, without)
        else:
            judge(other, path, without)


def test_judge_catches_paths_that_are_not_numbers() -> None:
    """A path that became NaN agrees with nothing."""
    path, without = by_halflife("sgd", l2=0.3), by_halflife("sgd")
    with pytest.raises(Disagreement):
        judge(np.full_like(path, np.nan), path, without)


def test_problem_is_not_degenerate() -> None:
    """Lr changes with every step, never at its peak, and the weights move far."""
    lrs = [lr_at(step) for step in range(1, STEPS + 1)]
    assert all(a != b for a, b in pairwise(lrs))
    assert max(lrs) < 0.02
    assert gap(by_halflife("sgd"), np.broadcast_to(START, (STEPS, 4))) > 0.1
