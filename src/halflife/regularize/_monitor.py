"""What decay does while a network trains, watched from beside the optimizer.

Between logging steps nothing is done: the hooks return at once. In a logging step the weights are copied before the
step, and gone over once after it, beside the copy and piece by piece, so that no further pass through memory is made.
"""

import csv
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

import torch

from halflife._errors import BadInput
from halflife._html import table
from halflife.probe import LawReport, probe_groups
from halflife.regularize._arithmetic import pieces
from halflife.regularize._hooks import DOOR, PEAK, Hooks
from halflife.rules import half_life

COLUMNS = ("step", "group", "norm", "decay", "half_life", "measured_half_life", "decay_share", "rotation")
Row = dict[str, float]


class Monitor:
    """Watches an optimizer until it is closed; `with halflife.monitor(optimizer) as watched:` closes it.

    A row is made for each parameter group in every logging step, of those of its parameters that have a gradient and,
    where halflife spares some of the group, are not spared:

    - `step`, counted from 1, and `group`;
    - `norm`: ‖w‖ after the step;
    - `decay`: α of this step (1/step), from the law that the probe found; NaN for L2, which has none of its own;
    - `half_life`: of that α, in steps;
    - `measured_half_life`: steps to halve at the pace of this step, gradient included: of the weights' part along
      themselves; infinite where that grew;
    - `decay_share`: ‖α·w‖ / (‖α·w‖ + ‖rest of the update‖);
    - `rotation`: the angle between the weights before and after the step, in radians.

    Attributes:
        rows: what was seen, oldest first.
    """

    def __init__(self, optimizer: Any, *, every: int, to: Any):
        if not isinstance(every, int) or every < 1:
            raise BadInput(f"every is {every!r}: it must be a whole number of steps, 1 or more.")
        self.rows: list[Row] = []
        self._sink = _sink(to)
        try:
            self._reports = probe_groups(optimizer)
        except BadInput as error:
            raise BadInput(
                f"{type(optimizer).__name__} cannot be monitored, for its law cannot be found: {error}"
            ) from error
        self._every, self._step = every, 0
        self._before: list[tuple[list[Any], list[Any], float]] = []
        first = optimizer.register_step_pre_hook(self._copy)
        # before halflife's own hooks, which lend the optimizer other arguments for the time of a step
        optimizer._optimizer_step_pre_hooks.move_to_end(first.id, last=False)
        self._handles = [first, optimizer.register_step_post_hook(self._look)]

    @property
    def last(self) -> list[Row]:
        """The rows of the last logging step, one for each group."""
        return [row for row in self.rows if row["step"] == self.rows[-1]["step"]]

    def _repr_html_(self) -> str:
        return table(COLUMNS, ([f"{row[column]:.4g}" for column in COLUMNS] for row in self.last))

    def close(self) -> None:
        """Stop watching."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _copy(self, optimizer: Any, *_: Any) -> None:
        self._step += 1
        self._before = []
        if (self._step - 1) % self._every:
            return
        hooks = _hooks_of(optimizer)
        for index, group in enumerate(optimizer.param_groups):
            members = _members(group, hooks)
            report = self._reports[index] if index < len(self._reports) else None
            self._before.append((members, [p.detach().clone() for p in members], _decay(group, hooks, report)))

    def _look(self, *_: Any) -> None:
        for index, (members, before, decay) in enumerate(self._before):
            given = [(p, old) for p, old in zip(members, before, strict=True) if p.grad is not None]
            if given:
                row = {"step": float(self._step), "group": float(index)} | _measured(given, decay)
                self.rows.append(row)
                self._sink(row)
        self._before = []


def _members(group: dict[str, Any], hooks: Hooks | None) -> list[Any]:
    if hooks is None or DOOR not in group:
        return list(group["params"])
    parts = hooks.doors[group[DOOR]].parts
    named = [p for part in parts if part.parameters is not None for p in part.parameters]
    return named or list(group["params"])


def _decay(group: dict[str, Any], hooks: Hooks | None, report: LawReport | None) -> float:
    """α of the coming step; NaN where there is none to speak of."""
    if hooks is not None and DOOR in group:
        share = float(hooks.share(group, hooks.doors[group[DOOR]]))
        return share or math.nan
    if report is None or report.strength_name not in group or report.law.value.lr_power is None:
        return math.nan
    lr = float(group["lr"])
    peak = float(next(v for v in (group.get(PEAK), group.get("initial_lr"), lr) if v is not None))
    return float(report.law.decay(float(group[report.strength_name]), lr=lr, peak_lr=peak)) * (report.coefficient or 1)


def _measured(pairs: list[tuple[Any, Any]], decay: float) -> Row:
    ww, dd, dw = (sum(each) for each in zip(*(_products(p.detach(), old) for p, old in pairs), strict=True))
    old_ww, old_dw = ww - 2 * dw + dd, dw - dd
    kept = 1 + old_dw / old_ww if old_ww else 1.0
    rest = math.sqrt(max(0.0, dd + 2 * decay * old_dw + decay**2 * old_ww)) if decay == decay else math.nan
    pull = decay * math.sqrt(max(0.0, old_ww))
    norm = math.sqrt(ww)
    along = norm - dw / norm if norm else 0.0
    return {
        "norm": norm,
        "decay": decay,
        "half_life": half_life(decay) if 0 <= decay <= 1 else math.nan,
        "measured_half_life": math.log(2) / -math.log(kept) if 0 < kept < 1 else math.inf if kept >= 1 else 0.0,
        "decay_share": pull / (pull + rest) if pull + rest else 0.0,
        "rotation": math.atan2(math.sqrt(max(0.0, dd - (dw / norm) ** 2)), along) if norm else 0.0,
    }


def _products(new: Any, old: Any) -> list[float]:
    """⟨w, w⟩, ⟨Δ, Δ⟩ and ⟨Δ, w⟩ of Δ = w − w₀ in float64, each weight read once; of sharded tensors over all shards."""
    if hasattr(new, "full_tensor"):
        moved = new.double() - old.double()
        pairs = (new.double(), new.double()), (moved, moved), (moved, new.double())
        return [float((a * b).sum().full_tensor()) for a, b in pairs]
    if new.is_complex():
        new, old = torch.view_as_real(new), torch.view_as_real(old)
    total = torch.zeros(3, dtype=torch.float64, device=new.device)
    for w, before in pieces([new], [old]):
        w = w.double().flatten()
        moved = w - before.double().flatten()
        total += torch.stack([w @ w, moved @ moved, moved @ w])
    return [float(each) for each in total.tolist()]


def _hooks_of(optimizer: Any) -> Hooks | None:
    owners = (getattr(hook, "__self__", None) for hook in optimizer._optimizer_step_pre_hooks.values())
    return next((owner for owner in owners if isinstance(owner, Hooks)), None)


def _sink(to: Any) -> Callable[[Row], None]:
    if to is None:
        return lambda _: None
    if hasattr(to, "add_scalar"):
        return partial(_to_board, to)
    if isinstance(to, (str, Path)):
        if not Path(to).parent.is_dir():
            raise BadInput(f"to is {str(to)!r}: its folder does not exist.")
        return partial(_to_csv, Path(to))
    if callable(to):
        found: Callable[[Row], None] = to
        return found
    raise BadInput(f"to is {to!r}: it must be a path of a CSV file, a TensorBoard writer, or a function of a row.")


def _to_board(writer: Any, row: Row) -> None:
    for name in COLUMNS[2:]:
        writer.add_scalar(f"halflife/group {row['group']:.0f}/{name}", row[name], int(row["step"]))


def _to_csv(path: Path, row: Row) -> None:
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if fresh:
            writer.writeheader()
        writer.writerow({**row, "step": int(row["step"]), "group": int(row["group"])})
