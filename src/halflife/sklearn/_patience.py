"""When to stop: once what is watched has not improved for some epochs, as scikit-learn counts them."""

from collections.abc import Callable, Mapping

import numpy as np

from halflife.lab.model import Parameters


class Patience:
    """Watches one network, epoch by epoch, and says when enough is enough.

    Watched is the error on the training rows with its penalty or, where there are validation rows, their score.

    Args:
        tol: improvements below it do not count.
        epochs: how many epochs in a row may pass without one; None for all of them.
        score: of the weights on the validation rows, the more the better; None without such rows.

    Attributes:
        ended: whether it said so.
        scores: on the validation rows, after each epoch.
        best: the weights with the best of them; None without validation rows.
    """

    def __init__(self, *, tol: float, epochs: int | None, score: Callable[[Parameters], float] | None):
        self._tol, self._epochs, self._score = tol, epochs, score
        self._least, self._in_vain = np.inf, 0
        self.ended = False
        self.scores: list[float] = []
        self.best: Parameters | None = None

    def __call__(self, parameters: Parameters, curves: Mapping[str, np.ndarray]) -> bool:
        """Whether the epoch that ended so was the last."""
        if self._score:
            self.scores.append(self._score(parameters))
            watched = -self.scores[-1]
        else:
            watched = float(curves["train"][0] + curves["penalty"][0])
        self._in_vain = self._in_vain + 1 if watched > self._least - self._tol else 0
        if watched < self._least or (self._score and self.best is None):
            self._least = watched
            self.best = parameters if self._score else None
        self.ended = self._epochs is not None and self._in_vain > self._epochs
        return self.ended or not np.isfinite(curves["train"][0])
