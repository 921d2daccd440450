"""Bad input: one clear sentence each, saying what is wrong, the value and what is allowed."""

import gzip
import struct

import numpy as np
import pytest

from halflife import BadData
from halflife.lab.data import load

GOOD = "a,b,target\n" + "".join(f"{i}.5,{'uvw'[i % 3]},{'yes' if i % 2 else 'no'}\n" for i in range(12))


def rows(*lines, header="a,target", repeat=6):
    return "\n".join([header, *(list(lines) * repeat)]) + "\n"


TEXTS = {
    "empty": ("", {}, "is empty"),
    "blank": ("\n\n\n", {}, "blank lines only"),
    "header only": ("a,b,target\n", {}, "no rows"),
    "single class": (rows("1,x", "2,x"), {}, "single class 'x'"),
    "constant number": (rows("1,5", "2,5"), {}, "single class '5'"),
    "constant in regression": (rows("1,5", "2,5"), {"task": "regression"}, "is constant, 5"),
    "constant fraction": (rows("1,2.5", "2,2.5"), {}, "is constant, 2.5"),
    "no such target": (GOOD, {"target": "targte"}, "did you mean 'target'"),
    "no such target at all": (GOOD, {"target": "zzz"}, "columns: 'a', 'b', 'target'"),
    "several targets": (rows("1,2,3", header="a,y,label"), {}, "'y', 'label': name one"),
    "NaN in target": (rows("1,x", "2,") + "3,x\n", {}, "missing or NaN in 6 of 13 rows, first in row 2"),
    "NaN number in target": (rows("1,0.5", "2,nan"), {}, "missing or NaN in 6 of 12"),
    "infinite target": (rows("1,0.5", "2,-inf"), {}, "holds -inf in row 2"),
    "infinite feature": (rows("1,x", "inf,y"), {}, "column 'a' holds inf in row 2"),
    "huge feature": (rows("1,x", "-1e200,y"), {}, "at most 1e\\+150"),
    "web page": ("<!DOCTYPE html>\n<html><body>404</body></html>\n", {}, "web page"),
    "control characters": ("a,target\n1,\x00\n", {}, "control character"),
    "prose": ("Dear reader, this is\nnot, at all, a table,\n", {}, "line 2 has 4 fields: the header has 2"),
    "ragged, long": (GOOD + "1,2,3,4\n", {}, "line 14 has 4 fields: the header has 3"),
    "ragged, short": (GOOD + "1\n", {}, "line 14 has 1 fields: the header has 3"),
    "open quote": (GOOD + '1,"2,no\n', {}, "cannot be read|fields"),
    "duplicate names": (rows("1,2,3", header="a,a,target"), {}, "2 columns named 'a'"),
    "one column": (rows("1", "2", header="target"), {}, "no feature columns"),
    "no value in any feature": (rows(",x", ",y"), {}, "no feature column with a value"),
    "rare class": (GOOD + "1,u,maybe\n" * 2, {}, "class 'maybe' .* has 2 of 14 rows"),
    "text in a regression": (GOOD, {"task": "regression"}, "'no': not a number"),
    "unknown task": (GOOD, {"task": "clustering"}, "classification or regression"),
    "train_size 0": (GOOD, {"train_size": 0}, "train_size is 0"),
    "train_size share 0": (GOOD, {"train_size": 0.0}, "train_size is 0.0"),
    "train_size over the rows": (GOOD, {"train_size": 13}, "count from 1 to 12"),
    "train_size of all rows": (GOOD, {"train_size": 12}, "12 rows cannot be split into 12"),
    "train_size 1": (GOOD, {"train_size": 1}, "too few to hold each of the 2 classes"),
    "negative train_size": (GOOD, {"train_size": -3}, "train_size is -3"),
    "too much in all": (GOOD, {"train_size": 8, "valid_size": 3, "test_size": 3}, "together at most 12"),
    "valid_size true": (GOOD, {"valid_size": True}, "valid_size is True"),
    "negative label noise": (GOOD, {"label_noise": -0.1}, "label_noise is -0.1"),
    "label noise 1": (GOOD, {"label_noise": 1.0}, "under 1"),
    "label noise NaN": (GOOD, {"label_noise": float("nan")}, "label_noise is nan"),
    "negative seed": (GOOD, {"seed": -1}, "seed is -1"),
    "memory 0": (GOOD, {"memory": 0}, "memory is 0"),
    "file over memory": (GOOD, {"memory": 50}, "more than the 50 bytes"),
    "far from training": (
        rows("1,x", "2,y", repeat=50) + "1e140,x\n",
        {"train_size": 4},
        "column 'a' is .* standard deviations from its training mean in row 101",
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_bad_table_is_refused_in_a_sentence(tmp_path, case):
    """The sentence names what is wrong, with its value or what is allowed, on one line."""
    text, options, sentence = TEXTS[case]
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadData, match=sentence) as caught:
        load(path, **options)
    assert "\n" not in str(caught.value)


def test_the_good_table_of_these_cases_is_good(tmp_path):
    """What the cases above spoil loads as it is."""
    path = tmp_path / "table.csv"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path).classes == ("no", "yes")


def test_more_columns_than_memory_names_the_category_that_makes_them(tmp_path):
    """A category of 300 values over 300 rows is 300 columns: refused before it is made."""
    path = tmp_path / "wide.csv"
    path.write_text("who,target\n" + "".join(f"n{i},{i % 2}\n" for i in range(300)), encoding="utf-8")
    needed = 8 * 300 * (300 + 2)
    assert len(load(path, memory=needed).features) == 180
    with pytest.raises(BadData, match=r"300 columns .* 'who' alone has 300 categories"):
        load(path, memory=needed - 1)


def test_what_is_not_a_file_is_refused(tmp_path):
    """A missing file, a misspelt name, a directory, a device and an unknown ending."""
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    for source, sentence in (
        (tmp_path / "none.csv", "no file"),
        ("digist", "did you mean digits"),
        (tmp_path, "is a directory"),
        ("/dev/null", "not a regular file"),
        ("a\0b", "no file|cannot be opened"),
        ("a" * 10_000, "cannot be opened|no file"),
        (tmp_path / "a.xlsx", "ends in '.xlsx'"),
    ):
        with pytest.raises(BadData, match=sentence):
            load(source)
    with pytest.raises(BadData, match="brings its own"):
        load("iris", target="species")


def test_bytes_that_are_not_utf8_are_refused(tmp_path):
    """Latin-1 text is refused with the place of its first byte that is not UTF-8."""
    path = tmp_path / "latin.csv"
    path.write_bytes("größe,target\n1,2\n".encode("latin-1"))
    with pytest.raises(BadData, match="not UTF-8 text: invalid start byte at byte 2"):
        load(path)


def test_broken_or_oversized_archives_are_refused(tmp_path):
    """A gzip file that is cut short, is none, or unpacks to more than memory."""
    path = tmp_path / "a.csv.gz"
    for content, sentence in (
        (gzip.compress(GOOD.encode())[:-12], "cannot be read"),
        (GOOD.encode(), "cannot be read"),
        (gzip.compress(b"a,b\n" * 10**6), "more than the 1,000,000 bytes"),
    ):
        path.write_bytes(content)
        with pytest.raises(BadData, match=sentence):
            load(path, memory=1_000_000)


X = np.arange(24.0).reshape(12, 2)
Y = np.arange(12) % 2

ARRAYS = {
    "no x": ({"a": X, "y": Y}, {}, r"\['a', 'y'\]: it needs x \(or X\), and 'y'"),
    "no y": ({"x": X}, {}, "'y' for the target"),
    "no such target": ({"x": X, "y": Y}, {"target": "z"}, "'z' for the target"),
    "pickled objects": ({"x": X, "y": np.array(["a", None] * 6, dtype=object)}, {}, "without running what it holds"),
    "complex": ({"x": X * 1j, "y": Y}, {}, "x must be numbers"),
    "other lengths": ({"x": X, "y": Y[:-1]}, {}, r"shape \(12, 2\) and y of shape \(11,\)"),
    "scalar": ({"x": np.array(3.0), "y": Y}, {}, "both need as many rows"),
    "cube of targets": ({"x": X, "y": X.reshape(12, 2, 1)}, {}, "one label a row"),
    "no rows": ({"x": X[:0], "y": Y[:0]}, {}, "no rows"),
    "no columns": ({"x": X[:, :0], "y": Y}, {}, "no feature columns"),
    "NaN target": ({"x": X, "y": np.where(Y, np.nan, 0.5)}, {}, "missing or NaN in 6"),
    "labels not Unicode": ({"x": X, "y": np.array([b"\xff", b"a"] * 6)}, {}, "not Unicode"),
    "over memory": ({"x": X, "y": Y}, {"memory": 100}, "more than the 100 bytes"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_bad_npz_arrays_are_refused(tmp_path, case):
    """Missing, pickled, odd or ill-fitting arrays."""
    arrays, options, sentence = ARRAYS[case]
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(BadData, match=sentence):
        load(tmp_path / "a.npz", **options)


def test_a_broken_npz_is_refused(tmp_path):
    """An archive cut short, and a file that is none."""
    np.savez(tmp_path / "good.npz", x=X, y=Y)
    whole = (tmp_path / "good.npz").read_bytes()
    assert load(tmp_path / "good.npz").classes == ("0", "1")
    for content in (whole[:-40], whole[:100], b"not a zip file"):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(BadData, match="cannot be read as NPZ"):
            load(tmp_path / "bad.npz")


def test_a_broken_idx_is_refused(tmp_path):
    """Another magic number, a body too short or too long, no labels, labels of another length."""
    images, labels = tmp_path / "train-images-idx3-ubyte", tmp_path / "train-labels-idx1-ubyte"
    head = bytes([0, 0, 8, 3]) + struct.pack(">3I", 12, 2, 2)
    body = bytes(range(48))
    images.write_bytes(head + body)
    with pytest.raises(BadData, match=r"no file .*train-labels-idx1-ubyte"):
        load(images)
    labels.write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", 12) + bytes([0, 1] * 6))
    assert load(images).classes == ("0", "1")
    for content, sentence in (
        (b"\1" + head[1:] + body, "starts with 01 00 08 03"),
        (b"\0\0\x07\3" + head[4:] + body, "not an IDX file"),
        (head + body[:-1], r"shape \[12, 2, 2\], asks for 64"),
        (head + body + b"\0", "is 65 bytes long"),
        (head[:6], "is 6 bytes long"),
        (head[:4] + struct.pack(">3I", *[2**32 - 1] * 3), "asks for"),
        (bytes([0, 0, 8, 1]) + struct.pack(">I", 11) + body[:11], "both need as many rows"),
    ):
        images.write_bytes(content)
        with pytest.raises(BadData, match=sentence):
            load(images)
    with pytest.raises(BadData, match="no 'images' in its name"):
        load(labels)


def test_parquet_without_a_reader_names_the_extra(tmp_path, monkeypatch):
    """Where pyarrow is not installed, the sentence says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    (tmp_path / "a.parquet").write_bytes(b"PAR1PAR1")
    with pytest.raises(BadData, match=r"pip install 'halflife\[parquet\]'"):
        load(tmp_path / "a.parquet")


def test_a_broken_parquet_is_refused(tmp_path):
    """Bytes that are no Parquet file, where its reader is installed."""
    pytest.importorskip("pyarrow")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(BadData, match="cannot be read as Parquet"):
        load(tmp_path / "a.parquet")
