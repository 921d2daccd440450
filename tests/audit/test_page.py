"""The page of checks is made from their docstrings and says for each what, why and what to do."""

from pathlib import Path

import pytest

from halflife.audit._checks import CHECKS
from halflife.audit._page import page

COMMITTED = Path(__file__).parents[2] / "docs" / "checks.md"


def test_the_committed_page_is_the_generated_one():
    """`python -m halflife.audit > docs/checks.md` changes nothing."""
    assert COMMITTED.read_text(encoding="utf-8") == page(CHECKS)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_every_check_has_a_whole_page(check):
    """What it does, why it matters, what to do and an example; its code is the name of its file."""
    section = page([check])
    assert f"## {check.code}: " in section
    for heading in ("**Why:**", "**Advice:**", "**Example:**"):
        assert heading in section
    assert list(Path(__file__).parents[2].glob(f"src/halflife/audit/{check.code.lower()}_*.py"))
