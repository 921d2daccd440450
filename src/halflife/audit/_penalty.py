"""Finds L2 penalties in a loss, from what each term of it contributes to a parameter's gradient.

A parameter is used by the network and, if there is a penalty, by the penalty: two edges of the graph, which autograd
sums. Seen one by one, the penalty's contribution is λ·w: parallel to the weights to the last digits, and twice as
large at twice the weights. No contribution of the network itself is both, but for a chance that one number has.
"""

from collections.abc import Sequence
from typing import Any

from halflife.audit._training import Parameter, Training

PARALLEL = 1e-4
"""The share of a contribution that may lie across the weights; float32 leaves 1e-7, a network nearly all."""
PROPORTIONAL = 1e-3
SCALE = 2.0


def penalties(training: Training, parameters: Sequence[Parameter]) -> dict[str, float] | str:
    """λ of the penalty on each parameter that has one, by name; or why it cannot be known."""
    usable = [p for p in parameters if p.tensor is not None and p.trainable and p.count > 1]
    if any(getattr(p.tensor, "is_meta", False) for p in usable):
        return "needs real weights, not those of the meta device"
    if usable and all(hasattr(p.tensor, "assign") for p in usable):
        return _keras_penalties(training, parameters)
    try:
        at_one = _contributions(training, usable)
        at_two = _contributions(training, usable, scale=SCALE)
    except Exception as error:
        return f"the loss cannot be differentiated here ({type(error).__name__}: {' '.join(str(error).split())[:120]})"
    return {
        p.name: at_one[p.name]
        for p in usable
        if p.name in at_one and abs(at_two.get(p.name, 0.0) / at_one[p.name] - 1) < PROPORTIONAL
    }


def _contributions(training: Training, parameters: Sequence[Parameter], scale: float = 1.0) -> dict[str, float]:
    """λ of every contribution that is parallel to the weights, with all weights scaled for the time being."""
    import torch

    if training.loss is None:
        return {}
    tensors = [p.tensor for p in parameters]
    buffers = list(training.model.buffers()) if training.model is not None else []
    kept = [t.detach().clone() for t in (*tensors, *buffers)]
    found: dict[str, float] = {}
    try:
        with torch.no_grad(), torch.random.fork_rng():
            for tensor in tensors:
                tensor.mul_(scale)
            with torch.enable_grad():
                loss = training.loss()
            edges = _edges(loss.grad_fn, {id(p.tensor): p for p in parameters})
            handles = [
                node.register_hook(lambda grads, _, node=node: _note(grads, edges[node], found)) for node in edges
            ]
            with torch.enable_grad():
                torch.autograd.grad(loss, tensors, allow_unused=True)
            for handle in handles:
                handle.remove()
    finally:
        with torch.no_grad():
            for tensor, value in zip((*tensors, *buffers), kept, strict=True):
                tensor.copy_(value)
    return found


def _edges(root: Any, wanted: dict[int, Parameter]) -> dict[Any, list[tuple[int, Parameter]]]:
    """The nodes of a graph that hand a gradient to a wanted parameter, and at which of their inputs."""
    edges: dict[Any, list[tuple[int, Parameter]]] = {}
    seen, todo = set(), [root]
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        for place, (following, _) in enumerate(node.next_functions):
            tensor = getattr(following, "variable", None)
            if id(tensor) in wanted:
                edges.setdefault(node, []).append((place, wanted[id(tensor)]))
            todo.append(following)
    return edges


def _note(grads: Any, places: list[tuple[int, Parameter]], found: dict[str, float]) -> None:
    # a product of a tensor with itself hands its gradient over in two halves
    parts: dict[str, tuple[Parameter, Any]] = {}
    for place, parameter in places:
        grad = grads[place]
        if grad is not None and tuple(grad.shape) == parameter.shape and not grad.is_sparse:
            held = parts.get(parameter.name)
            parts[parameter.name] = (parameter, grad if held is None else held[1] + grad)
    for name, (parameter, grad) in parts.items():
        weights, grad = parameter.tensor.detach().double(), grad.double()
        size, length = float((weights * weights).sum()), float(grad.norm())
        along = float((grad * weights).sum()) / size if size else 0.0
        if along > 0 and float((grad - along * weights).norm()) < PARALLEL * length:
            found[name] = found.get(name, 0.0) + along


def _keras_penalties(training: Training, parameters: Sequence[Parameter]) -> dict[str, float] | str:
    from halflife.audit._keras import penalties_of

    return penalties_of(training.model, parameters)
