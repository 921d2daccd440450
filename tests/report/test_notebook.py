"""Every result shows itself in a notebook: what it says is there, and what was data is words and never markup."""

import inspect
from html.parser import HTMLParser
from typing import Any

import pytest
import torch

import halflife
from halflife import lab, probe, proofs, recipes
from halflife.probe._atlas import survey
from report.conftest import HOSTILE

OF_NUMBERS = (float, int, str, bool, tuple, Any)
"""Python shows these itself."""


@pytest.fixture(scope="module")
def results(hostile_study, tuning, audit, translations, tmp_path_factory):
    """One of each, with words that must be in what is shown."""
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    with halflife.monitor(optimizer, every=1) as watched:
        model(torch.ones(1, 3)).sum().backward()
        optimizer.step()
    path = tmp_path_factory.mktemp("rows") / "<b>.csv"
    path.write_text("a,b\n" + "".join(f"{k},{k % 3 / 7:.3f}\n" for k in range(30)))
    hostile = type("<script>", (torch.optim.SGD,), {})
    proof = halflife.prove("sgd")
    return {
        lab.Study: (hostile_study, "sgd"),
        halflife.load(path).__class__: (halflife.load(path), "&lt;b&gt;"),
        type(tuning): (tuning, "Best setting"),
        type(audit): (audit, "HL003"),
        recipes.Translations: (recipes.translate("torch.optim.SGD(lr=0.1, weight_decay=0.01)"), "torch.optim.SGD"),
        recipes.Translation: (translations[0], "&lt;script&gt;"),
        probe.LawReport: (halflife.probe(hostile([torch.ones(2)], lr=0.1, weight_decay=0.1)), "&lt;script&gt;"),
        type(watched): (watched, "rotation"),
        type(survey([], print)): (survey(["torch.optim:SGD"], lambda _: None), "L2"),
        proofs.Proof: (proof, "Robbins &amp; Monro"),
        proofs.Theorem: (proof.same_steps, "$$"),
        proofs.Proofs: (proofs.Proofs(proofs=(proof,)), "EQUIVALENT"),
        halflife.regularize: (halflife.regularize(hostile([torch.ones(2, 2)], lr=0.1), decay=1e-3), "&lt;script&gt;"),
    }


class Reader(HTMLParser):
    """What is marked up, and whether all of it is closed."""

    VOID = ("br", "hr", "img", "input", "meta", "link")

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.words = [], set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_each_shows_what_it_says_and_closes_what_it_opens(results):
    """Well-formed, no script, no picture from elsewhere, the words in it."""
    for kind, (result, said) in results.items():
        shown = result._repr_html_()
        reader = Reader()
        reader.feed(shown)
        reader.close()
        assert said in shown, kind
        assert reader.open == [], kind
        assert not reader.tags & {"script", "img", "iframe", "link"}, kind
        assert "".join(reader.words).strip(), kind


def test_what_a_public_function_returns_has_a_form_for_notebooks():
    """A new result type needs one."""
    functions = [each for name in halflife.__all__ if callable(each := getattr(halflife, name))]
    returned = set()
    for function in functions:
        if not inspect.isclass(function):
            kind = inspect.signature(function).return_annotation
            returned |= set(getattr(kind, "__args__", (kind,)))
    results = {kind for kind in returned if inspect.isclass(kind) and kind not in OF_NUMBERS}
    assert len(results) >= 9
    without = {kind.__name__ for kind in results if not hasattr(kind, "_repr_html_")}
    assert without == {"Path"}


def test_hostile_words_stay_words(tuning):
    """The data of a search is called <script>."""
    assert HOSTILE not in tuning._repr_html_()
