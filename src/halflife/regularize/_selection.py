"""Which parameters are meant, group by group, and how strongly each.

`"weights"`, the default, spares what no one means to shrink: vectors, biases, gains of normalization layers and
embeddings. Whoever means something else says so by a pattern of names, a predicate, or patterns with strengths.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from halflife._errors import BadInput
from halflife.rules import Law

Where = str | Callable[[str, Any], bool] | Mapping[str, float]
SPARED = re.compile(r"(^|[._])(bias|embed\w*|emb|wte|wpe|wordemb\w*|norm\w*|\w*norm|bn\d*|ln(_\w+|\d*))($|[._])", re.I)
"""Parts of names that say bias, embedding or normalization, where no module is at hand to ask."""
SPARED_MODULES = re.compile(r"Norm|Embedding")


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Parameters of one group that share a strength.

    Attributes:
        parameters: the tensors.
        names: of each; empty text where it is not known.
        strength: λ or α; None for the one that was asked for.
    """

    parameters: tuple[Any, ...]
    names: tuple[str, ...]
    strength: float | None = None


@dataclass(frozen=True, kw_only=True)
class Selection:
    """One parameter group: what is regularized, and what is spared."""

    chosen: tuple[Chosen, ...]
    spared: Chosen
    in_order: tuple[Any, ...] = ()
    """All of the group's parameters, as it has them."""

    @property
    def whole(self) -> bool:
        """Whether one strength serves the whole group."""
        return len(self.chosen) == 1 and not self.spared.parameters


def select(groups: Sequence[Mapping[str, Any]], where: Where, model: Any = None) -> tuple[Selection, ...]:
    """Go through all parameters once.

    Args:
        groups: an optimizer's parameter groups.
        where: `"weights"`, `"all"`, a pattern of names (as of files: `"head.*"`), a predicate of name and tensor, or
            patterns with the strength of each, of which the first that matches counts.
        model: the module that the parameters belong to; it knows their names and what kind of layer each serves.

    Raises:
        BadInput: a pattern that matches nothing, or names that are not known.
    """
    names, kinds = _names(groups, model)
    patterns = _patterns(where)
    if patterns and not any(names.values()):
        raise BadInput("where names parameters, but their names are not known: give the module as model=.")
    hits = dict.fromkeys(patterns, 0)
    selections = []
    for group in groups:
        found: dict[Any, list[Any]] = {}
        for p in group["params"]:
            key: Any = None
            if patterns:
                key = next((pattern for pattern in patterns if fnmatchcase(names[id(p)], pattern)), None)
                if key is not None:
                    hits[key] += 1
            elif callable(where):
                key = "" if where(names[id(p)], p) else None
            elif where == "all" or _is_weight(p, names[id(p)], kinds.get(id(p), "")):
                key = ""
            found.setdefault(key, []).append(p)

        def made(key: Any, found: dict[Any, list[Any]] = found) -> Chosen:
            members = tuple(found.get(key, ()))
            strength = where[key] if isinstance(where, Mapping) and key is not None else None
            return Chosen(parameters=members, names=tuple(names[id(p)] for p in members), strength=strength)

        chosen = tuple(made(key) for key in found if key is not None)
        selections.append(Selection(chosen=chosen, spared=made(None), in_order=tuple(group["params"])))
    missed = [pattern for pattern, count in hits.items() if not count]
    if missed:
        known = ", ".join(sorted(filter(None, names.values()))[:5])
        raise BadInput(f"where has the pattern {missed[0]!r}, which matches no parameter: there are {known}, ...")
    if not any(selection.chosen for selection in selections):
        raise BadInput("where matches no parameter of the optimizer: at least one must be regularized.")
    return tuple(selections)


def strongest(where: Where, *, l2: float, decay: float, half_life: Any, law: Law | str | None) -> tuple[float, float]:
    """The main λ and α: as asked, or the strongest of a dict of patterns, of which the others are shares.

    Raises:
        BadInput: strengths are given beside the dict.
    """
    if not isinstance(where, Mapping):
        return l2, decay
    if l2 or decay or half_life is not None:
        raise BadInput("where gives strengths by pattern: do not give l2, decay or half_life as well.")
    most = max((v for v in where.values() if isinstance(v, (int, float))), default=0.0)
    return (most, 0.0) if law in (Law.L2, "L2", "l2") else (0.0, most)


def _patterns(where: Where) -> tuple[str, ...]:
    if isinstance(where, Mapping):
        for pattern, strength in where.items():
            if not isinstance(strength, (int, float)) or not strength >= 0:
                raise BadInput(f"where gives {pattern!r} the strength {strength!r}: it must be a number, 0 or more.")
        if not where:
            raise BadInput("where is an empty dict: it must give at least one pattern its strength.")
        return tuple(where)
    if callable(where) or where in ("weights", "all"):
        return ()
    if isinstance(where, str):
        return (where,)
    raise BadInput(f"where is {where!r}: it must be 'weights', 'all', a pattern, a predicate or a dict of patterns.")


def _names(groups: Sequence[Mapping[str, Any]], model: Any) -> tuple[dict[int, str], dict[int, str]]:
    names = {id(p): "" for group in groups for p in group["params"]}
    kinds: dict[int, str] = {}
    for group in groups:
        names |= {id(p): str(n) for p, n in zip(group["params"], group.get("param_names", ()), strict=False)}
    if model is not None:
        if not hasattr(model, "named_modules"):
            raise BadInput(f"model is a {type(model).__name__}: it must be the module that the parameters belong to.")
        for prefix, module in model.named_modules():
            for name, p in module.named_parameters(recurse=False):
                # a tied tensor is met in several layers; it keeps the first name, and any layer that spares it does
                if id(p) in names:
                    names[id(p)] = names[id(p)] or (f"{prefix}.{name}" if prefix else name)
                    kinds[id(p)] = kinds.get(id(p), "") + type(module).__name__
        if not kinds:
            raise BadInput("model= has none of the optimizer's parameters: it must be the module that they belong to.")
    return names, kinds


def _is_weight(parameter: Any, name: str, kind: str) -> bool:
    if parameter.ndim < 2:
        return False
    return not (SPARED_MODULES.search(kind) if kind else SPARED.search(name))
