"""Where the pages of the verbs are made and written."""

from pathlib import Path
from typing import TYPE_CHECKING

from halflife._errors import BadInput

if TYPE_CHECKING:
    from halflife.lab import Study


def write(path: Path, content: str | bytes) -> Path:
    """Write a file.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise BadInput(f"{str(path)!r} cannot be written ({error.strerror or error}): name another file.") from None
    return path


def of_study(study: "Study", path: Path | None = None) -> Path:
    """Write the page of a study, by default beside its file."""
    from halflife.recipes import Recipe, translate
    from halflife.report.study_page import best_of, study_page

    top = best_of(study)
    settings = (
        translate(
            Recipe(
                rule=top.rule,
                lr=top.best.lr,
                law=top.law,
                strength=top.best.strength,
                batch=study.regime.batch_size,
                rows=study.provenance.rows,
                schedule=study.regime.schedule,
            )
        )
        if top
        else ()
    )
    return write(path or study.path.with_suffix(".html"), study_page(study, settings))
