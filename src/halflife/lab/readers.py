"""One reader a format, each from a file to a `Table`; nothing that a file holds is ever executed.

digits, breast_cancer, wine, iris, diabetes      by name, as scikit-learn ships them
.csv .tsv (.gz)                                  a header line, UTF-8
.npz                                             arrays x (or X) and y
...images-idx3-ubyte (.gz)                       with its labels file beside it, as MNIST comes
.parquet                                         where pyarrow is installed
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from halflife._errors import BadData
from halflife.lab.arrays import read_idx, read_npz
from halflife.lab.files import bare_name, one_line, refuse_large, refuse_no_file
from halflife.lab.table import Table, from_frame
from halflife.lab.text import read_text

SHIPPED = ("digits", "breast_cancer", "wine", "iris", "diabetes")
"""The data sets that need no file."""

IDX_NAME = re.compile(r"[-.]idx(\d(-[a-z]+)?)?$")


def read(source: str | Path, *, target: str | None, memory: int) -> Table:
    """The table of that name or file.

    Args:
        source: a name of `SHIPPED`, or a path.
        target: the column (CSV, TSV, Parquet), array (NPZ) or labels file (IDX) to predict; None for the default.
        memory: the most bytes that the table may take.

    Raises:
        BadData: there is no such name or file, or it is not what its name says.
    """
    if str(source) in SHIPPED:
        return _shipped(str(source), target)
    path = Path(source)
    refuse_no_file(path, SHIPPED)
    return _reader(path)(path, target, memory)


def _reader(path: Path) -> Callable[[Path, str | None, int], Table]:
    name = bare_name(path)
    if IDX_NAME.search(name):
        return read_idx
    suffix = Path(name).suffix
    readers = {".csv": read_text, ".tsv": read_text}
    if path.suffix.lower() != ".gz":
        readers |= {".npz": read_npz, ".parquet": _parquet}
    if suffix not in readers:
        raise BadData(
            f"{str(path)!r} ends in {path.suffix!r}: allowed are .csv, .tsv (also .gz), .npz, .parquet, "
            "and IDX names such as train-images-idx3-ubyte (also .gz)."
        )
    return readers[suffix]


def _shipped(name: str, target: str | None) -> Table:
    if target is not None:
        raise BadData(f"target is {target!r}: {name} brings its own, so it must be left out.")
    from sklearn import datasets

    load = getattr(datasets, f"load_{name}")
    bunch = load(scaled=False) if name == "diabetes" else load()
    labels = bunch.get("target_names", ())
    return Table(
        name=name,
        numbers=np.asarray(bunch.data, dtype=np.float64),
        number_names=tuple(map(str, bunch.feature_names)),
        target=np.asarray(bunch.target, dtype=np.float64)[:, None],
        target_name="target",
        labels=tuple(map(str, labels)),
        task="classification" if len(labels) else "regression",
    )


def _parquet(path: Path, target: str | None, memory: int) -> Table:
    import pandas

    refuse_large(path.stat().st_size, memory, str(path))
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise BadData(
            f"{str(path)!r} needs a Parquet reader, which is not installed: pip install 'halflife[parquet]'."
        ) from error
    try:
        facts = parquet.read_metadata(path)
        refuse_large(8 * facts.num_rows * facts.num_columns, memory, str(path))
        frame = pandas.read_parquet(path, engine="pyarrow").reset_index(drop=True)
        frame.columns = [str(name) for name in frame.columns]
    except BadData:
        raise
    except Exception as error:  # a parser given foreign bytes has no closed list of errors
        raise BadData(f"{str(path)!r} cannot be read as Parquet: {one_line(error)}.") from error
    if frame.columns.has_duplicates or frame.shape[1] == 0:
        raise BadData(f"{str(path)!r} has columns {list(frame.columns)}: there must be some, with distinct names.")
    return from_frame(frame, name=one_line(path.name), target=target)


__all__ = ["SHIPPED", "read"]
