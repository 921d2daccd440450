"""What regularizing costs in a step: halflife beside bare torch and beside optimizers that do the same by themselves.

    python benchmarks/regularize.py [--rounds 7] [--builds 3] [--device cuda] [--threads 1]

20 M float32 parameters in tensors of mixed sizes, gradients fixed. Each contender steps the same tensors as a bare
optimizer, in turn with it, and where it is of the same class with the same state, since where memory happens to lie is
worth 10 % of a step. A row is the median, over rounds and over several builds of everything, of the ratio of the two:
by the clock (wall) and of processor time (busy). One pass over the weights is 2/7 of what fused AdamW moves through
memory and 2/5 of what fused SGD with momentum does; what stays below that is done while a cache has the weights.
"""

import argparse
import importlib
import statistics
import time

import torch

import halflife

SHAPES = [(4096, 1024)] * 3 + [(1024, 1024)] * 5 + [(512, 512)] * 6 + [(1024,)] * 20 + [(256, 128)] * 18


def parameters(device: str) -> list[torch.nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    made = [torch.nn.Parameter(torch.randn(shape, generator=generator).to(device)) for shape in SHAPES]
    for p in made:
        p.grad = torch.randn(p.shape, generator=generator).to(device) * 0.01
    return made


def regularized(make, **request):
    def made(params):
        optimizer = make(params)
        halflife.regularize(optimizer, where="all", **request)
        return optimizer

    return made


def towards(make, **request):
    def made(params):
        optimizer = make(params)
        halflife.regularize(optimizer, where="all", toward=[p.detach() for p in params], **request)
        return optimizer

    return made


def other(module: str, name: str, **arguments):
    def made(params):
        return getattr(importlib.import_module(module), name)(params, lr=1e-3, **arguments)

    return made


def adamw(params):
    return torch.optim.AdamW(params, lr=1e-3, fused=True, weight_decay=0.0)


def sgd(params):
    return torch.optim.SGD(params, lr=1e-3, momentum=0.9, fused=True)


def sgd_default(params):
    return torch.optim.SGD(params, lr=1e-3, momentum=0.9)


def with_own(make):
    """Bare torch that regularizes by its own argument: what the same regularization costs without halflife."""

    def made(params):
        optimizer = make(params)
        for group in optimizer.param_groups:
            group["weight_decay"] = 1e-5
        return optimizer

    return made


TABLES = {
    "fused AdamW": {
        "bare": adamw,
        "bare, weight_decay": with_own(adamw),
        "halflife DECOUPLED (own argument)": regularized(adamw, decay=1e-5),
        "halflife CONSTANT (own argument, set anew)": regularized(adamw, decay=1e-5, law="CONSTANT"),
        "halflife PROXIMAL (hooks)": regularized(adamw, decay=1e-5, law="PROXIMAL"),
        "halflife L2 (own argument, switched)": regularized(adamw, l2=1e-5),
        "halflife L2 and DECOUPLED (hooks)": regularized(adamw, decay=1e-5, l2=1e-5),
        "halflife CONSTANT towards weights (hooks)": towards(adamw, decay=1e-5, law="CONSTANT"),
        "halflife CONSTANT cautious (hooks)": regularized(adamw, decay=1e-5, law="CONSTANT", cautious=True),
        "halflife L1 beside DECOUPLED (hooks)": regularized(adamw, decay=1e-5, l1=1e-9),
        "torch-optimi AdamW": other("optimi", "AdamW", weight_decay=1e-2),
        "pytorch_optimizer AdamW": other("pytorch_optimizer", "AdamW", weight_decay=1e-2),
    },
    "fused SGD, momentum": {
        "bare": sgd,
        "bare, weight_decay": with_own(sgd),
        "halflife L2 (own argument)": regularized(sgd, l2=1e-5),
        "halflife DECOUPLED (hooks)": regularized(sgd, decay=1e-5),
        "halflife PROXIMAL (hooks)": regularized(sgd, decay=1e-5, law="PROXIMAL"),
        "halflife CONSTANT towards weights (hooks)": towards(sgd, decay=1e-5, law="CONSTANT"),
        "halflife L1 (hooks)": regularized(sgd, l1=1e-9),
        "halflife L2 and DECOUPLED (hooks)": regularized(sgd, decay=1e-5, l2=1e-5),
        "halflife CONSTANT cautious (hooks)": regularized(sgd, decay=1e-5, law="CONSTANT", cautious=True),
    },
    "SGD, momentum, as torch chooses": {
        "bare": sgd_default,
        "bare, weight_decay": with_own(sgd_default),
        "halflife L2 (own argument)": regularized(sgd_default, l2=1e-5),
        "halflife DECOUPLED (hooks)": regularized(sgd_default, decay=1e-5),
        "torch-optimi SGD, decoupled": other("optimi", "SGD", momentum=0.9, weight_decay=1e-2, decouple_wd=True),
        "pytorch_optimizer SGDW": other(
            "pytorch_optimizer", "SGDW", momentum=0.9, weight_decay=1e-2, weight_decouple=True
        ),
    },
}


def seconds(optimizer, device: str, steps: int = 2) -> tuple[float, float]:
    """Seconds of a step: by the clock, and of all cores together, which other work on the machine disturbs less."""
    if device != "cpu":
        torch.cuda.synchronize()
    wall, busy = time.perf_counter(), time.process_time()
    for _ in range(steps):
        optimizer.step()
    if device != "cpu":
        torch.cuda.synchronize()
    return (time.perf_counter() - wall) / steps, (time.process_time() - busy) / steps


def pairs(make, bare, rounds: int, builds: int, device: str):
    """Of each round: seconds by the clock, and the ratios to the bare optimizer by the clock and of processor time."""
    for _ in range(builds):
        shared = parameters(device)
        plain, optimizer = bare(shared), make(shared)
        if type(optimizer) is type(plain):
            optimizer.state = plain.state
        for each in (plain, optimizer):
            seconds(each, device)
        for _ in range(rounds):
            against, it = seconds(plain, device), seconds(optimizer, device)
            yield it[0], it[0] / against[0], it[1] / against[1]


def table(contenders, rounds: int, builds: int, device: str) -> None:
    for name, make in contenders.items():
        try:
            measured = list(pairs(make, contenders["bare"], rounds, builds, device))
        except ImportError:
            print(f"  {name:48} not installed")
            continue
        wall, ratio, busy = (statistics.median(column) for column in zip(*measured, strict=True))
        print(f"  {name:48} {1e3 * wall:8.2f} ms   {ratio:5.2f}   {busy:5.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--builds", type=int, default=3)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    count = sum(p.numel() for p in parameters("cpu"))
    print(f"torch {torch.__version__}, {arguments.device}, {arguments.threads} threads, {count / 1e6:.1f} M parameters")
    print(f"  {'':48} {'a step':>11}   {'wall':>5}   {'busy':>5}")
    for title, contenders in TABLES.items():
        print(title)
        table(contenders, arguments.rounds, arguments.builds, arguments.device)


if __name__ == "__main__":
    main()
