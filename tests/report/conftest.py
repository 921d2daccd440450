"""A small study of a data set whose names are hostile, its page, and a real browser to look at it."""

import pytest

import halflife

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(scope="session")
def hostile_study(tmp_path_factory):
    """Columns called <script> and an emoji, a target that closes tags."""
    folder = tmp_path_factory.mktemp("page")
    lines = [f'"{HOSTILE.replace(chr(34), chr(34) * 2)}",🦉,"</td></svg><img src=x onerror=alert(1)>"']
    lines += [f"{k % 7},{(k * k) % 11},{'ab'[(k % 7) > 3]}" for k in range(60)]
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return halflife.study(
        folder / "rows.csv",
        rules=("sgd", "momentum"),
        lr=(0.1, 0.03, 0.01),
        strength=(0, 0.001, 0.01, 0.1, 1),
        epochs=3,
        hidden=(3,),
        seeds=2,
        out=folder / "study.db",
    )


@pytest.fixture(scope="session")
def page(hostile_study):
    """The file of its page."""
    return halflife.report(hostile_study)
