"""The page of a study as text: what stands on it, in which order, and that the same study gives the same page."""

import re

import pytest

import halflife
from halflife import translate
from halflife.lab import read
from halflife.report import _drawing, figures
from halflife.report.study_page import page_of, study_page


def test_names_in_the_data_are_words_and_never_markup(hostile_study, page):
    """A column or target that is HTML is shown as it is written."""
    text = page.read_text(encoding="utf-8")
    assert "&lt;/svg&gt;" in text
    assert "<img" not in text
    assert text.count("<script>") == 1


def test_everything_stands_in_reading_order(page):
    """From the answer over theorem, maps, path and weights to the setting and how it was measured."""
    text = re.sub(r"<style>.*?</style>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    order = [
        'class="lead"',
        "Two doors",
        "the same steps?",
        "How much",
        "Where is the best",
        "What does strength",
        "weights look like",
        "The setting to paste",
        "How it was measured",
    ]
    places = [text.index(each) for each in order]
    assert places == sorted(places)


def test_a_study_read_from_its_file_gives_the_same_page(hostile_study):
    """Byte for byte, twice drawn or read again."""
    first = study_page(hostile_study)
    assert study_page(read(hostile_study.path)) == first


def test_a_page_knows_every_setting(hostile_study):
    """Each map has a row for each of its cells, and the table of the best has all rules and doors."""
    shown = page_of(hostile_study, translate("torch.optim.SGD(lr=0.1, weight_decay=0.01)"))
    for rule in shown.rules:
        for picture in rule.maps:
            assert len(picture.table.rows) == 3 * 4
            assert all(f'id="{part}"' in picture.svg for part in picture.table.parts)
    assert {p.framework for p in shown.pastes} >= {"torch", "keras", "optax"}
    assert dict(shown.facts)["Command"].startswith("halflife study")


def test_the_pictures_are_the_same_bytes_each_time(hostile_study):
    """No date, no random name: a figure is a function of the study."""
    for name in ("twins", "maps-sgd"):
        one, other = (_drawing.as_svg(figures(hostile_study)[name]()) for _ in range(2))
        assert one == other
        assert "20" + "26-" not in one


def test_in_python_a_page_is_written_of_a_file_or_a_result(hostile_study, tmp_path):
    """`halflife.report` takes a path or what a verb returned, stands beside the study by default, and says where."""
    path = halflife.report(str(hostile_study.path), tmp_path / "here.html")
    assert path == tmp_path / "here.html"
    assert path.read_text(encoding="utf-8") == halflife.report.page(hostile_study)
    assert halflife.report(hostile_study) == hostile_study.path.with_suffix(".html")
    assert [p.name for p in tmp_path.iterdir()] == ["here.html"]


@pytest.mark.parametrize(
    ("result", "out", "sentence"),
    [
        (3, "a.html", "a int has no page"),
        ([], "a.html", "a list has no page"),
        ("nothing.db", None, "there is no study file 'nothing.db'"),
    ],
)
def test_what_has_no_page_is_refused(result, out, sentence):
    """One sentence says what does have one."""
    with pytest.raises(halflife.BadInput, match=sentence):
        halflife.report(result, out)


def test_a_page_that_cannot_be_written_leaves_nothing(hostile_study, tmp_path):
    """A folder in its place, or no folder: one sentence, and no half a file."""
    (tmp_path / "a.html").mkdir()
    for out in (tmp_path / "a.html", tmp_path / "none" / "a.html"):
        with pytest.raises(halflife.BadInput, match="cannot be written"):
            halflife.report(hostile_study, out)
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"]
