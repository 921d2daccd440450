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

    @property
    def looks(self) -> Callable[[int, Parameters], None] | None:
        """What is to be shown the weights after each epoch; None without validation rows."""
        if self._score is None:
            return None
        score = self._score

        def look(_: int, parameters: Parameters) -> None:
            self.scores.append(score(parameters))
            if self.best is None or self.scores[-1] > max(self.scores[:-1]):
                self.best = parameters

        return look

    def enough(self, curves: Mapping[str, np.ndarray]) -> bool:
        """Whether the epoch with these curves is the last."""
        watched = -self.scores[-1] if self._score else float(curves["train"][0] + curves["penalty"][0])
        self._in_vain = self._in_vain + 1 if watched > self._least - self._tol else 0
        self._least = min(self._least, watched)
        self.ended = self._epochs is not None and self._in_vain > self._epochs
        return self.ended or not np.isfinite(curves["train"][0])
