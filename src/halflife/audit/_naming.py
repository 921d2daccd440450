"""Which parameter is which: names and kinds from a model, or from what is left of one."""

import re
from typing import Any

from halflife.audit._training import Kind, Parameter

NORM_CLASS = re.compile(r"(batch|layer|group|instance|rms)_?norm|norm(\d[dD])?$", re.IGNORECASE)
"""Class names of normalization layers, in torch and in the libraries that write their own."""
NORM_NAME = re.compile(r"(^|[._])(ln|bn|gn)[_\d]*[a-z]?[._]|norm", re.IGNORECASE)
EMBEDDING_NAME = re.compile(r"(^|[._])(wte|wpe)[._]|embed", re.IGNORECASE)


def named_by_model(model: Any) -> dict[int, Parameter]:
    """Every parameter of a torch model by the id of its tensor; a tied one comes once, with its aliases."""
    places: dict[int, list[tuple[str, str, str, Any]]] = {}
    for prefix, module in model.named_modules(remove_duplicate=False):
        for attribute, tensor in module.named_parameters(recurse=False, remove_duplicate=False):
            name = f"{prefix}.{attribute}" if prefix else attribute
            places.setdefault(id(tensor), []).append((name, attribute, _class_of(module), tensor))
    return {key: _parameter(found) for key, found in places.items()}


def _class_of(module: Any) -> str:
    bases = [kind.__name__ for kind in type(module).__mro__]
    return "Embedding" if {"Embedding", "EmbeddingBag"} & set(bases) else bases[0]


def _parameter(places: list[tuple[str, str, str, Any]]) -> Parameter:
    name, attribute, owner, tensor = places[0]
    owners = [each[2] for each in places]
    if "Embedding" in owners:
        kind = Kind.EMBEDDING
    elif NORM_CLASS.search(owner):
        kind = Kind.NORM
    elif attribute == "bias" or (tensor.ndim <= 1 and "bias" in attribute):
        kind = Kind.BIAS
    else:
        kind = Kind.VECTOR if tensor.ndim <= 1 else Kind.WEIGHT
    return described(tensor, name, kind, owner=owner, aliases=tuple(dict.fromkeys(each[0] for each in places[1:])))


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
