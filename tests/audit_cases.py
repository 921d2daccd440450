"""What each check must say of trainings on either side of every line that it draws: one row a claim.

A row is the check's code, the training, and all that is said of it: severity, where, and the message to the letter.
The mutants in `test_mutants.py` break the checks one at a time; these rows must notice each.
"""

from audit_made import S
from audit_measured_cases import MEASURED
from audit_parameter_cases import PARAMETER
from audit_strength_cases import STRENGTH

CASES = [*STRENGTH, *MEASURED, *PARAMETER]


def said(check, training):
    """All that a check says, as a row has it."""
    return [
        (str(each.severity), each.where, each.message, each.fix)
        if hasattr(each, "severity")
        else (S, "", each.reason, "")
        for each in check.ask(training)
    ]


def agrees(check, training, expected):
    """Whether a check says what a row expects; a row without code to paste does not look at that."""
    try:
        found = said(check, training)
    except Exception:  # a wrong twin that breaks down is noticed
        return False
    return [f[: len(e)] for f, e in zip(found, expected, strict=False)] == expected and len(found) == len(expected)
