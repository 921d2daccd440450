"""Networks with scikit-learn's manners, trained by the lab: regularization by either door, its strength found at once.

Not to be taken for scikit-learn itself, which is imported as `sklearn`; this one is `halflife.sklearn`.
"""

from halflife.sklearn._classifier import MLPClassifier
from halflife.sklearn._cv import MLPClassifierCV, MLPRegressorCV
from halflife.sklearn._path import RegularizationPath
from halflife.sklearn._regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPClassifierCV", "MLPRegressor", "MLPRegressorCV", "RegularizationPath"]
