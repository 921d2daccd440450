"""Tables as text: CSV and TSV, a header line and rows of as many fields, in UTF-8."""

import csv
import io
import re
import warnings
from pathlib import Path

from halflife._errors import BadData
from halflife.lab.files import bare_name, content_of, one_line
from halflife.lab.table import Table, from_frame

DELIMITERS = ",;\t|"
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
MARKUP = re.compile(r"\s*<(!doctype|html|\?xml|head|body)", re.IGNORECASE)


def read_text(path: Path, target: str | None, memory: int) -> Table:
    """The table in a CSV file (its delimiter is the first of , ; tab | that its header holds) or a TSV file.

    Missing values are empty fields, ?, NA and the other spellings that pandas knows.

    Raises:
        BadData: not text, no header, rows of another length, names that repeat; and see `Table`.
    """
    import pandas

    try:
        text = content_of(path, memory).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadData(f"{str(path)!r} is not UTF-8 text: {error.reason} at byte {error.start}.") from error
    if MARKUP.match(text):
        raise BadData(f"{str(path)!r} is a web page or XML, not a table: a header line and rows are needed.")
    control = CONTROL.search(text)
    if control:
        raise BadData(f"{str(path)!r} is not text: it holds the control character {control.group()!r}.")
    delimiter = "\t" if bare_name(path).endswith(".tsv") else _delimiter(text)
    header, rows = _shape(text, delimiter, path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = pandas.read_csv(
                io.StringIO(text),
                sep=delimiter,
                index_col=False,
                na_values=["?"],
                skipinitialspace=True,
                low_memory=False,
                float_precision="round_trip",
            )
    except Exception as error:  # a parser given foreign bytes has no closed list of errors
        raise BadData(f"{str(path)!r} cannot be read as a table: {one_line(error)}.") from error
    if frame.shape != (rows, len(header)):
        raise BadData(f"{str(path)!r} has quotes that do not pair up: {rows} rows seen, {len(frame)} read.")
    frame.columns = header
    return from_frame(frame, name=one_line(path.name), target=target)


def _delimiter(text: str) -> str:
    first = text.lstrip("\r\n").partition("\n")[0]
    return next((delimiter for delimiter in DELIMITERS if delimiter in first), ",")


def _shape(text: str, delimiter: str, path: Path) -> tuple[list[str], int]:
    """The header's names and the number of rows, every row having as many fields as the header."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    header: list[str] = []
    rows = 0
    try:
        for fields in lines:
            if not fields:
                continue
            if not header:
                header = [name.strip() or f"column {place}" for place, name in enumerate(fields, start=1)]
                continue
            rows += 1
            if len(fields) != len(header):
                raise BadData(
                    f"{str(path)!r} line {lines.line_num} has {len(fields)} fields: the header has {len(header)}, "
                    "and every row must have as many."
                )
    except csv.Error as error:
        raise BadData(f"{str(path)!r} line {lines.line_num} cannot be read: {one_line(error)}.") from error
    if not header:
        raise BadData(f"{str(path)!r} holds blank lines only: at least a header and 5 rows are needed.")
    twice = next((name for name in header if header.count(name) > 1), None) if len(set(header)) < len(header) else None
    if twice is not None:
        raise BadData(f"{str(path)!r} has {header.count(twice)} columns named {twice!r}: names must differ.")
    return header, rows
