"""A search from its first batch to its finalists, as far as time allows."""

from pathlib import Path

from halflife._errors import BadInput
from halflife.tune import _choose
from halflife.tune._budget import FINALISTS, Plan
from halflife.tune._search import Batch
from halflife.tune._trials import Trials

_MOST_SPLITS = 10_000


def driven(plan: Plan, trials: Trials, path: Path) -> tuple[_choose.Tried, bool]:
    """Try what the search asks for, then its finalists on more splits.

    A finer step is left out if it would leave no time for a second split, every step after the first if it would leave
    none for all of them.

    Returns:
        What can be compared, and whether nothing was left out for want of time.

    Raises:
        BadInput: no two doors can be compared.
    """
    steps, finished = _search(plan, trials)
    tried = _choose.comparable(trials.trials.values(), plan.space.doors)
    if len(tried) < 2:
        raise BadInput(
            f"{'time was up' if trials.out_of_time else 'too many networks diverged'} before two doors could be "
            f"compared; what was trained is kept in {path}: the same command with more minutes, or a grid of smaller "
            "lrs in another file, goes on."
        )
    finalists = _choose.finalists(tried, FINALISTS)
    length = next(iter(tried.values()))[0].epochs
    for split in range(1, plan.splits):
        if not trials.fits(len(finalists) * plan.folds * length / plan.epochs):
            finished = False
            break
        # finalists depend on how many steps there were, so their batches are other ones
        batch = Batch(stage="splits", points=finalists, epochs=length)
        trials.attempt(batch, steps * _MOST_SPLITS + split, split)
    return _choose.comparable(trials.trials.values(), tried), finished and not trials.out_of_time


def _search(plan: Plan, trials: Trials) -> tuple[int, bool]:
    """Try what the search asks for; how many batches that were, and whether they were all it had to ask."""
    search, number, finer = plan.search(), 0, 0
    of_a_split = FINALISTS * len(plan.space.doors) * plan.folds
    try:
        batch = next(search)
        while not trials.out_of_time:
            if batch.stage == "fine":
                finer += 1
                splits = min(plan.splits - 1, 1 if finer == 1 else plan.splits)
                if not trials.fits(len(batch.points) * plan.folds + splits * of_a_split):
                    break
            errors = trials.attempt(batch, number)
            number += 1
            batch = search.send(errors)
    except StopIteration:
        return number, True
    return number, False
