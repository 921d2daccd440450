"""Answers as they are shown: on the command line, as JSON, on a screen of 80 columns, in a notebook."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import halflife
from halflife.cli import app
from halflife.recipes import FRAMEWORKS, translate
from halflife.rules import Law
from recipes.texts import READ, SGD


def test_command_line() -> None:
    """`--json` prints a list of objects with framework, recipe, grade and note; the table shows grades and texts."""
    done = CliRunner().invoke(app, ["translate", SGD, "--json", "--half-life", "5000 steps"])
    assert done.exit_code == 0
    answers = json.loads(done.stdout)
    assert [answer["framework"] for answer in answers] == list(FRAMEWORKS)
    assert {answer["grade"] for answer in answers} == {"EXACT", "FIRST ORDER", "SAME SOLUTION", "IMPOSSIBLE"}
    assert all({"framework", "recipe", "grade", "note"} <= set(answer) for answer in answers)
    assert answers[0]["half_life"] == pytest.approx(5000)
    shown = CliRunner().invoke(app, ["translate", SGD, "--to", "keras,optax"])
    assert "EXACT" in shown.stdout
    assert "kernel_regularizer = bias_regularizer = keras.regularizers.L2(0.00025)\n" in shown.stdout


def test_what_has_no_end_is_null() -> None:
    """JSON knows no infinity: a weight that nothing shrinks has no half-life there."""
    result = translate("torch.optim.SGD(lr=0.1)", to="torch")
    assert result.terms.half_life == float("inf")
    for told in (result.to_dict(), result[0].to_dict()):
        assert (told["half_life"], told["timescale"]) == (None, None)
        json.dumps(told, allow_nan=False)


def test_command_line_reads_files(tmp_path: Path) -> None:
    """A recipe may stand in a file."""
    file = tmp_path / "solver.prototxt"
    file.write_text("base_lr: 0.01\nweight_decay: 0.0005\n")
    done = CliRunner().invoke(app, ["translate", str(file), "--to", "torch", "--json"])
    assert json.loads(done.stdout)[0]["strength"] == pytest.approx(5e-4)


def test_results_print_themselves() -> None:
    """On a terminal and in a notebook, with the recipe escaped."""
    result = translate(SGD, to="timm")
    assert "timm: EXACT" in str(result)
    assert "<table>" in result._repr_html_()
    assert "<pre>" in result._repr_html_()


@pytest.mark.parametrize("text", [row[0] for row in READ], ids=[row[0][:30] for row in READ])
def test_answers_fit_a_screen(text: str) -> None:
    """One answer is one screen: 80 columns, 24 lines in common cases, and the text to paste at the top."""
    for answer in translate(text, batch=100, rows=1000, schedule="cosine", steps=1000):
        lines = str(answer).splitlines()
        assert max(map(len, lines)) <= 80, max(lines, key=len)
    for answer in translate(text):
        shown = str(translate(text, to=answer.framework))
        assert shown.count("\n") < (24 if text == SGD else 30)
        assert shown.split("\n", 1)[1].startswith(answer.recipe)


def test_a_canonical_recipe_is_answered_too() -> None:
    """What tuning found is a Recipe: it is written for each framework, and the answers are data, text and HTML."""
    found = halflife.Recipe(rule="adam", lr=3e-3, law=Law.DECOUPLED, strength=0.1)
    result = halflife.translate(found, to=["torch", "keras", "optax", "sklearn"])
    assert result.read_from is None
    whole = result.to_dict()
    assert json.loads(json.dumps(whole))["answers"][0] == result[0].to_dict()
    assert result[0].to_dict()["recipe"].startswith("optimizer = torch.optim.AdamW(")
    for each in (result, result[0]):
        assert result[0].recipe in str(each)
        assert "<table>" in each._repr_html_()
    assert "&lt;" in translate("torch.optim.SGD(lr=0.1, weight_decay=1e-3)", to="torch", where="weights")._repr_html_()
    assert "<b>" not in replace(result[0], framework="<b>", reasons=("<b>",))._repr_html_()
