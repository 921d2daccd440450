"""What a grid of trainings says: the best setting of each law, what it gains, and how the best strength moves with lr.

Pure functions of outcomes. A setting is chosen by its validation error, averaged over seeds; what is reported of it is
measured on the test rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, linear_regression, stdev

from halflife.lab.settings import Setting
from halflife.rules import Law

CONFIDENCE = 0.95


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One training, as it ended.

    Attributes:
        setting: what was trained.
        seed: of initialization and order of rows.
        diverged: the epoch in which it stopped being finite, 0 if it did not.
        train: error on the training rows, without penalty; NaN if diverged, as all that follow.
        valid: error on the validation rows.
        test: error on the test rows.
        train_score: accuracy (R² for regression) on the training rows.
        valid_score: the same on the validation rows.
        test_score: the same on the test rows.
        norm: ‖w‖ without biases.
    """

    setting: Setting
    seed: int
    diverged: int
    train: float
    valid: float
    test: float
    train_score: float
    valid_score: float
    test_score: float
    norm: float

    @property
    def sound(self) -> bool:
        """Whether it can be compared: it did not diverge, and no error of it is too large for its precision."""
        return not self.diverged and all(map(math.isfinite, (self.train, self.valid, self.test)))


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean and where it lies with 95 % confidence (Student's t over seeds).

    Attributes:
        mean: over the seeds.
        low: the lower end; None if there is but one seed.
        high: the upper end; None if there is but one seed.
    """

    mean: float
    low: float | None
    high: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> "Interval":
        """The interval of the mean of these values."""
        mean = fmean(values)
        if len(values) < 2:
            return cls(mean=mean, low=None, high=None)
        half = _student(len(values) - 1) * stdev(values) / math.sqrt(len(values))
        return cls(mean=mean, low=mean - half, high=mean + half)

    @classmethod
    def over_folds(cls, values: Sequence[float], *, folds: int) -> "Interval":
        """The interval of a mean over all folds of a cross-validation, or of one that is repeated with other splits.

        The trainings share rows, so the variance of the mean of n values is not s²/n but s²·(1/n + n_valid/n_train),
        with n_valid/n_train = 1/(folds−1) (Nadeau & Bengio 2003, section 3) and n−1 degrees of freedom, repeated or
        not (Bouckaert & Frank 2004, the corrected test for repeated folds).

        Args:
            values: one for each fold of each split.
            folds: of a split.
        """
        mean, number = fmean(values), len(values)
        half = _student(number - 1) * stdev(values) * math.sqrt(1 / number + 1 / (folds - 1))
        return cls(mean=mean, low=mean - half, high=mean + half)

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, kw_only=True)
class Best:
    """The setting that validates best, and what its networks are like; intervals are over seeds.

    Attributes:
        lr: peak learning rate.
        strength: λ under L2; α at the peak of lr (1/step) under INDEPENDENT.
        valid: validation error, mean over seeds.
        test: test error.
        test_score: accuracy or R² on the test rows.
        gap: test error less training error: how far it overfits.
        norm: ‖w‖ without biases.
        tests: the test error of each seed, in the order of the seeds.
    """

    lr: float
    strength: float
    valid: float
    test: Interval
    test_score: Interval
    gap: Interval
    norm: Interval
    tests: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Slope:
    """How the best strength moves with lr: d log strength / d log lr, over the lrs with an optimum inside the grid.

    Attributes:
        value: slope, mean over seeds; None when fewer than three lrs have an optimum inside.
        low: lower end of the 95 % interval over seeds; None with one seed.
        high: upper end.
        lrs: how many lrs entered, in the seed that has fewest.
        optima: (lr, strength) of each optimum that entered, of all seeds.
    """

    value: float | None
    low: float | None
    high: float | None
    lrs: int
    optima: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class GridResult:
    """What the grid of one rule under one law says.

    Attributes:
        rule: the rule's name.
        law: L2 or INDEPENDENT.
        best: the best setting with regularization.
        unregularized: the best setting without.
        gain: test error without less test error with regularization, paired by seed.
        slope: of log best strength over log lr.
        diverged: trainings that stopped being finite.
        trainings: trainings in this grid, those without regularization included.
    """

    rule: str
    law: Law
    best: Best
    unregularized: Best
    gain: Interval
    slope: Slope
    diverged: int
    trainings: int


def summarize(outcomes: Sequence[Outcome], rule: str, law: Law) -> GridResult | None:
    """The result of one rule under one law; None if every training of it diverged."""
    mine = [o for o in outcomes if o.setting.rule == rule and (o.setting.law is law or o.setting.strength == 0)]
    regularized = [o for o in mine if o.setting.strength > 0]
    best, unregularized = _best(regularized), _best([o for o in mine if o.setting.strength == 0])
    if best is None or unregularized is None:
        return None
    return GridResult(
        rule=rule,
        law=law,
        best=best,
        unregularized=unregularized,
        gain=Interval.of([a - b for a, b in zip(unregularized.tests, best.tests, strict=True)]),
        slope=slope(regularized),
        diverged=sum(o.diverged > 0 for o in mine),
        trainings=len(mine),
    )


def slope(outcomes: Sequence[Outcome]) -> Slope:
    """Fit log best strength over log lr for each seed; the interval is over the seeds' slopes."""
    seeds = sorted({o.seed for o in outcomes})
    optima = [_optima([o for o in outcomes if o.seed == seed]) for seed in seeds]
    fewest = min(map(len, optima), default=0)
    every = tuple((10**lr, 10**strength) for of_seed in optima for lr, strength in of_seed)
    if fewest < 3:
        return Slope(value=None, low=None, high=None, lrs=fewest, optima=every)
    interval = Interval.of([linear_regression(*zip(*of_seed, strict=True)).slope for of_seed in optima])
    return Slope(value=interval.mean, low=interval.low, high=interval.high, lrs=fewest, optima=every)


def _optima(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    """log10 of each lr whose optimum lies inside the grid, and of the strength where it lies."""
    found = []
    for lr in sorted({o.setting.lr for o in outcomes}):
        row = sorted((o.setting.strength, o.valid) for o in outcomes if o.setting.lr == lr)
        optimum = _inner_minimum([(math.log10(s), v) for s, v in row])
        if optimum is not None:
            found.append((math.log10(lr), optimum))
    return found


def _inner_minimum(points: Sequence[tuple[float, float]]) -> float | None:
    """Where the parabola through the lowest point and its neighbours is lowest; None if that is at an end."""
    errors = [v if math.isfinite(v) else math.inf for _, v in points]
    lowest = min(range(len(points)), key=errors.__getitem__, default=0)
    if not 0 < lowest < len(points) - 1:
        return None
    (a, fa), (b, fb), (c, fc) = points[lowest - 1 : lowest + 2]
    if not (math.isfinite(fa) and math.isfinite(fc)):
        return b
    left, right = (b - a) * (fb - fc), (b - c) * (fb - fa)
    if left == right:
        return b
    return b - ((b - a) * left - (b - c) * right) / (2 * (left - right))


def _best(outcomes: Sequence[Outcome]) -> Best | None:
    by_setting: dict[Setting, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda o: o.seed):
        by_setting.setdefault(outcome.setting, []).append(outcome)
    sound = {setting: seeds for setting, seeds in by_setting.items() if all(o.sound for o in seeds)}
    if not sound:
        return None
    setting = min(sound, key=lambda s: fmean(o.valid for o in sound[s]))
    seeds = sound[setting]
    return Best(
        lr=setting.lr,
        strength=setting.strength,
        valid=fmean(o.valid for o in seeds),
        test=Interval.of([o.test for o in seeds]),
        test_score=Interval.of([o.test_score for o in seeds]),
        gap=Interval.of([o.test - o.train for o in seeds]),
        norm=Interval.of([o.norm for o in seeds]),
        tests=tuple(o.test for o in seeds),
    )


def _student(freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + CONFIDENCE) / 2, freedom))
