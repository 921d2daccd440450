"""Whatever is fed to the loaders, they return finite data or refuse it in one sentence."""

import csv
import gzip
import io
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halflife import BadData
from halflife.lab.data import load

QUIET = settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ENDINGS = (
    "a.csv",
    "a.csv.gz",
    "a.tsv",
    "a.npz",
    "a.parquet",
    "train-images-idx3-ubyte",
    "train-images.idx3-ubyte.gz",
    "a",
    "a.pkl",
)
SMALL = 4_000_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


def survives(path, **options):
    """Loads or refuses; True when loaded."""
    try:
        data = load(path, memory=SMALL, **options)
    except BadData as error:
        sentence = str(error)
    else:
        sentence = ""
    if sentence:
        assert len(sentence.splitlines()) == 1, sentence
        assert sentence.endswith((".", "?")), sentence
        return False
    for rows in (data.train, data.valid, data.test):
        assert len(rows) == len(rows.y) >= 1
        assert rows.x.shape[1] == len(data.features) >= 1
        assert np.isfinite(rows.x.astype(np.float32)).all()
        assert np.isfinite(rows.y.astype(np.float32)).all()
        assert rows.x.dtype == rows.y.dtype == np.float64
    if data.classes:
        assert (data.train.y.sum(axis=1) == 1).all()
    assert len(data.describe().splitlines()) == 1
    return True


def npz_bytes(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def idx_bytes(array):
    codes = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
    code = codes[array.dtype.str[1:]]
    header = bytes([0, 0, code, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


WHOLE = {
    "a.csv": b"a,b,target\n" + b"".join(b"%d.5,%s,%d\n" % (i, b"uv"[i % 2 : i % 2 + 1], i % 3) for i in range(15)),
    "a.csv.gz": gzip.compress(b"a,target\n" + b"".join(b"%d,%d\n" % (i, i % 2) for i in range(12)), mtime=0),
    "a.tsv": b"a\ttarget\n" + b"".join(b"%d\t%d.25\n" % (i, i) for i in range(12)),
    "a.npz": npz_bytes(x=np.arange(24.0).reshape(12, 2), y=np.arange(12) % 2),
    "train-images-idx3-ubyte": idx_bytes(np.arange(48, dtype=np.uint8).reshape(12, 2, 2)),
}


def write(folder, ending, content):
    path = folder / ending
    path.write_bytes(content)
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes((np.arange(12) % 3).astype(np.uint8)))
    (folder / "train-labels.idx1-ubyte").write_bytes(idx_bytes((np.arange(12) % 3).astype(np.uint8)))
    return path


@pytest.mark.parametrize("ending", WHOLE)
def test_the_seeds_of_the_fuzzing_are_themselves_good(folder, ending):
    """Each whole file loads, so that what is mutated below starts inside the readers, not at their door."""
    assert survives(write(folder, ending, WHOLE[ending]))


@QUIET
@given(ending=st.sampled_from(ENDINGS), content=st.binary(max_size=200))
def test_random_bytes_under_any_name(folder, ending, content):
    """Random bytes are refused, or are by chance a table."""
    survives(write(folder, ending, content))


@QUIET
@given(
    ending=st.sampled_from(sorted(WHOLE)),
    edits=st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), max_size=4),
    cut=st.integers(0, 3000),
)
def test_good_files_with_a_few_bytes_changed(folder, ending, edits, cut):
    """A good file with bytes overwritten, or its end cut off, is read or refused."""
    content = bytearray(WHOLE[ending])
    for at, piece in edits:
        at %= len(content)
        content[at : at + len(piece)] = piece
    survives(write(folder, ending, bytes(content[:cut] if cut < len(content) else content)))


@QUIET
@given(text=st.text(max_size=120), tabbed=st.booleans())
def test_random_text(folder, text, tabbed):
    """Any text under the name of a table."""
    survives(write(folder, "a.tsv" if tabbed else "a.csv", text.encode("utf-8", "surrogatepass")))


@QUIET
@given(text=st.text(alphabet="abc019.,;\t\n\r\"' -+eE?_#µ", max_size=200))
def test_text_that_looks_like_a_table(folder, text):
    """Text made of what tables are made of, quotes and line ends out of place."""
    survives(write(folder, "a.csv", text.encode()))


numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True).map(repr),
    st.floats(-10, 10).map(repr),
    st.integers(-3, 3).map(str),
    st.integers().map(str),
    st.sampled_from(
        ["", "NA", "?", "nan", "inf", "1e400", "-1e300", "5e-324", "0x10", "1_000", "1,5", "True", "false"]
    ),
)
printed = st.characters(exclude_categories=["Cc", "Cs"])
words = st.one_of(st.sampled_from("abc"), st.sampled_from(["", "None"]), st.text(printed, max_size=4))
truths = st.sampled_from(["True", "False"])
decent = [truths, st.floats(-5, 5).map(repr), st.sampled_from("012"), st.sampled_from(["ä", "b"])]
kinds = st.sampled_from([numbers, words, *decent, st.just("7"), st.just("")])
targets = st.sampled_from([*decent, *decent, numbers, words, st.just("7")])
names = st.one_of(st.sampled_from(["a", "b", "c", "d", "Ünï"]), st.text(printed, max_size=6))


@st.composite
def tables(draw):
    columns = [*draw(st.lists(kinds, min_size=1, max_size=5)), draw(targets)]
    header = draw(st.lists(names, min_size=len(columns), max_size=len(columns), unique_by=str.strip))
    header[-1] = draw(st.sampled_from(["target", "y", header[-1]]))
    rows = draw(st.sampled_from([0, 1, 4, *range(10, 40)]))
    body = [[draw(kind) for kind in columns] for _ in range(rows)]
    return [header, *body]


@settings(QUIET, max_examples=250)
@given(
    table=tables(),
    seed=st.integers(0, 9),
    noise=st.sampled_from([0.0, 0.3]),
    train=st.sampled_from([None, 3, 0.5]),
    task=st.sampled_from([None, "classification", "regression"]),
)
def test_random_tables(folder, table, seed, noise, train, task):
    """Mixed columns, missing values and odd names, split and preprocessed in every way."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    path = write(folder, "a.csv", text.getvalue().encode("utf-8", "surrogatepass"))
    survives(path, seed=seed, label_noise=noise, train_size=train, task=task)


@st.composite
def arrays(draw):
    dtype = draw(st.sampled_from([*["?", "u1", "i8", "f2", "f4", "f8", "g"] * 2, "c8", "U2", "S3", "M8[s]", "V2"]))
    rows = draw(st.sampled_from([0, 1, 13, *[12] * 9]))
    shape = draw(st.sampled_from([(), (rows, 0), *[(rows,), (rows, 1), (rows, 3), (rows, 2, 2)] * 3]))
    itemsize = np.dtype(dtype).itemsize
    content = draw(st.binary(min_size=8, max_size=64)) * (math.prod(shape) * itemsize + 1)
    if dtype == "U2":
        return np.frombuffer(content, dtype="u1")[: math.prod(shape)].astype("U2").reshape(shape)
    array = np.frombuffer(content[: math.prod(shape) * itemsize], dtype="u1" if dtype == "?" else dtype)
    return (array > 127 if dtype == "?" else array).reshape(shape)


@QUIET
@given(x=arrays(), y=arrays(), name=st.sampled_from(["x", "X"]), task=st.sampled_from([None, "regression"]))
def test_random_arrays(folder, x, y, name, task):
    """NPZ arrays of every kind and shape, bits drawn at random."""
    survives(write(folder, "a.npz", npz_bytes(**{name: x, "y": y})), task=task)


@QUIET
@given(
    code=st.sampled_from([8, 9, 0x0B, 0x0C, 0x0D, 0x0E, 0x0A]),
    shape=st.lists(st.one_of(st.sampled_from([0, 1, 2, 12]), st.integers(0, 2**32 - 1)), max_size=4),
    body=st.integers(0, 500),
)
def test_idx_headers_that_promise_anything(folder, code, shape, body):
    """An IDX header may promise any shape; only what is there is read, and memory is asked before."""
    header = bytes([0, 0, code, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
    survives(write(folder, "train-images-idx3-ubyte", header + bytes(range(250)) * (body // 100) + bytes(body)))


@QUIET
@given(source=st.text(max_size=30), target=st.one_of(st.none(), st.text(max_size=5)))
def test_any_text_as_a_source(source, target):
    """A name that is no file and no data set is refused."""
    survives(source, target=target)


options = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            ["train_size", "valid_size", "test_size"],
            st.one_of(st.none(), st.integers(-2, 200), st.floats(0, 1), st.floats(), st.booleans()),
        ),
        "label_noise": st.one_of(st.floats(0, 1), st.floats()),
        "seed": st.one_of(st.integers(-1, 3), st.integers(min_value=0), st.floats(0, 1)),
        "task": st.sampled_from([None, "classification", "regression", "both"]),
    },
)


@QUIET
@given(name=st.sampled_from(["iris", "diabetes"]), options=options)
def test_any_options(name, options):
    """Sizes, noise, seeds and tasks of every kind."""
    survives(name, **options)
