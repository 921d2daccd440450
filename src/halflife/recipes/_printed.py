"""What `print(optimizer)` of torch shows, as the call that makes such an optimizer.

    SGD (
    Parameter Group 0
        lr: 0.1
        momentum: 0.9
    )

The name says nothing of its package: it is taken for torch's own but where only another package has it.
"""

import re
from typing import Any

from halflife._errors import BadInput
from halflife.recipes import _calls
from halflife.recipes._calls import Source

_WHOLE = re.compile(r"^(?:>>> ?[^\n]*\n)?\s*(\w+) \(\s*\n?\s*(?=Parameter Group \d+)(.*)\)\s*$", re.DOTALL)
_ENTRY = re.compile(r"^\s*(\w+): (.*?)\s*$", re.MULTILINE)
_TENSOR = re.compile(r"tensor\(([^,()]+).*\)", re.DOTALL)
_PEAKS = ("max_lr", "initial_lr")
_UNSAID = ("maximize", "decoupled_weight_decay", "foreach", "fused", "capturable", "differentiable")
_SCHEDULED = ("base_momentum", "max_momentum", "min_lr", "swa_lr")
"""Entries of a group that are none of the call's arguments, or that change no step."""
_HOMES = {"DecoupledSGDW": "composer.optim", "DecoupledAdamW": "composer.optim", "DecoupledAdam": "composer.optim"}
_BITS = re.compile(r"(8|32)bit$|^Paged")


def as_call(text: str) -> str:
    """The text, or where it is a printed optimizer, the call that makes it.

    Raises:
        BadInput: it maximizes, or a group has no lr.
    """
    match = _WHOLE.match(text)
    if match is None:
        return text
    name, inside = match.groups()
    groups = [_settings(name, part) for part in re.split(r"Parameter Group \d+", inside)[1:]]
    shared = {key: value for key, value in groups[0].items() if all(group.get(key) == value for group in groups)}
    module = _HOMES.get(name) or ("bitsandbytes.optim" if _BITS.search(name) else "torch.optim")
    if len(groups) == 1:
        return _calls.write(f"{module}.{name}", Source("model.parameters()"), **shared)
    parameters = [
        {"params": Source(f"group_{number}")} | {key: value for key, value in group.items() if key not in shared}
        for number, group in enumerate(groups)
    ]
    return _calls.write(f"{module}.{name}", parameters, **shared)


def _settings(name: str, text: str) -> dict[str, Any]:
    found = {key: _value(value) for key, value in _ENTRY.findall(text)}
    if "lr" not in found:
        raise BadInput(f"the printed {name} has a group without lr: paste it whole.")
    if found.get("maximize") is True:
        raise BadInput(f"the printed {name} has maximize: True: translate it with the sign of its error turned.")
    peak = next((found[key] for key in _PEAKS if key in found), found["lr"])
    decoupled = found.get("decoupled_weight_decay") if name != "AdamW" else None
    kept = {key: value for key, value in found.items() if key not in (*_UNSAID, *_SCHEDULED, *_PEAKS)}
    return kept | {"lr": peak} | ({"decoupled_weight_decay": True} if decoupled is True else {})


def _value(text: str) -> Any:
    tensor = _TENSOR.fullmatch(text)
    shown = tensor[1] if tensor else text
    try:
        (call,) = _calls.parse(f"f(x={shown})")
    except BadInput:
        return Source(text)
    return call.arguments["x"]
