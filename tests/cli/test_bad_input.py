"""Bad input on the command line: one sentence on standard error, nothing on standard output, exit 2, nothing lost."""

import shutil
import sqlite3

import numpy as np
import pytest

OPTIONS = {
    "negative lr": (("iris", "--lr", "-0.1"), "lr is -0.1"),
    "zero lr": (("iris", "--lr", "0.1,0"), "lr is 0.0"),
    "lr NaN": (("iris", "--lr", "nan"), "lr is nan"),
    "lr infinite": (("iris", "--lr", "inf"), "lr is inf"),
    "lr not a number": (("iris", "--lr", "fast"), "--lr is 'fast'"),
    "lr empty": (("iris", "--lr", ""), "--lr is ''"),
    "negative strength": (("iris", "--strength", "-1"), "strength is -1"),
    "negative strength beside others": (("iris", "--strength", "0.1,-1"), "strength is -1"),
    "strength NaN": (("iris", "--strength", "nan,0.1"), "strength is nan"),
    "strength infinite": (("iris", "--strength", "1e400"), "strength is inf"),
    "strength 0 only": (("iris", "--strength", "0"), "strength is 0 only"),
    "strength not a number": (("iris", "--strength", "0.1;0.2"), "--strength is '0.1;0.2'"),
    "zero epochs": (("iris", "--epochs", "0"), "epochs is 0"),
    "negative epochs": (("iris", "--epochs", "-3"), "epochs is -3"),
    "epochs not a number": (("iris", "--epochs", "many"), "'--epochs'"),
    "empty batch": (("iris", "--batch-size", "0"), "batch size is 0"),
    "no seeds": (("iris", "--seeds", "0"), "seeds is 0"),
    "negative seed": (("iris", "--seed", "-1"), "seed is -1"),
    "seed beyond counting": (("iris", "--seed", str(2**63)), f"seed is {2**63}"),
    "unknown rule": (("iris", "--rules", "sgd,adm"), "unknown rule 'adm': did you mean adam"),
    "unknown rule, nothing near": (("iris", "--rules", "zzzz"), "known: sgd, momentum"),
    "empty rule": (("iris", "--rules", "sgd,"), "unknown rule ''"),
    "hidden not a number": (("iris", "--hidden", "abc"), "--hidden is 'abc'"),
    "hidden a fraction": (("iris", "--hidden", "6.5"), "--hidden is '6.5'"),
    "hidden 0": (("iris", "--hidden", "64,0"), "(4, 64, 0, 3)"),
    "hidden too wide": (("iris", "--hidden", "1000000000"), "allow more memory or choose smaller layers"),
    "unknown activation": (("iris", "--activation", "rleu"), "unknown activation 'rleu': did you mean relu"),
    "unknown initialization": (("iris", "--initialization", "xavier"), "unknown initialization 'xavier'"),
    "unknown schedule": (("iris", "--schedule", "cosin"), "unknown schedule 'cosin': did you mean cosine"),
    "unknown precision": (("iris", "--precision", "float16"), "precision is 'float16'"),
    "memory not a size": (("iris", "--memory", "much"), "--memory is 'much'"),
    "memory 0": (("iris", "--memory", "0GB"), "--memory is '0GB'"),
    "memory negative": (("iris", "--memory", "-1GB"), "--memory is '-1GB'"),
    "memory of an unknown unit": (("iris", "--memory", "3 elephants"), "--memory is '3 elephants'"),
    "memory too small": (("iris", "--memory", "1KB"), "allow more memory or choose smaller layers"),
    "train size not a number": (("iris", "--train-size", "most"), "--train-size is 'most'"),
    "train size too large": (("iris", "--train-size", "1000"), "train_size is 1000"),
    "label noise over 1": (("iris", "--label-noise", "2"), "label_noise is 2"),
    "label noise negative": (("iris", "--label-noise", "-0.5"), "label_noise is -0.5"),
    "unknown data": (("iriss",), "iris"),
    "no such file": (("missing.csv",), "missing.csv"),
    "no such target": (("iris", "--target", "nothing"), "nothing"),
    "a folder": (("folder",), "folder"),
    "empty file": (("empty.csv",), "is empty"),
    "single class": (("single.csv",), "single class 'x'"),
    "target constant": (("constant.csv",), "is constant, 2.5"),
    "target with NaN": (("missing-target.csv",), "missing or NaN in 1 of 13 rows"),
    "target infinite": (("infinite.csv",), "holds inf"),
    "not CSV": (("letter.csv",), "line 2 has 4 fields"),
    "out in no folder": (("iris", "--out", "nowhere/study.db"), "nowhere/study.db"),
    "out a folder": (("iris", "--out", "folder"), "folder"),
    "out a table": (("iris", "--out", "single.csv"), "single.csv"),
    "out another database": (("iris", "--out", "other.db"), "SQLite file but not a study"),
    "unknown option": (("iris", "--optimizer", "adam"), "--optimizer"),
    "two data sets": (("iris", "wine"), "wine"),
    "option without value": (("iris", "--lr"), "--lr"),
}

FILES = {
    "empty.csv": "",
    "single.csv": "a,target\n" + "1,x\n2,x\n" * 6,
    "constant.csv": "a,target\n" + "1,2.5\n2,2.5\n" * 6,
    "missing-target.csv": "a,target\n" + "1,0.5\n2,0.7\n" * 6 + "3,\n",
    "infinite.csv": "a,target\n" + "1,0.5\n2,0.7\n" * 6 + "3,inf\n",
    "letter.csv": "Dear reader, this is\nnot, at all, a table,\n",
}


def everything_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("case", OPTIONS)
def test_bad_input_is_one_sentence(halflife, tmp_path, case):
    """Exit 2, one line on standard error that names the value, nothing on standard output, no file made or changed."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "folder").mkdir()
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE cats (name)")
    connection.close()
    before = everything_in(tmp_path)
    arguments, sentence = OPTIONS[case]
    said = halflife("study", *arguments)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("halflife: ")
    assert said.err.count("\n") == 1
    assert said.err.endswith("\n")
    assert "Traceback" not in said.err
    assert sentence in said.err
    assert everything_in(tmp_path) == before


SAME = (
    *("--rules", "sgd,momentum", "--lr", "0.1,0.03,0.01", "--strength", "0,0.001,0.01,0.1,1"),
    *("--epochs", "3", "--hidden", "3", "--seeds", "2"),
)
OTHER_STUDIES = {
    "other data": (("wine", *SAME), "other data"),
    "other rows of the data": (("iris", *SAME, "--train-size", "50"), "other data"),
    "other first seed": (("iris", *SAME, "--seed", "1"), "seeds"),
    "other number of seeds": (("iris", *SAME, "--seeds", "3"), "other seeds"),
    "other network": (("iris", *SAME, "--hidden", "4"), "other regime"),
    "other epochs": (("iris", *SAME, "--epochs", "4"), "other regime"),
    "other lr": (("iris", *SAME, "--lr", "0.1"), "holds a study with other "),
    "other strengths": (("iris", *SAME, "--strength", "0.1"), "holds a study with other "),
    "other rules": (("iris", *SAME, "--rules", "sgd"), "other rules"),
}


@pytest.mark.parametrize("case", OTHER_STUDIES)
def test_a_study_of_something_else_is_refused(halflife, small_study, tmp_path, case):
    """A study file is not gone on with under other options: the sentence names what differs, and no byte changes."""
    path = shutil.copy(small_study, tmp_path / "study.db")
    before = path.read_bytes()
    arguments, sentence = OTHER_STUDIES[case]
    said = halflife("study", *arguments, "--out", path)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert sentence in said.err
    assert "study.db" in said.err
    assert path.read_bytes() == before


SPOILT = {
    "truncated": lambda whole: whole[: len(whole) // 2],
    "overwritten": lambda whole: whole[:8192] + np.random.default_rng(0).bytes(8192) + whole[16384:],
    "of another version": lambda whole: whole[:60] + (999).to_bytes(4, "big") + whole[64:],
    "of another program": lambda whole: whole[:68] + (7).to_bytes(4, "big") + whole[72:],
    "not a database": lambda whole: b"lr" + whole[2:],
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_broken_study_is_refused(halflife, small_study, tmp_path, case):
    """A file that is no sound study of this version is refused in a sentence and left as it was."""
    path = tmp_path / "study.db"
    spoilt = SPOILT[case](small_study.read_bytes())
    path.write_bytes(spoilt)
    said = halflife("study", "iris", *SAME, "--out", path)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "study.db" in said.err
    assert path.read_bytes() == spoilt


@pytest.mark.parametrize("argument", ["stduy", "--wat"])
def test_an_unknown_verb_is_one_sentence(halflife, argument):
    """What is not a verb or an option is bad input like any other."""
    said = halflife(argument)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert argument in said.err
