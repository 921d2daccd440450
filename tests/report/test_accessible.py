"""Each kind of page for those who do not see it, do not see colours, or have no mouse."""

import re
from itertools import pairwise

import pytest

from halflife.report import _palette as palette

KINDS = ["study", "tune", "audit", "atlas"]
WORDS = ("INK", "MUTED", "L2", "DECAY", "NONE", "FLOAT32", "FLOAT64", "GOOD", "BAD")


def luminance(colour):
    values = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_of_words_stands_out_from_every_ground(word, theme):
    """WCAG's 4.5 to 1 on the page and on panels, in both themes."""
    colour = getattr(getattr(palette, word), theme)
    for ground in (palette.GROUND, palette.PANEL):
        assert contrast(colour, getattr(ground, theme)) >= 4.5


@pytest.mark.parametrize("kind", KINDS)
def test_headings_and_landmarks_are_in_order(pages, kind):
    """One first heading, no level left out, one main part, tables with captions and headings, pictures with words."""
    text = pages[kind]
    levels = [int(level) for level in re.findall(r"<h([1-6])", text)]
    assert levels.count(1) == 1 == levels[0]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert text.count("<main") == text.count("</main>") == text.count("<footer") == 1
    assert '<html lang="en">' in text
    tables = text.count("<table")
    assert text.count("<caption>") == tables == text.count('<div class="scroll" role="region" aria-label="')
    regions = re.findall(r'role="region" aria-label="([^"]*)"', text)
    assert len(set(regions)) == len(regions), "a landmark has a name of its own"
    assert text.count("<svg") == len(re.findall(r'<svg [^>]*aria-label="[^"]+', text))
    assert ("<svg" in text) == (kind in ("study", "tune"))


@pytest.mark.parametrize("kind", KINDS)
def test_everything_can_be_reached_by_the_tab_key_and_be_seen(pages, kind, opened_file, tmp_path):
    """The skip link, the button, then down the page; each stop shows that it has the focus, and every table opens."""
    file = tmp_path / "page.html"
    file.write_text(pages[kind], encoding="utf-8")
    view = opened_file(file, viewport={"width": 800, "height": 900}).view
    stops, shut = [], view.locator("summary").count()
    for _ in range(200):
        view.keyboard.press("Tab")
        stop = view.evaluate(
            """() => { const e = document.activeElement, s = getComputedStyle(e);
            return { tag: e.tagName, id: e.id, top: e.getBoundingClientRect().top + scrollY,
            label: e.getAttribute("aria-label"), seen: e.matches(":focus-visible") && s.outlineStyle !== "none" } }"""
        )
        if stop["tag"] == "BODY":
            break
        stops.append(stop)
        if stop["tag"] == "SUMMARY":
            view.keyboard.press("Enter")
    assert [stop["tag"] for stop in stops[:2]] == ["A", "BUTTON"]
    assert stops[1]["id"] == "theme"
    assert all(stop["seen"] for stop in stops), [stop for stop in stops if not stop["seen"]]
    assert view.locator("details[open]").count() == shut
    regions = view.locator("[role=region]").evaluate_all("all => all.map(e => e.getAttribute('aria-label'))")
    assert [stop["label"] for stop in stops if stop["label"] in regions] == regions


def test_no_automated_check_finds_anything(pages, opened_file, tmp_path):
    """The axe-core rules, where they are installed, in both themes and at both ends of the widths."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    for kind, text in pages.items():
        file = tmp_path / f"{kind}.html"
        file.write_text(text, encoding="utf-8")
        for width, theme in ((400, "light"), (1400, "dark")):
            seen = opened_file(file, viewport={"width": width, "height": 900}, color_scheme=theme, bypass_csp=True)
            seen.view.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            found = axe.Axe().run(seen.view).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"][:80]) for each in found] == [], (kind, width, theme)
