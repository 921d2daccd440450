"""The doors opened from outside: what happens before and after each step of a torch optimizer.

Before the step, once the gradients are there (inside the closure, when one is given): the optimizer's own argument is
put to what it must be for this step, λ·w joins a copy of each gradient, and the weights are shrunk. After it: what
acts on the new weights, and everything that was lent to the optimizer is taken back, so that the caller finds the
gradients and the arguments as they were. A parameter without gradient is left alone, as torch.optim does; one whose
gradient is zero is regularized.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from halflife.regularize._arithmetic import (
    PerParameter,
    Tensors,
    cautiously,
    exact,
    local,
    penalize,
    shrink,
    soft_threshold,
    store,
    toward,
)
from halflife.regularize._ask import Ask, scheduled
from halflife.regularize._native import Native
from halflife.rules import Law

DOOR, PEAK, STEPS, L1, L2 = "regularized", "peak_lr", "regularized_steps", "l1", "l2"
"""What a regularized group keeps, beside its strength: so it is saved with the optimizer's state and can be changed."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Parameters with a strength of their own, as a factor of the group's; None stands for the whole group."""

    parameters: list[Any] | None
    factor: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Door:
    """How one group is regularized.

    Attributes:
        key: the group's argument that holds the main strength.
        lr_name: the argument that holds its lr.
        native: how far the optimizer's own argument does it.
        parts: which parameters; none for a group that is spared.
        settings: what the group was given.
        lent: switches that are turned for the time of a step.
    """

    key: str
    lr_name: str
    native: Native
    parts: list[Part]
    settings: Mapping[str, Any]
    lent: Mapping[str, Any] = field(default_factory=dict)


@dataclass(kw_only=True)
class Hooks:
    """What is remembered between a step's beginning and its end, and from step to step.

    Attributes:
        ask: the request.
        doors: one for each group, which names its own by number.
        targets: what each parameter decays to; zero where nothing is held.
        lost: what rounding took from 16-bit parameters.
        scratch: gradients with the penalty in them, or weights before the step, while it lasts; kept because memory is
            slow to come by.
        undo: what takes back what the optimizer was lent.
        later: what acts after the step.
        warned: the groups whose lr was seen above their peak.
    """

    ask: Ask
    doors: list[Door]
    targets: PerParameter = field(default_factory=PerParameter)
    lost: PerParameter = field(default_factory=PerParameter)
    scratch: PerParameter = field(default_factory=PerParameter)
    undo: list[Callable[[], None]] = field(default_factory=list)
    later: list[Callable[[], None]] = field(default_factory=list)
    warned: set[int] = field(default_factory=set)

    def before(self, optimizer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Open the doors, or have the closure open them once it has made the gradients."""
        self._take_back()
        closure = args[1] if len(args) > 1 else kwargs.get("closure")
        if not callable(closure):
            with torch.no_grad():
                self._open(optimizer)
            return None
        opened: list[bool] = []

        def evaluated() -> Any:
            loss = closure()
            if not opened:
                opened.append(True)
                with torch.no_grad():
                    self._open(optimizer)
            return loss

        if len(args) > 1:
            return (args[0], evaluated, *args[2:]), kwargs
        return args, {**kwargs, "closure": evaluated}

    def after(self, optimizer: Any, *_: Any) -> None:
        """Act on the new weights, and close the doors."""
        with torch.no_grad():
            for act in self.later:
                act()
        self._take_back()
        counting = [group for group in optimizer.param_groups if STEPS in group]
        found = getattr(optimizer, "found_inf", None)
        taken = 1 if found is None or not counting else 1 - int(found.item())
        for group in counting:
            group[STEPS] += taken

    def _take_back(self) -> None:
        for put_back in reversed(self.undo):
            put_back()
        self.undo.clear()
        self.later.clear()

    def _open(self, optimizer: Any) -> None:
        doors = [(group, self.doors[group[DOOR]]) for group in optimizer.param_groups if DOOR in group]
        shares = [self.share(group, door) for group, door in doors]  # all of them, before anything is changed
        # from the last to the first: the step begins with the first and ends with the last, while a cache has them
        for (group, door), share in reversed([*zip(doors, shares, strict=True)]):
            self._open_group(optimizer, group, door, share)

    def _open_group(self, optimizer: Any, group: dict[str, Any], door: Door, share: Any) -> None:
        strength, lr, native = group[door.key], group[door.lr_name], door.native
        if native is Native.DIALED and lr == 0 and share:
            native = Native.NO  # no dial makes a share of a step whose lr is zero
        if native is Native.PENALTY and (
            share >= 1 or any(p.grad is not None and p.grad.is_sparse for p in group["params"])
        ):
            native = Native.NO  # nor a penalty on weights that are gone, or on rows
        lent: dict[str, Any] = dict(door.lent) if native in (Native.LENT, Native.PENALTY) else {}
        if native is Native.DIALED:
            lent[door.key] = share / lr if share else 0.0
        elif native is Native.PENALTY:  # the optimizer sees the weights after the decay, the penalty is of those before
            l2 = group.get(L2, 0.0) if door.parts else 0.0
            lent[door.key] = l2 / (1 if self.ask.law is Law.PROXIMAL else 1 - share)
        elif native is Native.NO:
            lent[door.key] = 0.0
        for key, value in lent.items():
            self.undo.append(partial(group.__setitem__, key, group[key]))
            group[key] = value
        outside = native in (Native.NO, Native.PENALTY)
        mains = strength if self.ask.law is Law.L2 and native is Native.NO else 0.0
        for part in door.parts:
            members = group["params"] if part.parameters is None else part.parameters
            live = [p for p in reversed(members) if p.grad is not None]
            if not live:
                continue
            penalty = (mains or group.get(L2, 0.0)) * part.factor
            if penalty and native is not Native.PENALTY:
                self._penalize(live, penalty * _scale(optimizer) * (-1.0 if group.get("maximize") else 1.0))
            taken = _taken(optimizer, live[0])
            if outside and share:
                self._shrink(group, live, share * part.factor * taken)
            if group.get(L1):
                act = partial(soft_threshold, threshold=lr * group[L1] * taken)
                self.later.append(partial(self._store, group, 2, live, act))

    def share(self, group: Mapping[str, Any], door: Door) -> Any:
        """α of this step (1/step); for PROXIMAL lr·wd, which acts by division; 0 where only door 1 is open."""
        if self.ask.law is Law.L2:
            return 0.0
        law = Law.DECOUPLED if self.ask.law is Law.PROXIMAL else self.ask.law
        share = law.decay(group[door.key], lr=group[door.lr_name], peak_lr=group[PEAK])
        self._compare_with_peak(group, door, law, share)
        return share if self.ask.schedule is None else scheduled(self.ask.schedule, group[STEPS], share)

    def _compare_with_peak(self, group: Mapping[str, Any], door: Door, law: Law, share: Any) -> None:
        """Say once that lr is above its peak, where a law that takes it as a share of that exceeds what was asked."""
        lr, peak, number = group[door.lr_name], group[PEAK], group[DOOR]
        if not law.value.peak_power or not isinstance(lr, float) or lr <= peak * (1 + 1e-9) or number in self.warned:
            return
        self.warned.add(number)
        meant = law.decay(group[door.key], lr=peak, peak_lr=peak)
        warnings.warn(
            f"parameter group {number} has lr {lr:.4g}, above the peak lr {peak:.4g} that its decay was set for: "
            f"{law} removes {share:.4g} of the weights in this step, and {meant:.4g} was asked for at the peak. Give "
            "the peak of the schedule as peak_lr= to halflife.regularize.",
            stacklevel=2,
        )

    def _shrink(self, group: dict[str, Any], live: Tensors, share: Any) -> None:
        targets = self._targets(live)
        if self.ask.cautious:
            before = exact(live, self.lost, self.scratch)
            act = partial(cautiously, share=share)
            self.later.append(partial(self._store, group, 1, live, act, before, *targets))
            return
        after = self.ask.law is Law.PROXIMAL
        act = partial(toward if targets else shrink, share=share / (1 + share) if after else share)
        stored = partial(self._store, group, 1 if after else 0, live, act, *targets)
        if after:
            self.later.append(stored)
        else:
            stored()

    def _targets(self, live: Tensors) -> Sequence[Tensors]:
        """What each parameter goes to, as one more list for the arithmetic; no list where that is zero."""
        return ([local(self.targets[p]) for p in live],) if self.targets else ()

    def _store(self, group: Mapping[str, Any], phase: int, live: Tensors, operation: Any, *beside: Tensors) -> None:
        seed = (self.ask.seed, 4 * group.get(STEPS, 0) + phase)
        store(live, operation, *beside, rounding=self.ask.rounding, lost=self.lost, seed=seed)

    def _penalize(self, live: Tensors, l2: Any) -> None:
        dense = [p for p in live if not p.grad.is_sparse]
        for p in dense:
            if p not in self.scratch or self.scratch[p].dtype != p.grad.dtype:
                self.scratch[p] = torch.empty_like(p.grad)
        penalized = [self.scratch[p] for p in dense]
        if dense:
            grads, weights, into = ([local(t) for t in each] for each in ([p.grad for p in dense], dense, penalized))
            penalize(grads, weights, next(iter(self._targets(dense)), []), into, l2=l2)
        for p, grad in [*zip(dense, penalized, strict=True), *_sparse(live, self.targets, l2)]:
            self.undo.append(partial(setattr, p, "grad", p.grad))
            p.grad = grad


def _sparse(live: list[Any], targets: PerParameter, l2: Any) -> Iterator[tuple[Any, Any]]:
    """A sparse gradient is penalized in the rows that it has: the others are not part of this step."""
    for p in live:
        if p.grad.is_sparse:
            grad = p.grad.coalesce()
            pull = p.detach() if p not in targets else p.detach() - targets[p]
            yield (
                p,
                torch.sparse_coo_tensor(
                    grad.indices(),
                    grad.values() + l2 * pull[tuple(grad.indices())],
                    grad.shape,
                    is_coalesced=True,
                    check_invariants=False,
                ),
            )


def _scale(optimizer: Any) -> Any:
    """What the gradients are still multiplied by, when a gradient scaler leaves unscaling to the optimizer's kernel."""
    scale = getattr(optimizer, "grad_scale", None)
    return 1.0 if scale is None else scale


def _taken(optimizer: Any, parameter: Any) -> Any:
    """1, or 0 where the kernel will skip this step because the scaled gradients overflowed."""
    found = getattr(optimizer, "found_inf", None)
    return 1.0 if found is None else 1.0 - found.to(parameter.device)
