"""Where the page of a verb is, said the same way by all of them."""

from pathlib import Path

from halflife._errors import BadInput
from halflife.cli import _screen


def tell(page: Path) -> None:
    """Say where a page is."""
    _screen.line(f"page in {page}", style="dim")


def writable(page: Path) -> None:
    """Refuse a file that cannot be written before long work is begun.

    Raises:
        BadInput: its folder is not there, or it is a folder itself.
    """
    if page.is_dir() or not page.absolute().parent.is_dir():
        why = "it is a folder" if page.is_dir() else "there is no such folder"
        raise BadInput(f"{str(page)!r} cannot be written ({why}): name another file.")
