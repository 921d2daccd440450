"""halflife.sklearn beside scikit-learn, and the search beside GridSearchCV and Optuna, on the same work in turns.

    python benchmarks/estimators.py [fit] [search] [scaling] [--rounds 5] [--quick]

`fit`: 64-100-10 on digits and 100-100-5 on 20,000 rows, batch 200, Adam, the same number of epochs for all. Compiled:
a fit after a first one. Cold: a process from start to end, imports and compilation inside, once with no programs kept
from before, as in the first fit ever on a machine, once with those of that fit. scikit-learn has as many threads as it
takes by itself, or one, whichever is faster here.

`search`: digits, 64-32-10, batch 32, 5 folds × 20 strengths × 5 lrs, 30 epochs, compilation inside; GridSearchCV over
scikit-learn's MLP with all cores, and Optuna with a PyTorch loop as objective, as many trials, each the mean of five
folds. Both rivals are timed on a sample and scaled up; `--quick` takes 4 strengths.

`scaling`: the power of the search's time in rows, members and weights, compiled before.

Fits and searches take turns with their rivals, and the ratios are those within a turn: their median, least and most.
All of ours, and scikit-learn's fits, run in processes of their own.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np

GOALS = {"fit, compiled": 3.0, "fit, cold": 1 / 1.5, "search": 12.0, "optuna": 30.0}
_IMPORT = f"import sys; sys.path.insert(0, {os.path.dirname(os.path.abspath(__file__))!r}); from estimators import *"
EPOCHS = {"digits": 100, "20,000 × 100": 10}


def rows(name: str):
    from sklearn.datasets import load_digits, make_classification

    if name == "digits":
        X, y = load_digits(return_X_y=True)
        return X / 16, y
    return make_classification(20_000, 100, n_informative=30, n_classes=5, random_state=0)


def estimator(who: str, epochs: int, **more):
    if who == "scikit-learn":
        from sklearn.neural_network import MLPClassifier

        return MLPClassifier(max_iter=epochs, n_iter_no_change=epochs, alpha=0.0, random_state=0, **more)
    from halflife.sklearn import MLPClassifier

    precision = "float32" if who == "halflife, float32" else "auto"
    return MLPClassifier(max_iter=epochs, n_iter_no_change=epochs, precision=precision, random_state=0, **more)


def fit(who: str, name: str) -> float:
    X, y = rows(name)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator(who, EPOCHS[name]).fit(X, y)
    return time.perf_counter() - began


ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
RIVALS: dict[str, tuple[str, dict[str, str]]] = {
    "scikit-learn, its own threads": ("scikit-learn", {}),
    "scikit-learn, one thread": ("scikit-learn", ONE_THREAD),
}
OURS: dict[str, tuple[str, dict[str, str]]] = {"float64": ("halflife", {}), "float32": ("halflife, float32", {})}
Times = dict[str, list[float]]


def python(program: str, env: dict[str, str], **more) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", f"{_IMPORT}; {program}"], env=os.environ | env, text=True, **more)


def compiled(name: str, rounds: int) -> Times:
    """Seconds of a fit after a first one, each contender in a process that waits for its turn."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    waiting = {
        label: python(
            f"fit({who!r}, {name!r}); [print(fit({who!r}, {name!r}), flush=True) for _ in sys.stdin]", env, **pipes
        )
        for label, (who, env) in (RIVALS | OURS).items()
    }

    def turn(process: subprocess.Popen) -> float:
        process.stdin.write("go\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    for process in waiting.values():
        turn(process)
    taken = [{label: turn(process) for label, process in waiting.items()} for _ in range(rounds)]
    for process in waiting.values():
        process.communicate()
    return {label: [seconds[label] for seconds in taken] for label in waiting}


def cold(name: str, rounds: int) -> Times:
    """Seconds of a process with one fit, from its start to its end."""
    taken: Times = {}
    for _ in range(rounds):
        for label, (who, env) in (RIVALS | OURS).items():
            with tempfile.TemporaryDirectory() as kept:
                for which in ("",) if label in RIVALS else ("first process ever, ", "cold process, "):
                    began = time.perf_counter()
                    if python(f"fit({who!r}, {name!r})", env | {"XDG_CACHE_HOME": kept}).wait():
                        raise SystemExit(f"{label} failed on {name}")
                    taken.setdefault(which + label, []).append(time.perf_counter() - began)
    return taken


def compare(what: str, goal: str, times: Times) -> None:
    rival = times[min(RIVALS, key=lambda label: np.median(times[label]))]
    for label in [label for label in times if label not in RIVALS]:
        line(f"{what}, {label}", goal, times[label], rival)


def fits(rounds: int) -> None:
    for name in EPOCHS:
        compare(f"fit, {name}, compiled", "fit, compiled", compiled(name, 3 * rounds))
        compare(f"fit, {name}", "fit, cold", cold(name, rounds))


SHARED = {"hidden_layer_sizes": (32,), "batch_size": 32}
FOLDS, FOLD_EPOCHS = 5, 30


def ours(l2s, lrs, precision: str, learned, **more) -> float:
    from halflife.sklearn import MLPClassifierCV

    arguments = SHARED | {"max_iter": FOLD_EPOCHS, "cv": FOLDS} | more
    began = time.perf_counter()
    search = MLPClassifierCV(**arguments, l2s=l2s, learning_rates=lrs, precision=precision, random_state=0, refit=False)
    search.fit(*learned)
    return time.perf_counter() - began


def of_grid_search(alphas, lrs) -> float:
    from sklearn.model_selection import GridSearchCV

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = estimator("scikit-learn", FOLD_EPOCHS, **SHARED)
        began = time.perf_counter()
        grid = {"alpha": alphas, "learning_rate_init": lrs}
        GridSearchCV(model, grid, cv=FOLDS, n_jobs=-1, refit=False).fit(*rows("digits"))
    return time.perf_counter() - began


def of_optuna(trials: int) -> float:
    import optuna
    import torch
    from sklearn.model_selection import StratifiedKFold

    torch.set_num_threads(1)  # for so small a network a second one costs more than it does
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    X, y = rows("digits")
    X, labels = torch.tensor(X, dtype=torch.float32), torch.tensor(y)

    def objective(trial: optuna.Trial) -> float:
        l2, lr = trial.suggest_float("l2", 1e-5, 1, log=True), trial.suggest_float("lr", 10**-3.5, 1e-2, log=True)
        scores = []
        for learn, valid in StratifiedKFold(FOLDS).split(X, y):
            network = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10))
            optimizer = torch.optim.Adam(network.parameters(), lr=lr, weight_decay=l2)
            for _ in range(FOLD_EPOCHS):
                for batch in torch.tensor(learn)[torch.randperm(len(learn))].split(32):
                    optimizer.zero_grad()
                    torch.nn.functional.cross_entropy(network(X[batch]), labels[batch]).backward()
                    optimizer.step()
            with torch.no_grad():
                scores.append((network(X[valid]).argmax(1) == labels[valid]).float().mean().item())
        return float(np.mean(scores))

    began = time.perf_counter()
    optuna.create_study(direction="maximize").optimize(objective, n_trials=trials)
    return time.perf_counter() - began


def searches(strengths: int, goal: bool, rounds: int) -> None:
    l2s, lrs = np.logspace(-5, 0, strengths), np.logspace(-3.5, -2, 5)
    sampled_l2s, sampled_lrs = l2s[:: max(1, strengths // 2)][:2], lrs[1::2]
    trials = strengths * len(lrs)
    taken: dict[str, list[float]] = {}
    of_optuna(1)
    for _ in range(rounds):
        grid_search = of_grid_search(32 * sampled_l2s, sampled_lrs) / (len(sampled_l2s) * len(sampled_lrs))
        taken.setdefault("GridSearchCV", []).append(grid_search * trials)
        taken.setdefault("Optuna", []).append(of_optuna(2) * trials / 2)
        for precision in OURS:
            program = (
                f"print(ours(np.logspace(-5, 0, {strengths}), np.logspace(-3.5, -2, 5), {precision!r}, rows('digits')))"
            )
            with tempfile.TemporaryDirectory() as empty:
                process = python(program, {"XDG_CACHE_HOME": empty}, stdout=subprocess.PIPE)
                taken.setdefault(precision, []).append(float(process.communicate()[0]))
    for precision in OURS:
        what = f"search, {precision}: {FOLDS} folds × {strengths} strengths × 5 lrs"
        line(f"{what}, GridSearchCV", "search" if goal else "", taken[precision], taken["GridSearchCV"])
        line(f"{what}, Optuna", "optuna" if goal else "", taken[precision], taken["Optuna"])


def scaling() -> None:
    """Seconds of a search that was compiled before, at four sizes, and the power that they rise with."""
    from sklearn.datasets import make_classification

    def seconds(count: int = 2000, strengths: int = 16, units: int = 64) -> float:
        learned = make_classification(count, 50, n_informative=30, n_classes=5, random_state=0)
        more = {"hidden_layer_sizes": (units,), "batch_size": 50, "max_iter": 10, "cv": 2}
        times = [ours(np.logspace(-5, 0, strengths), [1e-3, 1e-2], "float32", learned, **more) for _ in range(3)]
        return min(times[1:])

    for name, argument, sizes in (
        ("rows", "count", (2000, 4000, 8000, 16000)),
        ("members", "strengths", (16, 32, 64, 128)),
        ("weights", "units", (64, 128, 256, 512)),
    ):
        taken = [seconds(**{argument: size}) for size in sizes]
        power = np.polyfit(np.log(sizes), np.log(taken), 1)[0]
        print(f"time over {name}: power {power:.2f}, " + ", ".join(f"{t:.2f} s" for t in taken), flush=True)


def line(what: str, goal: str, seconds: list[float], rival: list[float]) -> None:
    factors = np.array(rival) / np.array(seconds)
    factor = np.median(factors)
    verdict = "" if not goal else "reached" if factor >= GOALS[goal] else f"missed (goal {GOALS[goal]:.2g})"
    spread = f"({factors.min():.2f} to {factors.max():.2f})"
    print(
        f"{what:62} {np.median(seconds):8.2f} s {np.median(rival):8.2f} s {factor:7.2f} × {spread:18} {verdict}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["fit", "search", "scaling"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    told = parser.parse_args()
    os.environ["PYTHONWARNINGS"] = "ignore"
    if {"fit", "search"} & set(told.parts):
        print(f"{'':62} {'halflife':>10} {'rival':>10} {'faster':>9}")
    if "fit" in told.parts:
        fits(told.rounds)
    if "search" in told.parts:
        searches(4 if told.quick else 20, goal=not told.quick, rounds=told.rounds)  # in few, compilation weighs more
    if "scaling" in told.parts:
        scaling()


if __name__ == "__main__":
    main()
