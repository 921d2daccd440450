"""What an audit costs: a model of a billion parameters, and a real run beside the same run under `audit --`.

    python benchmarks/audit.py

Prints a table in Markdown; every number but the first is a ratio of two runs that took turns on the same machine.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn

import halflife

ROUNDS = 8
STEPS = 200
LOOK = 3
WATCHED = ("-m", "halflife", "audit", "--continue", "--")
SCRIPT = f"""
import json, sys, time, torch
from torch import nn
torch.manual_seed(0)
torch.set_num_threads(1)
model = nn.Sequential(nn.Linear(256, 1024), nn.LayerNorm(1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(),
                      nn.Linear(1024, 10))
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
x, y = torch.randn(64, 256), torch.randint(0, 10, (64,))
taken = []
for step in range({STEPS}):
    began = time.process_time()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    taken.append(time.process_time() - began)
print(json.dumps(taken), file=sys.stderr)
"""


def run(folder: Path, *command: str) -> list[float]:
    """Processor seconds of each step of the script."""
    said = subprocess.run(
        [sys.executable, *command, "train.py"], cwd=folder, capture_output=True, text=True, check=True
    )
    return [float(each) for each in json.loads(said.stderr.splitlines()[-1])]


def billion() -> float:
    """Processor seconds of an audit of 1.2 billion parameters on the meta device."""
    with torch.device("meta"):
        layers = [nn.Sequential(nn.LayerNorm(2048), nn.Linear(2048, 8192), nn.Linear(8192, 2048)) for _ in range(36)]
        model = nn.Sequential(*layers)
    groups = [{"params": [p for p in model.parameters() if (p.ndim > 1) is large], "weight_decay": 0.1 * large}
              for large in (True, False)]  # fmt: skip
    optimizer = torch.optim.AdamW(groups, lr=6e-4)
    began = time.process_time()
    halflife.audit(optimizer, model, steps=100_000, schedule="cosine")
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    first, again = billion(), min(billion() for _ in range(2))
    pairs = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "train.py").write_text(SCRIPT)
        for number in range(ROUNDS):
            # who is first changes, for the machine may be slower at one time than at another
            runs = [run(folder, *command) for command in (((), WATCHED), (WATCHED, ()))[number % 2]]
            pairs.append((runs[number % 2], runs[1 - number % 2]))
    later = [statistics.median(audited[LOOK:]) / statistics.median(bare[LOOK:]) for bare, audited in pairs]
    looks = [sum(audited[:LOOK]) - sum(bare[:LOOK]) for bare, audited in pairs]
    print("| audit | measured | goal |\n|---|---|---|")
    print(f"| a billion parameters on the meta device, processor time | {first:.2f} s, again {again:.2f} s | 2 s |")
    print(
        f"| a step after the look, over one of the bare run, median of {ROUNDS} | {statistics.median(later):.3f} | 1 |"
    )
    print(f"| the same, least to most | {min(later):.2f} to {max(later):.2f} | |")
    print(f"| the look itself, once, processor time | {statistics.median(looks):.2f} s | that of the probes |")


if __name__ == "__main__":
    main()
