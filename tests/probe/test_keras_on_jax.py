"""Keras is told apart on its JAX backend, too, in a process of its own: a backend is chosen once."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent
ASKED = ("probe/test_frameworks.py", "audit/test_keras.py")
CHOSEN = "keras and (SGD or penalty and not 0.01 or needs)"


def test_the_same_is_said_on_jax():
    """A sample of the tests of Keras passes there as it does on torch."""
    options = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib", "-k", CHOSEN]
    command = [sys.executable, "-m", "pytest", *options, *(str(TESTS / asked) for asked in ASKED)]
    where = os.environ | {"KERAS_BACKEND": "jax"}
    done = subprocess.run(command, cwd=TESTS.parent, env=where, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    summary = done.stdout.splitlines()[-1]
    assert not done.returncode, done.stdout[-2000:]
    assert int(summary.split(" passed")[0]) >= len(ASKED)
    assert "skipped" not in summary
