"""Results as they come from hostile data, from trainings that diverged and from studies that were killed."""

import math
from dataclasses import replace

import pytest

from halflife.lab.outcomes import summarize
from halflife.report import page
from halflife.report.atlas_page import atlas_page
from halflife.report.audit_page import audit_page
from halflife.report.tuning_page import tuning_page

NAMES = {
    "long": "a_very_long_name_" * 40,
    "right to left": "שלום עולם ‮ olleh",
    "several lines": "one\ntwo\r\nthree\ttabs",
    "markup": "\"'><script>alert(1)</script><!-- ]]> {{ 7 * 7 }} {% raw %} &amp; 🦉",
    "empty": "",
}


def only(study, keep, twins=None):
    """The study with some of its trainings."""
    outcomes = tuple(o for o in study.outcomes if keep(o))
    doors = dict.fromkeys((g.rule, g.law) for g in study.grid)
    grid = tuple(found for rule, law in doors if (found := summarize(outcomes, rule, law)))
    return replace(study, outcomes=outcomes, grid=grid, twins=study.twins if twins is None else twins, spreads=())


def diverged(outcome):
    nothing = dict.fromkeys(("train", "valid", "test", "train_score", "valid_score", "test_score", "norm"), math.nan)
    return replace(outcome, diverged=1, **nothing)


def spoilt(study):
    """Studies as they may be found, by what is odd about them."""
    first = study.outcomes[0].setting
    gaps = {"float32": (math.nan,), "float64": (math.inf,)}
    lost = tuple(replace(t, gaps=gaps, verdict="diverged") for t in study.twins)
    yield "one training", only(study, lambda o: o.setting == first and o.seed == study.seeds[0])
    yield "one rule, one strength", only(study, lambda o: o.setting.rule == "sgd" and o.setting.strength in (0, 0.1))
    yield "one seed", only(study, lambda o: o.seed == study.seeds[0])
    yield "killed before the grid", only(study, lambda o: False)
    yield "killed before the twins", only(study, lambda o: False, twins=())
    yield "killed in the middle", only(study, lambda o: o.setting.lr > 0.02)
    yield "all diverged", only(replace(study, outcomes=tuple(map(diverged, study.outcomes))), lambda o: True, lost)
    yield (
        "infinite errors",
        only(replace(study, outcomes=tuple(replace(o, valid=math.inf) for o in study.outcomes)), bool),
    )
    yield (
        "the same error everywhere",
        only(replace(study, outcomes=tuple(replace(o, valid=1.0) for o in study.outcomes)), bool),
    )
    for what, name in list(NAMES.items())[2:4]:
        yield (
            f"name: {what}",
            replace(study, data=name, path=study.path.with_name(f"{name[:20].replace(chr(47), '')}.db")),
        )


@pytest.fixture(scope="module")
def all_pages(hostile_study, tuning, audit):
    """Their pages, and those of the other verbs that are empty or have odd names."""
    pages = {what: page(study) for what, study in spoilt(hostile_study)}
    head = ("optimizer", "law", "order", "coefficient", "times", "argument", "notes")
    for what, name in NAMES.items():
        pages[f"tune, {what}"] = tuning_page(replace(tuning, data=name))
        pages[f"audit, {what}"] = audit_page([replace(audit, optimizer=name, findings=(), skipped=())])
        pages[f"atlas, {what}"] = atlas_page(head, [(f"{name}:{name}", name, "", "", name, name, name)])
    return pages | {
        "atlas of nothing": atlas_page(head, []),
        "audit of no groups": audit_page([replace(audit, groups=())]),
    }


def test_no_page_has_markup_or_numbers_of_nobody(all_pages):
    """No script but the page's own, no template evaluated, no `nan` or `inf` before a reader."""
    for what, text in all_pages.items():
        shown = text.partition("</style>")[2].partition("<script>")[0]
        assert text.count("<script>") == 1, what
        assert "{{" not in shown or "{{ 7 * 7 }}" in shown, what
        words = shown.replace("name", "").replace("dominan", "").replace("Infinite", "")
        assert ">nan" not in words, what
        assert " nan" not in words, what
        assert ">inf" not in words, what


def test_every_page_opens_without_a_word(all_pages, opened_file, tmp_path):
    """In a browser no console message, no error, no dialog and no request; nothing is wider than a phone."""
    for place, (what, text) in enumerate(all_pages.items()):
        file = tmp_path / f"{place}.html"
        file.write_text(text, encoding="utf-8")
        seen = opened_file(file, viewport={"width": 400, "height": 900})
        assert (seen.wrong, seen.dialogs) == ([], []), what
        assert [url for url in seen.requests if not url.startswith("data:")] == [file.as_uri()], what
        assert seen.view.evaluate("document.documentElement.scrollWidth") <= 400, what
        seen.view.context.close()
