import gc
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import halflife
from halflife._lazy import import_quickly

HEAVY = {
    "jax",
    "torch",
    "sympy",
    "numpy",
    "sklearn",
    "pandas",
    "typer",
    "rich",
    "optax",
    "keras",
    "scipy",
    "matplotlib",
}


def _loaded_after(statement: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after this statement."""
    program = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    return set(done.stdout.split()) & HEAVY


@pytest.mark.parametrize("statement", ["import halflife", "import halflife.rules", "from halflife import Law, update"])
def test_import_loads_nothing_heavy(statement: str) -> None:
    """`import halflife`, and the rules with it, load no array library, no data library and no terminal library."""
    assert not _loaded_after(statement)


def test_a_heavy_import_would_be_seen() -> None:
    """The test above can fail: it sees NumPy when it is loaded."""
    assert _loaded_after("import halflife, numpy") == {"numpy"}


@pytest.mark.parametrize("name", halflife.__all__)
def test_public_name_resolves(name: str) -> None:
    """Every public name is there, and `dir` shows it."""
    assert getattr(halflife, name) is not None
    assert name in dir(halflife)


def test_unknown_attribute() -> None:
    """A name that does not exist is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="no attribute 'weight_decay'"):
        _ = halflife.weight_decay


@pytest.mark.parametrize("package", ["halflife.lab", "halflife.sklearn"])
def test_public_names_of_a_lazy_package_resolve(package: str) -> None:
    """Every public name is there; none is that of a module, which would hide it once it is loaded."""
    lazy = import_module(package)
    assert all(getattr(lazy, name) is not None for name in lazy.__all__)
    assert dir(lazy) == lazy.__all__
    assert not {module.name for module in pkgutil.iter_modules(lazy.__path__)} & set(lazy.__all__)


def test_an_estimator_does_not_load_what_a_study_needs() -> None:
    """A classifier loads what trains it: neither the store nor the search."""
    program = "from halflife.sklearn import MLPClassifier; import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603
    loaded = set(done.stdout.split())
    assert "halflife.lab.training" in loaded
    assert not {"halflife.lab.store", "halflife.lab.running", "halflife.sklearn._cv"} & loaded


@pytest.mark.parametrize("collects", [True, False])
def test_the_collector_rests_while_a_module_is_imported(
    collects: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It rests during the import and is as it was after it, whether the import works or not."""
    (tmp_path / "rests.py").write_text("import gc\n\ncollects = gc.isenabled()\n")
    (tmp_path / "fails.py").write_text("raise ImportError('as planned')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "rests", raising=False)
    before = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        assert import_quickly("rests").collects is False
        assert gc.isenabled() is collects
        with pytest.raises(ImportError, match="as planned"):
            import_quickly("fails")
        assert gc.isenabled() is collects
    finally:
        (gc.enable if before else gc.disable)()
