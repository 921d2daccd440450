"""Which parameter is which: names and kinds from a model, or from what is left of one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from halflife._errors import BadInput
from halflife.audit._training import Kind, Parameter

NORM_CLASS = re.compile(r"(batch|layer|group|instance|rms)_?norm|norm(\d[dD])?$", re.IGNORECASE)
"""Class names of normalization layers, in torch and in the libraries that write their own."""
NORM_NAME = re.compile(r"(^|[._])(ln|bn|gn)[_\d]*[a-z]?[._]|norm", re.IGNORECASE)
EMBEDDING_NAME = re.compile(r"(^|[._])(wte|wpe)[._]|embed", re.IGNORECASE)


WRAPPED = re.compile(r"_fsdp_wrapped_module\.|_orig_mod\.|_checkpoint_wrapped_module\.")
"""What sharding, compiling and checkpointing put into a name."""
LOW = ("bfloat16", "float16")
COMPARED = 1000
"""Equal in so many numbers, a float32 parameter is the master copy of a shorter one."""


def named_by_model(model: Any) -> dict[int, Parameter]:
    """Every parameter of a torch model by the id of its tensor; a tied one comes once, with its aliases.

    Raises:
        BadInput: a parameter has no shape yet.
    """
    places: dict[int, list[tuple[str, str, str, Any]]] = {}
    for prefix, module in model.named_modules(remove_duplicate=False):
        for attribute, tensor in module.named_parameters(recurse=False, remove_duplicate=False):
            name = f"{prefix}.{attribute}" if prefix else attribute
            if hasattr(tensor, "materialize"):
                raise BadInput(f"{name} has no shape yet: call the lazy model on a batch before it is audited.")
            place = (WRAPPED.sub("", name), attribute, _class_of(module), tensor)
            places.setdefault(id(tensor), []).append(place)
    shapes = _unsharded(model)
    return {key: _parameter(found, shapes.get(key)) for key, found in places.items()}


def masters(tensors: Iterable[Any], known: Mapping[int, Parameter]) -> tuple[dict[int, Parameter], set[str]]:
    """What an optimizer trains in place of a model's parameters, and the names of those.

    That are float32 copies of 16-bit ones, under their names, or DeepSpeed's, one after another in a flat tensor.
    """
    short = [p for p in known.values() if p.dtype in LOW]
    laid = {id(p): fragment_of(p.tensor) for p in known.values()}
    found, trained = {}, set()
    for tensor in tensors:
        parts = [p.name for p in known.values() if storage_of(tensor) in laid[id(p)]]
        twin = None if parts else next((p for p in short if _is_master(tensor, p.tensor)), None)
        if parts:
            more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
            found[id(tensor)] = described(tensor, f"{parts[0]}{more}", Kind.FLAT)
            trained |= set(parts)
        if twin is not None:
            short.remove(twin)
            facts = described(tensor, twin.name, twin.kind, owner=twin.owner, aliases=twin.aliases)
            found[id(tensor)] = replace(facts, trainable=twin.trainable)
            trained.add(twin.name)
    return found, trained


def storage_of(tensor: Any) -> int:
    """The address of a tensor's memory; zero where it has none of its own."""
    plain = type(tensor).__name__ in ("Tensor", "Parameter") and not tensor.is_meta and not tensor.is_sparse
    return int(tensor.untyped_storage().data_ptr()) if plain else 0


def fragment_of(parameter: Any) -> set[int]:
    """The memory of the flat tensor in which DeepSpeed trains a parameter, if it does."""
    fragment = getattr(getattr(parameter, "_hp_mapping", None), "hp_fragment", None)
    return {storage_of(fragment)} - {0}


def _is_master(tensor: Any, twin: Any) -> bool:
    if tensor.shape != twin.shape or str(tensor.dtype) != "torch.float32" or tensor.is_meta or twin.is_meta:
        return False
    ours, theirs = (t.detach().flatten()[:COMPARED] for t in (tensor, twin))
    return bool((ours.to(theirs.dtype) == theirs).all())


def _unsharded(model: Any) -> dict[int, tuple[int, ...]]:
    """The whole shapes of the parameters of which FSDP's first version leaves a flat share in their place."""
    shapes = {}
    for module in model.modules():
        flat = getattr(getattr(module, "_handle", None), "flat_param", None)
        for tensor, shape in zip(getattr(flat, "_params", None) or (), getattr(flat, "_shapes", ()), strict=False):
            shapes[id(tensor)] = tuple(shape)
    return shapes


def _class_of(module: Any) -> str:
    bases = [kind.__name__ for kind in type(module).__mro__]
    return "Embedding" if {"Embedding", "EmbeddingBag"} & set(bases) else bases[0]


def _parameter(places: list[tuple[str, str, str, Any]], shape: tuple[int, ...] | None) -> Parameter:
    name, attribute, owner, tensor = places[0]
    owners = [each[2] for each in places]
    dimensions = tensor.ndim if shape is None else len(shape)
    if type(tensor).__name__ == "FlatParameter":
        kind = Kind.FLAT
    elif "Embedding" in owners:
        kind = Kind.EMBEDDING
    elif NORM_CLASS.search(owner):
        kind = Kind.NORM
    elif attribute == "bias" or (dimensions <= 1 and "bias" in attribute):
        kind = Kind.BIAS
    else:
        kind = Kind.VECTOR if dimensions <= 1 else Kind.WEIGHT
    aliases = tuple(dict.fromkeys(each[0] for each in places[1:]))
    facts = described(tensor, name, kind, owner=owner, aliases=aliases)
    return facts if shape is None else replace(facts, shape=shape)


def named_alone(tensor: Any, name: str, *, trusted: bool) -> Parameter:
    """A parameter of which only the tensor is known, and perhaps the name it has in its model."""
    return described(tensor, name, kind_by_name(name if trusted else "", tensor.ndim))


def kind_by_name(name: str, ndim: int) -> Kind:
    """The kind that a name and a number of dimensions suggest."""
    last = name.rpartition(".")[2]
    if ndim <= 1:
        if NORM_NAME.search(name):
            return Kind.NORM
        return Kind.BIAS if "bias" in last else Kind.VECTOR
    return Kind.EMBEDDING if ndim == 2 and EMBEDDING_NAME.search(name) else Kind.WEIGHT


def described(tensor: Any, name: str, kind: Kind, *, owner: str = "", aliases: tuple[str, ...] = ()) -> Parameter:
    """A parameter, its facts read off the tensor."""
    return Parameter(
        name=name,
        shape=tuple(tensor.shape),
        dtype=str(tensor.dtype).removeprefix("torch."),
        kind=kind,
        trainable=bool(tensor.requires_grad),
        gradient=tensor.grad is not None if tensor.requires_grad or tensor.is_leaf else False,
        tensor=tensor,
        aliases=aliases,
        owner=owner,
    )
