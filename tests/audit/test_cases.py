"""Each check says of each row exactly what stands there."""

import pytest

from audit_cases import CASES, said
from halflife.audit._checks import CHECKS

BY_CODE = {check.code: check for check in CHECKS}


@pytest.mark.parametrize(("code", "make", "expected"), CASES, ids=[f"{c}-{i}" for i, (c, _, _) in enumerate(CASES)])
def test_a_check_says_what_its_row_says(code, make, expected):
    """Severity, place and message, and nothing else."""
    found = said(BY_CODE[code], make())
    assert [each[: len(row)] for each, row in zip(found, expected, strict=True)] == expected
