"""A study on the terminal: one screen, 80 columns, the answer first."""

import io

import pytest
from rich.console import Console

import halflife
from halflife.report import terminal


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "s.db"
    rules = ["sgd", "momentum_lr_inside", "rmsprop_centred"]
    result = halflife.study("iris", rules=rules, lr=[0.01], strength=[0.01], epochs=3, hidden=[4], seeds=2, out=out)
    page = io.StringIO()
    Console(file=page, width=80).print(terminal.study(result))
    return result, page.getvalue()


def test_every_line_fits_eighty_columns(shown):
    """The longest rule names included, and no cell is cut."""
    _, page = shown
    assert max(map(len, page.splitlines())) <= 80
    assert "…" not in page


def test_the_answer_comes_before_the_tables(shown):
    """The two sentences of the answer stand above maps, twins and grid."""
    result, page = shown
    words = " ".join(page.split())
    places = [words.index(each) for each in (*result.headline, "Validation error", "Twins", "Grid")]
    assert places == sorted(places)


def test_small_maps_show_every_setting_and_the_best(shown):
    """A letter or two for every setting, one star a map, and no colour is needed to read them."""
    result, page = shown
    lines = page.splitlines()
    first, last = (next(i for i, line in enumerate(lines) if line.startswith(w)) for w in ("Validation", "Twins"))
    letters = "".join(lines[first + 2 : last])
    assert letters.count("**") == len(result.grid)
    assert "\x1b" not in page


def test_each_rule_has_its_theorem_and_its_rows(shown):
    """Every twin has a verdict beside its theorem, every law its row."""
    result, page = shown
    assert page.count("rounding") >= 1
    assert "iff μ = 0 or λ = 0" in page
    for rule in ("sgd", "momentum_lr_inside", "rmsprop_centred"):
        assert sum(line.startswith(rule) and ("decay" in line or "L2" in line) for line in page.splitlines()) == 2
    assert str(result.path.name) in page.replace("\n", "")
