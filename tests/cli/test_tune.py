"""`halflife tune` as people and scripts call it."""

import json
from pathlib import Path

import pytest

SMALL = (
    "iris", "--epochs", "4", "--folds", "2", "--seeds", "1", "--hidden", "3", "--lr", "0.01,0.1", "--l2", "0.01",
    "--decay", "0.01",
)  # fmt: skip


def test_people_see_the_answer_first_in_80_columns_and_the_setting_to_paste(halflife, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    said = halflife("tune", *SMALL)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "How much should I regularize?"
    assert lines[3].startswith("Regularization")
    assert max(map(len, lines[: lines.index("torch  EXACT")])) <= 80
    assert "torch.optim.Adam" in said.out
    trained, drawn = lines[-2:]
    assert "whole ones, in halflife-tune-iris-" in trained
    assert drawn.startswith("page in halflife-tune-iris-")
    assert "<html" in Path(drawn.removeprefix("page in ")).read_text(encoding="utf-8")


def test_scripts_get_one_object(halflife):
    said = halflife("tune", *SMALL, "--json")
    found = json.loads(said.out)
    assert found["best"]["door"] in ("none", "L2", "decay")
    assert {s["framework"] for s in found["settings"]} == {"torch", "keras", "optax", "sklearn"}
    listed = halflife("ls").out
    assert "tune" in listed
    assert "iris" in listed


def test_report_and_plot_make_of_the_file_what_the_search_made(halflife):
    halflife("tune", *SMALL, "--out", "mine.db")
    assert halflife("report", "mine.db", "-o", "again.html").code == 0
    assert Path("again.html").read_bytes() == Path("mine.html").read_bytes()
    assert json.loads(halflife("plot", "mine.db", "--json").out)["files"] == ["strengths.svg", "strengths.png"]
    assert "<svg" in Path("strengths.svg").read_text(encoding="utf-8")
    said = halflife("plot", "mine.db", "--only", "twins")
    assert (said.code, "strengths" in said.err) == (2, True)


BAD = {
    "no data": ((), "'data'"),
    "no such file": (("missing.csv",), "missing.csv"),
    "one fold": (("iris", "--folds", "1"), "folds is 1"),
    "more folds than rows of a class": (("iris", "--folds", "51"), "has 50 rows for 51 folds"),
    "unknown rule": (("iris", "--rule", "adm"), "did you mean adam"),
    "unknown search": (("iris", "--search", "gird"), "did you mean grid"),
    "no strength": (("iris", "--l2", "0"), "l2 is 0 in the grid"),
    "negative lr": (("iris", "--lr", "-1"), "lr is -1"),
    "budget too small": (
        ("iris", "--trainings", "3"),
        "trainings is 3: the smallest grid search on 5 folds is 10 trainings",
    ),
    "empty budget": (
        ("iris", "--trainings", "0"),
        "trainings is 0: the smallest grid search on 5 folds is 10 trainings",
    ),
    "unknown sampler": (("iris", "--search", "optuna:tpf"), "did you mean optuna:tpe"),
    "no time": (("iris", "--minutes", "0"), "minutes is 0"),
    "no seeds": (("iris", "--seeds", "0"), "seeds is 0"),
    "no epochs": (("iris", "--epochs", "0"), "epochs is 0"),
    "out in no folder": (("iris", "--out", "nowhere/a.db"), "nowhere/a.db"),
}


@pytest.mark.parametrize(("options", "sentence"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence_and_exit_2(halflife, options, sentence):
    said = halflife("tune", *options)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


def test_a_file_of_another_question_is_kept(halflife):
    halflife("tune", *SMALL, "--out", "mine.db")
    said = halflife("tune", *SMALL, "--out", "mine.db", "--epochs", "5")
    assert said.code == 2
    assert "holds a tune with other regime" in said.err
