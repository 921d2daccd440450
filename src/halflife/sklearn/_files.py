"""Fitted estimators as NPZ archives: plain arrays and one JSON text, so that reading one runs nothing."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from halflife._errors import BadInput

_FORMAT = 1
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
        BadInput: an argument or a class that is neither text nor number.
    """
    learned = vars(estimator)
    plain = {name: learned[name] for name in _PLAIN if name in learned}
    about = {"format": _FORMAT, "kind": type(estimator).__name__, "params": estimator.get_params(), "learned": plain}
    arrays = {f"{name}{place}": w for name in _LISTS for place, w in enumerate(learned[name])}
    for place, layer in enumerate(learned["_states"]):
        arrays |= {f"state/{place}/{kind}/{name}": a for kind, state in layer.items() for name, a in state.items()}
    objects = []
    for name in _ARRAYS:
        if name in learned:
            array = learned[name]
            if array.dtype == object:
                if not all(isinstance(value, str) for value in array):
                    raise BadInput(f"{name} holds {array[0]!r} among others: only text or numbers can be saved.")
                objects.append(name)
                array = array.astype(str)
            arrays[name] = array
    try:
        text = json.dumps(about | {"objects": objects}, default=_number)
    except TypeError as error:
        raise BadInput(f"an argument cannot be saved, only text, numbers, lists and None can: {error}.") from error
    with Path(path).open("wb") as file:
        np.savez(file, about=np.array(text), **arrays)


def read(path: str | Path, cls: type) -> Any:
    """The estimator of this class that was written there.

    Raises:
        BadInput: no file, another kind of file, or another estimator's.
    """
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        about = json.loads(str(arrays.pop("about")))
        if about["format"] != _FORMAT or about["kind"] != cls.__name__:
            raise BadInput(
                f"{str(path)!r} holds a {about['kind']} in format {about['format']}: a {cls.__name__} in format "
                f"{_FORMAT} is asked for."
            )
        estimator = cls(**about["params"])
        layers = range(about["learned"]["n_layers_"] - 1)
        learned = about["learned"] | {name: [arrays[f"{name}{place}"] for place in layers] for name in _LISTS}
        learned |= {name: arrays[name] for name in _ARRAYS if name in arrays}
        learned |= {name: learned[name].astype(object) for name in about["objects"]}
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


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} is none of these")
