"""The linear models of scikit-learn, trained and solved by itself, beside the texts that they become."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier, SGDRegressor

from halflife import BadInput
from halflife.recipes import Grade, translate
from halflife.rules import Law
from recipes.quadratic import ROWS, X, Y
from recipes.trainers import run

LABELS = (Y[:, 0] > 0).astype(float)


def _descended(text: str, targets: np.ndarray, loss: Any, rows: list[slice]) -> np.ndarray:
    """The weights of a line without hidden units, trained in torch by a text, and its intercept after them."""
    model = torch.nn.Linear(4, 1, dtype=torch.float64)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimizer = run(text, torch=torch, model=model)["optimizer"]
    for part in rows:
        optimizer.zero_grad()
        loss(model(torch.tensor(X[part]))[:, 0], torch.tensor(targets[part])).backward()
        optimizer.step()
    return np.append(model.weight.detach().numpy()[0], model.bias.item())


def _half_squares(outputs: Any, targets: Any) -> Any:
    return ((outputs - targets) ** 2).sum() / 2


def _cross_entropy(outputs: Any, targets: Any) -> Any:
    return torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets, reduction="sum")


ONE_BY_ONE = [slice(row, row + 1) for row in range(ROWS)]


@pytest.mark.parametrize(
    ("text", "model", "targets", "loss"),
    [
        (
            "SGDRegressor(learning_rate='constant', eta0=0.03, alpha=0.4)",
            SGDRegressor(learning_rate="constant", eta0=0.03, alpha=0.4),
            Y[:, 0],
            _half_squares,
        ),
        (
            "sklearn.linear_model.SGDClassifier(loss='log_loss', learning_rate='constant', eta0=0.03, alpha=0.4)",
            SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.03, alpha=0.4),
            LABELS,
            _cross_entropy,
        ),
    ],
    ids=["regressor", "classifier"],
)
def test_row_by_row_is_exact(text: str, model: Any, targets: np.ndarray, loss: Any) -> None:
    """Decay at each row is torch's L2 with mini-batches of one, and EXACT, intercept free."""
    (answer,) = translate(text, to="torch")
    assert answer.grade is Grade.EXACT
    for row in range(ROWS):
        model.partial_fit(
            X[row : row + 1], targets[row : row + 1], **({} if loss is _half_squares else {"classes": [0, 1]})
        )
    theirs = np.append(model.coef_.ravel(), model.intercept_)
    np.testing.assert_allclose(_descended(answer.recipe, targets, loss, ONE_BY_ONE), theirs, rtol=0, atol=1e-12)
    (free,) = translate(text.replace("0.4", "0.0"), to="torch")
    assert np.abs(_descended(free.recipe, targets, loss, ONE_BY_ONE) - theirs).max() > 1e-3


@pytest.mark.parametrize(
    ("text", "model", "targets", "loss"),
    [
        ("Ridge(alpha=5.0)", Ridge(alpha=5.0), Y[:, 0], _half_squares),
        ("LogisticRegression(C=0.2)", LogisticRegression(C=0.2, tol=1e-10, max_iter=1000), LABELS, _cross_entropy),
    ],
    ids=["ridge", "logistic"],
)
def test_solved_models_are_where_descent_ends(text: str, model: Any, targets: np.ndarray, loss: Any) -> None:
    """Ridge's alpha and 1/C are λ of the summed error: descent over all rows ends at their weights."""
    (answer,) = translate(text, to="torch", batch=ROWS)
    assert answer.grade is Grade.SAME_SOLUTION
    assert "solved, not trained" in answer.note
    model.fit(X, targets)
    theirs = np.append(model.coef_.ravel(), model.intercept_)
    quick = answer.recipe.replace("lr=0.001", "lr=0.02")
    reached = _descended(quick, targets, loss, [slice(0, ROWS)] * 700)
    np.testing.assert_allclose(reached, theirs, rtol=0, atol=1e-6)
    weaker = _descended(quick.replace("weight_decay=5.0", "weight_decay=0.4"), targets, loss, [slice(0, ROWS)] * 700)
    assert np.abs(weaker - theirs).max() > 1e-2


def test_a_mean_over_rows_divides_the_penalty() -> None:
    """Where only means exist, λ is divided by the rows."""
    (answer,) = translate("Ridge(alpha=5.0)", to="sklearn", batch=ROWS)
    assert answer.setting.law is Law.L2
    assert answer.setting.strength == pytest.approx(5.0 / ROWS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SGDClassifier(alpha=1e-4)", 'learning_rate of SGDClassifier is "optimal"'),
        ("SGDRegressor(penalty='l1', learning_rate='constant')", "penalty of SGDRegressor"),
        ("LogisticRegression(C=0)", "C is 0"),
        ("LogisticRegression(C=-1.0)", "C is -1"),
        ("LogisticRegression(penalty='elasticnet')", "penalty of LogisticRegression"),
        ("Ridge(alpha=-2.0)", "-2"),
        ("Ridge(alpha=[1, 2])", "alpha"),
    ],
)
def test_what_no_recipe_holds_is_refused(text: str, said: str) -> None:
    """One sentence, with the value."""
    with pytest.raises(BadInput, match=said):
        translate(text, to="torch", batch=4)
