"""Every optimizer of torch.optim × every law: what the probe reports of it once halflife has regularized it.

    python benchmarks/regularize_laws.py

One row an optimizer, one column a law: `own` where the optimizer's own argument serves, `set` where it is set anew for
each step, `lent` where a switch is turned for a step, `hooks` otherwise; in capitals, with the report below the table,
where the probe reports anything but the law and the strength that were asked for. Exit code 1 if there is such a cell.
"""

import inspect
import sys
import warnings

import torch

import halflife
from halflife import BadInput, Law

LAWS = (Law.L2, Law.DECOUPLED, Law.INDEPENDENT, Law.CONSTANT, Law.CORRECTED, Law.QUADRATIC, Law.PROXIMAL)
VARIANTS = {
    "SGD": [{}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}, {"momentum": 0.9, "fused": True}],
    "Adam": [{}, {"amsgrad": True}, {"fused": True}, {"decoupled_weight_decay": True}],
    "AdamW": [{}, {"foreach": True}, {"fused": True}, {"maximize": True}],
    "RMSprop": [{}, {"momentum": 0.9, "centered": True}],
    "RAdam": [{}, {"decoupled_weight_decay": True}],
    "NAdam": [{}, {"decoupled_weight_decay": True}],
}
SERVED = {"at no cost": "own", "set anew": "set", "turned": "lent", "hooks": "hooks"}


def optimizers():
    for name, cls in sorted(vars(torch.optim).items()):
        if inspect.isclass(cls) and issubclass(cls, torch.optim.Optimizer) and cls is not torch.optim.Optimizer:
            yield from ((cls, arguments) for arguments in VARIANTS.get(name, [{}]))


def cell(cls, arguments, law):
    """How the law is served, and what the probe says against it."""
    torch.manual_seed(0)
    optimizer = cls(
        [torch.nn.Parameter(torch.randn(4, 3))], **({"lr": 0.1} if cls is torch.optim.SGD else {}) | arguments
    )
    try:
        made = halflife.regularize(optimizer, law=law, **({"l2": 0.02} if law is Law.L2 else {"decay": 1e-3}))
    except BadInput as error:
        return "refused", str(error)
    served = next(short for words, short in SERVED.items() if words in made.groups[0].served_by)
    report = halflife.probe(optimizer)
    right = report.law is law and abs((report.coefficient or 0) - 1) < 1e-6 and not report.defects
    right = right and (law is Law.L2 or abs(report.decay / 1e-3 - 1) < 1e-4) and report.second_decay is None
    return (served, "") if right else (served.upper(), str(report))


def main() -> int:
    warnings.simplefilter("ignore")
    against = []
    print(f"torch {torch.__version__}")
    print(f"{'':40}" + "".join(f"{law.name:12}" for law in LAWS))
    for cls, arguments in optimizers():
        title = f"{cls.__name__}({', '.join(f'{k}={v}' for k, v in arguments.items())})"
        row = []
        for law in LAWS:
            served, said = cell(cls, arguments, law)
            row.append(served)
            if said:
                against.append(f"{title}, {law}: {said}")
        print(f"{title:40}" + "".join(f"{served:12}" for served in row), flush=True)
    print("\n".join(against))
    refused = [each for each in against if "closure" in each]
    print(f"{len(against) - len(refused)} cells where the probe differs; {len(refused)} refused for needing a closure")
    return int(len(against) > len(refused))


if __name__ == "__main__":
    sys.exit(main())
