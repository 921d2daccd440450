"""`halflife tune` beside a full grid of the same fineness: how soon is it as good?

    python benchmarks/tune.py [--rounds N] [--data digits|mnist1d]

Digits (1,797 rows) with two fifths of the training labels wrong, or MNIST-1D (5,000 rows of 40 features, Greydanus &
Kobak 2024); one hidden layer of 64 relu, batch 32, 50 epochs, Adam, 5 folds. The full grid has the spacing of tune's
finest one (lr by 2, strengths by half a decade) over the same ranges, 133 settings, every one trained to the end by
the same machinery on one split. Tune's time is that until its best mean validation error over the same folds is within
1 % of the grid's. Each contender runs in a process of its own, compile time inside, imports not, kept programs not
used; rounds alternate.
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


def rows_of(name: str) -> tuple[object, dict[str, float]]:
    if name == "digits":
        return "digits", {"label_noise": 0.4}
    from mnist1d.data import get_dataset_args, make_dataset

    made = make_dataset(get_dataset_args())
    return tuple(np.concatenate([made[part], made[f"{part}_test"]]) for part in ("x", "y")), {}


def contender(data: str, target: float, **options) -> None:
    """Print the seconds until the target was reached, those of the whole, the best error on one split, and the work."""
    import sklearn.model_selection  # noqa: F401 - imports are not counted

    from halflife.lab.folds import folds
    from halflife.tune import tune

    source, more = rows_of(data)
    folds(source)
    began, reached = time.perf_counter(), []

    def look(progress) -> None:
        if not reached and progress.best and progress.best[1] <= target * CLOSE:
            reached.append(time.perf_counter() - began)

    found = tune(source, progress=look, **more, **options)
    whole = time.perf_counter() - began
    best = min(np.mean(t.errors_in(0)) for t in found.trials if t.epochs == 50)
    print(reached[0] if reached else np.inf, whole, best, found.work)


def full_grid(data: str) -> None:
    from halflife.tune import _budget, _tune
    from halflife.tune._point import space
    from halflife.tune._search import Batch

    def every_point(searched, epochs, **_):
        yield Batch(stage="grid", points=searched.points(), epochs=epochs)

    _budget.SEARCHES["grid"] = every_point
    _tune.PROGRAM["cpu"] = 23  # one stage alone needs no small programs: chunks as the lab would make them
    coarse = space("adam")
    lrs = finer(coarse.lrs, 2)
    decays = [share * lrs[len(lrs) // 2] for share in finer(coarse.decays_over_lr, 10**0.5)]
    contender(data, np.inf, seeds=1, grid={"lr": lrs, "l2": finer(coarse.l2s, 10**0.5), "decay": decays})


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
    parser.add_argument("--data", choices=("digits", "mnist1d"), default="digits")
    parser.add_argument("--one", choices=("tune", "grid"), help=argparse.SUPPRESS)
    parser.add_argument("--target", type=float, default=0.0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one == "grid":
        full_grid(options.data)
    elif options.one:
        contender(options.data, options.target)
    else:
        compare(options.data, options.rounds)


def compare(data: str, rounds: int) -> None:
    rows = []
    for _ in range(rounds):
        grid = timed("--one", "grid", "--data", data)
        rows.append((grid, timed("--one", "tune", "--data", data, "--target", str(grid[2]))))
    print(f"{data:28}{'seconds':>9}{'work':>8}{'error':>8}")
    for name, place, seconds in (("full grid", 0, 1), ("tune, as good within 1 %", 1, 0), ("tune, to its end", 1, 1)):
        median = statistics.median(r[place][seconds] for r in rows)
        print(f"{name:28}{median:>9.1f}{rows[0][place][3]:>8.0f}{rows[0][place][2]:>8.4f}")
    for name, seconds in (("as good", 0), ("to its end", 1)):
        ratios = [grid[1] / ours[seconds] for grid, ours in rows]
        told = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        print(f"full grid / tune {name}: {told}{f', goal {GOAL:g}' if seconds == 0 else ''}")


if __name__ == "__main__":
    main()
