"""A user's own torch module as a population: functional_call under vmap, and the same `rules.update` as everywhere."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from halflife._errors import BadInput, UnknownName
from halflife.lab.data import Data
from halflife.lab.files import one_line
from halflife.lab.model import Parameters
from halflife.lab.networks import ERRORS
from halflife.lab.regime import Regime
from halflife.lab.settings import Setting
from halflife.lab.training import Trained
from halflife.tune._torch_training import Training, kind, mapped

Array = Any


@dataclass(frozen=True, kw_only=True, eq=False)
class TorchModel:
    """A module of torch and what it is trained on.

    Attributes:
        module: answers [rows, outputs] to x [rows, ...]; it is copied, never changed.
        shape: of one row of x.
        targets: outputs that are wanted.
        error: one of `ERRORS`.
    """

    module: Any
    shape: tuple[int, ...]
    targets: int
    error: str

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of each parameter that is trained."""
        return {name: tuple(p.shape) for name, p in self.module.named_parameters() if p.requires_grad}

    @property
    def parameters(self) -> int:
        """How many numbers one member learns."""
        return sum(map(math.prod, self.shapes.values()))

    @property
    def sizes(self) -> tuple[int, ...]:
        """About how many numbers a row becomes: the first dimension of each weight."""
        hidden = (shape[0] for shape in self.shapes.values() if len(shape) > 1)
        return (math.prod(self.shape), *hidden, self.targets)

    def initial(self, seed: int) -> Parameters:
        """One member's first parameters: every module that has `reset_parameters` is reset under this seed."""
        import torch

        fresh = copy.deepcopy(self.module)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for part in reversed(list(fresh.modules())):  # a module has the last word over its parts
                if callable(getattr(part, "reset_parameters", None)):
                    part.reset_parameters()
        trained = dict(fresh.named_parameters())
        return [{kind(shape): trained[name].detach().double().numpy()} for name, shape in self.shapes.items()]

    def outputs(self, parameters: Parameters, rows: Array) -> Array:
        """A module of torch answers in torch alone."""
        raise NotImplementedError

    def row_errors(self, outputs: Array, targets: Array) -> Array:
        """A module of torch answers in torch alone."""
        raise NotImplementedError

    def described(self) -> Mapping[str, Any]:
        """Its parts and the error."""
        return {"model": str(self.module), "error": self.error}

    def train(
        self,
        data: Data,
        regime: Regime,
        settings: Sequence[Setting],
        *,
        seed: int,
        stop: Callable[[], bool] = lambda: False,
    ) -> Trained:
        """As `halflife.lab.train`, in torch."""
        return Training(self, data, regime, settings, seed).run(stop)


def torch_model(module: Any, *, shape: tuple[int, ...], targets: int, error: str) -> TorchModel:
    """The module as a population can be made of it.

    Raises:
        BadInput: it answers in another shape, keeps batch norm statistics, has nothing to train, or cannot be mapped.
    """
    import torch

    if error not in ERRORS:
        raise UnknownName("error", error, ERRORS)
    for name, part in module.named_modules():
        if getattr(part, "track_running_stats", False):
            raise BadInput(
                f"the model keeps batch statistics in {name or 'itself'} ({type(part).__name__}): only models without "
                "such state can be trained many at once; use track_running_stats=False, or layer norm."
            )
    model = TorchModel(module=copy.deepcopy(module).float(), shape=shape, targets=targets, error=error)
    if not model.shapes:
        raise BadInput("the model has no parameters to train.")
    try:
        with torch.no_grad():
            answered = mapped(model.module)(
                {name: p.detach()[None] for name, p in model.module.named_parameters()}, torch.zeros(2, *shape)
            )[0]
    except Exception as problem:  # whatever the user's module raises
        raise BadInput(
            f"the model cannot be called on x of shape {(2, *shape)} by torch.func: {one_line(problem)}"
        ) from problem
    if tuple(answered.shape) != (2, targets):
        raise BadInput(
            f"the model answers with {tuple(answered.shape)} for 2 rows: it must be (2, {targets}), one an output."
        )
    return model
