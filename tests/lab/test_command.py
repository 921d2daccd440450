"""The command line that asks what a call asks."""

import inspect
import shlex

import numpy as np
import pytest

from halflife.lab.command import command_line
from halflife.lab.studying import study
from halflife.tune import tune


def chosen(verb, **given):
    """All arguments of a call, those that are not given at their defaults."""
    return {name: p.default for name, p in inspect.signature(verb).parameters.items()} | given


@pytest.mark.parametrize(
    ("verb", "given", "command"),
    [
        (study, {"source": None}, "halflife study"),
        (study, {"source": "wine", "rules": ("sgd", "adam"), "out": "a.db"}, "study wine --rules sgd,adam"),
        (study, {"source": "iris", "regularize_biases": True}, "halflife study iris --regularize-biases"),
        (tune, {"data": "my rows.csv", "target": "a b"}, "halflife tune 'my rows.csv' --target 'a b'"),
        (tune, {"data": "wine", "grid": {"lr": (0.1, 0.2)}, "rule": "sgd"}, "tune wine --rule sgd --lr 0.1,0.2"),
        (tune, {"data": "wine", "grid": {"l2": ()}}, ""),
        (tune, {"data": "wine", "hyperparameters": {"beta1": 0.8}}, ""),
        (tune, {"data": "wine", "model": object()}, ""),
        (tune, {"data": (np.ones((3, 2)), np.ones(3))}, ""),
    ],
)  # fmt: skip
def test_what_differs_from_the_defaults_is_told(verb, given, command):
    """Options by their names, several values with commas, words quoted; nothing that no command line can say."""
    written = command_line(verb, chosen(verb, **given))
    assert sorted(shlex.split(written)[-len(shlex.split(command)) :]) == sorted(shlex.split(command))
    assert written.startswith("halflife ") == bool(command)
