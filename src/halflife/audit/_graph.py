"""Finds the terms λ·w in the gradient of a loss, while a backward pass runs.

A parameter is used by the network and, if there is a penalty, by the penalty: two edges of autograd's graph, which it
sums. Seen one by one, the penalty's contribution is λ·w: parallel to the weights to the last digits. No contribution
of the network itself is, but for a chance that a few numbers have. The hooks read and change nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

PARALLEL = 1e-4
"""The share of a contribution that may lie across the weights; float32 leaves 1e-7, a network nearly all."""
ROUNDED = 2.0
"""The same in units of the gap between neighbouring numbers, where that is more: in 16 bits."""
SAMPLE = 4096
"""So many elements tell most contributions of a network from a penalty's."""
FUSED = "CompiledFunctionBackward"
"""The node in which torch.compile sums all that a compiled function does with a weight."""


@dataclass
class Terms:
    """What was found in one or more backward passes, by the ids of the tensors.

    Attributes:
        l2: λ, summed over the contributions.
        norm: ‖w‖ at that time.
        reached: the tensors that a gradient was handed to.
        fused: those of them that a compiled function uses, whose terms cannot be told apart.
    """

    l2: dict[int, float] = field(default_factory=dict)
    norm: dict[int, float] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)
    fused: set[int] = field(default_factory=set)

    def add(self, tensor: Any, gradient: Any) -> None:
        """Note a contribution if it is parallel to the weights, and not against them."""
        sample = _along(tensor.detach().flatten()[:SAMPLE], gradient.detach().flatten()[:SAMPLE])
        if not sample:
            return
        weights = tensor.detach().flatten()
        l2 = _along(weights, gradient.detach().flatten())
        if l2:
            self.l2[id(tensor)] = self.l2.get(id(tensor), 0.0) + l2
            self.norm[id(tensor)] = float(weights.double().norm())


@contextmanager
def terms_of(roots: Any, wanted: Mapping[int, Any], found: Terms) -> Iterator[None]:
    """Backward passes through these outputs add to what was found, while it is open.

    Args:
        roots: the tensors that a backward pass starts at.
        wanted: the tensors to look at, by id.
        found: where it is noted.
    """
    edges = _edges([root.grad_fn for root in roots], wanted)
    for node, places in edges.items():
        ids = {id(tensor) for _, tensor in places}
        found.reached |= ids
        if FUSED in node.name():
            found.fused |= ids
    handles = [
        node.register_hook(lambda gradients, _, places=places: _note(gradients, places, found))
        for node, places in edges.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _edges(roots: list[Any], wanted: Mapping[int, Any]) -> dict[Any, list[tuple[int, Any]]]:
    """The nodes of a graph that hand a gradient to a wanted tensor, and at which of their inputs."""
    edges: dict[Any, list[tuple[int, Any]]] = {}
    seen, todo = set(), list(roots)
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        for place, (following, _) in enumerate(node.next_functions):
            tensor = getattr(following, "variable", None)
            if id(tensor) in wanted:
                edges.setdefault(node, []).append((place, tensor))
            todo.append(following)
    return edges


def _note(gradients: Any, places: list[tuple[int, Any]], found: Terms) -> None:
    # a product of a tensor with itself hands its gradient over in two halves
    parts: dict[int, tuple[Any, Any]] = {}
    for place, tensor in places:
        gradient = gradients[place]
        if gradient is not None and gradient.shape == tensor.shape and not gradient.is_sparse:
            held = parts.get(id(tensor))
            parts[id(tensor)] = (tensor, gradient if held is None else held[1] + gradient)
    for tensor, gradient in parts.values():
        found.add(tensor, gradient)


def _along(weights: Any, gradient: Any) -> float:
    """λ, if the gradient is λ times the weights and not against them; else zero."""
    import torch

    tolerance = max(PARALLEL, ROUNDED * torch.finfo(gradient.dtype).eps)
    weights, gradient = weights.double(), gradient.double()
    size, length = float((weights * weights).sum()), float(gradient.norm())
    along = float((gradient * weights).sum()) / size if size else 0.0
    return along if along > 0 and float((gradient - along * weights).norm()) < tolerance * length else 0.0
