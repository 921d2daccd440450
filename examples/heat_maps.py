"""The AdamW paper's heat maps at the size of a CPU: validation error over lr × strength on MNIST-1D.

python examples/heat_maps.py [--quick]      writes heat_maps_sgd.svg and heat_maps_adam.svg here
"""

import sys

import numpy as np
from mnist1d.data import get_dataset_args, make_dataset

import halflife
from halflife import Law

QUICK = "--quick" in sys.argv
arguments = get_dataset_args()
arguments.num_samples = 300 if QUICK else 4000
made = make_dataset(arguments)
np.savez("mnist1d.npz", x=np.concatenate([made["x"], made["x_test"]]), y=np.concatenate([made["y"], made["y_test"]]))

study = halflife.study(
    "mnist1d.npz",
    rules=["sgd", "adam"],
    hidden=[100],
    epochs=2 if QUICK else 50,
    schedule="cosine",
    seeds=1 if QUICK else 3,
)
for rule in ("sgd", "adam"):
    halflife.report.maps(study, rule).savefig(f"heat_maps_{rule}.svg", facecolor="white")
for result in study.grid:
    best, slope = result.best, result.slope
    moves = f"; it moves as lr^{slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f})" if slope.low is not None else ""
    print(f"{result.rule} {'L2' if result.law is Law.L2 else 'decay'}: best at lr {best.lr:g}", end=", ")
    print(f"strength {best.strength:.2g}, test error {best.test.mean:.3f}{moves}")
