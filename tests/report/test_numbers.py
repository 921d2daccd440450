"""Numbers as they are told: in cells, on maps of letters, in the columns of a terminal, and in what is pasted."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from halflife._html import table
from halflife.lab import Interval
from halflife.report import study_screen, tuning_screen
from halflife.report._numbers import plus_minus
from halflife.report.audit_page import _audit
from halflife.report.study_page import best_of, settings


def printed(what):
    page = io.StringIO()
    Console(file=page, width=80).print(what)
    return page.getvalue()


def test_what_stands_after_a_mean_is_half_of_its_interval():
    """On a page and on a terminal; nothing stands there for one seed."""
    whole, alone = Interval(mean=0.5, low=0.4, high=0.6), Interval(mean=0.5, low=None, high=None)
    assert [plus_minus(each) for each in (whole, alone, None)] == ["0.500 ± 0.100", "0.500", "diverged"]
    assert [study_screen._plus_minus(each) for each in (whole, alone)] == ["0.500±0.100", "0.500"]


def test_a_search_tells_of_each_door_how_far_it_overfits(tuning):
    """Validation less training error, beside half of each interval."""
    lines = {
        line.split()[0]: line.split() for line in printed(tuning_screen.tuning(tuning)).splitlines() if line.strip()
    }
    assert lines["L2"][1:] == ["0.01", "λ", "0.1", "0.450±0.050", "0.800", "0.250", "3", "+0.1±0.01"]


def test_the_window_of_a_decay_is_told_over_lr(hostile_study):
    """α was tried at lr·wd, so that the numbers of one window hold for every row of its map."""
    lines = printed(study_screen.study(hostile_study, details=True)).splitlines()
    (windows,) = (line.split() for line in lines if line.startswith("L2, "))
    assert windows == ["L2,", "λ", "1e-3–1e0", "L2,", "λ", "1e-3–1e0"]
    (windows,) = (line.split() for line in lines if line.startswith("decay, "))
    assert windows == ["decay,", "α/lr", "1e-3–1e0", "decay,", "α/lr", "1e-3–1e0"]


def test_the_setting_to_paste_validates_best_and_knows_its_epochs(hostile_study):
    """It is not chosen by the rows that measure it; with the rows trained on, a half-life has epochs."""
    first, *others = hostile_study.grid
    lucky = replace(first, best=replace(first.best, valid=9.0, test=Interval(mean=0.0, low=None, high=None)))
    assert best_of(SimpleNamespace(grid=(lucky, *others))) in others
    decayed = next(g for g in hostile_study.grid if g.law.name == "INDEPENDENT")
    found = settings(replace(hostile_study, grid=(decayed,)))
    steps_per_epoch = -(-hostile_study.provenance.rows // hostile_study.regime.batch_size)
    assert found.terms.half_life_epochs == pytest.approx(found.terms.half_life / steps_per_epoch)


def test_a_page_of_an_audit_says_which_parameters_decay(audit):
    """Those of a group that is regularized, and not one that is spared."""
    (group,) = audit.groups
    spared = replace(group, members=(group.members[0], replace(group.members[1], trainable=False, gradient=False)))
    shown = _audit(replace(audit, groups=(spared,)))["parameters"]
    rows = [dict(zip(shown.headings, row, strict=True)) for row in shown.rows]
    assert {row["parameter"]: row["decayed"] for row in rows} == {"weight": "yes", "bias": "no"}


def test_an_audit_counts_its_findings_by_their_kind(audit):
    """One of each, on the terminal and on the page."""
    assert "1 error, 1 warning, 1 note." in audit.text()
    assert _audit(audit)["counts"] == "1 error, 1 warning, 1 note."


def test_cells_in_a_notebook_are_words():
    """Headings and cells, whatever they hold."""
    assert table(["<h>"], [["<c>"]]).count("<th>&lt;h&gt;</th>") == 1
    assert "<td>&lt;c&gt;</td>" in table(["<h>"], [["<c>"]])


def test_a_network_that_diverged_has_no_error_in_json(tuning):
    """JSON knows no infinity: null stands there."""
    trials = json.loads(json.dumps(tuning.to_dict(), allow_nan=False))["trials"]
    assert [trial["errors"] for trial in trials if None in trial["errors"]] == [[0.9, None]]
