"""Formats, targets and tasks: what a file says is what is read, whichever way it says it."""

import gzip

import numpy as np
import pytest

from halflife.lab.data import load

TABLE = [(20 + i * i % 37 if i != 4 else "", ["red", "green", "NA"][i % 3], i % 2 == 0, "ab"[i % 2]) for i in range(40)]


def write_table(path, delimiter=","):
    lines = [("age", "colour", "sure", "kind"), *TABLE]
    path.write_text("".join(delimiter.join(map(str, line)) + "\n" for line in lines), encoding="utf-8")
    return path


def bits(data):
    return [array.tobytes() for part in (data.train, data.valid, data.test) for array in (part.x, part.y)]


TASKS = {
    "text": (["a", "b"] * 10, "classification", ("a", "b")),
    "truth": (["True", "False"] * 10, "classification", ("False", "True")),
    "few whole numbers": ([0, 1, 2, 10] * 5, "classification", ("0", "1", "2", "10")),
    "whole numbers as floats": ([1.0, 2.0] * 10, "classification", ("1", "2")),
    "whole numbers, seldom the same": (list(range(20)), "regression", ()),
    "fractions": ([0.5, 1.5] * 10, "regression", ()),
    "more than 20 whole numbers": (list(range(21)) * 3, "regression", ()),
    "20 whole numbers": (list(range(20)) * 3, "classification", tuple(map(str, range(20)))),
}


@pytest.mark.parametrize("case", TASKS)
def test_the_task_is_found_out_from_the_target(tmp_path, case):
    """The rule of the docstring, at its edges; and the other task where it is asked for."""
    target, task, classes = TASKS[case]
    path = tmp_path / "t.csv"
    path.write_text("a,target\n" + "".join(f"{i},{value}\n" for i, value in enumerate(target)), encoding="utf-8")
    data = load(path)
    assert (data.task, data.classes) == (task, classes)
    if case == "few whole numbers":
        assert load(path, task="regression").train.y.shape[1] == 1
    if case == "fractions":
        assert load(path, task="classification").classes == ("0.5", "1.5")


def test_the_target_is_found_by_name_or_is_the_last_column(tmp_path):
    """The only column called target, label, class or y, in any case; else the last; else the one asked for."""
    path = tmp_path / "t.csv"
    for header, options, expected in (
        ("Class,a,b", {}, "Class"),
        ("a,Y ,b", {}, "Y"),
        ("a,b,c", {}, "c"),
        ("a,label,c", {"target": "c"}, "c"),
    ):
        path.write_text(header + "\n" + "1,2,3\n4,5,6\n" * 6, encoding="utf-8")
        assert load(path, **options).target == expected


def test_one_table_in_every_format_is_one_data_set(tmp_path):
    """CSV, CSV with semicolons, TSV, gzip, and Parquet where installed: the same bits and the same fingerprint."""
    csv = write_table(tmp_path / "t.csv")
    paths = [write_table(tmp_path / "s.csv", delimiter=";"), write_table(tmp_path / "t.tsv", delimiter="\t")]
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(csv.read_bytes()))
    paths.append(tmp_path / "t.csv.gz")
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + csv.read_bytes().replace(b"\n", b"\r\n"))
    paths.append(tmp_path / "bom.csv")
    try:
        import pandas
        import pyarrow  # noqa: F401

        pandas.read_csv(csv).to_parquet(tmp_path / "t.parquet")
        paths.append(tmp_path / "t.parquet")
    except ImportError:
        pass
    expected = load(csv, target="kind")
    for path in paths:
        data = load(path, target="kind")
        assert bits(data) == bits(expected), path
        assert data.fingerprint == expected.fingerprint, path


def test_arrays_and_images_are_one_data_set(tmp_path):
    """MNIST's format, gzip or not, and NPZ under either name give the same matrices."""
    images = np.random.default_rng(0).integers(0, 256, size=(30, 3, 4), dtype=np.uint8)
    labels = (np.arange(30) % 3).astype(np.uint8)
    head = bytes([0, 0, 8, 3]) + b"".join(size.to_bytes(4, "big") for size in images.shape)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(head + images.tobytes())
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 30]) + labels.tobytes())
    packed = tmp_path / "t10k-images.idx3-ubyte.gz"
    packed.write_bytes(gzip.compress(head + images.tobytes()))
    (tmp_path / "my-labels.gz").write_bytes(gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 30]) + labels.tobytes()))
    np.savez(tmp_path / "a.npz", X=images, y=labels)
    np.savez_compressed(tmp_path / "b.npz", x=images.reshape(30, -1).astype(np.float32), kind=labels.astype(str))
    expected = load(tmp_path / "train-images-idx3-ubyte")
    assert expected.classes == ("0", "1", "2")
    assert expected.train.x.shape == (18, 12)
    for source, options in (
        (packed, {"target": "my-labels.gz"}),
        (tmp_path / "a.npz", {}),
        (tmp_path / "b.npz", {"target": "kind"}),
    ):
        assert bits(load(source, **options)) == bits(expected)


def test_spaces_after_commas_and_question_marks_are_understood(tmp_path):
    """The habits of older tables: `a, b` is a and b, and ? is a missing value."""
    neat, old = tmp_path / "neat.csv", tmp_path / "old.csv"
    rows = [[str(i), "pq"[i % 2] if i % 5 else "", "uv"[i % 2]] for i in range(20)]
    neat.write_text("n,word,target\n" + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    old.write_text(
        "n, word, target\n" + "".join(", ".join(cell or "?" for cell in row) + "\n" for row in rows), encoding="utf-8"
    )
    assert load(old).features == load(neat).features == ("n", "word=p", "word=q")
    assert load(old).fingerprint == load(neat).fingerprint
