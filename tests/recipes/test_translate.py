"""What a user types and gets: texts, strengths, doors, the command line, and sentences for bad input."""

import json
import math
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import halflife
from halflife.cli import app
from halflife.recipes import FRAMEWORKS, Grade, Where, read, terms, translate
from halflife.rules import Law, Order

SGD = "torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=5e-4)"

READ = [
    (SGD, "momentum", Law.L2, 5e-4),
    ("keras.optimizers.Adam(1e-3, weight_decay=0.01)", "adam", Law.DECOUPLED, 0.01),
    ("optimizer = keras.optimizers.SGD(0.1)\nkernel_regularizer = keras.regularizers.L2(1e-4)", "sgd", Law.L2, 2e-4),
    ("keras.optimizers.SGD(0.1)\nkeras.layers.Dense(3, kernel_regularizer='l2')", "sgd", Law.L2, 0.02),
    ("optax.chain(optax.add_decayed_weights(1e-3), optax.sgd(0.1))", "sgd", Law.L2, 1e-3),
    ("optax.chain(optax.sgd(0.1, 0.9), optax.add_decayed_weights(-1e-3))", "momentum", Law.CONSTANT, 1e-3),
    ("optax.adamw(1e-3)", "adam", Law.DECOUPLED, 1e-4),
    ("MLPClassifier(solver='sgd', alpha=1e-2, batch_size=50)", "nesterov", Law.L2, 2e-4),
    ("tfa.optimizers.AdamW(1e-4)", "adam", Law.CONSTANT, 1e-4),
    ("Learner(dls, model, opt_func=partial(SGD, mom=0.9), lr=0.1, wd=0.02)", "momentum", Law.DECOUPLED, 0.02),
    ("optimi.AdamW(model.parameters(), lr=1e-3)", "adam", Law.DECOUPLED, 0.01),
    ("composer.optim.DecoupledAdamW(model.parameters())", "adam", Law.INDEPENDENT, 1e-5),
    ("lion_pytorch.Lion(p, lr=1e-4, weight_decay=0.01)", "lion", Law.DECOUPLED, 0.01),
    ("python run.py --learning_rate 5e-5 --weight_decay 0.1 --max_steps 100", "adam", Law.DECOUPLED, 0.1),
    ("--opt sgd --lr 0.1 --weight-decay 5e-4", "nesterov", Law.L2, 5e-4),
    ("--opt sgdc --lr 0.1 --weight-decay 5e-4", "nesterov", Law.CORRECTED, 5e-4),
    ("paddle.optimizer.Momentum(0.1, weight_decay=paddle.regularizer.L2Decay(1e-4))", "momentum", Law.L2, 1e-4),
    ('base_lr: 0.01\nmomentum: 0.9 # buffer\nweight_decay: 0.0005\ntype: "Nesterov"', "nesterov", Law.L2, 5e-4),
    ('{"optimizer": {"type": "Adam", "params": {"lr": 1e-3, "weight_decay": 0.1}}}', "adam", Law.DECOUPLED, 0.1),
    ('{"optimizer": {"type": "Adam", "params": {"weight_decay": 0.1, "adam_w_mode": false}}}', "adam", Law.L2, 0.1),
    ("AdamW of Loshchilov & Hutter: α = 0.001, λ = 1e-5", "adam", Law.INDEPENDENT, 1e-5),
    ("η = 0.1, λ = 5e-4", "sgd", Law.L2, 5e-4),
    ("eta = 0.1, mu = 0.5, alpha = 0.001", "mccaffrey", Law.CONSTANT, 0.001),
]

BARE = [
    ("torch.optim.AdamW(model.parameters())", "adam", Law.DECOUPLED, 0.01),
    ("torch.optim.Adam(model.parameters())", "adam", Law.NONE, 0.0),
    ("keras.optimizers.AdamW()", "adam", Law.DECOUPLED, 0.004),
    ("keras.optimizers.Adam()", "adam", Law.NONE, 0.0),
    ("keras.optimizers.SGD()\nkernel_regularizer = keras.regularizers.L2()", "sgd", Law.L2, 0.02),
    ("optax.adamw(1e-3)", "adam", Law.DECOUPLED, 1e-4),
    ("optax.lion(1e-3)", "lion", Law.DECOUPLED, 1e-3),
    ("MLPClassifier()", "adam", Law.L2, 1e-4 / 200),
    ("MLPClassifier(solver='sgd')", "nesterov", Law.L2, 1e-4 / 200),
    ("optimi.AdamW(model.parameters(), lr=1e-3)", "adam", Law.DECOUPLED, 0.01),
    ("composer.optim.DecoupledAdamW(model.parameters())", "adam", Law.INDEPENDENT, 1e-5),
    ("Learner(dls, model, opt_func=Adam)", "adam", Law.DECOUPLED, 0.01),
    ("--opt sgd --lr 0.1", "nesterov", Law.L2, 2e-5),
    ("timm.optim.create_optimizer_v2(model, lr=0.1)", "nesterov", Law.NONE, 0.0),
    ("paddle.optimizer.AdamW()", "adam", Law.DECOUPLED, 0.01),
    ('{"optimizer": {"type": "Adam"}}', "adam", Law.NONE, 0.0),
    ("--learning_rate 1e-4", "adam", Law.NONE, 0.0),
]
"""How much is regularized where nothing is said."""

CHOICES = [
    ("torch.optim.AdamW(model.parameters())", Where.ALL),
    ("keras.optimizers.AdamW()", Where.ALL),
    ("optax.adamw(1e-3)", Where.ALL),
    ("MLPClassifier()", Where.WEIGHTS),
    ("Learner(dls, model, opt_func=Adam)", Where.WEIGHTS),
    ("--opt sgd --lr 0.1", Where.WEIGHTS),
    ("timm.optim.create_optimizer_v2(model, lr=0.1, weight_decay=0.1)", Where.WEIGHTS),
    ("--learning_rate 1e-4 --weight_decay 0.1", Where.WEIGHTS),
    ("base_lr: 0.1\nweight_decay: 0.1", Where.ALL),
]
"""What is regularized where nothing is said."""


@pytest.mark.parametrize(("text", "where"), CHOICES, ids=lambda value: str(value)[:30])
def test_what_is_left_out_by_default(text: str, where: Where) -> None:
    """Biases and norms are left out by some frameworks unasked, and by others not."""
    assert read(text).where is where


@pytest.mark.parametrize(("text", "rule", "law", "strength"), [*READ, *BARE], ids=lambda value: str(value)[:30])
def test_texts_are_read_with_their_own_meaning(text: str, rule: str, law: Law, strength: float) -> None:
    """The same argument means L2 here and decay there, times lr or not, with or without ½: each as its framework."""
    recipe = read(text)
    assert (recipe.rule, recipe.law) == (rule, law)
    assert recipe.strength == pytest.approx(strength, rel=1e-12)


def test_normalized_decay_of_the_paper() -> None:
    """Appendix B's example: λ_norm 0.025, b 128, B 50,000, T 100 is λ 1.265e-4 and PyTorch's 0.1265 at lr 1e-3."""
    text = "AdamW of Loshchilov & Hutter: α = 0.001, λ_norm = 0.025, b = 128, B = 50000, T = 100"
    result = translate(text, to=["torch", "paper"])
    assert result.source.strength == pytest.approx(1.265e-4, rel=1e-3)
    assert result[0].setting.strength == pytest.approx(0.1265, rel=1e-3)
    assert result.terms.normalized_decay == pytest.approx(0.025)
    assert read(result[1].recipe) == result.source
    asked = translate(
        "torch.optim.AdamW(lr=1e-3)", normalized_decay=0.025, batch=128, rows=50_000, epochs=100, to="torch"
    )
    assert asked[0].setting.strength == pytest.approx(result[0].setting.strength)


@pytest.mark.parametrize("law", ["L2", "DECOUPLED", "INDEPENDENT", "CONSTANT", "CORRECTED", "QUADRATIC", "PROXIMAL"])
@pytest.mark.parametrize("schedule", ["constant", "cosine", "warmup-cosine"])
def test_strengths_come_out_as_asked(law: str, schedule: str) -> None:
    """A half-life, a timescale and a share over the run, asked for under any law, are what the report then says."""
    told = {"law": law, "schedule": schedule, "steps": 1000, "rows": 1000, "batch": 100, "to": "torch"}
    assert translate(SGD, half_life="30 epochs", **told).terms.half_life == pytest.approx(300)
    assert translate(SGD, half_life="30epochs", **told).terms.half_life_epochs == pytest.approx(30)
    assert translate(SGD, half_life="300 steps", **told).terms.half_life == pytest.approx(300)
    assert translate(SGD, timescale=400, **told).terms.timescale == pytest.approx(400)
    assert translate(SGD, share=0.6, **told).terms.share == pytest.approx(0.6, rel=1e-9)


def test_a_penalty_under_momentum_halves_a_weight_when_it_says() -> None:
    """Theorem 6, by running: with L2 of half-life 200 under momentum, untouched weights halve every 200 steps."""
    recipe = translate(SGD, half_life=200, to="torch").source
    weight, buffer, path = 1.0, 0.0, []
    for _ in range(800):
        buffer = 0.9 * buffer + recipe.l2 * weight
        weight -= recipe.lr * buffer
        path.append(weight)
    assert path[700] / path[500] == pytest.approx(0.5, rel=1e-9)


def test_first_order_names_the_size_of_the_next_term() -> None:
    """ε before the correction differs from ε after it by (1/√(1−β₂) − 1)·ε of a step on gradients of size 1."""
    (answer,) = translate("torch.optim.AdamW(lr=1e-3, eps=1e-6)", to="keras")
    assert answer.grade is Grade.FIRST_ORDER
    size = 1e-6 * (1 / math.sqrt(1 - 0.999) - 1)
    assert f"{size:.1e}" in answer.note
    real = abs(1 / (1 + 1e-6) - 1 / (1 + 1e-6 / math.sqrt(1 - 0.999)))  # the first step, gradient 1
    assert real == pytest.approx(size, rel=1e-3)


def test_decay_after_the_step_is_first_order_under_adam() -> None:
    """PROXIMAL acts after the step: under Adam nothing shipped does, and the difference is the share α of the step."""
    (answer,) = translate("torch.optim.AdamW(lr=0.01, weight_decay=0.1)", law="PROXIMAL", to="torch")
    assert answer.grade is Grade.FIRST_ORDER
    assert "α = 0.001" in answer.note
    assert answer.setting.order is Order.JOINT


def test_a_law_that_a_framework_lacks_is_impossible() -> None:
    """Asked for decay, torch's SGD has none: the door that it has is named, and never taken silently."""
    answers = {answer.framework: answer for answer in translate(SGD, law="DECOUPLED")}
    assert answers["torch"].grade is Grade.IMPOSSIBLE
    assert "no door for DECOUPLED" in answers["torch"].note
    assert answers["keras"].grade is Grade.SAME_SOLUTION
    assert answers["keras"].setting.strength == pytest.approx(5e-3)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_no_answer_is_silent(name: str) -> None:
    """Every grade comes with a note, and an impossible one with the reason or the theorem and the nearest thing."""
    for text, *_ in READ:
        (answer,) = translate(text, to=name)
        assert answer.note
        assert answer.recipe
        if answer.grade is Grade.IMPOSSIBLE:
            assert "nearest" in answer.note.lower() or "strength" in answer.note


BAD = [
    ("torch.optim.Sdg(lr=0.1)", "unknown optimizer"),
    ("SGD(lr=0.1)", "does not say whose it is, and it is in torch, keras"),
    ("Sdg(lr=0.1)", "unknown optimizer 'Sdg': did you mean SGD"),
    ("tourch.optim.SGD(lr=0.1)", "unknown module 'tourch.optim': did you mean torch.optim"),
    ("torch.optim.Adm(lr=0.1)", "unknown optimizer 'Adm': did you mean Adam"),
    ("torch.optim.SGD(lr=0.1", "was never closed"),
    ("torch.optim.SGD(lr=0.1, weight_deacy=1)", "'weight_deacy': did you mean weight_decay"),
    ("--lr 0.1 --weight-deacy 3", "names no optimizer: it must have --opt"),
    ('{"optimiser": {}}', "has no"),
    ('{"optimizer": ', "cannot be read: Expecting value"),
    ("", "is empty"),
    ("half a tablet a day", "in no format"),
    ("torch.optim.SGD(lr=0.1, weigth_decay=1)", "weigth_decay"),
    ("torch.optim.SGD(lr=rate)", "must be a number"),
    ("torch.optim.SGD(lr=-1)", "lr is -1"),
    ("torch.optim.SGD(lr=0.1, weight_decay=-1)", "0 or more"),
    ("torch.optim.AdamW(lr=10, weight_decay=10)", "share of the weight"),
    ("import os; torch.optim.SGD(lr=0.1); x = 3", "must be a call"),
    ("torch.optim.SGD(lr=0.1); optim.Adam()", "calls 2 optimizers"),
    ("optax.chain(optax.sgd(0.1), optax.add_decayed_weights(1e-3))", "grow"),
    ("base_lr: 0.1 }", "cannot|close"),
    ("--opt lookahead --lr 0.1", "unknown optimizer"),
    ('{"optimizer": {"type": "Adam", "params": 3}}', "must be an object"),
    ("η = 0.1, α = 1e-3, λ = 1e-3", "both doors"),
]


@pytest.mark.parametrize(("text", "sentence"), BAD, ids=[row[0][:40] for row in BAD])
def test_bad_recipes_are_one_sentence(text: str, sentence: str) -> None:
    """What cannot be read is BadInput with the value and what is allowed."""
    with pytest.raises(halflife.BadInput, match=sentence):
        translate(text)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"to": "pytorch"}, "framework"),
        ({"law": "L3"}, "law"),
        ({"law": "NONE"}, "leave regularization out"),
        ({"half_life": 0.5}, "more than one"),
        ({"half_life": "30 epochs"}, "rows"),
        ({"half_life": "soon"}, "must be positive"),
        ({"half_life": 5, "share": 0.5}, "give one"),
        ({"share": 1.5, "steps": 10}, "in \\(0, 1\\)"),
        ({"share": 0.5}, "steps of the run"),
        ({"normalized_decay": 0.1}, "batch, rows"),
        ({"batch": 0}, "1 or more"),
        ({"schedule": "sawtooth"}, "schedule"),
        ({"where": "biases"}, "where"),
        ({"reduction": "sum", "to": "sklearn"}, "--batch"),
        ({"epochs": 3, "steps": 5}, "give one"),
    ],
)
def test_bad_options_are_one_sentence(options: dict[str, object], sentence: str) -> None:
    """Options that cannot be used are BadInput that says what is allowed."""
    with pytest.raises(halflife.BadInput, match=sentence):
        translate(SGD, **options)


def test_a_half_life_of_adams_l2_is_refused() -> None:
    """L2 through Adam has no half-life (theorem 7): asking for one is refused, with the way out."""
    with pytest.raises(halflife.BadInput, match="law DECOUPLED"):
        translate("torch.optim.Adam(lr=1e-3, weight_decay=0.1)", half_life=100)
    assert terms(read("torch.optim.Adam(lr=1e-3, weight_decay=0.1)")).half_life is None


def test_reading_never_runs_anything(tmp_path: Path) -> None:
    """Code in a recipe is text: it is neither run nor imported."""
    target = tmp_path / "made"
    text = f"torch.optim.SGD(open({str(target)!r}, 'w'), lr=0.1, weight_decay=0.1)"
    assert translate(text, to="torch")[0].setting.strength == pytest.approx(0.1)
    assert not os.path.exists(target)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    st.text(max_size=60)
    | st.sampled_from(READ).flatmap(lambda row: st.integers(0, len(row[0])).map(lambda n: row[0][:n]))
)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever the text, the outcome is a recipe or BadInput, never another error."""
    for name in (None, *FRAMEWORKS):
        with suppress(halflife.BadInput):
            assert read(text, read_as=name).lr > 0


def test_command_line() -> None:
    """`--json` prints a list of objects with framework, recipe, grade and note; the table shows grades and texts."""
    done = CliRunner().invoke(app, ["translate", SGD, "--json", "--half-life", "5000 steps"])
    assert done.exit_code == 0
    answers = json.loads(done.stdout)
    assert [answer["framework"] for answer in answers] == list(FRAMEWORKS)
    assert {answer["grade"] for answer in answers} == {"EXACT", "SAME SOLUTION", "IMPOSSIBLE"}
    assert all({"framework", "recipe", "grade", "note"} <= set(answer) for answer in answers)
    assert answers[0]["half_life"] == pytest.approx(5000)
    shown = CliRunner().invoke(app, ["translate", SGD, "--to", "keras,optax"])
    assert "EXACT" in shown.stdout
    assert "kernel_regularizer = bias_regularizer = keras.regularizers.L2(0.00025)\n" in shown.stdout


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
