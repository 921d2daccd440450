"""What cannot be read or used is one clear sentence: what is wrong, the value, and what is allowed."""

import pytest

import halflife
from halflife.recipes import read, terms, translate
from recipes.texts import SGD

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
    ("torch.optim.SGD(lr=0.1); optim.Adam()", "calls 2 optimizers"),
    ("optax.chain(optax.sgd(0.1), optax.add_decayed_weights(1e-3))", "grow"),
    ("base_lr: 0.1 }", "cannot|close"),
    ("--opt lookahead --lr 0.1", "unknown optimizer"),
    ('{"optimizer": {"type": "Adam", "params": 3}}', "must be an object"),
    ("η = 0.1, α = 1e-3, λ = 1e-3", "both doors"),
    ("η = 0.1, λ = ∞", "λ = ∞ is not a number"),
    ("η = 0.1, λ = lots", "λ = lots is not a number"),
    ("η = 0,1, λ = 0.5", "η = 0,1 is not a number"),
    ("η = ½", "η = ½ is not a number"),
    ("torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=1e300)", r"at most 1e\+50"),
    ("torch.optim.SGD(p, 0.1, 0.9, 0, 0.1, True, False)", "7 arguments by position: at most params, lr, momentum"),
    ("torch.optim.SGD(p, 0.1, lr=0.2)", "lr is given twice"),
    ("torch.optim.SGD(lr=0.1, lr=0.2)", "lr is given twice"),
    ("torch.optim.SGD(lr=0.1, **more)", "write the arguments out"),
    ("torch.optim.SGD(lr=args.lr)", "lr is 'args.lr': it must be a number, written out"),
    ("torch.optim.SGD(lr=torch.tensor(0.1))", r"lr is torch.tensor\(0.1\)"),
    ("torch.optim.SGD(lr=1e400)", "lr is inf"),
    ("torch.optim.SGD(lr='0.1')", 'lr is "0.1": it must be a number'),
    ("torch.optim.SGD(lr=0.1, weight_decay=True)", "weight_decay is True"),
    ("torch.optim.SGD(lr=0.1, momentum=1.5)", r"momentum is 1.5: it must be in \[0.0, 1.0\)"),
    ("torch.optim.AdamW(lr=1e-3, betas=0.9)", "must be numbers in a tuple"),
    ("torch.optim.AdamW(lr=1e-3, betas=(0.9, 1.0))", "beta2 of adam is 1.0"),
    ("torch.optim.AdamW(lr=1e-3, weight_decay=1e30)", "share of the weight"),
    ("TORCH.OPTIM.SGD(LR=0.1)", "did you mean torch.optim"),
    ("torch.optim.adamw(lr=0.1)", "did you mean AdamW"),
    ("AdamW(model.parameters(), lr=1e-3)", "does not say whose it is"),
    ("torch.optim.SGD(lr=0.1) if cuda else None", "must be a call"),
    ("with torch.no_grad():\n    pass", "only calls and assignments"),
    ("torch.optim.SGD(p, lr=0.1); optimizer.zero_grad()", "which is not read: leave it out"),
    (
        "keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 9, 0.9))",
        "is not one that halflife knows",
    ),
    ("model.compile('adm', 'mse')", "unknown optimizer 'adm': did you mean Adam"),
    ("optax.inject_hyperparams(optax.adamw)(1e-3)", "unknown optimizer"),
    ("TrainingArguments(optim='nothing')", "unknown optimizer 'nothing': known: adamw_torch"),
    ("Lasso(alpha=1.0)", "unknown optimizer 'Lasso'"),
    ("torch.optim.SGD", "in no format"),
    ("\x00", "in no format"),
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
        ({"half_life": 0.5}, "one or more"),
        ({"timescale": 1}, "more than one"),
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


@pytest.mark.parametrize("text", [row[0] for row in BAD], ids=[row[0][:40] for row in BAD])
def test_a_refusal_fits_a_few_lines(text: str) -> None:
    """However many names there are, what is said can be read at a glance."""
    with pytest.raises(halflife.BadInput) as refused:
        translate(text)
    assert len(str(refused.value)) < 420
