"""What to say of a text that no framework recognises: what of it was not understood, and the nearest that would be."""

import json
from collections.abc import Mapping

from halflife._errors import BadInput, UnknownName
from halflife.recipes import _calls, _lines, _rows
from halflife.recipes._framework import Framework

MODULES = (
    "torch.optim",
    "keras.optimizers",
    "optax",
    "sklearn.neural_network",
    "tfa.optimizers",
    "optimi",
    "composer.optim",
    "lion_pytorch",
    "timm.optim",
    "paddle.optimizer",
    "bitsandbytes.optim",
    "apex.optimizers",
)
LINES = "--opt NAME (timm), or --learning_rate, --weight_decay or --optim (Hugging Face)"


def unread(text: str, frameworks: Mapping[str, Framework]) -> BadInput:
    """The error for a text that is in no format, as near to its mistake as can be told."""
    kind = text.lstrip()
    if not kind:
        return BadInput("the recipe is empty: give a text such as 'torch.optim.SGD(lr=0.1)'.")
    if kind.startswith("{"):
        return _json(text)
    if _lines.is_line(text):
        return BadInput(f"the argument line {short(text)} names no optimizer: it must have {LINES}.")
    if "(" in text:
        return _call(text, frameworks)
    return BadInput(
        f"the recipe {short(text)} is in no format that halflife reads: write a call such as torch.optim.SGD(...), "
        f"letters such as 'η = 0.1, λ = 5e-4', or say which it is (--from): {', '.join(frameworks)}."
    )


def _json(text: str) -> BadInput:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return BadInput(f"the JSON {short(text)} cannot be read: {error}.")
    return BadInput(
        f'the JSON {short(text)} has no {{"optimizer": {{"type": ..., "params": ...}}}}, as DeepSpeed\'s has.'
    )


def _call(text: str, frameworks: Mapping[str, Framework]) -> BadInput:
    try:
        found = _calls.parse(text)
    except BadInput as error:
        return error
    if not found:
        return BadInput(
            f"the recipe {short(text)} imports and calls nothing: write a call such as torch.optim.SGD(...)."
        )
    module, _, name = found[0].name.rpartition(".")
    if module:
        return UnknownName("module", module, MODULES)
    homes = [framework.name for framework in frameworks.values() if any(f.call == name for f in framework.forms)]
    if homes:
        return BadInput(
            f"{name} does not say whose it is, and it is in {', '.join(homes)}: write its full name, such as "
            f"torch.optim.SGD, or say --from {homes[0]}."
        )
    return _rows.no_such(name, [form for framework in frameworks.values() for form in framework.forms])


def short(text: str) -> str:
    """The text on one line, cut if it is long."""
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else line[:57] + "...")
