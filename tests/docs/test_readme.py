"""The README's blocks are compared with what is printed: digits may differ, sentences may not."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
SPEC = importlib.util.spec_from_file_location("readme", DOCS / "readme.py")
readme = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(readme)

TEXT = readme.README.read_text(encoding="utf-8")


@pytest.fixture
def block():
    (found,) = (block for block in readme.blocks(TEXT) if block.command == "halflife study")
    return found


@pytest.fixture
def printed(block):
    """What the command printed when the README was made, and more below it."""
    shown = block.body.removeprefix("```text\n").removesuffix("```\n")
    return f"{shown}\nmore that is not shown\n"


def test_the_same_output_has_not_drifted(block, printed):
    """The block shows the first lines of what was printed."""
    assert block.shown(printed) == block.body.removeprefix("```text\n").removesuffix("\n```\n")
    assert not block.drifted(printed)


def test_other_digits_are_no_drift(block, printed):
    """Another machine measures in other digits and breaks lines elsewhere."""
    assert not block.drifted(printed.translate(str.maketrans("123456789", "987654321")))


def test_another_sentence_is_drift(block, printed):
    """A changed paragraph, or another verb's output, is noticed."""
    paragraphs = printed.split("\n\n")
    assert block.drifted("\n\n".join([paragraphs[0], "Quite another sentence stands here now.", *paragraphs[3:]]))
    assert block.drifted("EXACT          optax, paper\n")


def test_it_fits_a_screen_and_has_its_commands():
    """Claim, picture, three lines, two commands, one table, in under eighty lines."""
    assert len(TEXT.splitlines()) < 80
    assert "\n    pip install . && halflife study\n" in TEXT
    assert '\n    pip install -e ".[test]" && pytest\n' in TEXT


def test_every_link_leads_somewhere():
    """Each relative link of the README is a file or folder of the repository."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", TEXT):
        assert (readme.README.parent / target).exists(), target


def test_its_counts_are_those_of_the_code():
    """How many optimizers are proved and how many frameworks are written."""
    from halflife.recipes import FRAMEWORKS
    from halflife.rules import RULES

    assert f"for {len(RULES)} optimizers" in TEXT
    assert f"to {len(FRAMEWORKS)} frameworks" in TEXT
