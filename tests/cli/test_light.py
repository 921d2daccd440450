"""Nothing heavy until it is used: import and help are quick."""

import os
import subprocess
import sys
import time
from pathlib import Path

import halflife as package

HERE = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
ATTEMPTS = 6


def quickest(measure, bound):
    """The quickest of some attempts: another program on the machine slows some of them, never speeds one up."""
    best = measure()
    for _ in range(ATTEMPTS - 1):
        if best < bound:
            break
        best = min(best, measure())
    return best


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], env=HERE, capture_output=True, text=True, check=True).stdout  # noqa: S603


IMPORT = "import time; began = time.perf_counter(); import halflife; print(time.perf_counter() - began)"


def test_import_takes_under_a_fifth_of_a_second():
    """`import halflife` in a fresh interpreter takes less than 0.2 s."""
    assert quickest(lambda: float(python("-c", IMPORT)), 0.2) < 0.2


def test_help_takes_under_half_a_second():
    """`halflife --help`, the interpreter's own start included, takes less than 0.5 s."""

    def measure():
        began = time.perf_counter()
        assert "study" in python("-m", "halflife", "--help")
        return time.perf_counter() - began

    assert quickest(measure, 0.5) < 0.5


def test_no_arguments_are_a_request_for_help(halflife):
    """`halflife` alone shows the help."""
    said = halflife()
    assert said.code == 0
    assert "study" in said.out


def test_help_of_a_verb_has_an_example():
    """The help of `study` shows how it is called."""
    assert "halflife study wine --rules sgd,adam" in " ".join(python("-m", "halflife", "study", "--help").split())
