"""Which optimizers are installed.

Nothing is listed by hand but where each framework keeps its optimizers. Further libraries are found by what they
declare: a distribution that requires torch is looked through for optimizer classes.
"""

import importlib
import importlib.metadata
import inspect
import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

LARGE = 400
"""A distribution of more Python files is no optimizer library; only its modules of that name are looked at."""
OWN_MODULE = re.compile(r"(^|/)optim\w*(/__init__)?\.py$")


def targets() -> list[str]:
    """The dotted names of all optimizers that are installed."""
    found: dict[Any, str] = {}
    for source in (_torch, _optax, _keras, _sklearn, _others):
        for name, value in source():
            found.setdefault(value, name)
    return list(found.values())


def _torch() -> Iterator[tuple[str, Any]]:
    if find_spec("torch") is not None:
        yield from _optimizer_classes("torch.optim", "torch.optim")


def _optimizer_classes(module_name: str, home: str) -> Iterator[tuple[str, Any]]:
    from torch.optim import Optimizer

    module = importlib.import_module(module_name)
    for name, value in sorted(vars(module).items()):
        ours = isinstance(value, type) and issubclass(value, Optimizer) and value is not Optimizer
        if ours and value.__module__.partition(".")[0] == home.partition(".")[0] and not inspect.isabstract(value):
            yield f"{module_name}:{name}", value


def _optax() -> Iterator[tuple[str, Any]]:
    if find_spec("optax") is None:
        return
    for module_name in ("optax", "optax.contrib"):
        for name, value in sorted(vars(importlib.import_module(module_name)).items()):
            public = inspect.isfunction(value) and not name.startswith("_") and not name.startswith("scale_by")
            if public and "learning_rate" in inspect.signature(value).parameters:
                yield f"{module_name}:{name}", value


def _keras() -> Iterator[tuple[str, Any]]:
    if find_spec("keras") is None:
        return
    from halflife.probe._keras import choose_backend

    choose_backend()
    from keras import optimizers

    for name, value in sorted(vars(optimizers).items()):
        if isinstance(value, type) and issubclass(value, optimizers.Optimizer) and value is not optimizers.Optimizer:
            yield f"keras.optimizers:{name}", value


def _sklearn() -> Iterator[tuple[str, Any]]:
    from sklearn import linear_model, neural_network

    for module in (neural_network, linear_model):
        for name in module.__all__:
            value = getattr(module, name)
            accepted = inspect.signature(value).parameters.keys() if isinstance(value, type) else set()
            if hasattr(value, "partial_fit") and (
                {"alpha", "solver"} <= accepted or {"alpha", "eta0", "loss"} <= accepted
            ):
                yield f"{module.__name__}:{name}", value


def _others() -> Iterator[tuple[str, Any]]:
    if find_spec("torch") is None:
        return
    packages: dict[str, list[str]] = {}
    for package, names in importlib.metadata.packages_distributions().items():
        for name in names:
            packages.setdefault(name, []).append(package)
    for distribution in importlib.metadata.distributions():
        requires = [re.split(r"[^\w.-]", line)[0] for line in distribution.requires or [] if "extra ==" not in line]
        if "torch" not in requires or distribution.name in ("torch", "halflife"):
            continue
        files = [str(file) for file in distribution.files or [] if str(file).endswith(".py")]
        modules = packages.get(distribution.name, [])
        if len(files) > LARGE:
            modules = sorted(
                file.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
                for file in files
                if OWN_MODULE.search(file)
            )
        for module_name in modules:
            try:
                yield from _optimizer_classes(module_name, module_name)
            except Exception:  # noqa: S112 - a package that cannot be imported here has nothing to probe
                continue
