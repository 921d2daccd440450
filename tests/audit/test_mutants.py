"""Every check is broken on purpose, in one place at a time, and the rows of `audit_cases` must notice each break.

The wrong twins are made from the checks' own source: a condition turned round or made constant, a part of it left
out, a number moved by a tenth, a sum made a difference, a severity changed, a finding dropped. Each is run on the
trainings of its check until one of them is told something else.
"""

import importlib
import inspect

import pytest

from audit_cases import CASES, agrees
from halflife.audit._check import Check
from halflife.audit._checks import CHECKS
from wrong_twins import wrong_sources

EQUIVALENT = {"HL004": ("if key not in measured",)}
"""What only saves time."""


def wrong_twins(check):
    """(what was broken, the broken check)."""
    module = importlib.import_module(type(check).__module__)
    for broken, defined in wrong_sources(module):
        (kind,) = (v for v in defined.values() if _is_check(v) and v.__module__ == module.__name__)
        yield broken, kind()


def _is_check(value):
    return inspect.isclass(value) and issubclass(value, Check)


def rows_of(code):
    return [(make(), expected) for its, make, expected in CASES if its == code]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_every_wrong_twin_of_a_check_is_noticed(check):
    """No break of a check leaves all that its rows expect as it is."""
    rows = rows_of(check.code)
    free = EQUIVALENT.get(check.code, ("never",))
    unnoticed = [
        broken
        for broken, twin in wrong_twins(check)
        if not broken.startswith(free) and all(agrees(twin, training, expected) for training, expected in rows)
    ]
    assert unnoticed == []
