"""halflife.sklearn beside scikit-learn, and the search beside GridSearchCV, on the same work in the same run.

    python benchmarks/estimators.py [--quick]

One fit: 64-100-10 on digits and 100-100-5 on 20,000 rows, batch 200, Adam, the same number of epochs for all, after
compilation (the best of three) and in a cold process (imports and compilation, kept programs not used). The search:
digits, 64-32-10, 5 folds × 20 strengths × 5 lrs, 30 epochs, against GridSearchCV over scikit-learn's MLP with all
cores, which is timed on a sample of the grid and scaled up; compilation is inside, and `--quick` takes 4 strengths.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np

GOALS = {"fit, compiled": 3.0, "fit, cold": 1 / 1.5, "search": 12.0}
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


def compiled(who: str, name: str) -> float:
    """The best of three fits after a first one, in a process where neither library disturbs the other's threads."""
    program = f"{_IMPORT}; fit({who!r}, {name!r}); print(min(fit({who!r}, {name!r}) for _ in range(3)))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return float(done.stdout)


def cold(who: str, name: str) -> float:
    """A process from start to end, imports, rows and compilation inside."""
    with tempfile.TemporaryDirectory() as empty:
        began = time.perf_counter()
        program = f"{_IMPORT}; fit({who!r}, {name!r})"
        settings = os.environ | {"JAX_COMPILATION_CACHE_DIR": empty}
        subprocess.run([sys.executable, "-c", program], check=True, env=settings)
        return time.perf_counter() - began


def search(strengths: int) -> tuple[float, float]:
    """Seconds of halflife's search and of GridSearchCV's, the latter scaled up from a sample."""
    from sklearn.model_selection import GridSearchCV

    from halflife.sklearn import MLPClassifierCV

    X, y = rows("digits")
    l2s, lrs, sample = np.logspace(-5, 0, strengths), np.logspace(-3.5, -2, 5), 2
    shared = {"hidden_layer_sizes": (32,), "batch_size": 32}
    began = time.perf_counter()
    MLPClassifierCV(**shared, max_iter=30, l2s=l2s, learning_rates=lrs, cv=5, random_state=0, refit=False).fit(X, y)
    ours = time.perf_counter() - began
    grid = {"alpha": 32 * l2s[:: max(1, strengths // sample)][:sample], "learning_rate_init": lrs[1::2]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        began = time.perf_counter()
        model = estimator("scikit-learn", 30, **shared)
        GridSearchCV(model, grid, cv=5, n_jobs=-1, refit=False).fit(X, y)
    sampled = len(grid["alpha"]) * len(grid["learning_rate_init"])
    return ours, (time.perf_counter() - began) * strengths * len(lrs) / sampled


def line(what: str, goal: str, seconds: float, rival: float) -> None:
    factor = rival / seconds
    verdict = "" if not goal else "reached" if factor >= GOALS[goal] else f"missed (goal {GOALS[goal]:.2g})"
    print(f"{what:45} {seconds:9.2f} s {rival:9.2f} s {factor:7.1f} × {verdict}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    os.environ["PYTHONWARNINGS"] = "ignore"
    print(f"{'':45} {'halflife':>11} {'scikit-learn':>11} {'faster':>9}")
    for name in EPOCHS:
        rival = compiled("scikit-learn", name)
        for who in ("halflife", "halflife, float32"):
            line(f"fit, compiled: {who}, {name}", "fit, compiled", compiled(who, name), rival)
        line(f"fit, cold: halflife, {name}", "fit, cold", cold("halflife", name), cold("scikit-learn", name))
    strengths = 4 if quick else 20  # in few strengths compilation weighs more
    line(f"search: 5 folds × {strengths} strengths × 5 lrs", "" if quick else "search", *search(strengths))


if __name__ == "__main__":
    main()
