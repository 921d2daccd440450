"""Networks with scikit-learn's manners, trained by the lab: regularization by either door, its strength found at once.

Not to be taken for scikit-learn itself, which is imported as `sklearn`; this one is `halflife.sklearn`.
"""

from typing import TYPE_CHECKING

from halflife._lazy import lazily

if TYPE_CHECKING:
    from halflife.sklearn._classifier import MLPClassifier as MLPClassifier
    from halflife.sklearn._cv import MLPClassifierCV as MLPClassifierCV
    from halflife.sklearn._cv import MLPRegressorCV as MLPRegressorCV
    from halflife.sklearn._path import RegularizationPath as RegularizationPath
    from halflife.sklearn._regressor import MLPRegressor as MLPRegressor

_HOMES = {
    "MLPClassifier": "_classifier",
    "MLPClassifierCV": "_cv",
    "MLPRegressor": "_regressor",
    "MLPRegressorCV": "_cv",
    "RegularizationPath": "_path",
}

__all__ = sorted(_HOMES)
__getattr__, __dir__ = lazily(__name__, _HOMES)
