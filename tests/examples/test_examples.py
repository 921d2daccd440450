"""Every example runs, is short, and says what its first paragraph promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SAYS = {
    "blog_demo": r"the twins are \de-1\d apart\n(.*\n)*.*the twins are [1-9]e[-+]0\d apart",
    "heat_maps": r"sgd L2: best at lr.*\nsgd decay: best(.*\n)*adam L2: best.*\nadam decay: best",
    "keras_penalty": r"regularizers\.L2\(0\.005\)(.*\n)*.*another law: DECOUPLED",
    "optax_decay": r"before +L2 (.*\n)*inside +DECOUPLED (.*\n)*after +GROWTH (.*\n)*ours +DECOUPLED ",
    "three_faults": "",
    "torch_before_after": r"HL003(.*\n)*.*half-life 200 steps(.*\n)*0 errors, 0 warnings",
    "tune_csv": r"none +validation(.*\n)*decay +validation.*gain(.*\n)*torch: (.*\n)*optimizer = torch.optim.Adam",
}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs_and_says_what_it_promises(path, tmp_path):
    """Run as its docstring says, in an empty folder, at the small size."""
    environment = os.environ | {"KERAS_BACKEND": "torch", "NO_COLOR": "1", "COLUMNS": "80", "MPLBACKEND": "agg"}
    command = [sys.executable, str(path), "--quick"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)  # noqa: S603
    assert ran.returncode == 0, ran.stderr
    assert re.search(SAYS[path.stem], ran.stdout), ran.stdout


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_short(path):
    """Under 60 lines, none wider than a screen, and it says how it is run."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert f"examples/{path.name}" in text.partition('"""\n\n')[0]


def test_the_three_planted_faults_are_found(tmp_path):
    """Decay lost in bfloat16, norms decayed, and a head that no group holds."""
    command = [sys.executable, "-m", "halflife", "audit", "--", str(EXAMPLES / "three_faults.py")]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)  # noqa: S603
    assert ran.returncode == 1, ran.stderr
    assert re.findall(r"^(?:error|warning) (HL\d+)", ran.stdout, re.MULTILINE) == ["HL004", "HL006", "HL010"]
    longest = 'held = {id(p) for g in optimizer.param_groups for p in g["params"]}\n'
    assert longest in ran.stdout, "code to paste is not cut off at the edge of the screen"
