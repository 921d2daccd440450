"""Time and memory of the lab against members, width and rows, and memory against its budget.

    python benchmarks/scaling.py

Each line is a process of its own, seconds of training after a first compiled call, and peak resident memory above
what the imports take. `power` is the slope of log time over log size within the line's sweep: 1 is linear.
"""

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time

BASE = {"members": 256, "width": 64, "rows": 1024, "memory": 2**30}
SWEEPS = {
    "members": (64, 128, 256, 512, 1024),
    "width": (32, 64, 128, 256, 512),
    "rows": (512, 1024, 2048, 4096, 8192),
    "memory": (2**26, 2**28, 2**30),
}
EPOCHS = 4


def one(members: int, width: int, rows: int, memory: int) -> dict[str, float]:
    import numpy as np

    from halflife.lab import Data, Network, Regime, Rows, Setting, plan, run
    from halflife.lab.population import members_a_chunk
    from halflife.rules import Law

    random = np.random.default_rng(0)

    def some(count: int) -> Rows:
        return Rows(x=random.normal(size=(count, 64)), y=np.eye(10)[random.integers(0, 10, count)])

    data = Data(
        name="noise", task="classification", target="class", classes=tuple("0123456789"),
        features=tuple(str(k) for k in range(64)), train=some(rows), valid=some(rows // 4), test=some(rows // 4),
        target_mean=np.zeros(10), target_scale=np.ones(10), label_noise=0.0, seed=0, fingerprint="",
    )  # fmt: skip
    network = Network(sizes=(64, width, 10), error="softmax_cross_entropy")
    regime = Regime(network=network, epochs=EPOCHS)
    settings = [Setting(rule="sgd", law=Law.L2, lr=0.01, strength=1e-4 * (k + 1)) for k in range(members)]
    chunks = plan(settings, (0,), members=members_a_chunk(network, regime, ["sgd"], memory=memory))
    for _ in run(data, regime, chunks[:1]):
        pass
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    for _ in run(data, regime, chunks, memory=memory):
        pass
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "MB": peak / 1024, "grown": (peak - before) / 1024, "chunks": len(chunks)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(**json.loads(options.one))))
        return
    for name, sizes in SWEEPS.items():
        print(f"\n{name:>12}{'seconds':>10}{'peak MB':>10}{'chunks':>8}")
        lines = []
        for size in sizes:
            command = [sys.executable, __file__, "--one", json.dumps(BASE | {name: size})]
            results = [
                json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                for _ in range(options.rounds)
            ]
            line = {key: statistics.median(r[key] for r in results) for key in results[0]}
            lines.append((math.log(size), math.log(line["seconds"])))
            print(f"{size:>12}{line['seconds']:>10.2f}{line['MB']:>10.0f}{line['chunks']:>8.0f}")
        print(f"       power{statistics.linear_regression(*zip(*lines, strict=True)).slope:>10.2f}")


if __name__ == "__main__":
    main()
