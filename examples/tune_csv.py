"""How much to regularize, found on a CSV, and the setting for PyTorch.

python examples/tune_csv.py [--quick] [TABLE.csv TARGET]      without a table: the diabetes.csv beside this file
"""

import sys
from pathlib import Path

import halflife

quick = {"trainings": 200, "epochs": 10, "seeds": 1} if "--quick" in sys.argv else {}
given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
table, target = given or (str(Path(__file__).with_name("diabetes.csv")), "target")

found = halflife.tune(table, target=target, rule="adam", **quick)
for choice in found.choices:
    gain = f", gain {choice.gain.mean:+.4f} ({choice.gain.low:+.4f} to {choice.gain.high:+.4f})" if choice.gain else ""
    print(f"{choice.door!s:6} validation error {choice.error.mean:.4f} at lr {choice.point.lr:g}{gain}")
print(f"{found.trainings} trainings in {found.seconds:.0f} s, kept in {found.path}\n")
print(halflife.translate(found.recipe, to="torch"))
