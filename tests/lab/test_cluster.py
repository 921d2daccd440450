"""Ray: what can be told without a cluster, and the tests of `on_a_cluster.py`, run in a process of their own."""

import os
import re
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pytest

from halflife import BadInput
from halflife.lab import cluster

ON_A_CLUSTER = Path(__file__).with_name("on_a_cluster.py")
NAMES = re.findall(r"^def (test_\w+)", ON_A_CLUSTER.read_text(encoding="utf-8"), re.MULTILINE)
SECONDS = 240

# a process that was started where interrupts are ignored, as some test runners do, ignores them too
PYTEST = """
import signal, sys, pytest
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(pytest.main(sys.argv[1:]))
"""


def test_an_address_that_does_not_answer_is_one_sentence(tmp_path):
    """Refused at once; something else than Ray within seconds; what is no address by its form; no file is made."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{deaf.getsockname()[1]}"
        for address, said in ((closed, "does not answer"), ("head", "must be local, auto, or HOST:PORT")):
            with pytest.raises(BadInput, match=said) as caught, cluster.crew(address):
                pass
            assert "\n" not in str(caught.value)
            assert address in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_without_ray_it_says_what_to_install(monkeypatch):
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BadInput, match=r"pip install 'halflife\[ray\]'"), cluster.crew("local"):
        pass


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each of the tests on a cluster came to: nothing, or its report."""
    if find_spec("ray") is None:
        pytest.skip("Ray is an extra: pip install 'halflife[ray]'")
    folder = tmp_path_factory.mktemp("cluster")
    options = ["-p", "no:xdist", "-p", "no:cacheprovider", "-o", "addopts=", f"--junitxml={folder / 'told.xml'}"]
    command = [sys.executable, "-c", PYTEST, str(ON_A_CLUSTER), *options]
    with (folder / "said.txt").open("w") as said:  # no pipe, for what Ray leaves behind would hold it open
        process = subprocess.Popen(command, stdout=said, stderr=said, start_new_session=True)  # noqa: S603
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            pytest.fail(f"no end after {SECONDS} s: {(folder / 'said.txt').read_text()}")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if not (folder / "told.xml").exists():
        pytest.fail((folder / "said.txt").read_text())
    cases = ElementTree.parse(folder / "told.xml").iter("testcase")  # noqa: S314 - our own file
    return {case.get("name"): "".join(case.itertext()).strip() for case in cases}


@pytest.mark.parametrize("name", NAMES)
def test_on_a_cluster(told, name):
    """As the test of that name says."""
    assert told[name] == ""
