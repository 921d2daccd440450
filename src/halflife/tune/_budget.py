"""How much a search may cost: the grid is thinned, or fewer points are drawn, until the trainings suffice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from halflife._errors import BadInput
from halflife.tune._optuna import by_optuna
from halflife.tune._point import Space
from halflife.tune._search import Search, by_chance, by_grid

SEARCHES: Mapping[str, Callable[..., Search]] = {"grid": by_grid, "random": by_chance, "optuna": by_optuna}

POINTS = 48
"""How many points a search that draws them begins with, unless the budget says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Affordable:
    """A search that keeps to its budget.

    Attributes:
        search: begins it.
        number: of points that it draws; 0 where it does not draw.
    """

    search: Callable[[], Search]
    number: int


def affordable(
    space: Space, name: str, epochs: int, *, trainings: int | None, folds: int, seeds: int, seed: int
) -> tuple[Space, Affordable]:
    """The widest search that trains at most so many networks, and the space that is left to it.

    Raises:
        BadInput: even the smallest trains more.
    """
    number = 0 if name == "grid" else POINTS
    while True:
        how = Affordable(search=_begin(name, space, epochs, number, seed), number=number)
        cost = folds * (_points(how.search()) + (seeds - 1) * 2 * len(space.doors))
        if trainings is None or cost <= trainings:
            return space, how
        thinner, fewer = (_thinner(space), 0) if name == "grid" else (space, number * 3 // 4)
        if thinner is None or (name != "grid" and fewer < 2 * len(space.doors)):
            raise BadInput(f"trainings is {trainings}: the smallest {name} search here trains {cost} networks.")
        space, number = thinner, fewer


def _begin(name: str, space: Space, epochs: int, number: int, seed: int) -> Callable[[], Search]:
    start, drawn = SEARCHES[name], {} if name == "grid" else {"number": number, "seed": seed}
    return lambda: start(space, epochs, **drawn)


def _points(search: Search) -> int:
    """How many points a search asks for, told any errors at all: what it drops does not depend on which is best."""
    total, batch = 0, next(search)
    while True:
        total += len(batch.points)
        try:
            batch = search.send({point: float(place) for place, point in enumerate(batch.points)})
        except StopIteration:
            return total


def _thinner(space: Space) -> Space | None:
    """The space with every second value of its longest dimension left out; None if each has one value."""
    longest = max(len(space.lrs), len(space.l2s), len(space.decays_over_lr))
    if longest < 2:
        return None
    if len(space.lrs) == longest:
        return replace(space, lrs=_every_second(space.lrs))
    if len(space.l2s) == longest:
        return replace(space, l2s=_every_second(space.l2s))
    return replace(space, decays_over_lr=_every_second(space.decays_over_lr))


def _every_second(values: tuple[float, ...]) -> tuple[float, ...]:
    return values[1::2] if len(values) > 2 else values[:1]
