"""Training a population of a torch module's: the lab's loop, in torch."""

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from halflife.lab.data import Data, Rows
from halflife.lab.feed import feed
from halflife.lab.program import CURVES
from halflife.lab.regime import Regime
from halflife.lab.settings import Setting
from halflife.lab.training import Stopped, Trained
from halflife.rules import RULES, update

if TYPE_CHECKING:
    from halflife.tune._torch_model import TorchModel

Array = Any


def mapped(module: Any) -> Callable[[Any, Any], Any]:
    """What a module answers with many sets of parameters: [members, rows, outputs]."""
    from torch.func import functional_call, vmap

    answers: Callable[[Any, Any], Any] = vmap(
        lambda p, x: functional_call(module, p, (x,)), in_dims=(0, None), randomness="different"
    )
    return answers


def kind(shape: tuple[int, ...]) -> str:
    """Weights have two dimensions or more, and are regularized; the rest are biases."""
    return "weights" if len(shape) > 1 else "biases"


def _row_errors(error: str, outputs: Any, targets: Any) -> Any:
    """As `ERRORS`, for torch: [members, rows] from outputs [members, rows, outputs] and targets [rows, outputs]."""
    from torch.nn import functional

    if error == "softmax_cross_entropy":
        return -(targets * functional.log_softmax(outputs, dim=-1)).sum(-1)
    if error == "logistic_cross_entropy":
        return (functional.softplus(outputs) - targets * outputs).sum(-1)
    squares = (outputs - targets) ** 2
    return squares.mean(-1) if error == "mean_squared" else squares.sum(-1) / 2


class Training:
    """One population of a module's, from its start to its last epoch."""

    def __init__(self, model: "TorchModel", data: Data, regime: Regime, settings: Sequence[Setting], seed: int):
        """Stack one start for all members."""
        import torch

        self.model, self.data, self.regime, self.settings, self.seed = model, data, regime, settings, seed
        self.torch, self.dtype = torch, getattr(torch, regime.precision)
        self.learning, self.answering = copy.deepcopy(model.module).train(), copy.deepcopy(model.module).eval()
        for module in (self.learning, self.answering):
            module.to(self.dtype)
        self.rule = RULES[settings[0].rule]
        self.rows = {name: self._tensors(part) for name, part in self._sets().items()}
        start = model.initial(seed)
        self.weights = {
            name: self._tensor(next(iter(layer.values()))).expand(len(settings), *shape).clone()
            for (name, shape), layer in zip(model.shapes.items(), start, strict=True)
        }
        self.states = {name: self.rule.initial_state(w) for name, w in self.weights.items()}
        self.frozen = {
            name: p.detach().expand(len(settings), *p.shape)
            for name, p in self.learning.named_parameters()
            if name not in self.weights
        }

    def run(self, stop: Callable[[], bool]) -> Trained:
        """Train all epochs.

        Raises:
            Stopped: `stop` said so between two epochs.
        """
        self.torch.manual_seed(self.seed)
        members = len(self.settings)
        diverged, curves = np.zeros(members, np.int32), []
        for epoch in range(self.regime.epochs):
            if stop():
                raise Stopped
            before = self.weights
            train = self._epoch(epoch)
            norm = self._norm()
            alive = (diverged == 0) & np.isfinite(train) & np.isfinite(norm)
            diverged = np.where((diverged == 0) & ~alive, epoch + 1, diverged).astype(np.int32)
            kept = self.torch.tensor(alive)
            self.weights = {n: self.torch.where(_over(kept, w), w, before[n]) for n, w in self.weights.items()}
            curves.append({name: np.where(alive, value, np.nan) for name, value in self._measured(train, norm).items()})
        error, score = self._errors_and_scores("train")
        return Trained(
            curves={name: np.stack([c[name] for c in curves]) for name in CURVES},
            final={"train": error, "train_score": score},
            diverged=diverged,
            parameters=[{kind(w.shape[1:]): w.numpy()} for w in self.weights.values()],
            states=[],
        )

    def _epoch(self, epoch: int) -> Array:
        told = feed(self.regime, self.settings, len(self.data.train), seed=self.seed, epochs=range(epoch, epoch + 1))
        x, y = self.rows["train"]
        l2 = self._tensor(np.array([s.l2 for s in self.settings]))
        numbers = {
            name: self._tensor(np.array([dict(s.hyperparameters)[name] for s in self.settings]))
            for name, _ in self.settings[0].hyperparameters
        }
        total = self.torch.zeros(len(self.settings), dtype=self.dtype)
        answers = mapped(self.learning)
        for step in range(len(told["index"])):
            index, weight = self.torch.from_numpy(told["index"][step]).long(), self._tensor(told["weight"][step])
            for w in self.weights.values():
                w.requires_grad_(True)
            outputs = answers(self.weights | self.frozen, x[index])
            errors = _row_errors(self.model.error, outputs, y[index]) @ weight
            gradients = self.torch.autograd.grad(errors.sum(), list(self.weights.values()))
            total += errors.detach() * float(told["share"][step])
            lr, decay = (self._tensor(told[name][step].reshape(-1)) for name in ("lr", "decay"))
            for (name, w), gradient in zip(list(self.weights.items()), gradients, strict=True):
                regularized = float(w.ndim > 2 or self.regime.regularize_biases)
                self.weights[name], self.states[name] = update(
                    self.rule,
                    w.detach(),
                    gradient,
                    self.states[name],
                    step=int(told["step"][step]),
                    lr=_over(lr, w),
                    l2=_over(l2, w) * regularized,
                    decay=_over(decay, w) * regularized,
                    order=self.settings[0].law.order,
                    **{name: _over(number, w) for name, number in numbers.items()},
                )
        return total.numpy()

    def _measured(self, train: Array, norm: Array) -> dict[str, Array]:
        (valid, valid_score), (test, test_score) = (self._errors_and_scores(name) for name in ("valid", "test"))
        l2 = np.array([s.l2 for s in self.settings])
        return {
            "train": train,
            "penalty": l2 * norm**2 / 2,
            "valid": valid,
            "test": test,
            "valid_score": valid_score,
            "test_score": test_score,
            "norm": norm,
        }

    def _errors_and_scores(self, name: str) -> tuple[Array, Array]:
        x, y = self.rows[name]
        if not len(x):
            return np.full(len(self.settings), np.nan), np.full(len(self.settings), np.nan)
        with self.torch.no_grad():
            outputs = mapped(self.answering)(self.weights | self.frozen, x)
            errors = _row_errors(self.model.error, outputs, y).mean(1)
            if self.data.task == "classification" and y.shape[1] == 1:
                score = ((outputs[..., 0] > 0) == (y[:, 0] > 0)).to(self.dtype).mean(1)
            elif self.data.task == "classification":
                score = (outputs.argmax(-1) == y.argmax(-1)).to(self.dtype).mean(1)
            else:
                spread = ((y - y.mean(0)) ** 2).sum()
                score = 1 - ((outputs - y) ** 2).sum((1, 2)) / spread
        return errors.numpy(), score.numpy()

    def _norm(self) -> Array:
        squares = sum((w.detach() ** 2).flatten(1).sum(1) for w in self.weights.values() if w.ndim > 2)
        return np.sqrt(np.asarray(squares)) if not isinstance(squares, int) else np.zeros(len(self.settings))

    def _sets(self) -> dict[str, Rows]:
        return {"train": self.data.train, "valid": self.data.valid, "test": self.data.test}

    def _tensors(self, rows: Rows) -> tuple[Any, Any]:
        return self._tensor(rows.x).reshape(-1, *self.model.shape), self._tensor(rows.y)

    def _tensor(self, values: Array) -> Any:
        return self.torch.tensor(np.asarray(values), dtype=self.dtype)


def _over(values: Any, like: Any) -> Any:
    """[members] so that it broadcasts over [members, ...]."""
    return values.reshape(-1, *(1,) * (like.ndim - 1))
