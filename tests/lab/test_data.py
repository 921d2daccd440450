"""Data sets: judged by slow, obvious twins; every judge is shown to refuse planted defects."""

import gzip
import math
import statistics
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halflife import BadData
from halflife.lab import data as module
from halflife.lab import preprocess
from halflife.lab.data import load
from halflife.lab.split import sizes, split

TOLERANCE = 1e-12
SHIPPED = {
    "digits": (1797, 64, 10),
    "breast_cancer": (569, 30, 2),
    "wine": (178, 13, 3),
    "iris": (150, 4, 3),
    "diabetes": (442, 10, 0),
}
ROWS = [  # age (one missing), colour (one missing), sure, always 3, class
    (
        str(20 + i * i % 37) if i != 4 else "",
        ["red", "green", "blue"][i % 3] if i != 7 else "NA",
        i % 2 == 0,
        3,
        "ab"[i % 2],
    )
    for i in range(40)
]


def write_table(path, rows=ROWS, delimiter=","):
    lines = ["age,colour,sure,always,kind".replace(",", delimiter)]
    lines += [delimiter.join(map(str, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def rows_chosen(monkeypatch):
    """The row numbers of the latest split, as the loader drew them."""
    seen = {}

    def spy(*args):
        seen["rows"] = split(*args)
        return seen["rows"]

    monkeypatch.setattr(module, "split", spy)
    return seen


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_data_sets_have_their_known_shapes(name):
    """Rows, features and classes are those that scikit-learn documents, and every number is finite."""
    rows, features, classes = SHIPPED[name]
    data = load(name)
    parts = (data.train, data.valid, data.test)
    assert sum(map(len, parts)) == rows
    assert len(data.features) == features
    assert len(data.classes) == classes
    assert data.task == ("classification" if classes else "regression")
    for part in parts:
        assert part.x.shape == (len(part), features)
        assert part.y.shape == (len(part), classes or 1)
        assert part.x.dtype == part.y.dtype == np.float64
        assert np.isfinite(part.x).all()
        assert np.isfinite(part.y).all()
    assert str(features) in data.describe()


def obvious_column(values, train):
    """Median for what is missing, mean 0 and standard deviation 1, in plain Python over the training rows."""
    known = [values[row] for row in train if not math.isnan(values[row])]
    middle = statistics.median(known)
    filled = [middle if math.isnan(value) else value for value in values]
    taught = [filled[row] for row in train]
    mean, scale = statistics.fmean(taught), statistics.pstdev(taught)
    return [(value - mean) / scale if scale else value - mean for value in filled]


def judge_standardization(data, raw, chosen):
    """Every part of the data set equals the obvious computation, column by column."""
    for column in range(raw.shape[1]):
        expected = np.array(obvious_column(raw[:, column].tolist(), chosen[0].tolist()))
        for part, rows in zip((data.train, data.valid, data.test), chosen, strict=True):
            np.testing.assert_allclose(part.x[:, column], expected[rows], rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("name", ["wine", "digits", "diabetes"])
def test_standardization_equals_the_obvious_computation(name, rows_chosen):
    """Mean and standard deviation of the training rows, digits' constant pixels included."""
    from sklearn import datasets

    raw = getattr(datasets, f"load_{name}")(**({"scaled": False} if name == "diabetes" else {})).data
    data = load(name, seed=3)
    judge_standardization(data, raw, rows_chosen["rows"])
    if name == "digits":
        constant = raw[rows_chosen["rows"][0]].std(axis=0) == 0
        assert constant.any()
        assert (data.train.x[:, constant] == 0).all()


def test_standardization_over_all_rows_is_caught(rows_chosen, monkeypatch):
    """The judge refuses a planted leak: statistics taken over all rows, tolerance exceeded tenfold."""
    from sklearn.datasets import load_wine

    honest, features_of = load("wine"), preprocess.features_of
    monkeypatch.setattr(preprocess, "features_of", lambda table, train: features_of(table, np.arange(178)))
    leaking = load("wine")
    assert np.abs(leaking.train.x - honest.train.x).max() > 10 * TOLERANCE
    with pytest.raises(AssertionError):
        judge_standardization(leaking, load_wine().data, rows_chosen["rows"])


def test_a_changed_test_row_changes_no_training_row(tmp_path, rows_chosen):
    """Another age, colour and an age removed in test and validation rows leave the training matrix bitwise alone."""
    path = write_table(tmp_path / "t.csv")
    before = load(path, target="kind")
    _, valid, test = rows_chosen["rows"]
    changed = list(ROWS)
    for row in test:
        changed[row] = ("1000", "ultraviolet", *ROWS[row][2:])
    changed[valid[0]] = ("", "", *ROWS[valid[0]][2:])
    after = load(write_table(path, changed), target="kind")
    assert np.array_equal(before.train.x, after.train.x)
    assert before.features == after.features
    assert np.abs(before.test.x[:, 0] - after.test.x[:, 0]).max() > 1
    colours = [place for place, name in enumerate(after.features) if name.startswith("colour=")]
    assert (after.test.x[:, colours] == 0).all()
    assert before.fingerprint != after.fingerprint


def test_mixed_columns_become_the_documented_features(tmp_path, rows_chosen):
    """Numbers standardized, truth values as numbers, categories one-hot, the commonest for a missing one."""
    data = load(write_table(tmp_path / "t.csv"), target="kind", train_size=0.8)
    assert data.features == ("age", "sure", "always", "colour=blue", "colour=green", "colour=red")
    assert data.classes == ("a", "b")
    train = rows_chosen["rows"][0]
    raw = np.array([[float(row[0] or "nan"), row[2], row[3]] for row in ROWS])
    numbers = np.array([obvious_column(raw[:, at].tolist(), train.tolist()) for at in range(3)]).T
    np.testing.assert_allclose(data.train.x[:, :3], numbers[train], rtol=TOLERANCE, atol=TOLERANCE)
    colours = [row[1] for row in ROWS]
    known = [colours[row] for row in train if colours[row] != "NA"]
    commonest = min(set(known), key=lambda colour: (-known.count(colour), colour))
    for row, hot in zip(train, data.train.x[:, 3:], strict=True):
        colour = commonest if colours[row] == "NA" else colours[row]
        assert hot.tolist() == [colour == "blue", colour == "green", colour == "red"]
    assert (data.train.y[:, 1] == [ROWS[row][4] == "b" for row in train]).all()


def judge_strata(strata, parts, chosen):
    """Parts do not overlap, are as large as asked, and hold each class within one row of its share."""
    everything = np.concatenate(chosen)
    assert len(set(everything.tolist())) == len(everything)
    assert tuple(map(len, chosen)) == parts
    for stratum in set(strata.tolist()):
        for rows in chosen:
            share = np.mean(strata == stratum) * len(rows)
            assert abs(np.sum(strata[rows] == stratum) - share) < 1


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    counts=st.lists(st.integers(3, 60), min_size=1, max_size=12),
    shares=st.tuples(st.floats(0.1, 0.8), st.floats(0.1, 0.9)),
    seed=st.integers(0, 99),
)
def test_each_part_holds_each_class_within_one_row_of_its_share(counts, shares, seed):
    """For any class sizes and any shares, some rows left out or none."""
    strata = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    rows = len(strata)
    train = max(1, int(shares[0] * rows))
    valid = max(1, int((rows - train) * shares[1] / 2))
    parts = (train, valid, max(1, rows - train - valid - seed % 3))
    try:
        chosen = split(strata, parts, np.random.default_rng(seed))
    except BadData:
        assert min(counts) * train < rows  # only where the rarest class has less than one row as its share
        return
    judge_strata(strata, parts, chosen)
    assert set(strata[chosen[0]].tolist()) == set(strata.tolist())


def test_an_unstratified_split_is_caught():
    """The judge of shares refuses a plain shuffle."""
    strata = np.repeat([0, 1, 2], [100, 40, 10])
    rows = np.random.default_rng(0).permutation(150)
    judge_strata(strata, (90, 30, 30), split(strata, (90, 30, 30), np.random.default_rng(0)))
    with pytest.raises(AssertionError):
        judge_strata(strata, (90, 30, 30), (rows[:90], rows[90:120], rows[120:]))


def test_every_row_is_drawn_evenly():
    """Over 400 seeds each row trains about 60 % of the time, in a class of five as in one of twenty."""
    strata = np.repeat([0, 1], [5, 20])
    trained = np.zeros(25)
    for seed in range(400):
        trained[split(strata, (15, 5, 5), np.random.default_rng(seed))[0]] += 1
    deviation = math.sqrt(400 * 0.6 * 0.4)
    assert (np.abs(trained - 240) < 5 * deviation).all()


@pytest.mark.parametrize(
    ("asked", "given_"),
    [
        ((None, None, None), (60, 20, 20)),
        ((50, None, None), (50, 25, 25)),
        ((0.5, None, None), (50, 25, 25)),
        ((51, None, None), (51, 24, 25)),
        ((50.0, None, None), (50, 25, 25)),
        ((50, 10, None), (50, 10, 40)),
        ((50, None, 10), (50, 40, 10)),
        ((50, 10, 10), (50, 10, 10)),
        ((None, 10, None), (70, 10, 20)),
        ((None, None, 0.1), (70, 20, 10)),
        ((None, 0.3, 0.3), (40, 30, 30)),
    ],
)
def test_sizes_are_counts_or_shares_and_what_is_left_is_divided(asked, given_):
    """Of 100 rows: the table of the docstring."""
    assert sizes(100, *asked) == given_


def bits(data):
    return [array.tobytes() for part in (data.train, data.valid, data.test) for array in (part.x, part.y)]


@pytest.mark.parametrize("name", ["wine", "diabetes"])
def test_a_seed_decides_everything(name):
    """The same seed gives bitwise the same, another seed other rows and another fingerprint."""
    first, again, other = (load(name, seed=seed, label_noise=0.2) for seed in (5, 5, 6))
    assert bits(first) == bits(again)
    assert first.fingerprint == again.fingerprint
    assert bits(first)[0] != bits(other)[0]
    assert first.fingerprint != other.fingerprint


def judge_noise(clean, noisy, share):
    """Exactly the share of training labels is another class; nothing else changes."""
    assert np.array_equal(clean.train.x, noisy.train.x)
    assert np.array_equal(clean.valid.y, noisy.valid.y)
    assert np.array_equal(clean.test.y, noisy.test.y)
    changed = (clean.train.y != noisy.train.y).any(axis=1)
    assert changed.sum() == round(share * len(clean.train))
    assert (noisy.train.y.sum(axis=1) == 1).all()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.333, 0.99])
@pytest.mark.parametrize("name", ["wine", "breast_cancer"])
def test_label_noise_flips_exactly_its_share_of_training_labels(name, share):
    """With two classes as with three, and not one label of validation or test."""
    judge_noise(load(name), load(name, label_noise=share), share)


def test_label_noise_that_may_keep_the_class_is_caught(monkeypatch):
    """The judge refuses the common mistake: a class drawn among all, the true one included."""

    def any_class(codes, train, classes, share, rng):
        noisy = codes.copy()
        noisy[rng.choice(train, size=round(share * len(train)), replace=False)] = rng.integers(0, classes)
        return noisy

    clean = load("wine")
    monkeypatch.setattr(module, "_flip", any_class)
    with pytest.raises(AssertionError):
        judge_noise(clean, load("wine", label_noise=0.5), 0.5)


def test_label_noise_goes_to_every_other_class():
    """Over digits at half noise, each class's flipped rows spread over all nine others, about evenly."""
    clean, noisy = load("digits"), load("digits", label_noise=0.9)
    confusion = clean.train.y.T @ noisy.train.y
    others = confusion[~np.eye(10, dtype=bool)]
    expected = 0.9 * len(clean.train) / 90
    assert ((others - expected) ** 2 / expected).sum() < 90 + 5 * math.sqrt(180)


def test_noise_in_regression_has_the_asked_size():
    """Standard normal times the share, in units of the target's standard deviation; training rows only."""
    clean, noisy = load("diabetes"), load("diabetes", label_noise=0.5)
    difference = noisy.train.y - clean.train.y
    assert abs(difference.std() - 0.5) < 5 * 0.5 / math.sqrt(2 * len(difference))
    assert (difference != 0).all()
    assert np.array_equal(clean.test.y, noisy.test.y)
    assert np.array_equal(clean.valid.y, noisy.valid.y)
    assert np.array_equal(clean.target_scale, noisy.target_scale)


def test_the_target_comes_back_from_its_mean_and_scale(rows_chosen):
    """The mean + scale·y is the raw target in every part; mean 0, standard deviation 1 over the training rows alone."""
    from sklearn.datasets import load_diabetes

    data = load("diabetes")
    raw = load_diabetes(scaled=False).target
    for part, rows in zip((data.train, data.valid, data.test), rows_chosen["rows"], strict=True):
        np.testing.assert_allclose(data.target_mean + data.target_scale * part.y[:, 0], raw[rows], rtol=TOLERANCE)
    assert abs(data.train.y.mean()) < TOLERANCE
    assert abs(data.train.y.std() - 1) < TOLERANCE
    assert abs(data.test.y.mean()) > 10 * TOLERANCE


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


def test_several_targets_are_standardized_each(tmp_path):
    """A two-column y is a regression on two targets."""
    rng = np.random.default_rng(1)
    np.savez(tmp_path / "a.npz", x=rng.normal(size=(40, 3)), y=rng.normal(size=(40, 2)) * [1, 100] + [5, 0])
    data = load(tmp_path / "a.npz")
    assert data.train.y.shape == (24, 2)
    np.testing.assert_allclose(data.train.y.std(axis=0), 1, rtol=TOLERANCE)
    assert data.target_scale[1] > 50 * data.target_scale[0]


FINGERPRINT = "58ceb7f420b1c0a8adbc8a827a9f1d7ea790e20292176f8235f9d3fa063dd25d"


def test_the_fingerprint_is_the_same_on_every_machine():
    """Iris by default has the fingerprint it had when this was written; each option that decides rows changes it."""
    assert load("iris").fingerprint == FINGERPRINT
    options = [{"seed": 1}, {"train_size": 80}, {"valid_size": 31}, {"label_noise": 0.1}, {"task": "regression"}]
    seen = {load("iris", **option).fingerprint for option in options}
    assert len(seen | {FINGERPRINT}) == len(options) + 1
    assert load("iris", train_size=0.6).fingerprint == FINGERPRINT


def test_a_data_set_cannot_be_changed():
    """The result is frozen and so are its arrays."""
    data = load("iris")
    with pytest.raises(FrozenInstanceError):
        data.name = "other"
    for part in (data.train, data.valid, data.test):
        for array in (part.x, part.y):
            with pytest.raises(ValueError, match="read-only"):
                array[0, 0] = 1.0


def test_one_line_says_what_it_is():
    """Rows, features, classes and label noise in one line."""
    line = load("wine", label_noise=0.25).describe()
    assert line == (
        "wine: 107 + 35 + 36 rows (training, validation, test), 13 features, 3 classes (target), label noise 0.25"
    )


def test_a_rare_class_always_has_a_training_row():
    """A class whose share of the training rows is 0.6 of a row has one, whatever the seed."""
    strata = np.repeat([0, 1], [97, 3])
    for seed in range(30):
        assert (strata[split(strata, (20, 40, 40), np.random.default_rng(seed))[0]] == 1).sum() == 1


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
