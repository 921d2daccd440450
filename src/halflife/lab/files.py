"""What every reader asks of a file before it looks inside."""

import gzip
import zlib
from difflib import get_close_matches
from pathlib import Path

from halflife._errors import BadData


def refuse_no_file(path: Path, known: tuple[str, ...] = ()) -> None:
    """Refuse what is not a regular file with something in it.

    Args:
        path: where it should be.
        known: names that would have needed no file.

    Raises:
        BadData: nothing there, a directory, a device, an empty file, or a path that cannot be looked at.
    """
    try:
        if path.is_dir():
            raise BadData(f"{str(path)!r} is a directory: give one file.")
        if not path.exists():
            nearest = get_close_matches(str(path), known, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else f"known without a file: {', '.join(known) or 'none'}."
            raise BadData(f"no file {str(path)!r}: {hint}")
        # a device or a pipe has no end that could be waited for
        if not path.is_file():
            raise BadData(f"{str(path)!r} is not a regular file.")
        if path.stat().st_size == 0:
            raise BadData(f"{str(path)!r} is empty: at least a header and 5 rows are needed.")
    except BadData:
        raise
    except (OSError, ValueError) as error:
        raise BadData(f"{str(path)!r} cannot be opened: {one_line(error)}.") from error


def bare_name(path: Path) -> str:
    """The file's name in lower case, without .gz."""
    return path.name.lower().removesuffix(".gz")


def content_of(path: Path, memory: int) -> bytes:
    """The file's bytes, unpacked; never more than the memory allows, so that a small archive cannot fill it.

    Raises:
        BadData: they cannot be read or unpacked, or are too many.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            content = file.read(memory + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadData(f"{str(path)!r} cannot be read: {one_line(error)}.") from error
    refuse_large(len(content), memory, str(path))
    return content


def one_line(text: object) -> str:
    """The text on one line, as a sentence needs it."""
    return " ".join(str(text).split())


def refuse_large(size: int, memory: int, name: str) -> None:
    """Refuse to make so many bytes of a file.

    Raises:
        BadData: they are more than memory allows.
    """
    if size > memory:
        raise BadData(f"{name!r} takes more than the {memory:,} bytes allowed by memory.")
