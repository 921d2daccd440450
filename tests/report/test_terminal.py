"""A study on the terminal: one screen, 80 columns, the answer first."""

import io

import pytest
from rich.console import Console

import halflife
from halflife.report import study_screen
from halflife.rules import Law


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    out = tmp_path_factory.mktemp("study") / "s.db"
    rules = ["sgd", "momentum_lr_inside", "rmsprop_centred"]
    result = halflife.study("iris", rules=rules, lr=[0.01], strength=[0.01], epochs=3, hidden=[4], seeds=2, out=out)
    page = io.StringIO()
    Console(file=page, width=80).print(study_screen.study(result, details=True))
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
    places = [words.index(each) for each in (*result.headline, "Validation error", "Twins", "The setting that")]
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


def test_one_screen_holds_the_answer_the_maps_and_the_best_settings(shown):
    """Without --details: no twins, no second row of maps, and the way to more; the default study has 40 lines."""
    result, page = shown
    screen = io.StringIO()
    Console(file=screen, width=80).print(study_screen.study(result))
    short = screen.getvalue()
    assert len(short.splitlines()) < len(page.splitlines()) - 8
    assert len(short.splitlines()) <= 40
    assert "Twins" not in short
    assert "--details" in short
    assert short.count("**") >= 2
    best = [line.split()[:2] for line in short.splitlines()[-8:]]
    assert [[g.rule, "L2" if g.law is Law.L2 else "decay"] for g in result.grid] == [
        b for b in best if b[1:] in (["L2"], ["decay"])
    ]
