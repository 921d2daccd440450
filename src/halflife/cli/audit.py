"""`halflife audit`: findings on a user's own training."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from halflife._errors import BadInput
from halflife.cli import _options, _pages, app

if TYPE_CHECKING:
    from halflife.audit import Audit

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
    from rich.console import Console

    from halflife.audit._audit import examine
    from halflife.audit._screen import screen

    if by_launcher := _launched(target):
        _restart(by_launcher)
    console = Console()
    console.width = min(console.width, WIDEST)
    plan: dict[str, Any] = {"steps": steps, "steps_per_epoch": steps_per_epoch, "schedule": schedule}
    chosen: dict[str, Any] = {"select": _options.names(select), "ignore": _options.names(ignore) or ()}
    audits: list[Audit] = []

    def show(result: "Audit") -> None:
        audits.append(result)
        if not as_json and _leads():
            if console.is_terminal:
                console.print(screen(result, by_parameter=by_parameter), crop=False)
            else:
                typer.echo(result.text(by_parameter=by_parameter))

    first = target[0]
    if first == "-m" or first.endswith(".py") or first.rpartition("/")[2].startswith("python"):
        _run(target, lambda training: show(examine(training, **chosen)), plan, go_on=go_on, quiet=as_json)
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
    if page is not None and _leads():
        from halflife.report import report

        report(audits, page)
        if not as_json:
            _pages.tell(page)
    if as_json and _leads():
        typer.echo(json.dumps(_together(audits, by_parameter), ensure_ascii=False))
    raise typer.Exit(1 if _leads() and any(result.errors for result in audits) else 0)


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
    if shutil.which(command[0]) is None:
        raise BadInput(f"{command[0]!r} is not installed here.")
    raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - it is the user's own command


def _run(words: list[str], show: Any, plan: dict[str, Any], *, go_on: bool, quiet: bool) -> None:
    from halflife.audit import _script

    refused: list[str] = []
    shown: list[int] = []

    def look(optimizer: Any, seen: Any) -> None:
        try:
            show(_script.audited(optimizer, seen, **plan))
            shown.append(1)
        except BadInput as error:
            refused.append(str(error))

    with redirect_stdout(sys.stderr) if quiet else nullcontext():
        failure = _script.watch(words, look, go_on=go_on)
    if failure is not None:
        sys.stderr.write(f"halflife: the script ended with {type(failure).__name__}: {failure}\n")
    if not shown:
        raise BadInput(refused[0])
    for sentence in refused:
        sys.stderr.write(f"halflife: {sentence}\n")


def _together(audits: "list[Audit]", by_parameter: bool) -> dict[str, Any]:
    """One object: that of the only audit, or the lists of all of them, one after another."""
    objects = [result.to_dict(by_parameter=by_parameter) for result in audits]
    if len(objects) == 1:
        return objects[0]
    joined: dict[str, Any] = {"optimizer": ", ".join(each["optimizer"] for each in objects), "audits": objects}
    for key in ("groups", "findings", "skipped"):
        joined[key] = [{"optimizer": each["optimizer"], **entry} for each in objects for entry in each[key]]
    return joined
