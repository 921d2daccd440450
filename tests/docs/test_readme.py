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
PASSED = "........ [100%]\n============ 3817 passed, 2 skipped in 396.56s (0:06:36) ============\n"


def block_of(command):
    (found,) = (block for block in readme.blocks(TEXT) if block.command == command)
    return found


@pytest.fixture
def block():
    return block_of("halflife study")


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
    assert block.drifted("\n\n".join([paragraphs[0], "Quite another sentence stands here now."]))
    assert block.drifted("EXACT          optax, paper\n")


def test_a_renewed_block_shows_what_was_printed(printed):
    """Only the block of that command changes, and to the text that the comparison wants."""
    again = readme.renewed(TEXT, "halflife study", printed.replace("rounding", "chance"))
    assert readme.renewed(TEXT, "halflife study", printed) == TEXT
    assert again == TEXT.replace("differ by rounding alone,", "differ by chance alone,")


def test_the_summary_of_the_tests_is_scrubbed():
    """How many passed, to the hundred, and the minutes; without what warns, and with what is skipped."""
    assert readme.scrubbed(PASSED) == "more than 3800 passed, 2 skipped in 7 min"
    assert readme.scrubbed("== 99 passed, 3 warnings in 31.2s ==") == "more than 0 passed in 1 min"


@pytest.mark.parametrize(
    "printed",
    [
        "============ 1 failed, 3816 passed, 2 skipped in 396.56s (0:06:36) =============\n",
        "============ 3816 passed, 2 skipped, 1 error in 396.56s (0:06:36) =============\n",
        "no tests ran in 0.01s\n",
        "",
        "================ {fewer} passed, 2 skipped in 396.56s (0:06:36) =================\n",
        "================ {many} passed, 2 skipped in 396.56s (0:06:36) =================\n",
    ],
)
def test_another_summary_of_the_tests_is_drift(printed):
    """A failure, an error, no summary, fewer tests, or so many that it is stale, are not what the README shows."""
    block = block_of("pytest")
    shown = int(readme.SCRUBBED.search(block.body)["passed"])
    assert block.drifted(printed.format(fewer=shown * 4 // 5, many=3 * shown))


def test_the_readme_shows_a_summary_of_all_tests_passed():
    """What stands there is a summary as it is scrubbed, and holds while tests are added, skipped ones or none."""
    block = block_of("pytest")
    shown = int(readme.SCRUBBED.search(block.body)["passed"])
    assert not block.drifted(f"== {shown + 7} passed, 2 skipped in 396.56s ==\n")
    assert not block.drifted(f"== {shown * 5 // 4} passed in 41.5s ==\n")
    assert not block.drifted(f"== {shown * 5 // 6} passed, {shown // 6} skipped in 396.56s ==\n"), "no browser there"


def test_a_picture_of_something_else_is_drift(tmp_path):
    """The words of the picture are compared."""
    other = tmp_path / "twins.svg"
    other.write_text(readme.PICTURE.read_text(encoding="utf-8").replace(">lion<", ">tiger<"), encoding="utf-8")
    assert len(readme.labels(readme.PICTURE)) > 20
    assert readme.labels(other) != readme.labels(readme.PICTURE)


def test_it_fits_a_screen_and_has_its_commands():
    """Claim, picture, three lines, the commands of a first hour and one table, in under eighty lines."""
    assert len(TEXT.splitlines()) < 80
    assert "\n    pip install . && halflife study\n" in TEXT
    assert '\n    pip install -e ".[test]" && pytest\n' in TEXT
    for verb in ("study", "report", "audit", "tune"):
        assert re.search(rf"^    .*halflife {verb}\b", TEXT, re.MULTILINE), verb


def test_every_link_leads_somewhere():
    """Each relative link and picture of the README is a file or folder of the repository."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)|src=\"([^\"]+)", TEXT)
    assert len(targets) > 15
    for target in map("".join, targets):
        assert (readme.README.parent / target).exists(), target


def test_its_counts_are_those_of_the_code():
    """How many optimizers are proved and how many frameworks are written."""
    from halflife.recipes import FRAMEWORKS
    from halflife.rules import RULES

    assert f"for {len(RULES)} optimizers" in TEXT
    assert f"to {len(FRAMEWORKS)} frameworks" in TEXT
