"""A progress bar on standard error, and what is said when a study is interrupted."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from halflife import lab
    from halflife import tune as search


class Bar:
    """Shows on a terminal how far a study is; Ctrl-C inside it ends in one sentence and exit code 130."""

    def __init__(self) -> None:
        """Nothing is drawn before the first report."""
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[best]}"),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._safe = "nothing finished"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar.live.is_started:
            self._bar.stop()
        if kind is KeyboardInterrupt:
            sys.stderr.write(f"halflife: stopped; {self._safe}: the same command goes on from there.\n")
            raise typer.Exit(130)

    def study(self, progress: "lab.Progress") -> None:
        """Draw one report of `halflife.lab.study`."""
        best = progress.best
        words = f"best so far: {best.setting.rule} {best.setting.law}, {best.valid:.3f}" if best else ""
        self._safe = f"{progress.done} of {progress.total} {progress.stage} finished and kept"
        self._draw(progress, words)

    def tune(self, progress: "search.Progress") -> None:
        """Draw one report of `halflife.tune`."""
        words = ""
        if progress.best:
            point, error = progress.best
            words = f"best so far: {point.door}, lr {point.lr:.2g}, strength {point.strength:.2g}, {error:.3f}"
        told = f", the last {progress.done} of {progress.total} of stage {progress.stage}" if progress.kept else ""
        self._safe = f"{progress.kept} trainings finished and kept{told}"
        self._draw(progress, words)

    def _draw(self, progress: "lab.Progress | search.Progress", words: str) -> None:
        if self._bar.console.is_terminal:
            self._bar.start()
        if progress.stage not in self._tasks:
            self._tasks[progress.stage] = self._bar.add_task(progress.stage, total=None, best="")
        self._bar.update(self._tasks[progress.stage], completed=progress.done, total=progress.total, best=words)
