"""How much to regularize, found on a CSV by cross-validation, and the setting for PyTorch.

python examples/tune_csv.py [--quick] [TABLE.csv TARGET]      without a table: scikit-learn's diabetes, as a CSV here
"""

import sys

import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import halflife
from halflife.sklearn import MLPRegressorCV

QUICK = "--quick" in sys.argv
given = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
if not given:
    load_diabetes(as_frame=True, scaled=False).frame.to_csv("diabetes.csv", index=False)
path, target = given or ("diabetes.csv", "target")

table = pd.read_csv(path)
x, x_new, y, y_new = train_test_split(table.drop(columns=target), table[target], test_size=0.3, random_state=0)
scale, mean, spread = StandardScaler().fit(x), y.mean(), y.std()
x, x_new, y, y_new = scale.transform(x), scale.transform(x_new), (y - mean) / spread, (y_new - mean) / spread

found = MLPRegressorCV(
    (64,),
    optimizer="adam",
    decays=[0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2],
    learning_rates=[3e-3] if QUICK else [1e-3, 3e-3, 1e-2],
    n_seeds=1 if QUICK else 3,
    max_iter=20 if QUICK else 150,
    batch_size=32,
    random_state=0,
).fit(x, y)
lr, decay = found.best_params_["learning_rate_init"], found.best_params_["decay"]
print(
    f"{len(found.cv_results_['params'])} settings × {found.n_splits_} folds: lr {lr:g}, α = {decay:g} a step", end=", "
)
print(f"half-life {halflife.half_life(decay):,.0f} steps; R² on {len(y_new)} new rows {found.score(x_new, y_new):.3f}")

without = [i for i, params in enumerate(found.cv_results_["params"]) if not params["decay"]]
print(f"R² in cross-validation {found.best_score_:.3f}", end=", ")
print(f"without decay at most {max(found.cv_results_['mean_test_score'][without]):.3f}")
print(halflife.translate(f"torch.optim.AdamW(lr={lr}, weight_decay={decay / lr})", to="torch", where="weights"))
