"""Each kind of page, whole, against the one that was looked at; what may differ between machines is scrubbed.

GOLDEN=write pytest tests/report/test_golden.py     take new ones: look at the pages first, and at the diff after
"""

import os
import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "golden"
VOID = {"meta", "link", "input", "br"}
NOT_THE_PAGES = {"style", "script"}
"""Files of their own, in `templates`."""
DRAWN = {"d", "transform", "x", "y", "width", "height", "viewbox", "clip-path", "points", "cx", "cy", "r"}
"""Attributes that say where something is drawn: other tests hold them to the data."""
NUMBER = re.compile(
    r"(?<![A-Za-z\d])[−+-]?(?:\d[\d.,]*\d|\d)(?:e[+-]?\d+)?(?:×?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|(?<!\w)10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+"
)


@dataclass
class Node:
    """An element with what is in it; `tag` is empty for text."""

    tag: str
    text: str = ""
    inside: list["Node"] = field(default_factory=list)

    def lines(self, depth=0):
        """Itself on a line, then what it holds, an only child on the same; brothers that look the same are one."""
        own, only = (f"<{self.tag}{self.text}>" if self.tag else self.text), self.inside[:1]
        if len(self.inside) == 1:
            first, *rest = only[0].lines(depth)
            yield from (f"{' ' * depth}{own}{first.lstrip()}", *rest)
            return
        yield " " * depth + own
        for words, run in groupby(tuple(child.lines(depth + 1)) for child in self.inside):
            count = len(list(run))
            yield from words if count == 1 else (f"{words[0]} ×{count}", *words[1:])


class Tree(HTMLParser):
    """A page as nodes; of a picture its words and the parts that have names."""

    def __init__(self):
        super().__init__()
        self.root = Node("page")
        self.open = [("page", self.root)]

    def handle_starttag(self, tag, attributes):
        inside = self.open[-1][1]
        drawn = any(outer == "svg" for outer, _ in self.open)
        if drawn and tag != "text" and not dict(attributes).get("id", "").startswith("cell-"):
            node = inside
        else:
            kept = "".join(f' {name}="{scrubbed(value or "")}"' for name, value in attributes if name not in DRAWN)
            node = Node(tag, kept)
            inside.inside.append(node)
        if tag not in VOID:
            self.open.append((tag, node))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in VOID:
            opened, _ = self.open.pop()
            assert opened == tag, f"</{tag}> ends <{opened}>"

    def handle_data(self, text):
        tag, node = self.open[-1]
        if text.strip() and tag not in NOT_THE_PAGES:
            node.inside.append(Node("", scrubbed(escape(" ".join(text.split()), quote=False))))


def scrubbed(text):
    text = re.sub(r"/\S+/(?=\S+\.csv)", "", re.sub(r"\b[mM]?[0-9a-f]{10,}\b", "#", text))
    return NUMBER.sub("#", re.sub(r"(halflife|jax|jaxlib|numpy|scikit-learn|python) \d[\w.]*", r"\1 #", text))


def outline(page):
    tree = Tree()
    tree.feed(page)
    assert len(tree.open) == 1
    return "\n".join(tree.root.lines()) + "\n"


@pytest.mark.parametrize("kind", ["study", "tune", "audit", "atlas"])
def test_the_page_is_the_one_that_was_looked_at(pages, kind):
    """Every element, word and label; to take a new one see above."""
    golden, shown = FOLDER / f"{kind}.txt", outline(pages[kind])
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")
