"""Optax: the probe and an obvious loop judge the transformation."""

from functools import partial

import jax
import numpy as np
import optax
import pytest

import halflife
import halflife.optax
from halflife import BadInput, Law
from halflife.regularize._ask import asked
from halflife.regularize._optax import opened

LR, DECAY, STEPS = 0.05, 0.02, 7


@pytest.mark.parametrize("law", [Law.L2, Law.DECOUPLED, Law.CONSTANT, Law.QUADRATIC, Law.PROXIMAL])
def test_the_probe_reports_the_law_that_was_asked_for(law):
    """The transformation around Adam has the law and coefficient that were asked for."""
    ask = asked(l2=0.01) if law is Law.L2 else asked(decay=1e-3, law=law)

    def made(learning_rate=1e-2, weight_decay=0.01):
        return opened(optax.adam, ask, learning_rate, weight_decay, learning_rate, mask=True)

    report = halflife.probe(made)
    assert report.law is law, report
    assert report.coefficient == pytest.approx(1.0, rel=1e-6)
    assert not report.defects


def shape(t):
    return (t + 1) / STEPS


CASES = [
    ({"decay": DECAY}, lambda w, u, s, t: w + u - DECAY * s * w),
    ({"decay": DECAY, "law": Law.INDEPENDENT}, lambda w, u, s, t: w + u - DECAY * s * w),
    ({"decay": DECAY, "law": Law.CONSTANT}, lambda w, u, s, t: w + u - DECAY * w),
    ({"decay": DECAY, "law": Law.CORRECTED}, lambda w, u, s, t: w + u - DECAY * s**2 * w),
    ({"decay": DECAY, "schedule": lambda t: 1 / (1 + t)}, lambda w, u, s, t: w + u - DECAY / (1 + t) * w),
    ({"decay": DECAY, "toward": 2.0}, lambda w, u, s, t: w + u - DECAY * s * (w - 2.0)),
    ({"decay": DECAY, "cautious": True}, lambda w, u, s, t: w + u - DECAY * s * w * (-u * w >= 0)),
    ({"l1": 1.0}, lambda w, u, s, t: np.sign(w + u) * np.maximum(abs(w + u) - LR * s, 0)),
]


@pytest.mark.parametrize(("request_", "wanted"), CASES)
def test_steps_agree_with_a_loop_written_out(request_, wanted):
    """Under a schedule of lr, heavy ball with each kind of decay, jitted, in float64."""
    with jax.enable_x64(True):
        generator = np.random.default_rng(0)
        start, goal = generator.normal(size=(2, 5, 4))
        request = dict(request_)
        if "toward" in request:
            request["toward"] = {"w": np.full((5, 4), request["toward"])}
        optimizer = halflife.optax.regularize(
            partial(optax.sgd, momentum=0.9), lambda t: LR * (t + 1) / STEPS, peak_lr=LR, **request
        )
        params = {"w": jax.numpy.asarray(start)}
        state = optimizer.init(params)
        w, v = start.copy(), np.zeros_like(start)
        plain, pv = start.copy(), np.zeros_like(start)
        update = jax.jit(optimizer.update)
        for t in range(STEPS):
            updates, state = update({"w": 0.5 * (params["w"] - goal)}, state, params)
            params = optax.apply_updates(params, updates)
            v = 0.9 * v + 0.5 * (w - goal)
            w = wanted(w, -LR * shape(t) * v, shape(t), t)
            pv = 0.9 * pv + 0.5 * (plain - goal)
            plain = plain - LR * shape(t) * pv
        assert abs(w - plain).max() > 1e-6
        np.testing.assert_allclose(
            np.asarray(params["w"]), w, rtol=0, atol=2e-9
        )  # a traced step makes float32 of what it divides
        if "l1" in request:
            assert 0 < int((np.asarray(params["w"]) == 0).sum()) == int((w == 0).sum())


def test_l1_makes_true_zeros_of_what_large_steps_cross():
    """A threshold above every new weight leaves none, to the last bit, though steps are larger than the weights."""
    optimizer = halflife.optax.regularize(optax.sgd, LR, l1=10 / LR)
    draw = np.random.default_rng(3).normal(size=(2, 64, 64))
    weights, gradients = ({"w": jax.numpy.asarray(size * w)} for size, w in zip((1e-3, 1.0), draw, strict=True))
    updates, _ = optimizer.update(gradients, optimizer.init(weights), weights)
    assert not optax.apply_updates(weights, updates)["w"].any()


def test_a_decay_that_no_number_holds_is_refused_too():
    """An optimizer that shrinks its weights by itself, whatever it is handed, would do so beside what is asked."""

    def shrinking(learning_rate):
        def update(updates, state, params):
            return jax.tree.map(lambda u, w: -learning_rate * u - w / 50, updates, params), state

        return optax.GradientTransformation(lambda params: optax.EmptyState(), update)

    with pytest.raises(BadInput, match="already regularizes"):
        halflife.optax.regularize(shrinking, LR, decay=DECAY)


@pytest.mark.parametrize("request_", [{"decay": DECAY, "cautious": True}, {"decay": DECAY, "l1": 0.1}])
def test_weights_without_gradient_decay_whatever_else_is_asked(request_):
    """A step of zero goes against nothing; and what l1 has made zero is zero to the last bit."""
    optimizer = halflife.optax.regularize(optax.sgd, LR, **request_)
    weights = {"w": jax.numpy.linspace(0.003, 3.0, 64).reshape(8, 8)}
    updates, _ = optimizer.update(jax.tree.map(jax.numpy.zeros_like, weights), optimizer.init(weights), weights)
    left = np.asarray(optax.apply_updates(weights, updates)["w"])
    kept = (1 - DECAY) * np.asarray(weights["w"]) - LR * request_.get("l1", 0.0)
    assert left == pytest.approx(np.maximum(kept, 0), rel=1e-5)
    assert (left == 0).sum() == (kept <= 0).sum()


def test_vectors_are_spared_unless_the_mask_says_otherwise():
    """Matrices by default; a tree, a function or True choose."""
    params = {"w": np.ones((2, 2), np.float32), "b": np.ones(2, np.float32)}
    zero = jax.tree.map(np.zeros_like, params)
    for mask, b in ((None, 1.0), (True, 0.98), ({"w": False, "b": True}, 0.98)):
        optimizer = halflife.optax.regularize(optax.adam, LR, decay=DECAY, mask=mask)
        updates, _ = optimizer.update(zero, optimizer.init(params), params)
        assert float(optax.apply_updates(params, updates)["b"][0]) == pytest.approx(b, abs=1e-6)


def test_bad_requests_are_refused():
    """An optimizer with decay of its own, one already made, no peak, no params."""
    for optimizer, lr, said in (
        (optax.adamw, LR, "already regularizes"),
        (optax.adam(LR), LR, "such as optax.adam"),
        (optax.adam, optax.cosine_decay_schedule(LR, 10), "peak_lr="),
    ):
        with pytest.raises(BadInput, match=said):
            halflife.optax.regularize(optimizer, lr, decay=DECAY)
    made = halflife.optax.regularize(optax.adam, LR, decay=DECAY)
    params = {"w": np.ones((2, 2), np.float32)}
    with pytest.raises(BadInput, match="params"):
        made.update(params, made.init(params))
    with pytest.raises(BadInput, match=r"halflife\.optax"):
        halflife.regularize(made, decay=DECAY)


def walked(optimizer, steps=STEPS, start=None):
    """Where a jitted run of ordinary Optax code ends, in float64."""
    params = start or {"w": jax.numpy.linspace(-1.0, 2.0, 12).reshape(4, 3), "b": jax.numpy.linspace(0.5, 1.0, 3)}

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(jax.tree.map(lambda w: jax.numpy.sin(3 * w) + 0.2, params), state, params)
        return optax.apply_updates(params, updates), state

    state = optimizer.init(params)
    for _ in range(steps):
        params, state = step(params, state)
    return params


def weights_only(params):
    return jax.tree.map(lambda w: w.ndim >= 2, params)


def ours(factory=optax.adam, lr=LR, **request):
    return halflife.optax.regularize(factory, lr, **({"decay": DECAY} | request))


LION = partial(optax.lion, weight_decay=0.0)
SAME = {
    "adamw": lambda: (ours(), optax.adamw(LR, weight_decay=DECAY / LR, mask=weights_only), optax.adam(LR)),
    "nadamw, all": lambda: (ours(optax.nadam, mask=True), optax.nadamw(LR, weight_decay=DECAY / LR), optax.nadam(LR)),
    "lion": lambda: (ours(LION), optax.lion(LR, weight_decay=DECAY / LR, mask=weights_only), LION(LR)),
    "adamw under a schedule": lambda: (
        ours(lr=optax.cosine_decay_schedule(LR, 9), peak_lr=LR),
        optax.adamw(optax.cosine_decay_schedule(LR, 9), weight_decay=DECAY / LR, mask=weights_only),
        optax.adam(optax.cosine_decay_schedule(LR, 9)),
    ),
    "L2 before adam": lambda: (
        ours(l2=0.3, decay=0.0),
        optax.chain(optax.add_decayed_weights(0.3, mask=weights_only), optax.adam(LR)),
        optax.adam(LR),
    ),
    "after clipping, in a chain": lambda: (
        optax.chain(optax.clip_by_global_norm(0.5), ours(partial(optax.sgd, momentum=0.9), mask=True)),
        optax.chain(
            optax.clip_by_global_norm(0.5), optax.trace(0.9), optax.add_decayed_weights(DECAY / LR), optax.scale(-LR)
        ),
        optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(LR, momentum=0.9)),
    ),
    "inject_hyperparams": lambda: (
        optax.inject_hyperparams(lambda learning_rate: ours(lr=learning_rate, peak_lr=LR))(
            learning_rate=optax.cosine_decay_schedule(LR, 9)
        ),
        optax.adamw(optax.cosine_decay_schedule(LR, 9), weight_decay=DECAY / LR, mask=weights_only),
        optax.adam(optax.cosine_decay_schedule(LR, 9)),
    ),
    "masked": lambda: (
        optax.masked(ours(mask=True), {"w": True, "b": False}),
        optax.masked(optax.adamw(LR, weight_decay=DECAY / LR), {"w": True, "b": False}),
        optax.masked(optax.adam(LR), {"w": True, "b": False}),
    ),
    "multi_transform": lambda: (
        optax.partition({"d": ours(mask=True), "p": optax.sgd(LR)}, {"w": "d", "b": "p"}),
        optax.partition({"d": optax.adamw(LR, weight_decay=DECAY / LR), "p": optax.sgd(LR)}, {"w": "d", "b": "p"}),
        optax.partition({"d": optax.adam(LR), "p": optax.sgd(LR)}, {"w": "d", "b": "p"}),
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_it_is_optaxs_own_where_optax_has_one(case):
    """The same weights as optax.adamw and its siblings, jitted and inside Optax's combinators."""
    with jax.enable_x64(True):
        got, wanted, without = map(walked, SAME[case]())
        assert max(abs(wanted[k] - without[k]).max() for k in got) > 1e-3
        for key, value in got.items():
            np.testing.assert_allclose(np.asarray(value), np.asarray(wanted[key]), rtol=0, atol=1e-7)


NAMED = {"embed": {"table": 1.0}, "body": {"w": 1.0, "bias": 1.0}, "norm": {"scale": 1.0}, "head": {"w": 1.0}}
WHERE = {
    "weights": ("weights", {"body.w": DECAY, "head.w": DECAY}),
    "all": ("all", dict.fromkeys(("embed.table", "body.w", "body.bias", "norm.scale", "head.w"), DECAY)),
    "a pattern": ("body.*", {"body.w": DECAY, "body.bias": DECAY}),
    "a predicate": (lambda name, leaf: leaf.ndim == 1 and "norm" not in name, {"body.bias": DECAY}),
    "strengths": ({"head.*": 0.05, "*.w": 0.01}, {"head.w": 0.05, "body.w": 0.01}),
}


def named_tree():
    shapes = {"table": (3, 2), "w": (2, 2), "bias": (2,), "scale": (2, 2)}
    return {k: {n: jax.numpy.ones(shapes[n]) for n in v} for k, v in NAMED.items()}


@pytest.mark.parametrize("law", [Law.DECOUPLED, Law.PROXIMAL, Law.CONSTANT])
@pytest.mark.parametrize("case", WHERE)
def test_where_chooses_as_it_does_for_torch(case, law):
    """By the names of the leaves: default, all, pattern, predicate, strengths of their own; the rest is spared."""
    where, wanted = WHERE[case]
    strength = {} if isinstance(where, dict) else {"decay": DECAY}
    optimizer = halflife.optax.regularize(optax.adam, LR, where=where, law=law, **strength)
    params = named_tree()
    zero = jax.tree.map(jax.numpy.zeros_like, params)
    updates, _ = jax.jit(optimizer.update)(zero, optimizer.init(params), params)
    left = optax.apply_updates(params, updates)
    for outer, inner in left.items():
        for name, leaf in inner.items():
            share = 1 - float(leaf.mean())
            assert share == pytest.approx(wanted.get(f"{outer}.{name}", 0.0), abs=1e-6), (outer, name)


def test_where_of_l2_has_strengths_of_its_own():
    """With law L2 the dict gives λ, which enters the gradient of plain SGD as lr·λ·w."""
    optimizer = halflife.optax.regularize(optax.sgd, LR, where={"head.*": 0.4, "body.w": 0.1}, law="L2")
    params = named_tree()
    zero = jax.tree.map(jax.numpy.zeros_like, params)
    updates, _ = optimizer.update(zero, optimizer.init(params), params)
    assert float(updates["head"]["w"][0, 0]) == pytest.approx(-LR * 0.4)
    assert float(updates["body"]["w"][0, 0]) == pytest.approx(-LR * 0.1)
    assert float(abs(updates["embed"]["table"]).max()) == 0.0


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"where": "haed.*", "decay": DECAY}, "'haed"),
        ({"where": {"head.*": 0.1}, "decay": DECAY}, "do not give"),
        ({"where": "all", "mask": True, "decay": DECAY}, "both where and mask"),
        ({"where": {"head.*": -0.1}}, "-0.1"),
    ],
)
def test_a_selection_that_cannot_be_meant_is_refused(request_, said):
    """What matches nothing is named, when the parameters are first seen."""
    params = named_tree()

    def step():
        optimizer = halflife.optax.regularize(optax.adam, LR, **request_)
        return optimizer.update(params, optimizer.init(params), params)

    with pytest.raises(BadInput, match=said):
        step()


EXTRAS = {
    "a function of the step": ({"schedule": lambda t: 1.0 + 0 * t}, Law.CONSTANT),
    "a little L1": ({"l1": 1e-9}, Law.DECOUPLED),
    "PROXIMAL": ({"law": Law.PROXIMAL}, Law.PROXIMAL),
}


@pytest.mark.parametrize("case", EXTRAS)
def test_the_probe_finds_the_asked_share_beside_other_options(case):
    """What else is asked for leaves law and strength as they are."""
    request, law = EXTRAS[case]
    ask = asked(decay=1e-3, **request)

    def made(learning_rate=1e-2, weight_decay=0.01):
        return opened(optax.adam, ask, learning_rate, weight_decay, learning_rate, where="all")

    report = halflife.probe(made)
    assert report.law is law, report
    assert report.coefficient == pytest.approx(1.0, rel=1e-4)


def test_its_state_is_a_tree_that_can_be_saved_and_resumed_bit_for_bit():
    """Leaves are arrays; a run that goes on from copied leaves is the run that was never interrupted."""
    optimizer = ours(lr=optax.cosine_decay_schedule(LR, 9), peak_lr=LR, schedule=lambda t: 1 / (1 + t), cautious=True)
    params = {"w": jax.numpy.linspace(-1.0, 2.0, 12).reshape(4, 3)}

    @jax.jit
    def step(params, state):
        updates, state = optimizer.update(jax.tree.map(lambda w: jax.numpy.sin(3 * w), params), state, params)
        return optax.apply_updates(params, updates), state

    ends = []
    for interrupted in (False, True):
        now, state = params, optimizer.init(params)
        for t in range(6):
            if interrupted and t == 3:
                leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(state)]
                state = jax.tree.unflatten(jax.tree.structure(optimizer.init(params)), leaves)
            now, state = step(now, state)
        ends.append(np.asarray(now["w"]))
    assert int(state.count) == 6
    np.testing.assert_array_equal(*ends)
