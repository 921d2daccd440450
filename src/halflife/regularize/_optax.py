"""Optax: either door as a gradient transformation around a complete optimizer.

The optimizer comes as what makes it from an lr (`optax.adam`, or a partial), so that the lr of the step and the lr that
decay follows are one number and cannot drift apart.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from halflife._errors import BadInput
from halflife.regularize._ask import Ask, asked
from halflife.regularize._selection import Where, select, strongest
from halflife.rules import Law

PROBING_LR = 1e-3


class RegularizedState(NamedTuple):
    """Steps taken, and the state of the optimizer within."""

    count: Any
    inner: Any


def regularize(
    optimizer: Callable[[Any], Any],
    learning_rate: float | Callable[[Any], Any],
    *,
    l2: float = 0.0,
    decay: float = 0.0,
    half_life: float | str | None = None,
    l1: float = 0.0,
    law: Law | str | None = None,
    schedule: str | Callable[[Any], Any] | None = None,
    where: Where = "weights",
    mask: Any = None,
    toward: Any = None,
    cautious: bool = False,
    peak_lr: float | None = None,
    steps_per_epoch: int | None = None,
) -> Any:
    """An Optax optimizer with either door open.

    Args:
        optimizer: makes the optimizer from an lr, without regularization of its own: `optax.adam`, or
            `functools.partial(optax.sgd, momentum=0.9)`.
        learning_rate: a number, an Optax schedule, or what `optax.inject_hyperparams` hands in.
        l2: λ, the coefficient of (λ/2)‖w‖² in the error.
        decay: α, the share of the weight removed in one step at the peak lr (1/step).
        half_life: in place of `decay`: steps for an untouched weight to halve at the peak lr.
        l1: coefficient of ‖w‖₁, by soft thresholding at lr·l1 after the step.
        law: how the decay follows lr; DECOUPLED unless told otherwise.
        schedule: in place of `law`: `"lr"`, `"shape"`, `"nothing"`, or a function of the step (counted from 0, traced)
            that gives the decay as a share of `decay`.
        where: which parameters: `"weights"` (of 2 dimensions or more, no normalization, bias or embedding by name),
            `"all"`, a pattern of names such as `"head.*"` (a leaf's keys, joined by dots), a predicate of name and
            shape, or a dict of patterns and strengths (of the first that matches), which then takes the place of
            `decay` or, with law L2, of `l2`.
        mask: in place of `where`, as Optax has it: a tree of booleans, a function from parameters to one, or True.
        toward: a tree of weights to shrink towards in place of zero.
        cautious: decay only where the step goes the same way (Chen et al. 2025).
        peak_lr: the peak of an lr that is not one number.
        steps_per_epoch: for a half-life in epochs.

    Returns:
        A `GradientTransformationExtraArgs` whose `update` needs the parameters. The decay joins the step.

    Raises:
        BadInput: the request contradicts itself, or the optimizer regularizes by itself.
    """
    if isinstance(optimizer, tuple) or not callable(optimizer):
        raise BadInput("the optimizer must be what makes one from an lr, such as optax.adam, not one that is made.")
    if mask is not None and where != "weights":
        raise BadInput("both where and mask were given: they say the same, give one.")
    l2, decay = strongest(where, l2=l2, decay=decay, half_life=half_life, law=law)
    ask = asked(
        l2=l2,
        decay=decay,
        half_life=half_life,
        l1=l1,
        law=law,
        schedule=schedule,
        cautious=cautious,
        steps_per_epoch=steps_per_epoch,
    )
    if not isinstance(learning_rate, jax.core.Tracer):  # where it is traced, it was asked before tracing began
        _without_its_own(optimizer)
    if peak_lr is None and not isinstance(learning_rate, (int, float)):
        if ask.law is not Law.L2 and ask.law is not Law.CONSTANT:
            raise BadInput("the learning rate is not one number: its peak must be given as peak_lr=.")
        peak_lr = 1.0
    peak = float(learning_rate if peak_lr is None else peak_lr)  # type: ignore[arg-type]
    strength = ask.weight_decay(ask.strength, peak)
    return opened(optimizer, ask, learning_rate, strength, peak, mask, toward, where=where)


def opened(
    optimizer: Callable[[Any], Any],
    ask: Ask,
    learning_rate: Any,
    weight_decay: Any,
    peak_lr: Any,
    mask: Any = None,
    toward: Any = None,
    *,
    where: Where = "weights",
) -> Any:
    """The transformation itself; its numbers may be traced."""

    def init(params: Any) -> RegularizedState:
        return RegularizedState(count=jnp.zeros([], jnp.int32), inner=optimizer(learning_rate).init(params))

    def update(updates: Any, state: RegularizedState, params: Any = None, **extra: Any) -> tuple[Any, RegularizedState]:
        if params is None:
            raise BadInput("update was called without params: decay needs the weights that it shrinks.")
        chosen, factors = _masked(mask, params) if mask is not None else _where(where, ask, peak_lr, params)
        l2 = weight_decay if ask.law is Law.L2 else ask.l2
        pulls = params if toward is None else jax.tree.map(jnp.subtract, params, toward)
        if ask.l2:
            updates = jax.tree.map(lambda g, w, factor: g + l2 * factor * w, updates, pulls, factors)
        inner = optax.with_extra_args_support(optimizer(learning_rate))
        updates, inner_state = inner.update(updates, state.inner, params, **extra)
        lr = learning_rate(state.count) if callable(learning_rate) else learning_rate
        whole = _share(ask, weight_decay, lr, peak_lr, state.count)

        def joined(u: Any, w: Any, pull: Any, on: Any, factor: Any) -> Any:
            share = whole * factor
            if ask.law is Law.PROXIMAL:
                u = u - share / (1 + share) * (pull + u)
            elif ask.law is not Law.L2:
                agree = (-u * pull >= 0) if ask.cautious else True
                u = u - share * pull * agree
            if ask.l1:
                new = w + u
                u = jnp.where(on, -jnp.clip(new, -lr * ask.l1, lr * ask.l1) + u, u)
                u = jnp.where(on & (abs(new) <= lr * ask.l1), -w, u)
            return u

        joint = jax.tree.map(joined, updates, params, pulls, chosen, factors)
        return joint, RegularizedState(state.count + 1, inner_state)

    return optax.GradientTransformationExtraArgs(init, update)


def _share(ask: Ask, weight_decay: Any, lr: Any, peak_lr: Any, count: Any) -> Any:
    if ask.law is Law.L2:
        return 0.0
    law = Law.DECOUPLED if ask.law is Law.PROXIMAL else ask.law
    share = law.decay(weight_decay, lr=lr, peak_lr=peak_lr)
    return share if ask.schedule is None else share * ask.schedule(count)


def _masked(mask: Any, params: Any) -> tuple[Any, Any]:
    chosen = mask(params) if callable(mask) else mask
    chosen = jax.tree.map(lambda _: chosen, params) if isinstance(chosen, bool) else chosen
    return chosen, chosen


def _where(where: Where, ask: Ask, peak_lr: Any, params: Any) -> tuple[Any, Any]:
    """Which leaves are chosen, and the strength of each as a factor of the main one."""
    paths, tree = jax.tree_util.tree_flatten_with_path(params)
    names = [jax.tree_util.keystr(path, simple=True, separator=".") for path, _ in paths]
    shapes = [jax.ShapeDtypeStruct(jnp.shape(leaf), jnp.result_type(leaf)) for _, leaf in paths]
    (selection,) = select([{"params": shapes, "param_names": names}], where)
    main = ask.weight_decay(ask.strength, peak_lr) if isinstance(where, Mapping) else 1.0
    found = {
        id(shape): 1.0 if chosen.strength is None or not main else ask.weight_decay(chosen.strength, peak_lr) / main
        for chosen in selection.chosen
        for shape in chosen.parameters
    }
    chosen, factors = (
        [get(id(shape)) for shape in shapes] for get in (found.__contains__, lambda key: found.get(key, 0.0))
    )
    return tree.unflatten(chosen), tree.unflatten(factors)


def _without_its_own(optimizer: Callable[[Any], Any]) -> None:
    from halflife.probe import probe

    report = probe(optimizer(PROBING_LR))
    if report.second_decay or (report.law not in (Law.NONE, Law.UNKNOWN) and report.strength):
        raise BadInput(f"the optimizer already regularizes ({report.law}): build it with its weight decay at 0.")
