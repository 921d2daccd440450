"""The outline of a page against the one that was looked at: headings, captions, columns, labels; numbers scrubbed."""

import re
from html.parser import HTMLParser
from pathlib import Path

GOLDEN = Path(__file__).parent / "outline.txt"
KEPT = {"h1", "h2", "h3", "h4", "summary", "caption", "dt"}


class Outline(HTMLParser):
    """Collects the words of the elements that make a page's outline, and what its pictures say to a screen reader."""

    def __init__(self):
        super().__init__()
        self.lines, self.inside, self.head = [], None, False

    def handle_starttag(self, tag, attributes):
        self.head = tag == "thead" or (self.head and tag in ("tr", "th"))
        if tag in KEPT or (tag == "th" and self.head):
            self.inside = tag
            self.lines.append(f"{tag}: ")
        if tag == "svg":
            self.lines.append(f"svg: {dict(attributes)['aria-label']}")

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = None

    def handle_data(self, text):
        if self.inside:
            self.lines[-1] += text


def outline(page):
    found = Outline()
    found.feed(page)
    scrubbed = (
        re.sub(r"(?<![A-Za-z\d])[−+-]?\d[\d.,]*(e[+-]?\d+|×10\S+)?|10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", "#", line) for line in found.lines
    )
    return "\n".join(" ".join(line.split()) for line in scrubbed) + "\n"


def test_the_outline_is_the_one_that_was_looked_at(page):
    """To take a new outline, look at the page and write what this test shows to outline.txt."""
    assert outline(page.read_text(encoding="utf-8")) == GOLDEN.read_text(encoding="utf-8")
