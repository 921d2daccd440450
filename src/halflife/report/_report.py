"""From a result, or the file of a study, to a page on the disk."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

from halflife._errors import BadInput

if TYPE_CHECKING:
    from halflife.audit import Audit
    from halflife.lab import Study
    from halflife.tune import Tuning

Result: TypeAlias = Union[str, Path, "Study", "Tuning", "Audit", "Sequence[Audit]"]


def report(result: Result, out: str | Path | None = None) -> Path:
    """Write one self-contained HTML page: no network, its pictures inside, a table behind each of them.

    Args:
        result: the path of the file of a study or a search, or what `halflife.study`, `halflife.tune` or
            `halflife.audit` returned; several audits make one page.
        out: the file to write; by default the file's name ending in .html. An audit has no file, so it needs one.

    Returns:
        Where the page is.

    Raises:
        BadInput: the page cannot be written, or the result is nothing that has a page.
        BadStudy: the file is neither a study nor a search that has ended.
    """
    result = _loaded(result)
    beside = getattr(result, "path", None)
    if out is None and beside is None:
        raise BadInput(
            "an audit has no file that its page could stand beside: name one, as in report(audit, 'a.html')."
        )
    return write(Path(out) if out is not None else Path(str(beside)).with_suffix(".html"), page(result))


def page(result: Result) -> str:
    """The page of a result as text; `report` writes it.

    Raises:
        BadInput: the result is nothing that has a page.
        BadStudy: the file is neither a study nor a search that has ended.
    """
    from halflife.audit import Audit
    from halflife.lab import Study
    from halflife.report.audit_page import audit_page
    from halflife.report.study_page import settings, study_page
    from halflife.report.tuning_page import tuning_page
    from halflife.tune import Tuning

    result = _loaded(result)
    audits = [result] if isinstance(result, Audit) else result
    if isinstance(result, Study):
        return study_page(result, settings(result))
    if isinstance(result, Tuning):
        return tuning_page(result)
    if isinstance(audits, Sequence) and audits and all(isinstance(each, Audit) for each in audits):
        return audit_page(audits)
    raise BadInput(
        f"a {type(result).__name__} has no page: give the path of a study or search, or what halflife.study, "
        "halflife.tune or halflife.audit returned."
    )


def write(path: Path, content: str | bytes) -> Path:
    """Write a file, whole or not at all.

    Raises:
        BadInput: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_bytes(content.encode() if isinstance(content, str) else content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BadInput(f"{str(path)!r} cannot be written ({error.strerror or error}): name another file.") from None
    return path


def read(path: str | Path) -> "Study | Tuning":
    """What a file holds: a study, or a search.

    Raises:
        BadStudy: it holds neither, or the search has not ended.
    """
    from halflife import lab, tune

    return tune.read(path) if lab.shelf.kind_of(path) == "tune" else lab.read(path)


def _loaded(result: Result) -> "Study | Tuning | Audit | Sequence[Audit]":
    return read(result) if isinstance(result, str | Path) else result
