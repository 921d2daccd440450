"""Fitted estimators as files: plain arrays and one JSON text, NPZ or safetensors, so that reading one runs nothing."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from halflife._errors import BadInput

_FORMAT = 2
_LISTS = ("coefs_", "intercepts_")
_ARRAYS = ("classes_", "feature_names_in_")
_PLAIN = (
    "n_features_in_",
    "n_iter_",
    "loss_",
    "loss_curve_",
    "validation_scores_",
    "best_validation_score_",
    "out_activation_",
    "n_layers_",
    "n_outputs_",
    "_multilabel",
    "_rule",
    "_steps",
)


def write(path: str | Path, estimator: Any) -> None:
    """Write the estimator's arguments and all that it learned.

    Raises:
        BadInput: an argument or a class that is neither text nor number, or safetensors that is not installed.
    """
    learned = vars(estimator)
    plain = {name: learned[name] for name in _PLAIN if name in learned}
    arrays = {f"{name}{place}": w for name in _LISTS for place, w in enumerate(learned[name])}
    for place, layer in enumerate(learned["_states"]):
        arrays |= {f"state/{place}/{kind}/{name}": a for kind, state in layer.items() for name, a in state.items()}
    texts = {}
    for name in _ARRAYS:
        if name in learned and learned[name].dtype.kind in "OU":
            if not all(isinstance(value, str) for value in learned[name]):
                raise BadInput(f"{name} holds {learned[name][0]!r} among others: only text or numbers can be saved.")
            texts[name] = {"values": learned[name].tolist(), "objects": learned[name].dtype == object}
        elif name in learned:
            arrays[name] = learned[name]
    about = {"format": _FORMAT, "kind": type(estimator).__name__, "params": estimator.get_params(), "learned": plain}
    try:
        text = json.dumps(about | {"texts": texts}, default=_number)
    except TypeError as error:
        raise BadInput(f"an argument cannot be saved, only text, numbers, lists and None can: {error}.") from error
    try:
        if _is_safetensors(path):
            whole = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
            Path(path).write_bytes(_safetensors().numpy.save(whole, {"about": text}))
        else:
            with Path(path).open("wb") as file:
                np.savez(file, about=np.array(text), **arrays)
    except OSError as error:
        raise BadInput(f"{str(path)!r} cannot be written: {error.strerror}.") from error


def read(path: str | Path, cls: type) -> Any:
    """The estimator of this class that was written there.

    Raises:
        BadInput: no file, another kind of file, or another estimator's.
    """
    try:
        text, arrays = _content(path)
        about = json.loads(text)
        if about["format"] != _FORMAT or about["kind"] != cls.__name__:
            raise BadInput(
                f"{str(path)!r} holds a {about['kind']} in format {about['format']}: a {cls.__name__} in format "
                f"{_FORMAT} is asked for."
            )
        estimator = cls(**about["params"])
        layers = range(about["learned"]["n_layers_"] - 1)
        learned = {name: about["learned"][name] for name in _PLAIN if name in about["learned"]}
        learned |= {name: [arrays[f"{name}{place}"] for place in layers] for name in _LISTS}
        learned |= {name: arrays[name] for name in _ARRAYS if name in arrays}
        for name in set(_ARRAYS) & set(about["texts"]):
            told = about["texts"][name]
            learned[name] = np.array(told["values"], object if told["objects"] else str)
        _require_a_network(learned)
        states: list[dict[str, Any]] = [{"biases": {}, "weights": {}} for _ in layers]
        for key in arrays:
            if key.startswith("state/"):
                _, place, kind, name = key.split("/")
                states[int(place)][kind][name] = arrays[key]
        vars(estimator).update(learned | {"_states": states})
    except BadInput:
        raise
    except Exception as error:  # a parser given foreign bytes has no closed list of errors
        reason = " ".join(str(error).split())
        raise BadInput(f"{str(path)!r} cannot be read as a saved {cls.__name__}: {reason}.") from error
    return estimator


def _content(path: str | Path) -> tuple[str, dict[str, Any]]:
    if _is_safetensors(path):
        with _safetensors().safe_open(path, "np") as file:
            return file.metadata()["about"], {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    with Path(path).open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError("it is no NPZ archive")
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    return str(arrays.pop("about")), arrays


def _require_a_network(learned: Mapping[str, Any]) -> None:
    """Refuse layers that do not fit one another, the columns, or the classes."""
    units = learned["n_features_in_"]
    for weights, biases in zip(learned["coefs_"], learned["intercepts_"], strict=True):
        if weights.dtype.kind != "f" or weights.ndim != 2 or weights.shape != (units, *biases.shape):
            raise ValueError(f"weights of shape {weights.shape} cannot follow {units} units")
        units = len(biases)
    if units != learned["n_outputs_"] or ("classes_" in learned and len(learned["classes_"]) != max(2, units)):
        raise ValueError(f"{units} outputs are not those that its classes or targets need")


def _is_safetensors(path: str | Path) -> bool:
    return Path(path).suffix == ".safetensors"


def _safetensors() -> Any:
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as error:
        raise BadInput("safetensors is not installed: install it, or save as .npz.") from error
    return safetensors


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is none of these")
