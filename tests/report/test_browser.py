"""The page in a real browser: nothing is fetched, nothing breaks, everything can be reached."""

import pytest


@pytest.fixture
def opened(opened_file, page):
    """The page of the study."""
    return lambda **context: opened_file(page, **context)


def test_it_opens_without_a_word_and_without_a_request(opened, page):
    """No console message, no error, no request but for the file itself, and no script of the data has run."""
    seen = opened()
    seen.view.wait_for_timeout(100)
    assert (seen.wrong, seen.dialogs) == ([], [])
    assert [url for url in seen.requests if not url.startswith("data:")] == [page.as_uri()]
    assert page.stat().st_size < 3_000_000


@pytest.mark.parametrize("width", [400, 800, 1400])
def test_no_sideways_scrolling(opened, width):
    """The page is as wide as the window, every table unfolded."""
    seen = opened(viewport={"width": width, "height": 900})
    seen.view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert seen.view.evaluate("document.documentElement.scrollWidth") == width


def test_a_cell_tells_its_numbers_to_mouse_and_keyboard(opened):
    """Pointing at a cell shows its row of the table; arrow keys move from cell to cell, Escape ends it."""
    seen = opened()
    cells = seen.view.locator("#map-sgd-L2 [id^='cell-']")
    assert cells.count() == 3 * 4
    tip = seen.view.locator("#tip")
    assert not tip.is_visible()
    cells.nth(5).hover()
    assert tip.is_visible()
    row = seen.view.locator(f"tr[data-part='{cells.nth(5).get_attribute('id')}']")
    for cell in row.locator("th, td").all_text_contents():
        assert cell in tip.text_content()
    seen.view.mouse.move(0, 0)
    assert not tip.is_visible()
    cells.nth(0).focus()
    first = tip.text_content()
    seen.view.keyboard.press("ArrowUp")
    assert tip.text_content() != first
    assert seen.view.evaluate("document.activeElement.getAttribute('aria-label')").startswith("lr ")
    seen.view.keyboard.press("Escape")
    assert not tip.is_visible()


def test_only_one_cell_of_a_map_is_a_stop_of_the_tab_key(opened):
    """A reader at the keyboard passes a map in one step."""
    seen = opened()
    assert seen.view.locator("#map-sgd-L2 [tabindex='0']").count() == 1


def test_dark_where_the_reader_likes_it_dark_and_by_the_button(opened):
    """Ground, words and the words in the pictures change; the button turns it round."""
    light, dark = opened(color_scheme="light"), opened(color_scheme="dark")
    text = "#map-sgd-L2 text"
    for selector, which in (("body", "backgroundColor"), ("body", "color"), (text, "fill")):
        assert light.colour(selector, which) != dark.colour(selector, which)
    light.view.locator("#theme").click()
    dark.view.locator("#theme").click()
    assert light.colour("body", "backgroundColor") == "rgb(20, 22, 27)"
    assert dark.colour("body", "backgroundColor") == "rgb(255, 255, 255)"


def test_paper_is_white(opened):
    """Printed from a dark screen the page is dark on white."""
    seen = opened(color_scheme="dark")
    seen.view.emulate_media(media="print")
    assert seen.colour("body", "backgroundColor") == "rgb(255, 255, 255)"
    assert not seen.view.locator("#theme").is_visible()


@pytest.mark.parametrize("kind", ["study", "tune", "audit", "atlas"])
def test_a_sheet_of_paper_cuts_no_table(kind, pages, opened_file, tmp_path):
    """On A4 with its margins no page is wider than the sheet, and tables are tables."""
    file = tmp_path / "page.html"
    file.write_text(pages[kind], encoding="utf-8")
    view = opened_file(file, viewport={"width": 688, "height": 900}).view
    view.emulate_media(media="print")
    assert view.evaluate("document.documentElement.scrollWidth") == 688
    assert view.locator("table:visible").first.evaluate("e => getComputedStyle(e).display") == "table"


def test_every_picture_has_words_and_no_name_is_given_twice(opened):
    """Each SVG has a label, and ids are unique in the page."""
    seen = opened()
    assert seen.view.evaluate("[...document.querySelectorAll('svg')].every(s => s.getAttribute('aria-label'))")
    names = seen.view.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(names) == len(set(names)) > 50
