"""What a user writes is read with the meaning that its framework gives it, by parsing alone."""

import importlib
import inspect
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import halflife
from halflife.recipes import FRAMEWORKS, Where, _optax_chain, keras, read, translate
from halflife.recipes import torch as torch_table
from halflife.rules import Law
from recipes.texts import BARE, CHOICES, READ


@pytest.mark.parametrize(("text", "rule", "law", "strength"), [*READ, *BARE], ids=lambda value: str(value)[:30])
def test_texts_are_read_with_their_own_meaning(text: str, rule: str, law: Law, strength: float) -> None:
    """The same argument means L2 here and decay there, times lr or not, with or without ½: each as its framework."""
    recipe = read(text)
    assert (recipe.rule, recipe.law) == (rule, law)
    assert recipe.strength == pytest.approx(strength, rel=1e-12)


@pytest.mark.parametrize(("text", "where"), CHOICES, ids=lambda value: str(value)[:30])
def test_what_is_left_out_by_default(text: str, where: Where) -> None:
    """Biases and norms are left out by some frameworks unasked, and by others not."""
    assert read(text).where is where


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


ADAMW = "torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1)"
NESTEROV = "torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)"

ODD = [
    ("  torch.optim.SGD( weight_decay = 5E-4,nesterov=True , momentum=.9, lr =1E-1 )\n\n", NESTEROV),
    ("torch.optim.SGD(model.parameters(), 0.1, 0.9, 0, 5e-4, True)", NESTEROV),
    ("torch.optim.AdamW(model.parameters(), 1e-3, (0.9, 0.95), 1e-6, 0.1)", ADAMW),
    ("torch.optim.AdamW(params=p, lr=1e-3, betas=[0.9, 0.95], eps=1e-06, weight_decay=1/10)", ADAMW),
    (
        "torch.optim.AdamW((filter(lambda p: p.requires_grad, m.p())), lr=((10**-3)), betas=(0.9, 1 - 0.05),"
        " **{'eps': 1e-6, 'weight_decay': 0.1})",
        ADAMW,
    ),
    ("from torch.optim import AdamW\nopt = AdamW(p, lr=1e-3, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1)", ADAMW),
    ("from torch.optim import AdamW as Best\nBest(p, lr=1e-3, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1)", ADAMW),
    ("import torch.optim as o\nself.optimizer = o.AdamW(self.parameters(), 1e-3, (0.9, .95), 1e-6, .1)", ADAMW),
    (
        "import torch\nfrom torch import optim\n\nopt = optim.AdamW(\n    net.parameters(),\n    lr=1e-3,  # peak\n"
        "    betas=(0.9, 0.95),\n    eps=1e-6,\n    weight_decay=0.1,\n)",
        ADAMW,
    ),
    (
        "lr = 1e-3\nwd = 0.1\nbetas = (0.9, 0.95)\n"
        "torch.optim.AdamW(p, lr=lr, betas=betas, eps=lr / 1000, weight_decay=wd)",
        ADAMW,
    ),
    ("return torch.optim.AdamW(p, lr=1e-3, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1)", ADAMW),
    ("opt: torch.optim.Optimizer = torch.optim.AdamW(p, 1e-3, (0.9, 0.95), 1e-6, weight_decay=0.1)", ADAMW),
    (f"```python\n{ADAMW}\n```", ADAMW),
    (f">>> {ADAMW}", ADAMW),
    (
        "torch.optim.AdamW([{'params': p, 'weight_decay': 0.1}], lr=1e-3, betas=(0.9, 0.95), eps=1e-6, fused=True)",
        ADAMW,
    ),
    (
        "keras.optimizers.SGD(0.1, 0.9, True, 5e-4)",
        "keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)",
    ),
    ("keras.optimizers.AdamW(1e-3, 0.1)", "keras.optimizers.AdamW(learning_rate=1e-3, weight_decay=0.1)"),
    (
        "from tensorflow.keras.optimizers import Adam\nmodel.compile(optimizer=Adam(1e-2), loss='mse')",
        "keras.optimizers.Adam(learning_rate=1e-2)",
    ),
    ("model.compile('adam', 'mse')", "keras.optimizers.Adam()"),
    (
        "lr = keras.optimizers.schedules.CosineDecay(0.1, 1000)\nkeras.optimizers.SGD(lr)",
        "keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 1000))",
    ),
    (
        "schedule = optax.cosine_decay_schedule(0.1, 1000)\ntx = optax.adamw(schedule, 0.8)\nstate = tx.init(params)",
        "optax.adamw(optax.cosine_decay_schedule(0.1, 1000), b1=0.8)",
    ),
    ("import optax as ox\nox.sgd(0.1, 0.9, True)", "optax.sgd(0.1, momentum=0.9, nesterov=True)"),
    ("--opt=adamw --lr=1e-3 --weight-decay=0.05", "--opt adamw --weight-decay 5e-2 --lr 0.001"),
    (
        "python train.py \\\n  --opt AdamW --lr 1e-3 \\\n  --weight-decay .05",
        "--opt adamw --weight-decay 5e-2 --lr 0.001",
    ),
    ("Seq2SeqTrainingArguments('out', learning_rate=2e-5)", "transformers.TrainingArguments(learning_rate=2e-5)"),
]
"""Pastes, and the plain text of the same."""


@pytest.mark.parametrize(("paste", "plain"), ODD, ids=[row[0][:40] for row in ODD])
def test_a_paste_is_read_as_its_plain_text(paste: str, plain: str) -> None:
    """Whitespace, order, positions, imports, variables, prompts, fences and assignments change nothing."""
    assert read(paste) == read(plain)


@pytest.mark.parametrize(
    ("module", "call", "order"),
    [
        (module, call, order)
        for module, table in (("torch.optim", torch_table), ("keras.optimizers", keras), ("optax", _optax_chain))
        for call, order in table.ORDER.items()
    ],
    ids=str,
)
def test_positions_are_those_of_the_signature(module: str, call: str, order: tuple[str, ...]) -> None:
    """What stands without a name is what the framework's own signature has in that place."""
    own = list(inspect.signature(getattr(importlib.import_module(module), call)).parameters)
    own = own[1:] if module == "torch.optim" else own
    assert tuple(own[: len(order)]) == order


@pytest.mark.parametrize(
    "text", ["λ = 5·10⁻⁴", "λ = 5×10^-4", "λ = 5 · 10⁻⁴", "λ=5*10**-4", "λ = 0.5·10^−3", "lambda = 5E-04", "λ = .0005."]
)
def test_powers_of_ten_are_read_as_papers_print_them(text: str) -> None:
    """The power belongs to the number: left out it would be a penalty ten thousand times as strong."""
    assert read(f"η = 0.1, {text}").strength == pytest.approx(5e-4, rel=1e-15)
    assert read(f"{text}\nη = 10⁻¹").lr == pytest.approx(0.1, rel=1e-15)
