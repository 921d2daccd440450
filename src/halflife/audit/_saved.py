"""Reads what was saved, without executing anything: pickles with `weights_only=True`; safetensors hold no code."""

import pickle
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from halflife._errors import BadInput

OPTIMIZER_KEYS = ("optimizer", "optimizer_state_dict", "optimizer_states", "optim", "opt", "optimizer_state")
CODE = re.compile("unsupported global|not an allowed global|reduce|unsupported class", re.IGNORECASE)
"""How torch says that a pickle asks for more than tensors."""
MODEL_KEYS = ("model", "model_state_dict", "state_dict", "module", "net", "weights")


def read(path: Path) -> Any:
    """What is in a checkpoint; of safetensors, the shapes and dtypes by name.

    Raises:
        BadInput: there is no such file, it is empty, would execute code, or is no checkpoint.
    """
    if not path.is_file():
        raise BadInput(f"{str(path)!r} is not a file: give a checkpoint, or -- and a script with its arguments.")
    if path.stat().st_size == 0:
        raise BadInput(f"{str(path)!r} is empty: it is no checkpoint.")
    return _weights_of_safetensors(path) if path.suffix == ".safetensors" else _loaded(path)


def _loaded(path: Path) -> Any:
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if CODE.search(str(error)):
            raise BadInput(
                f"{str(path)!r} is refused: it is not made of tensors and numbers alone, and loading it would execute "
                "code. Save state_dict()s instead of objects."
            ) from None
        raise BadInput(
            f"{str(path)!r} is not a checkpoint that torch can read as tensors and numbers, and nothing else is loaded."
        ) from None
    except Exception as error:
        raise BadInput(f"{str(path)!r} is not a checkpoint that torch can read ({type(error).__name__}).") from None


def _weights_of_safetensors(path: Path) -> dict[str, Any]:
    import torch

    try:
        from safetensors import safe_open
    except ImportError:
        raise BadInput(f"{str(path)!r} needs the package safetensors to be read.") from None
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            # shapes and dtypes are all that is looked at: a large file is not read
            return {
                name: torch.empty(file.get_slice(name).get_shape(), dtype=_dtype(file, name), device="meta")
                for name in names
            }
    except Exception as error:
        raise BadInput(f"{str(path)!r} is not a safetensors file ({type(error).__name__}).") from None


def _dtype(file: Any, name: str) -> Any:
    import torch

    short = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64"}
    return getattr(torch, short.get(file.get_slice(name).get_dtype(), "uint8"))


def optimizer_states(saved: Any) -> Iterator[Mapping[str, Any]]:
    """The state dicts of optimizers in a checkpoint, wherever the usual habits put them."""
    if not isinstance(saved, Mapping):
        return
    if isinstance(saved.get("param_groups"), list) and isinstance(saved.get("state"), Mapping):
        yield saved
        return
    for key in OPTIMIZER_KEYS:
        value = saved.get(key)
        for each in value if isinstance(value, (list, tuple)) else [value]:
            yield from optimizer_states(each)


def weights_in(saved: Any) -> dict[str, Any]:
    """The parameters of the model in a checkpoint, by name: floating-point tensors that are not running statistics."""
    if not isinstance(saved, Mapping):
        return {}
    for key in MODEL_KEYS:
        if isinstance(saved.get(key), Mapping):
            return weights_in(saved[key])
    import torch

    return {
        str(name): value
        for name, value in saved.items()
        if isinstance(value, torch.Tensor) and value.is_floating_point() and "running_" not in str(name)
    }
