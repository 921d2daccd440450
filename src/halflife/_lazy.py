"""Packages whose public names are loaded on first use."""

import gc
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


def import_quickly(name: str) -> ModuleType:
    """The module, imported while the garbage collector rests.

    It would go over all that is at hand again and again, and nothing of it can go: a quarter of the time in which JAX
    is imported beside scikit-learn.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(name)
    finally:
        if collects:
            gc.enable()


def lazily(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package, from the module in it that each public name lives in.

    No name may be that of a module, which would hide it once it is loaded.
    """

    def look_up(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_quickly(f"{package}.{homes[name]}"), name)

    return look_up, lambda: sorted(homes)
