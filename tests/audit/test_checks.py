"""Each check finds the broken training, is silent on the sound one, and draws its line where it says."""

import math

import pytest
import torch

import halflife
from halflife.audit import Severity
from halflife.audit._checks import CHECKS
from trainings import (
    STEPS,
    TOKENS,
    Constant,
    DecaysAll,
    DoesNothing,
    Grows,
    Net,
    SubtractsConstant,
    found,
    loss_of,
    net,
    sound,
    split,
    trained,
)


def sgd(lr, strength, momentum=0.9, **more):
    model = net()
    return torch.optim.SGD(split(model, strength), lr=lr, momentum=momentum, **more), model


def adamw_in(dtype, strength):
    model = net().to(dtype)
    return torch.optim.AdamW(split(model, strength), lr=1e-2), model


def test_every_check_is_named_by_its_file_and_has_a_page():
    """Codes are unique, ordered and those of the files; each page says why, what to do, and gives an example."""
    codes = [check.code for check in CHECKS]
    assert codes == [f"HL{n:03d}" for n in range(1, len(CHECKS) + 1)]
    for check in CHECKS:
        assert all(f"\n{heading}: " in check.page for heading in ("Why", "Advice", "Example")), check.code


def test_a_sound_training_has_no_errors_and_no_warnings():
    """Every check that can run is silent, or says something good to know."""
    optimizer, model = sound()
    trained(optimizer, model)
    result = halflife.audit(optimizer, model, steps=STEPS, loss=loss_of(model), example_input=TOKENS)
    assert [f for f in result.findings if f.severity is not Severity.NOTE] == []


BROKEN = {
    "HL001": lambda: (*sound(weight_decay=1e-6), {"steps": 100}),
    "HL002": lambda: (DoesNothing(net().parameters()), None, {}),
    "HL003": lambda: (torch.optim.Adam(net().parameters(), weight_decay=0.1), None, {}),
    "HL004": lambda: (*adamw_in(torch.bfloat16, 0.01), {}),
    "HL006": lambda: ((m := net()) and torch.optim.AdamW(m.parameters()), m, {}),
    "HL007": lambda: ((m := net()) and torch.optim.AdamW(m.parameters()), m, {}),
    "HL008": lambda: (*sound(), {"example_input": TOKENS}),
    "HL010": lambda: ((m := net()) and torch.optim.AdamW(m.hidden.parameters()), m, {}),
    "HL012": lambda: (*sound(), {"steps": STEPS, "schedule": "cosine"}),
    "HL014": lambda: (*sgd(0.1, 5e-4), {}),
    "HL015": lambda: (*sgd(1.0, 0.01), {}),
    "HL016": lambda: (*sgd(10.0, 1.0), {}),
    "HL017": lambda: (Grows(net().parameters()), None, {}),
    "HL018": lambda: (SubtractsConstant(net().parameters()), None, {}),
    "HL019": lambda: ((m := net()) and torch.optim.AdamW(m.parameters()), m, {}),
}


@pytest.mark.parametrize("code", BROKEN)
def test_the_broken_training_is_found(code):
    """A training with the one thing wrong is found by the check for it."""
    optimizer, model, plan = BROKEN[code]()
    assert [f.code for f in found(code, optimizer, model, **plan)] == [code]


def test_the_sound_training_is_silent_everywhere_it_should():
    """Only scale-invariance and other people's exclusions are spoken of on the sound training."""
    optimizer, model = sound()
    trained(optimizer, model)
    result = halflife.audit(
        optimizer, model, steps=STEPS, schedule="constant", loss=loss_of(model), example_input=TOKENS
    )
    assert {f.code for f in result.findings} == {"HL008", "HL019"}
    assert result.skipped == ()


def test_the_share_removed_is_that_of_an_untouched_weight():
    """What the table says is removed is what AdamW removes of a weight that has a zero gradient, under the schedule."""
    weight = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.float64))
    optimizer = torch.optim.AdamW([weight], lr=0.1, weight_decay=0.3)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=60)
    said = halflife.audit(optimizer, steps=50, schedule=scheduler, select=["HL001"]).groups[0].removed
    for _ in range(50):
        weight.grad = torch.zeros_like(weight)
        optimizer.step()
        scheduler.step()
    assert said == pytest.approx(1 - weight[0, 0].item(), rel=1e-9)
    assert said > 0.3


@pytest.mark.parametrize("settings", [{"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.5}, {"momentum": 0.0}])
def test_the_decay_under_momentum_is_the_slow_root(settings):
    """The α of L2 under momentum is what a weight without gradient loses a step, once it has settled."""
    weight = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.float64))
    optimizer = torch.optim.SGD([weight], lr=0.1, weight_decay=0.01, **settings)
    said = halflife.audit(optimizer, select=["HL014"]).groups[0].decay
    rows = []
    for _ in range(300):
        weight.grad = torch.zeros_like(weight)
        optimizer.step()
        rows.append(weight[0, 0].item())
    assert said == pytest.approx(1 - rows[-1] / rows[-2], rel=1e-6)


def test_the_spread_of_effective_decay_is_that_of_the_second_moments():
    """Two weights whose gradients differ a thousandfold feel an L2 through Adam a thousandfold apart."""
    loud, quiet = (torch.nn.Parameter(torch.zeros(3, 3)) for _ in range(2))
    optimizer = torch.optim.Adam([loud, quiet], weight_decay=1e-3)
    for _ in range(4):
        loud.grad, quiet.grad = torch.full((3, 3), 10.0), torch.full((3, 3), 0.01)
        optimizer.step()
    (finding,) = found("HL003", optimizer)
    spread = float(finding.message.split(" feels ")[1].split(" times")[0].replace(",", ""))
    assert spread == pytest.approx(1000, rel=0.02)


def test_decoupled_adam_is_no_l2():
    """The same class with its decoupled flag is silent: the law is measured, not read off the name."""
    model = net()
    assert (
        found("HL003", torch.optim.Adam(model.parameters(), weight_decay=0.1, decoupled_weight_decay=True), model) == []
    )


def test_rounding_is_judged_in_the_dtype_of_the_weights():
    """The same decay is lost in bfloat16, kept there when it is large, and kept in float32."""
    assert [f.severity for f in found("HL004", *adamw_in(torch.bfloat16, 0.01))] == [Severity.ERROR]
    assert found("HL004", *adamw_in(torch.bfloat16, 5.0)) == []
    assert found("HL004", *adamw_in(torch.float32, 0.01)) == []


def test_one_dimensional_parameters_are_told_apart():
    """Biases and norms make a warning; a lone gain of another kind a note; spared ones nothing."""
    model = net()
    (finding,) = found("HL006", torch.optim.AdamW(model.parameters()), model)
    assert finding.severity is Severity.WARNING
    assert "1 bias, 2 norm parameters" in finding.message
    model.gain = torch.nn.Parameter(torch.ones(8))
    groups = split(model, 0.1)
    groups[0]["params"].append(model.gain)
    groups[1]["params"] = [p for p in groups[1]["params"] if p is not model.gain]
    (finding,) = found("HL006", torch.optim.AdamW(groups), model)
    assert finding.severity is Severity.NOTE
    assert found("HL006", *sound()) == []


def test_frozen_parameters_are_an_error_only_where_they_shrink():
    """In torch, most skip what has no gradient: a note. An optimizer that decays it all the same: an error."""
    severities = {}
    for kind in (torch.optim.AdamW, DecaysAll):
        model = net()
        model.hidden.weight.requires_grad_(False)
        severities[kind] = [f.severity for f in found("HL009", kind(model.parameters(), weight_decay=0.1), model)]
    assert severities == {torch.optim.AdamW: [Severity.NOTE], DecaysAll: [Severity.ERROR]}
    assert found("HL009", *sound()) == []


def test_a_parameter_without_gradient_is_noticed_once_others_have_one():
    """Before any backward nobody has a gradient, which says nothing; after it the unused layer stands out."""
    model = net()
    model.unused = torch.nn.Linear(3, 3)
    optimizer = torch.optim.AdamW(model.parameters())
    assert found("HL009", optimizer, model) == []
    (finding,) = found("HL009", trained(optimizer, model), model)
    assert "unused.weight" in finding.message


def test_a_parameter_held_twice_is_an_error():
    """A tensor that was slipped into a second group is found, with both groups."""
    optimizer, model = sound()
    assert found("HL011", optimizer, model) == []
    optimizer.param_groups[1]["params"].append(optimizer.param_groups[0]["params"][0])
    (finding,) = found("HL011", optimizer, model)
    assert finding.where == "group 0 and group 1"


def test_different_lr_does_not_matter_where_lr_does_not_multiply():
    """A decay that is not times lr is the same in both groups."""
    model = net()
    groups = [{"params": model.hidden.parameters(), "lr": 1e-3}, {"params": model.head.parameters(), "lr": 1e-1}]
    assert found("HL013", Constant(groups, weight_decay=1e-3), model) == []


@pytest.mark.parametrize(("factor", "codes"), [(0.95, []), (1.05, ["HL015"])])
def test_oscillation_begins_at_the_double_root(factor, codes):
    """Just below (1−√μ)² nothing is said, just above it is."""
    strength = factor * (1 - math.sqrt(0.9)) ** 2
    assert [f.code for f in found("HL015", *sgd(1.0, strength))] == codes


@pytest.mark.parametrize(("factor", "codes"), [(0.99, []), (1.01, ["HL016"])])
def test_l2_is_unstable_from_its_bound_on(factor, codes):
    """ηλ just below 2(1+μ) is stable, just above it is not; and the recurrence itself agrees."""
    strength = factor * 2 * 1.9
    assert [f.code for f in found("HL016", *sgd(1.0, strength))] == codes
    w, v = 1.0, 0.0
    for _ in range(2000):
        v = 0.9 * v + strength * w
        w -= v
    assert (abs(w) > 1) == bool(codes)


def test_growth_is_an_error_and_so_is_a_negative_strength():
    """A sign error of the optimizer is found; one of the user as well; a decay is silent."""
    assert [f.severity for f in found("HL017", Grows(net().parameters()))] == [Severity.ERROR]
    model = net()
    optimizer = torch.optim.AdamW(model.parameters())
    optimizer.param_groups[0]["weight_decay"] = -0.1
    assert [f.severity for f in found("HL017", optimizer, model)] == [Severity.ERROR]
    assert found("HL017", *sound()) == []


def test_a_second_decay_is_noted():
    """ASGD shrinks weights by lambd although weight_decay is zero."""
    (finding,) = found("HL018", torch.optim.ASGD(Net().parameters(), lambd=0.01))
    assert "lambd" in finding.message
