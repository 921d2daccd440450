"""The command line: one thin file a verb, and the manners that all verbs share.

Exit 0 for done, 1 for findings where the verb is a check, 2 for bad input with one clear sentence, 130 for Ctrl-C.
"""

import sys

import typer

from halflife._errors import BadInput

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


def main() -> None:
    """Run the command line; bad input ends in one sentence and exit code 2."""
    try:
        app()
    except BadInput as error:
        sys.stderr.write(f"halflife: {error}\n")
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        sys.stderr.write("halflife: stopped.\n")
        raise SystemExit(130) from None


from halflife.cli import study as _study  # noqa: E402,F401 - each verb registers itself on `app`
from halflife.cli import translate as _translate  # noqa: E402,F401
