"""How much a search may cost: plans from the richest to the poorest, of which the first is taken that is affordable.

The unit is one training through all epochs: a network that is dropped after a tenth of them costs a tenth.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from halflife._errors import BadInput
from halflife.tune._optuna import SAMPLERS, by_optuna
from halflife.tune._point import Space
from halflife.tune._search import Search, by_chance, by_grid

SEARCHES: Mapping[str, Callable[..., Search]] = {
    "grid": by_grid,
    "random": by_chance,
    "optuna": by_optuna,
    **{f"optuna:{name}": partial(by_optuna, sampler=name) for name in SAMPLERS},
}

POINTS = 48
"""How many points a search that draws them begins with, unless the budget says otherwise."""

FINALISTS = 2
"""Points of each door that are trained on every split."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A search that is decided on.

    Attributes:
        name: of `SEARCHES`.
        space: what it chooses from.
        steps: how often the best of the grid is compared with its neighbours.
        number: of points that it draws; 0 where it does not draw.
        splits: into folds that the finalists are trained on, each with a start of its own.
        folds: of a split.
        epochs: of a whole training.
        seed: of what is drawn.
    """

    name: str
    space: Space
    steps: int
    number: int
    splits: int
    folds: int
    epochs: int
    seed: int

    def search(self) -> Search:
        """Begin it."""
        own = {"steps": self.steps} if self.name == "grid" else {"number": self.number, "seed": self.seed}
        return SEARCHES[self.name](self.space, self.epochs, **own)

    @property
    def cost(self) -> float:
        """About how many whole trainings it is worth; what it finds decides the rest."""
        return self._asked() + self.folds * (self.splits - 1) * FINALISTS * len(self.space.doors)

    def _asked(self) -> float:
        """Whole trainings before there are finalists."""
        if self.name.startswith("optuna"):
            return self.number * self.folds
        search, asked = self.search(), 0.0
        batch = next(search)
        while True:
            asked += batch.folds_of(self.folds) * len(batch.points) * batch.epochs / self.epochs
            try:
                # the smallest lr is made to look best, so that every step of the grid has somewhere to go
                batch = search.send({point: point.lr for point in batch.points})
            except StopIteration:
                return asked

    def cheaper(self) -> Iterator["Plan"]:
        """This plan, then ever cheaper ones: first a step less, then fewer splits, then fewer points and no step."""
        plan = self
        yield plan
        if plan.steps > 1:
            plan = replace(plan, steps=1)
            yield plan
        while plan.splits > 1:
            plan = replace(plan, splits=plan.splits - 1)
            yield plan
        yield from sorted(plan._smaller(), key=lambda smaller: -smaller.cost)

    def _smaller(self) -> Iterator["Plan"]:
        doors = len(self.space.doors)
        for number in _shrinking(self.number, doors):
            yield replace(self, number=number)
        spaces = list(_thinning(self.space)) if self.name == "grid" else []
        for steps in range(self.steps + 1):
            for space in spaces:
                yield replace(self, space=space, steps=steps)
        if self.space.l2s and self.space.decays_over_lr:
            least = spaces[-1] if spaces else self.space
            yield replace(self, space=replace(least, l2s=()), number=min(self.number, doors - 1), steps=0)


def affordable(plan: Plan, trainings: int | None) -> Plan:
    """The richest plan that costs no more than so many whole trainings.

    Raises:
        BadInput: none does.
    """
    if trainings is None:
        return plan
    cost = 0.0
    for poorer in plan.cheaper():
        cost = poorer.cost
        if cost <= trainings:
            return poorer
    raise BadInput(
        f"trainings is {trainings}: the smallest {plan.name} search on {plan.folds} folds is {cost:.3g} trainings."
    )


def _shrinking(number: int, least: int) -> Iterator[int]:
    while number > least:
        number = max(least, number * 3 // 4)
        yield number


def _thinning(space: Space) -> Iterator[Space]:
    """The space, then each time with every second value of its longest dimension left out, until each has one."""
    fields = {"decay": "decays_over_lr", "l2": "l2s", "lr": "lrs"}
    while True:
        yield space
        longest = max(fields, key=lambda name: len(getattr(space, fields[name])))
        values = getattr(space, fields[longest])
        if len(values) < 2:
            return
        left = values[len(values) // 2 % 2 :: 2]  # the middle is among them
        steps = {**space.steps, longest: space.steps.get(longest, 1.0) ** 2}
        space = replace(space, steps=steps, **{fields[longest]: left})
