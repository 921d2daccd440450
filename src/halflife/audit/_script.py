"""Runs a user's training script unchanged, and has every torch optimizer that it builds audited at its first steps."""

import runpy
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from halflife._errors import BadInput
from halflife.audit._noticed import noticed
from halflife.audit._result import Audit
from halflife.audit._watch import Enough, Orders, Watch


def watch(
    words: Sequence[str], show: Callable[[Audit], None], orders: Orders
) -> tuple[list[str], BaseException | None]:
    """Run a script and audit its optimizers.

    Args:
        words: the script and its arguments; or -m, a module and its arguments; a leading `python` is left out.
        show: called with each audit.
        orders: how to audit, and whether to let the script run to its end.

    Returns:
        Why an optimizer could not be audited, where at least one could; and what ended the script early, if it was
        neither us nor success. After Ctrl-C there may be none.

    Raises:
        BadInput: there is no such script or no PyTorch, it never builds an optimizer, or none of them can be audited.
    """
    words = list(words[1:] if Path(words[0]).name.startswith("python") else words)
    module = words[:1] == ["-m"]
    words = words[1:] if module else words
    if not words or not (module or Path(words[0]).is_file()):
        raise BadInput(
            f"{(words or ['nothing'])[0]!r} is not a script: write -- train.py ARGS, or -- -m package.module."
        )
    if find_spec("torch") is None:
        raise BadInput(f"{words[0]!r} cannot be audited without PyTorch, which is not installed: pip install torch.")
    seen = Watch(orders=orders, show=show)
    failure: BaseException | None = None
    with noticed(seen), _as_main(words, module):
        try:
            runpy.run_module(words[0], run_name="__main__", alter_sys=True) if module else runpy.run_path(
                words[0], run_name="__main__"
            )
        except Enough:
            pass
        except SystemExit as ended:
            failure = ended if ended.code else None
        except (Exception, KeyboardInterrupt) as error:
            failure = error
        seen.close()
        seen.listen_out()
    if isinstance(failure, KeyboardInterrupt):
        return seen.refused, failure
    if not seen.answered:
        raise BadInput(_nothing(words[0], seen, failure)) from failure
    if not seen.shown:
        raise BadInput(seen.refused[0]) from failure
    return seen.refused, failure


def _nothing(name: str, seen: Watch, failure: BaseException | None) -> str:
    if failure is not None:
        said = " ".join(str(failure).split())
        return f"{name} never built a torch optimizer, it failed before: {type(failure).__name__}: {said}."
    if seen.processes:
        return (
            f"{name} never built a torch optimizer in this process, and what runs in processes that it starts is not "
            "watched: start them by torch.multiprocessing.spawn or torchrun."
        )
    return f"{name} never built a torch optimizer."


@contextmanager
def _as_main(words: list[str], module: bool) -> Iterator[None]:
    arguments, path, main = sys.argv, list(sys.path), sys.modules.get("__main__")
    sys.argv = list(words)
    sys.path.insert(0, "" if module else str(Path(words[0]).resolve().parent))
    try:
        yield
    finally:
        sys.argv, sys.path[:] = arguments, path
        if main is not None:
            sys.modules["__main__"] = main
