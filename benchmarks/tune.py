"""`halflife tune` beside a full grid of the same fineness: how soon is it as good?

    python benchmarks/tune.py [--rounds N]

Digits with two fifths of the training labels wrong, 64-64-10 relu, batch 32, 50 epochs, Adam, 5 folds. The full grid
has the spacing of tune's fine one (lr by 2, strengths by half a decade) over the same ranges, every point trained to
the end by the same machinery. Tune's time is that until its best mean validation error is within 1 % of the grid's.
Each contender runs in a process of its own, compile time inside, kept programs not used.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

GOAL = 4.0
CLOSE = 1.01


def tune(target: float, **options) -> None:
    """Print the seconds until the target was reached, those of the whole, the best error, and trainings."""
    import halflife

    began, reached = time.perf_counter(), []

    def look(progress) -> None:
        if not reached and progress.best and progress.best[1] <= target * CLOSE:
            reached.append(time.perf_counter() - began)

    found = halflife.tune("digits", label_noise=0.4, progress=look, **options)
    whole = time.perf_counter() - began
    longest = max(t.epochs for t in found.trials)
    best = min(t.error for t in found.trials if t.epochs == longest)
    print(reached[0] if reached else whole, whole, best, found.trainings)


def full_grid() -> None:
    from halflife.tune import _search
    from halflife.tune._point import space

    coarse, _search.RUNGS = space("adam"), (1.0,)
    lrs = finer(coarse.lrs, 2)
    decays = [share * lrs[len(lrs) // 2] for share in finer(coarse.decays_over_lr, 10**0.5)]
    tune(0.0, seeds=1, grid={"lr": lrs, "l2": finer(coarse.l2s, 10**0.5), "decay": decays})


def finer(values, factor: float) -> tuple[float, ...]:
    return tuple(sorted({float(f"{v:.4g}") for v in (*values, *(np.array(values[:-1]) * factor))}))


def timed(*arguments: str) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        settings = os.environ | {"JAX_COMPILATION_CACHE_DIR": folder}
        command = [sys.executable, os.path.abspath(__file__), *arguments]
        done = subprocess.run(command, cwd=folder, env=settings, check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=("tune", "grid"), help=argparse.SUPPRESS)
    parser.add_argument("--target", type=float, default=0.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        full_grid() if options.one == "grid" else tune(options.target)
        return
    rows = []
    for _ in range(options.rounds):
        grid = timed("--one", "grid")
        rows.append((grid, timed("--one", "tune", "--target", str(grid[2]))))
    print(f"{'':28}{'seconds':>9}{'trainings':>11}{'error':>8}")
    for name, place, seconds in (("full grid", 0, 1), ("tune, as good within 1 %", 1, 0), ("tune, to its end", 1, 1)):
        median = statistics.median(r[place][seconds] for r in rows)
        print(f"{name:28}{median:>9.1f}{rows[0][place][3]:>11,.0f}{rows[0][place][2]:>8.4f}")
    ratio = statistics.median(grid[1] / ours[0] for grid, ours in rows)
    print(f"\nfull grid / tune as good: {ratio:.2f} (goal {GOAL:g})")


if __name__ == "__main__":
    main()
