"""`halflife audit`: findings on a user's own training."""

import json
import os
import shutil
import subprocess
import sys
import traceback
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from halflife._errors import BadInput
from halflife.cli import _options, _pages, _screen, app

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from halflife.audit import Audit
    from halflife.audit._watch import Orders

WIDEST = 100
LAUNCHERS = ("torchrun", "accelerate")
"""Programs that start a script in several processes, and take `-m` and a module in its place."""
EXAMPLES = """
Examples:

    halflife audit checkpoint.pt --steps 10000 --schedule cosine

    halflife audit -- train.py --epochs 3        runs the script and stops at its third step

    halflife audit --continue --json -- train.py

    halflife audit -- torchrun --nproc-per-node 2 train.py

    halflife audit model.safetensors --optimizer "torch.optim:AdamW lr=1e-3 weight_decay=0.1"
"""


@app.command(epilog=EXAMPLES, short_help="Say what is regularized, how much, and what is wrong.")
def audit(
    target: Annotated[list[str], typer.Argument(help="A checkpoint; or -- and a training script with its arguments.")],
    steps: Annotated[int | None, typer.Option(help="Steps planned.")] = None,
    steps_per_epoch: Annotated[int | None, typer.Option(help="For half-lives in epochs.")] = None,
    schedule: Annotated[
        str | None, typer.Option(help="constant, linear, cosine, cosine-restarts, step or warmup-cosine.")
    ] = None,
    optimizer: Annotated[
        str | None, typer.Option(help="The optimizer of a checkpoint that does not tell, with its arguments.")
    ] = None,
    select: Annotated[str | None, typer.Option(help="Codes of the only checks to run, comma-separated.")] = None,
    ignore: Annotated[str | None, typer.Option(help="Codes of checks to leave out.")] = None,
    by_parameter: Annotated[bool, typer.Option("--by-parameter", help="List every parameter.")] = False,
    go_on: Annotated[bool, typer.Option("--continue", help="Let the script run on after the audit.")] = False,
    page: Annotated[Path | None, typer.Option("--report", help="Write an HTML page to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what is regularized, how much, and what is wrong; exit code 1 if there are errors."""
    from halflife.audit._audit import chosen_checks, examine
    from halflife.audit._plan import check_plan
    from halflife.audit._screen import screen
    from halflife.audit._watch import Orders

    plan: dict[str, Any] = {"steps": steps, "steps_per_epoch": steps_per_epoch, "schedule": schedule}
    chosen: dict[str, Any] = {"select": _options.names(select), "ignore": _options.names(ignore) or ()}
    check_plan(**plan)
    chosen_checks(**chosen)
    if page is not None:
        _pages.writable(page)
    if by_launcher := _launched(target):
        _restart(by_launcher)
    audits: list[Audit] = []

    def show(result: "Audit") -> None:
        audits.append(result)
        if not as_json and _leads():
            _screen.show(screen(result, by_parameter=by_parameter), widest=WIDEST)

    failure: BaseException | None = None
    first = target[0]
    if first == "-m" or first.endswith(".py") or first.rpartition("/")[2].startswith("python"):
        failure = _run(target, show, Orders(plan=plan, chosen=chosen, go_on=go_on, quiet=as_json))
    else:
        from halflife.audit._checkpoint import trainings_of
        from halflife.probe._target import parsed

        if len(target) > 1:
            raise BadInput(f"{' '.join(target)!r} is more than one checkpoint: write -- before a script's arguments.")
        dotted, *arguments = (optimizer or " ").split(" ")
        for training in trainings_of(
            first, optimizer=dotted or None, arguments=parsed([word for word in arguments if word]), **plan
        ):
            show(examine(training, **chosen))
    if not audits or not _leads():
        raise typer.Exit(_code(failure))
    written = {}
    if page is not None:
        from halflife.report import report

        report(audits, page)
        written = {"report": str(page)}
    if as_json:
        typer.echo(json.dumps(_together(audits, by_parameter) | written, ensure_ascii=False))
    elif page is not None:
        _pages.tell(page)
    raise typer.Exit(_code(failure) or (1 if any(result.errors for result in audits) else 0))


def _code(failure: BaseException | None) -> int:
    """How to end where the script has failed: as Python would."""
    if failure is None:
        return 0
    return 130 if isinstance(failure, KeyboardInterrupt) else 1


def _leads() -> bool:
    """Whether this process speaks for all that a launcher started."""
    return os.environ.get("RANK", "0") == "0"


def _launched(words: list[str]) -> list[str]:
    """The command that has a launcher start the audit, instead of the script, in each of its processes; or nothing."""
    if words[0].rpartition("/")[2] not in LAUNCHERS and words[:2] != ["-m", "torch.distributed.run"]:
        return []
    place = next((i for i, word in enumerate(words) if word.endswith(".py")), None)
    if place is None:
        raise BadInput(f"{' '.join(words)!r} names no script: write -- {words[0]} OPTIONS train.py ARGS.")
    own = sys.argv[2 : sys.argv.index("--")] if "--" in sys.argv else []
    start = [sys.executable, *words[:place]] if words[0] == "-m" else words[:place]
    return [*start, "-m", "halflife", "audit", *own, "--", *words[place:]]


def _restart(command: list[str]) -> NoReturn:
    beside_python = str(Path(sys.executable).parent)
    launcher = shutil.which(command[0]) or shutil.which(command[0], path=beside_python)
    if launcher is None:
        raise BadInput(f"{command[0]!r} is not installed here.")
    with subprocess.Popen([launcher, *command[1:]]) as started:  # noqa: S603 - it is the user's own command
        try:
            code = started.wait()
        except KeyboardInterrupt:
            # it is interrupted, too, and has something to say before it ends
            started.wait()
            code = 130
    raise typer.Exit(code)


def _run(words: list[str], show: "Callable[[Audit], None]", orders: "Orders") -> BaseException | None:
    """Run a script; what ended it early, which is told with the place where it happened."""
    from halflife.audit._script import watch

    with redirect_stdout(sys.stderr) if orders.quiet else nullcontext():
        refused, failure = watch(words, show, orders)
    for sentence in refused:
        sys.stderr.write(f"halflife: {sentence}\n")
    if isinstance(failure, KeyboardInterrupt):
        sys.stderr.write("halflife: stopped.\n" if _leads() else "")
    elif failure is not None:
        if isinstance(failure, Exception):
            traceback.print_exception(type(failure), failure, _in_script(failure))
        sys.stderr.write(f"halflife: the script ended with {type(failure).__name__}: {failure}\n")
    return failure


def _in_script(failure: BaseException) -> "TracebackType | None":
    """The part of a traceback that Python would show for the script alone."""
    place = failure.__traceback__
    while place is not None and place.tb_frame.f_globals.get("__name__") != "__main__":
        place = place.tb_next
    return place


def _together(audits: "list[Audit]", by_parameter: bool) -> dict[str, Any]:
    """One object: that of the only audit, or the lists of all of them, one after another."""
    objects = [result.to_dict(by_parameter=by_parameter) for result in audits]
    if len(objects) == 1:
        return objects[0]
    joined: dict[str, Any] = {"optimizer": ", ".join(each["optimizer"] for each in objects), "audits": objects}
    for key in ("groups", "findings", "skipped"):
        joined[key] = [{"optimizer": each["optimizer"], **entry} for each in objects for entry in each[key]]
    return joined
