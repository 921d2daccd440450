"""Many small networks: halflife's lab beside what people use today, on the same grid, in the same run.

    python benchmarks/throughput.py [--quick]

Digits (1,078 training rows), 64-64-10 relu, batch 32, 30 epochs, 12 lr × 12 strengths × 3 seeds, SGD and Adam. Each
row is the median over rounds in which all take turns, so that a slow minute slows all of them. scikit-learn and the
PyTorch loop are timed on a sample of the trainings and scaled up, and are let off the per-epoch curves that halflife
records; the two ensembles record validation and test errors each epoch, as halflife does. Compile time is inside;
imports and reading the data are not, for anybody.
"""

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

EPOCHS, BATCH, HIDDEN, SEEDS = 30, 32, 64, (0, 1, 2)
STRENGTHS = tuple(float(s) for s in np.logspace(-5, 0, 12))
LRS = {
    "sgd": tuple(float(lr) for lr in np.logspace(-2.5, 0, 12)),
    "adam": tuple(float(lr) for lr in np.logspace(-4, -1.5, 12)),
}
GOALS = {
    "scikit-learn, joblib": 12,
    "PyTorch loop": 30,
    "torch.func vmap": 5,
    "JAX vmap + scan, by hand": 1.5,
}
SAMPLE = 24


def members(rule: str) -> list[tuple[float, float, int]]:
    return list(itertools.product(LRS[rule], STRENGTHS, SEEDS))


def rows():
    from halflife.lab import load

    data = load("digits")
    return data.train, data.valid, data.test


def halflife(rule: str) -> float:
    from halflife.lab import Network, Regime, Setting, load, plan, run
    from halflife.lab.population import members_a_chunk
    from halflife.rules import Law

    data = load("digits")
    began = time.perf_counter()
    regime = Regime(
        network=Network(sizes=(64, HIDDEN, 10), error="softmax_cross_entropy"), epochs=EPOCHS, batch_size=BATCH
    )
    settings = [
        Setting(rule=rule, law=Law.L2, lr=lr, strength=strength)
        for lr, strength in itertools.product(LRS[rule], STRENGTHS)
    ]
    chunks = plan(settings, SEEDS, members=members_a_chunk(regime.network, regime, [rule]))
    for _ in run(data, regime, chunks):
        pass
    return time.perf_counter() - began


def scikit_learn(rule: str) -> float:
    import warnings

    from joblib import Parallel, delayed
    from sklearn.neural_network import MLPClassifier

    train, _, test = rows()
    labels, expected = train.y.argmax(1), test.y.argmax(1)

    def fit(lr: float, strength: float, seed: int) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = MLPClassifier(
                (HIDDEN,), solver=rule, momentum=0, alpha=strength * BATCH, batch_size=BATCH, learning_rate_init=lr,
                max_iter=EPOCHS, n_iter_no_change=EPOCHS + 1, tol=0, random_state=seed,
            )  # fmt: skip
            return model.fit(train.x, labels).score(test.x, expected)

    sample = members(rule)[:: len(members(rule)) // SAMPLE]
    with Parallel(n_jobs=-1) as pool:
        pool(delayed(int)() for _ in range(os.cpu_count() or 1))
        began = time.perf_counter()
        pool(delayed(fit)(*member) for member in sample)
        return (time.perf_counter() - began) * len(members(rule)) / len(sample)


def torch_loop(rule: str) -> float:
    import torch

    torch.set_num_threads(1)
    train, _, _ = rows()
    x, y = (torch.tensor(np.array(a), dtype=torch.float32) for a in (train.x, train.y))
    y = y.argmax(1)
    sample = members(rule)[:: len(members(rule)) // 4]
    optimizer_of = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[rule]
    began = time.perf_counter()
    for lr, strength, seed in sample:
        torch.manual_seed(seed)
        net = torch.nn.Sequential(torch.nn.Linear(64, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10))
        optimizer = optimizer_of(net.parameters(), lr=lr, weight_decay=strength)
        for _ in range(EPOCHS):
            for index in torch.randperm(len(x)).split(BATCH):
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(net(x[index]), y[index]).backward()
                optimizer.step()
    return (time.perf_counter() - began) * len(members(rule)) / len(sample)


def torch_vmap(rule: str) -> float:
    import torch
    from torch.func import functional_call, grad, stack_module_state, vmap

    read = rows()
    began = time.perf_counter()
    parts = [[torch.tensor(np.array(a), dtype=torch.float32) for a in (part.x, part.y)] for part in read]
    (x, y), *evaluated = [(x, y.argmax(1)) for x, y in parts]
    settings = members(rule)
    lr, strength = (torch.tensor([m[k] for m in settings]) for k in (0, 1))
    nets = []
    for *_, seed in settings:
        torch.manual_seed(seed)
        nets.append(torch.nn.Sequential(torch.nn.Linear(64, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10)))
    weights, _ = stack_module_state(nets)
    weights = {name: w.detach() for name, w in weights.items()}
    moments = [{name: torch.zeros_like(w) for name, w in weights.items()} for _ in range(2)]

    def error(weights, x, y):
        return torch.nn.functional.cross_entropy(functional_call(nets[0], weights, (x,)), y)

    def per_member(values, like):
        return values.reshape(-1, *[1] * (like.ndim - 1))

    gradients, errors = vmap(grad(error), in_dims=(0, 0, 0)), vmap(error, in_dims=(0, None, None))
    seeds = torch.tensor([seed for *_, seed in settings])
    step = 0
    for _ in range(EPOCHS):
        orders = torch.stack([torch.randperm(len(x)) for _ in SEEDS])
        for index in orders.split(BATCH, dim=1):
            step += 1
            of_member = index[seeds]
            g = gradients(weights, x[of_member], y[of_member])
            for name, w in weights.items():
                d = g[name] + per_member(strength, w) * w
                if rule == "adam":
                    m, s = moments[0][name], moments[1][name]
                    m.mul_(0.9).add_(d, alpha=0.1)
                    s.mul_(0.999).addcmul_(d, d, value=0.001)
                    d = m / (1 - 0.9**step) / ((s / (1 - 0.999**step)).sqrt() + 1e-8)
                weights[name] = w - per_member(lr, w) * d
        for part in evaluated:
            errors(weights, *part)
    return time.perf_counter() - began


def jax_vmap(rule: str) -> float:
    import jax
    import jax.numpy as jnp

    read = rows()
    began = time.perf_counter()
    (x, y), *evaluated = [(jnp.asarray(p.x, jnp.float32), jnp.asarray(p.y, jnp.float32)) for p in read]
    settings = members(rule)

    def predict(weights, x):
        w1, b1, w2, b2 = weights
        return jax.nn.relu(x @ w1 + b1) @ w2 + b2

    def error(weights, x, y):
        return -jnp.mean(jnp.sum(y * jax.nn.log_softmax(predict(weights, x)), axis=1))

    def train(lr, strength, seed):
        key = jax.random.key(seed)
        k1, k2, key = jax.random.split(key, 3)
        weights = (
            jax.random.normal(k1, (64, HIDDEN)) * (2 / 64) ** 0.5,
            jnp.zeros(HIDDEN),
            jax.random.normal(k2, (HIDDEN, 10)) * (2 / HIDDEN) ** 0.5,
            jnp.zeros(10),
        )
        zeros = jax.tree.map(jnp.zeros_like, weights)

        def step(carry, index):
            weights, m, s, t = carry
            t = t + 1
            g = jax.grad(error)(weights, x[index], y[index])
            g = jax.tree.map(lambda g, w: g + strength * w, g, weights)
            if rule == "adam":
                m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
                s = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, s, g)
                g = jax.tree.map(lambda m, s: m / (1 - 0.9**t) / (jnp.sqrt(s / (1 - 0.999**t)) + 1e-8), m, s)
            return (jax.tree.map(lambda w, g: w - lr * g, weights, g), m, s, t), None

        def epoch(carry, key):
            order = jax.random.permutation(key, len(x))
            steps = len(x) // BATCH
            carry, _ = jax.lax.scan(step, carry, order[: steps * BATCH].reshape(steps, BATCH))
            if len(x) % BATCH:
                carry, _ = step(carry, order[steps * BATCH :])
            return carry, [error(carry[0], *part) for part in evaluated]

        return jax.lax.scan(epoch, (weights, zeros, zeros, 0.0), jax.random.split(key, EPOCHS))[1]

    lr, strength = (jnp.array([m[k] for m in settings]) for k in (0, 1))
    jax.block_until_ready(jax.jit(jax.vmap(train))(lr, strength, jnp.array([m[2] for m in settings])))
    return time.perf_counter() - began


def matrix_product() -> float:
    """Large float32 matrix-product rate, all cores, GFLOP/s."""
    import jax
    import jax.numpy as jnp

    a = jnp.ones((4096, 4096))
    product = jax.jit(lambda a: a @ a)
    product(a).block_until_ready()
    times = []
    for _ in range(5):
        began = time.perf_counter()
        product(a).block_until_ready()
        times.append(time.perf_counter() - began)
    return 2 * 4096**3 / statistics.median(times) / 1e9


def work(rule: str) -> float:
    """Floating-point operations of the grid: training and the errors after each epoch, matrix products alone."""
    train, valid, test = rows()
    a_row, evaluated = 64 * HIDDEN + HIDDEN * 10, len(valid.x) + len(test.x)
    backward = 4 * 64 * HIDDEN + 6 * HIDDEN * 10
    return len(members(rule)) * EPOCHS * (len(train.x) * backward + evaluated * 2 * a_row)


CONTENDERS = {
    "halflife": halflife,
    "halflife, compiled before": halflife,
    "scikit-learn, joblib": scikit_learn,
    "PyTorch loop": torch_loop,
    "torch.func vmap": torch_vmap,
    "JAX vmap + scan, by hand": jax_vmap,
}


def timed(name: str, rule: str, cache: Path) -> float:
    """Seconds in a process of its own; a cold compilation cache except where it says otherwise."""
    folder = cache if name == "halflife, compiled before" else None
    environment = os.environ | ({"JAX_COMPILATION_CACHE_DIR": str(folder)} if folder else {})
    if name == "halflife, compiled before":
        environment |= {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1"}
    command = [sys.executable, __file__, "--one", name, "--rule", rule]
    return float(
        subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()[-1]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--rule", choices=LRS, help="only this rule")
    options = parser.parse_args()
    if options.one:
        print(matrix_product() if options.one == "matrix product" else CONTENDERS[options.one](options.rule))
        return
    rounds = 1 if options.quick else options.rounds
    for rule in [options.rule] if options.rule else LRS:
        measured: dict[str, list[float]] = {name: [] for name in (*CONTENDERS, "matrix product")}
        with tempfile.TemporaryDirectory() as cache:
            timed("halflife, compiled before", rule, Path(cache))
            for _ in range(rounds):
                for name in measured:
                    measured[name].append(timed(name, rule, Path(cache)))
        table(rule, measured)


def table(rule: str, measured: dict[str, list[float]]) -> None:
    median = {name: statistics.median(values) for name, values in measured.items()}
    print(f"\n{rule}: {len(members(rule))} trainings, median of {len(measured['halflife'])} rounds\n")
    print(f"{'':28}{'seconds':>9}{'ms a training':>15}{'times halflife':>16}{'goal':>6}")
    for name in CONTENDERS:
        ratios = [a / b for a, b in zip(measured[name], measured["halflife"], strict=True)]
        goal = f"{GOALS[name]:>6}" if name in GOALS else ""
        each = 1000 * median[name] / len(members(rule))
        print(f"{name:28}{median[name]:>9.1f}{each:>15.1f}{statistics.median(ratios):>16.2f}{goal}")
    rate = work(rule) / median["halflife, compiled before"] / 1e9
    share = rate / median["matrix product"]
    of = f"{share:.2f} of a large matrix product's {median['matrix product']:.0f}"
    print(f"\nhalflife, compiled before: {rate:.0f} GFLOP/s, {of}")


if __name__ == "__main__":
    main()
