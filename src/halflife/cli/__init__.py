"""The command line: one thin file a verb, and the manners that all verbs share.

Exit 0 for done, 1 for findings where the verb is a check, 2 for bad input with one clear sentence, 130 for Ctrl-C.
"""

import sys
from typing import NoReturn

import typer

from halflife._errors import BadInput
from halflife.cli._letters import encodable

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Know what your optimizer's weight decay really does; choose it fast; carry it anywhere.",
)


@app.callback()
def _root() -> None:
    pass


_Usage: type[typer.BadParameter] = typer.BadParameter.__base__  # type: ignore[assignment]
"""What Typer raises for options and commands that it cannot read; it has no public name for it."""


def main() -> None:
    """Run the command line; bad input ends in one sentence and exit code 2."""
    encodable()
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except BadInput as error:
        _end(str(error), 2)
    except _Usage as error:
        _end(" ".join(error.format_message().split()), 2)
    except (KeyboardInterrupt, typer.Abort):
        _end("stopped.", 130)
    raise SystemExit(code or 0)


def _end(sentence: str, code: int) -> NoReturn:
    sys.stderr.write(f"halflife: {sentence}\n")
    raise SystemExit(code) from None


from halflife.cli import atlas, audit, export, ls, plot, probe, prove, report, study, translate, tune  # noqa: E402,F401 - each verb registers itself on `app`
