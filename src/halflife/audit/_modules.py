"""The live modules that an optimizer trains: one as a rule, several where a script builds them one by one.

Several are held together by a module of our own, so that whoever looks at it sees one model with parts.
"""

import gc
import sys
from collections.abc import Iterator, Mapping
from inspect import CO_OPTIMIZED
from typing import Any

from halflife._errors import BadInput
from halflife.audit._naming import fragment_of, storage_of

OURS = ("halflife", "torch")
"""Packages whose frames give no names to a user's modules."""


def tensors_of(optimizer: Any) -> Iterator[Any]:
    """The tensors that an optimizer holds."""
    return (p for group in optimizer.param_groups for p in group["params"])


def together(modules: Mapping[str, Any]) -> Any:
    """One module with these as its parts; they do not notice.

    Raises:
        BadInput: one is no torch module, or its name cannot be that of a part.
    """
    import torch

    holder = torch.nn.Module()
    for name, module in modules.items():
        if not isinstance(module, torch.nn.Module):
            raise BadInput(f"model[{name!r}] is of type {type(module).__name__}: it must be a torch module.")
        try:
            holder.add_module(name, module)
        except (KeyError, TypeError) as error:
            raise BadInput(f"model[{name!r}] cannot be named so: {' '.join(map(str, error.args))}.") from None
    return holder


def model_of(optimizer: Any) -> Any:
    """What an optimizer trains, among all live modules; None if it is in none of them."""
    found = _covering({key for p in tensors_of(optimizer) for key in (id(p), storage_of(p))} - {0})
    return together(_named(found)) if len(found) > 1 else (found or [None])[0]


def is_compiled(model: Any) -> bool:
    """Whether a module, or a part of it, is called through torch.compile, as far as can be seen from outside."""
    parts = {id(part) for part in model.modules()}
    kind = getattr(sys.modules.get("torch._dynamo.eval_frame"), "OptimizedModule", None)
    return any(getattr(part, "_compiled_call_impl", None) is not None for part in model.modules()) or any(
        type(value) is kind and id(value._orig_mod) in parts for value in (gc.get_objects() if kind else ())
    )


def _covering(held: set[int]) -> list[Any]:
    """The fewest modules that hold these tensors: at each turn the one with most of them.

    Of several the largest, that which ties a parameter to more places, and of wrappers around it the innermost.
    """
    candidates = [each for each in _live() if each[1] & held]
    found: list[Any] = []
    while candidates:
        best, ids, _ = max(candidates, key=lambda each: (len(each[1] & held), len(each[1]), each[2]))
        found.append(best)
        held = held - ids
        candidates = [each for each in candidates if each[1] & held]
    return found


def _live() -> Iterator[tuple[Any, set[int], tuple[int, int]]]:
    """Every module with what its parameters are known by, and how many places and how short names they have."""
    import torch

    for value in gc.get_objects():
        try:
            if issubclass(type(value), torch.nn.Module):
                named = list(value.named_parameters(remove_duplicate=False))
                ids = {key for _, p in named for key in ({id(p)} | fragment_of(p))}
                yield value, ids, (len(named), -sum(len(name) for name, _ in named))
        except Exception:  # noqa: S112 - an object that is being built or taken down
            continue


def _named(modules: list[Any]) -> dict[str, Any]:
    """Modules by the names of their variables, as the code that runs now has them, or by those of their classes."""
    variables = _variables()
    named: dict[str, Any] = {}
    for module in modules:
        name = variables.get(id(module), type(module).__name__.lower())
        # two of a name are told apart by a number
        unique = next(n for n in (name, *(f"{name}{i}" for i in range(2, len(modules) + 2))) if n not in named)
        named[unique] = module
    return named


def _variables() -> dict[int, str]:
    """The names of what the user's functions hold at this moment, by id; the innermost function's come first."""
    names: dict[int, str] = {}
    frame: Any = sys._getframe()
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in OURS:
            held = frame.f_locals
            for name, value in held.items():
                names.setdefault(id(value), name)
            if frame.f_code.co_flags & CO_OPTIMIZED and isinstance(held, dict):
                # before Python 3.13 it is a copy, which would keep a whole step alive as long as the function runs
                held.clear()
        frame = frame.f_back
    return names
