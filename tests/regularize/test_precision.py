"""In 16 bits a decay smaller than half a gap is kept, by a buffer or by chance."""

import pytest
import torch

import halflife
from halflife.regularize._arithmetic import _by_chance


def left(steps, dtype=torch.bfloat16, **request):
    """What is left on average of many ones after steps without gradient."""
    p = torch.nn.Parameter(torch.ones(64, 64, dtype=dtype))
    optimizer = torch.optim.SGD([p], lr=1e-3, momentum=0.9)
    halflife.regularize(optimizer, **request)
    for _ in range(steps):
        p.grad = torch.zeros_like(p)
        optimizer.step()
    return float(p.detach().double().mean())


@pytest.mark.parametrize(("rounding", "steps"), [("compensated", 1000), ("stochastic", 1000)])
def test_a_decay_below_half_a_gap_is_kept(rounding, steps):
    """A thousand steps of 1e-3 leave 0.368 where rounding to nearest leaves everything."""
    exact = (1 - 1e-3) ** steps
    assert left(steps, decay=1e-3, rounding=rounding) == pytest.approx(exact, abs=0.01)
    assert left(steps, decay=1e-3, rounding="nearest") == 1.0


def test_a_tiny_decay_is_kept_in_float16_too():
    """1e-5 a step over 2000 steps, in half precision."""
    assert left(2000, torch.float16, decay=1e-5) == pytest.approx((1 - 1e-5) ** 2000, abs=1e-3)
    assert left(2000, torch.float16, decay=1e-5, rounding="nearest") == 1.0


@pytest.mark.parametrize("rounding", ["compensated", "stochastic"])
def test_the_probe_confirms_it(rounding):
    """The probe finds most of the decay in bfloat16, of which nearest keeps nothing."""
    kept = {}
    for each in (rounding, "nearest"):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(8, 8, dtype=torch.bfloat16))], lr=1e-2)
        halflife.regularize(optimizer, decay=1.9e-3, rounding=each)
        kept[each] = halflife.probe(optimizer).precision["bfloat16"]
    assert kept[rounding] > 0.5 > 10 * kept["nearest"], kept


def test_stochastic_rounding_leaves_what_is_no_number():
    """NaN has many bit patterns, to the largest of which nothing can be added; an infinity stays one."""
    odd = torch.tensor([0x7FFFFFFF, 0x7FC00000, 0x7F800000, -0x800000], dtype=torch.int32).view(torch.float32)
    rounded = _by_chance(odd, torch.Generator().manual_seed(0))
    assert torch.equal(rounded.isnan(), torch.tensor([True, True, False, False]))
    assert rounded[2:].tolist() == [float("inf"), -float("inf")]


def test_stochastic_rounding_depends_on_its_seed_alone():
    """Same seed, same bits; the global random state is not touched."""

    def run(seed):
        p = torch.nn.Parameter(torch.linspace(1, 2, 64, dtype=torch.bfloat16).reshape(8, 8))
        optimizer = torch.optim.SGD([p], lr=0.1)
        halflife.regularize(optimizer, decay=1e-3, rounding="stochastic", seed=seed)
        p.grad = torch.zeros_like(p)
        optimizer.step()
        return p.detach().clone()

    before = torch.get_rng_state()
    assert torch.equal(run(1), run(1))
    assert not torch.equal(run(1), run(2))
    assert torch.equal(before, torch.get_rng_state())
