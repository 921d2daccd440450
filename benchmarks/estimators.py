"""halflife.sklearn beside scikit-learn, and the search beside GridSearchCV and Optuna, on the same work in one run.

    python benchmarks/estimators.py [fit] [search] [scaling] [--quick]

`fit`: 64-100-10 on digits and 100-100-5 on 20,000 rows, batch 200, Adam, the same number of epochs for all. Compiled:
the median of five fits after a first one; scikit-learn has as many threads as it takes by itself, or one where that is
faster, as it is where others use the machine. Cold: a process from
start to end, imports and compilation inside, the median of three, once with no programs kept from before, as in the
first fit ever on a machine, once with those of that fit.

`search`: digits, 64-32-10, batch 32, 5 folds × 20 strengths × 5 lrs, 30 epochs, compilation inside; GridSearchCV over
scikit-learn's MLP with all cores, and Optuna with a PyTorch loop as objective, as many trials, each the mean of five
folds. Both rivals are timed on a sample and scaled up; `--quick` takes 4 strengths.

`scaling`: the power of the search's time in rows, members and weights, compiled before.
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


def threads(who: str) -> tuple[dict[str, str], ...]:
    """The environments that a contender may choose from; ours does not ask BLAS."""
    return ({}, ONE_THREAD) if who == "scikit-learn" else ({},)


def compiled(who: str, name: str) -> float:
    """The median of five fits after a first one, in a process where neither library disturbs the other's threads."""
    program = f"{_IMPORT}; fit({who!r}, {name!r}); print(np.median([fit({who!r}, {name!r}) for _ in range(5)]))"
    command = [sys.executable, "-c", program]
    own = (os.environ | more for more in threads(who))
    return min(
        float(subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout) for env in own
    )


def cold(who: str, name: str) -> tuple[float, float]:
    """A process from start to end, the median of three: without programs kept from before, and with them."""
    program = f"{_IMPORT}; fit({who!r}, {name!r})"

    def seconds(folder: str) -> float:
        taken = []
        for more in threads(who):
            began = time.perf_counter()
            env = os.environ | more | {"XDG_CACHE_HOME": folder}
            subprocess.run([sys.executable, "-c", program], check=True, env=env)
            taken.append(time.perf_counter() - began)
        return min(taken)

    first, later = [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as empty:
            first.append(seconds(empty))
            later.append(seconds(empty))
    return float(np.median(first)), float(np.median(later))


def fits() -> None:
    for name in EPOCHS:
        rival = compiled("scikit-learn", name)
        for who in ("halflife", "halflife, float32"):
            line(f"fit, compiled: {who}, {name}", "fit, compiled", compiled(who, name), rival)
        rival = min(cold("scikit-learn", name))
        for who in ("halflife", "halflife, float32"):
            first, later = cold(who, name)
            line(f"fit, first process ever: {who}, {name}", "fit, cold", first, rival)
            line(f"fit, cold process: {who}, {name}", "fit, cold", later, rival)


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


def searches(strengths: int, goal: bool) -> None:
    l2s, lrs = np.logspace(-5, 0, strengths), np.logspace(-3.5, -2, 5)
    sampled_l2s, sampled_lrs = l2s[:: max(1, strengths // 2)][:2], lrs[1::2]
    trials = strengths * len(lrs)
    grid_search = of_grid_search(32 * sampled_l2s, sampled_lrs) * trials / (len(sampled_l2s) * len(sampled_lrs))
    of_optuna(1)
    optuna = of_optuna(2) * trials / 2
    for precision in ("float64", "float32"):
        seconds = ours(l2s, lrs, precision, rows("digits"))
        what = f"search, {precision}: {FOLDS} folds × {strengths} strengths × 5 lrs"
        line(f"{what}, GridSearchCV", "search" if goal else "", seconds, grid_search)
        line(f"{what}, Optuna", "optuna" if goal else "", seconds, optuna)


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


def line(what: str, goal: str, seconds: float, rival: float) -> None:
    factor = rival / seconds
    verdict = "" if not goal else "reached" if factor >= GOALS[goal] else f"missed (goal {GOALS[goal]:.2g})"
    print(f"{what:62} {seconds:9.2f} s {rival:9.2f} s {factor:7.2f} × {verdict}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["fit", "search", "scaling"])
    parser.add_argument("--quick", action="store_true")
    told = parser.parse_args()
    os.environ["PYTHONWARNINGS"] = "ignore"
    if {"fit", "search"} & set(told.parts):
        print(f"{'':62} {'halflife':>11} {'rival':>11} {'faster':>9}")
    if "fit" in told.parts:
        fits()
    if "search" in told.parts:
        with tempfile.TemporaryDirectory() as empty:
            os.environ["XDG_CACHE_HOME"] = empty
            searches(4 if told.quick else 20, goal=not told.quick)  # in few strengths compilation weighs more
    if "scaling" in told.parts:
        scaling()


if __name__ == "__main__":
    main()
