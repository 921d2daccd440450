"""Tables as arrays: NPZ and IDX, numbers with a first axis that is the row."""

import math
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np

from halflife._errors import BadData
from halflife.lab.files import content_of, one_line, refuse_large, refuse_no_file
from halflife.lab.table import Array, Table, float64

IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_npz(path: Path, target: str | None, memory: int) -> Table:
    """The table in an archive of arrays x (or X), rows first, and y, or the one that target names.

    Raises:
        BadData: another kind of file, arrays missing or of shapes that do not fit, pickled objects; and see `Table`.
    """
    aim = "y" if target is None else target
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        refuse_large(size, memory, str(path))
        with warnings.catch_warnings(), np.load(path, allow_pickle=False) as arrays:
            warnings.simplefilter("ignore")
            names = list(arrays.files)
            source = next((name for name in ("x", "X") if name in names and name != aim), None)
            if source is None or aim not in names:
                raise BadData(f"{str(path)!r} holds the arrays {names}: it needs x (or X), and {aim!r} for the target.")
            x, y = arrays[source], arrays[aim]
    except BadData:
        raise
    except Exception as error:  # a parser given foreign bytes has no closed list of errors
        raise BadData(
            f"{str(path)!r} cannot be read as NPZ without running what it holds: {one_line(error)}."
        ) from error
    return _arrays(path, x, y, aim, memory, task=None)


def read_idx(path: Path, target: str | None, memory: int) -> Table:
    """The table in an IDX file and the labels file beside it.

    Raises:
        BadData: no labels file, or either is not IDX or of another length than it says; and see `Table`.
    """
    labels = _labels_file(path, target)
    refuse_no_file(labels)
    x, y = _idx_array(path, memory), _idx_array(labels, memory)
    return _arrays(path, x, y, "label", memory, task="classification" if y.dtype.kind in "iu" else None)


def _labels_file(path: Path, target: str | None) -> Path:
    if target is not None:
        return path.with_name(Path(target).name) if Path(target).name == target else Path(target)
    # only the name changes: train-images-idx3-ubyte has train-labels-idx1-ubyte beside it, packed or not
    bare = re.sub(r"\.gz$", "", path.name, flags=re.IGNORECASE)
    sibling = re.sub(r"idx\d", "idx1", bare.replace("images", "labels").replace("Images", "Labels"))
    if sibling == bare:
        raise BadData(
            f"{str(path)!r} has no 'images' in its name to find its labels by: name the labels file as target."
        )
    found = [name for name in (sibling, f"{sibling}.gz") if path.with_name(name).is_file()]
    return path.with_name(found[0] if found else sibling)


def _idx_array(path: Path, memory: int) -> Array:
    content = content_of(path, memory)
    magic = content[:4]
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in IDX_TYPES or magic[3] == 0:
        raise BadData(
            f"{str(path)!r} is not an IDX file: it starts with {magic.hex(' ')}, not 00 00, a type and a rank."
        )
    dtype = np.dtype(IDX_TYPES[magic[2]])
    start = 4 + 4 * magic[3]
    shape = [int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4)]
    needed = start + math.prod(shape) * dtype.itemsize
    if len(content) != needed:
        raise BadData(f"{str(path)!r} is {len(content)} bytes long: its header, shape {shape}, asks for {needed}.")
    # NumPy has no more than 64 axes; only rows and what is in them matter here
    return np.frombuffer(content, dtype=dtype, offset=start).reshape(shape[0], -1 if needed > start else 0)


def _arrays(path: Path, x: Array, y: Array, aim: str, memory: int, *, task: str | None) -> Table:
    """The table of two arrays whose first axis is the row."""
    if x.dtype.kind not in "biuf" or y.dtype.kind not in "biufUS":
        raise BadData(f"{str(path)!r} holds {x.dtype} and {y.dtype}: x must be numbers, {aim} numbers or text.")
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y):
        raise BadData(f"{str(path)!r} has x of shape {x.shape} and {aim} of shape {y.shape}: both need as many rows.")
    if y.ndim > 2 or (y.ndim == 2 and y.shape[1] != 1 and (y.dtype.kind in "bUS" or y.shape[1] == 0)):
        raise BadData(f"{str(path)!r} has {aim} of shape {y.shape}: one label a row, or numbers [rows, targets].")
    width = math.prod(x.shape[1:])
    refuse_large(8 * len(x) * width, memory, str(path))
    numbers = float64(x.reshape(len(x), width))
    y = y.reshape(len(y), -1 if len(y) else 1)
    goal = _decoded(y, path) if y.dtype.kind in "bUS" else float64(y)
    names = tuple(f"x{place}" for place in range(width))
    return Table(name=one_line(path.name), numbers=numbers, number_names=names, target=goal, target_name=aim, task=task)


def _decoded(y: Array, path: Path) -> Array:
    words = np.empty(y.shape, dtype=object)
    try:
        for row, value in enumerate(y[:, 0].tolist()):
            words[row, 0] = value.decode() if isinstance(value, bytes) else str(value)
            words[row, 0].encode()
    except ValueError as error:
        raise BadData(f"{str(path)!r} has labels that are not Unicode text: {error}.") from error
    return words
