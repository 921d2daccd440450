"""The verb: check everything, then change the optimizer, and leave it as it was if anything fails."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from halflife._errors import BadInput
from halflife.regularize._ask import Rounding, asked
from halflife.regularize._handle import Regularization
from halflife.regularize._selection import Where, strongest
from halflife.rules import Law

if TYPE_CHECKING:
    from halflife.regularize._monitor import Monitor


def regularize(
    optimizer: Any,
    *,
    l2: float = 0.0,
    decay: float = 0.0,
    half_life: float | str | None = None,
    l1: float = 0.0,
    law: Law | str | None = None,
    schedule: str | Callable[[int], float] | None = None,
    where: Where = "weights",
    toward: Mapping[str, Any] | Sequence[Any] | None = None,
    cautious: bool = False,
    rounding: Rounding | str = Rounding.COMPENSATED,
    seed: int = 0,
    model: Any = None,
    peak_lr: float | None = None,
    steps_per_epoch: int | None = None,
) -> Regularization:
    """Regularize a live torch optimizer as asked, whatever it did before.

    Its own decay is removed. Where the probe shows that its own argument is exactly what was asked, that argument is
    used; otherwise hooks around its step do it. The strength is kept in the optimizer's parameter groups, under the
    optimizer's own name for it, and means what `law` says: it is saved by `state_dict`, and changing it there changes
    the strength from the next step on. A parameter without gradient in a step is left alone in it; one whose gradient
    is zero is regularized; under a sparse gradient the decay is of all rows, the penalty of those that it has.
    Regularize before a scheduler is built: a group that needs splitting is not split once a scheduler counts the
    groups, and hooks serve instead. A group that is added later is left as it comes, with a warning.

    Args:
        optimizer: a torch optimizer.
        l2: λ, the coefficient of (λ/2)‖w‖² in the error: door 1. Not a decay per step.
        decay: α, the share of the weight removed in one step at the peak lr (1/step): door 2. PyTorch's AdamW calls
            α/lr its `weight_decay`.
        half_life: in place of `decay`: steps for an untouched weight to halve at the peak lr; also `"5000 steps"`, or
            `"30 epochs"` together with `steps_per_epoch`.
        l1: coefficient of ‖w‖₁ in the error, by soft thresholding at lr·l1 after the step, which makes true zeros.
        law: how the decay follows lr: DECOUPLED unless told otherwise; INDEPENDENT, CONSTANT, CORRECTED, QUADRATIC,
            PROXIMAL; or L2, which `l2` alone implies.
        schedule: in place of `law`: `"lr"`, `"shape"`, `"nothing"`, or a function of the step, counted from 0, that
            gives the decay as a share of `decay`.
        where: which parameters: `"weights"` (of 2 dimensions or more, no normalization, bias or embedding), `"all"`, a
            pattern of names such as `"head.*"`, a predicate of name and tensor, or a dict of patterns and strengths
            (of the first that matches), which then takes the place of `decay` or, with law L2, of `l2`.
        toward: weights to shrink towards in place of zero, by name or in the order of the groups (L2-SP).
        cautious: decay only where the step goes the same way (Chen et al. 2025).
        rounding: what is done so that 16-bit weights do not lose their decay.
        seed: of stochastic rounding.
        model: the module, for names and kinds of layers; without it, names that the optimizer was built with serve.
        peak_lr: the peak of lr, when it is not the groups' initial lr.
        steps_per_epoch: for a half-life in epochs.

    Returns:
        A handle that describes what was done and can undo it.

    Raises:
        BadInput: the request contradicts itself or cannot be met; the optimizer is then as it was.

    Source: Loshchilov & Hutter 2019, algorithms 1 and 2; Li et al. 2018 (toward); Parikh & Boyd 2014, section 6.5 (l1).
    """
    optimizer = _unwrapped(optimizer)
    if not isinstance(getattr(optimizer, "param_groups", None), list):
        if isinstance(optimizer, tuple) and hasattr(optimizer, "update"):
            raise BadInput(
                "this is an Optax transformation: it cannot be changed; wrap it by halflife.optax.regularize."
            )
        raise BadInput(f"{type(optimizer).__name__} is not a live torch optimizer: it has no parameter groups.")
    l2, decay = strongest(where, l2=l2, decay=decay, half_life=half_life, law=law)
    ask = asked(
        l2=l2,
        decay=decay,
        half_life=half_life,
        l1=l1,
        law=law,
        schedule=schedule,
        cautious=cautious,
        rounding=rounding,
        seed=seed,
        steps_per_epoch=steps_per_epoch,
    )
    from halflife.regularize._torch import regularized

    return regularized(optimizer, ask, where=where, toward=toward, model=model, peak_lr=peak_lr)


def monitor(optimizer: Any, *, every: int = 100, to: Any = None) -> "Monitor":
    """Watch what decay does to a torch optimizer's weights: norm, decay, half-lives and rotation of each group.

    Args:
        optimizer: a live torch optimizer, regularized by halflife or by itself.
        every: how many steps lie between looks; the first step is looked at.
        to: where rows go besides `rows`: a path of a CSV file, a TensorBoard writer, or a function of a row.

    Returns:
        The monitor; its `rows` are dicts as its docstring tells.

    Raises:
        BadInput: it is no torch optimizer whose law can be found, or `every` or `to` cannot be used.
    """
    from halflife.regularize._monitor import Monitor

    return Monitor(_unwrapped(optimizer), every=every, to=to)


WRAPPERS = {"AcceleratedOptimizer": "accelerate", "LightningOptimizer": "lightning"}
"""Classes that pass each step on to a torch optimizer, and the library of each."""


def _unwrapped(optimizer: Any) -> Any:
    """The torch optimizer that another library put into a coat of its own."""
    kinds = {cls.__name__: cls.__module__ for cls in type(optimizer).__mro__}
    wrapped = any(library in kinds.get(name, "") for name, library in WRAPPERS.items())
    return _unwrapped(optimizer.optimizer) if wrapped else optimizer
