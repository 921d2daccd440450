"""A live torch optimizer as a recipe, and what its state says of an L2 that goes through Adam."""

import numpy as np
import optimi
import pytest
import torch
from lion_pytorch import Lion

import halflife
from halflife.recipes import Grade, Where
from halflife.rules import Law

L2, LR = 0.3, 0.01


def _trained(steps: int = 30, **changes: object) -> tuple[torch.optim.Optimizer, list[torch.nn.Parameter]]:
    """Adam with L2 after a few steps whose gradients are a hundred times larger in the second layer."""
    random = torch.Generator().manual_seed(3)
    parameters = [torch.nn.Parameter(torch.randn(6, 4, generator=random, dtype=torch.float64)) for _ in range(2)]
    optimizer = torch.optim.Adam(parameters, lr=LR, weight_decay=L2, **changes)
    for _ in range(steps):
        for parameter, size in zip(parameters, (1.0, 100.0), strict=True):
            parameter.grad = size * torch.randn(6, 4, generator=random, dtype=torch.float64)
        optimizer.step()
    return optimizer, parameters


@pytest.mark.parametrize("amsgrad", [False, True])
def test_uniform_decay_removes_the_same_share(amsgrad: bool) -> None:
    """The uniform decay takes as much from Σw² as the penalty does through the frozen roots, by experiment."""
    optimizer, parameters = _trained(amsgrad=amsgrad)
    (answer,) = halflife.translate(optimizer, to="composer" if not amsgrad else "torch", law="DECOUPLED")
    assert answer.grade is Grade.IMPOSSIBLE
    assert "Proposition 2" in answer.note
    removed, squares, shares = 0.0, 0.0, []
    for parameter in parameters:
        state, weights = optimizer.state[parameter], parameter.detach()
        second = state["max_exp_avg_sq" if amsgrad else "exp_avg_sq"]
        root = (second / (1 - 0.999**30)).sqrt() + 1e-8
        after = weights - LR * (L2 * weights) / root
        taken = float((weights * (weights - after)).sum())
        removed, squares = removed + taken, squares + float((weights**2).sum())
        shares.append(taken / float((weights**2).sum()))
    assert answer.setting.decay == pytest.approx(removed / squares, rel=1e-9)
    ratios = [ratio for _, ratio in answer.layers]
    np.testing.assert_allclose(ratios, np.array(shares) / (removed / squares), rtol=1e-9)
    assert ratios[0] > 10 * ratios[1]


ADAPTIVE = {
    "adam": (torch.optim.Adam, {"betas": (0.0, 0.999)}),
    "nadam": (torch.optim.NAdam, {"betas": (0.0, 0.999)}),
    "adamax": (torch.optim.Adamax, {"betas": (0.0, 0.999)}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "rmsprop with momentum": (torch.optim.RMSprop, {"momentum": 0.5}),
    "adagrad": (torch.optim.Adagrad, {}),
}


@pytest.mark.parametrize("name", ADAPTIVE)
def test_the_uniform_decay_is_what_torch_takes_away(name: str) -> None:
    """Without a gradient, and λ too small to move the roots, torch's next steps remove the share that is told.

    A root may move by its own forgetting, by less than the tolerance; what is wrong in one is wrong by half or more.
    """
    make, options = ADAPTIVE[name]
    random = torch.Generator().manual_seed(4)
    parameters = [torch.nn.Parameter(torch.randn(6, 4, generator=random, dtype=torch.float64)) for _ in range(2)]
    optimizer = make(parameters, lr=LR, weight_decay=1e-6, **options)
    for _ in range(30):
        for parameter, size in zip(parameters, (10.0, 100.0), strict=True):
            parameter.grad = size * torch.randn(6, 4, generator=random, dtype=torch.float64)
        optimizer.step()
    told = halflife.translate(optimizer, to="torch", law="DECOUPLED").source.decay
    if "momentum" in options:  # roots that stay while a buffer fills
        optimizer.param_groups[0]["alpha"] = 1.0
    for parameter in parameters:
        optimizer.state[parameter].get("momentum_buffer", torch.zeros(1)).zero_()
        parameter.grad = torch.zeros_like(parameter)
    for _ in range(40 if "momentum" in options else 1):
        before = [parameter.detach().clone() for parameter in parameters]
        optimizer.step()
    taken = sum(float((old * (old - new.detach())).sum()) for old, new in zip(before, parameters, strict=True))
    assert told == pytest.approx(taken / sum(float((old**2).sum()) for old in before), rel=0.03)


def test_layers_carry_their_names() -> None:
    """Named parameters give their names to the layers, others their place and shape."""
    model = torch.nn.Linear(3, 2)
    for given, expected in ((model.named_parameters(), "weight"), (model.parameters(), "parameter 0 (2×3)")):
        optimizer = torch.optim.Adam(given, weight_decay=0.1)
        model(torch.ones(1, 3)).sum().backward()
        optimizer.step()
        assert halflife.translate(optimizer, to="tensorflow-addons")[0].layers[0][0] == expected


def test_without_state_nothing_is_measured() -> None:
    """Before the first step there is no state: the answer is IMPOSSIBLE with a start, and no layers."""
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.ones(2, 2))], weight_decay=0.1)
    (answer,) = halflife.translate(optimizer, to="tensorflow-addons")
    assert answer.grade is Grade.IMPOSSIBLE
    assert answer.layers == ()
    assert "give the live optimizer" in answer.note


@pytest.mark.parametrize(
    ("make", "rule", "law", "strength"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-3), "momentum", Law.L2, 1e-3),
        (lambda p: torch.optim.AdamW(p, lr=0.1), "adam", Law.DECOUPLED, 0.01),
        (lambda p: torch.optim.Adam(p, lr=0.1, weight_decay=0.2), "adam", Law.L2, 0.2),
        (
            lambda p: torch.optim.NAdam(p, lr=0.1, weight_decay=0.2, decoupled_weight_decay=True),
            "nadam",
            Law.DECOUPLED,
            0.2,
        ),
        (lambda p: optimi.AdamW(p, lr=0.1, weight_decay=1e-4, decouple_lr=True), "adam", Law.INDEPENDENT, 1e-4),
        (lambda p: optimi.SGD(p, lr=0.1, momentum=0.5, weight_decay=0.1), "momentum", Law.L2, 0.1),
        (lambda p: Lion(p, lr=0.1, weight_decay=1e-3, decoupled_weight_decay=True), "lion", Law.INDEPENDENT, 1e-3),
    ],
)
def test_settings_are_read(make: object, rule: str, law: Law, strength: float) -> None:
    """The rule, the law and the strength come from the optimizer itself; lr is the peak, not today's."""
    optimizer = make([torch.nn.Parameter(torch.ones(2, 2))])
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5)
    source = halflife.translate(optimizer, to="torch").source
    assert (source.rule, source.law, source.strength) == (rule, law, pytest.approx(strength))
    assert source.lr == pytest.approx(0.1)


def test_groups_without_decay_are_weights_only() -> None:
    """Matrices with decay and vectors without are read as weights only; other choices are remarked on."""
    model = torch.nn.Linear(3, 2)
    groups = [{"params": [model.weight]}, {"params": [model.bias], "weight_decay": 0.0}]
    assert halflife.translate(torch.optim.SGD(groups, weight_decay=0.1), to="torch").source.where is Where.WEIGHTS
    groups = [{"params": [model.bias]}, {"params": [model.weight], "weight_decay": 0.0}]
    assert "1 of 2 tensors" in halflife.translate(torch.optim.SGD(groups, weight_decay=0.1), to="torch")[0].note


def test_two_settings_are_two_answers() -> None:
    """Groups that differ in more than being regularized are answered one by one."""
    model = torch.nn.Linear(3, 2)
    groups = [{"params": [model.weight], "lr": 0.2}, {"params": [model.bias]}]
    answers = halflife.translate(torch.optim.SGD(groups, lr=0.1, weight_decay=0.1), to="torch")
    assert [answer.setting.lr for answer in answers] == [0.2, 0.1]
    assert len({answer.group for answer in answers}) == 2


def test_what_is_no_optimizer_is_refused() -> None:
    """A module cannot be read, nor an optimizer of the user's own."""
    with pytest.raises(halflife.BadInput, match="cannot be read"):
        halflife.translate(torch.nn.Linear(1, 1))


@pytest.mark.parametrize(("name", "strength"), [("LBFGS", 0.0), ("Muon", 0.1), ("Rprop", 0.0), ("ASGD", 0.0)])
def test_what_takes_no_rules_steps_is_impossible(name: str, strength: float) -> None:
    """An optimizer of torch that no rule describes is read as the nearest, and every answer says what is missing."""
    optimizer = getattr(torch.optim, name)([torch.nn.Parameter(torch.ones(2, 2))])
    (answer,) = halflife.translate(optimizer, to="keras")
    assert answer.grade is Grade.IMPOSSIBLE
    assert answer.note.startswith(name)
    assert answer.setting.strength == pytest.approx(strength)
