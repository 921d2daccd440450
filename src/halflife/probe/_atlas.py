"""Everything that is installed, probed: which optimizers there are, and one row for each.

Nothing is listed by hand but where each framework keeps its optimizers. Further libraries are found by what they
declare: a distribution that requires torch is looked through for optimizer classes.
"""

import importlib
import importlib.metadata
import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from importlib.util import find_spec
from typing import Any

from halflife._errors import BadInput
from halflife.probe._report import LawReport
from halflife.probe._verdict import ESTIMATED

LARGE = 400
"""A distribution of more Python files is no optimizer library; only its modules of that name are looked at."""
OWN_MODULE = re.compile(r"(^|/)optim\w*(/__init__)?\.py$")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One optimizer: its report, or why there is none."""

    target: str
    report: LawReport | None = None
    reason: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """What a table shows of it."""
        if self.report is None:
            return (self.target, "-", "", "", "", "", self.reason)
        r = self.report
        notes = [defect.name for defect in r.defects]
        notes += ["1-D spared"] if r.spares_vectors else []
        notes += [f"second decay by {r.second_decay.argument or 'its own'}"] if r.second_decay else []
        return (
            self.target,
            str(r.law),
            "" if r.order is None else r.order.name.lower(),
            "" if r.coefficient is None or ESTIMATED in r.multiplied_by else f"{r.coefficient:.4g}",
            ", ".join(r.multiplied_by),
            "" if r.strength_name is None else f"{r.strength_name}={r.strength:g}",
            "; ".join(notes),
        )

    def to_dict(self) -> dict[str, Any]:
        """The report under its target, or the reason why there is none."""
        if self.report is None:
            return {"target": self.target, "reason": self.reason}
        return {"target": self.target, **self.report.to_dict()}


@dataclass(frozen=True, kw_only=True)
class Atlas:
    """All rows; a table in a notebook."""

    rows: tuple[Row, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"rows": [row.to_dict() for row in self.rows]}

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(heading)}</th>" for heading in HEADINGS)
        body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row.cells) + "</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


HEADINGS = ("optimizer", "law", "order", "coefficient", "times", "argument", "notes")


def targets() -> list[str]:
    """The dotted names of all optimizers that are installed."""
    found: dict[Any, str] = {}
    for source in (_torch, _optax, _keras, _sklearn, _others):
        for name, value in source():
            found.setdefault(value, name)
    return list(found.values())


def survey(names: list[str], progress: Callable[[str], None]) -> list[Row]:
    """Probe each of them; one that cannot be probed keeps its place with the reason."""
    from halflife.probe._target import probe

    rows = []
    for name in names:
        progress(name)
        try:
            rows.append(Row(target=name, report=probe(name)))
        except BadInput as error:
            rows.append(Row(target=name, reason=str(error).removeprefix(f"{name} ")))
    return rows


def as_json(rows: list[Row]) -> str:
    """A list of objects: the reports, and for those without one `target` and `reason`."""
    return json.dumps([row.to_dict() for row in rows], indent=2, ensure_ascii=False)


def as_markdown(rows: list[Row]) -> str:
    """The docs page: one table a package, with the versions that were measured."""
    lines = [
        "# Atlas",
        "",
        "How each optimizer regularizes, as `halflife atlas --markdown` measured it by default, at lr 1e-3 where one",
        "has to be given. What a law means stands in the table of laws; `halflife probe NAME` shows the evidence.",
    ]
    packages: dict[str, list[Row]] = {}
    for row in rows:
        packages.setdefault(row.target.partition(":")[0].partition(".")[0], []).append(row)
    for package, members in packages.items():
        lines += [
            "",
            f"## {package} {_version(package)}",
            "",
            "| " + " | ".join(HEADINGS) + " |",
            "|---" * len(HEADINGS) + "|",
        ]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row.cells) + " |" for row in members]
    return "\n".join(lines) + "\n"


def _version(package: str) -> str:
    names = importlib.metadata.packages_distributions().get(package, [])
    return importlib.metadata.version(names[0]) if names else ""


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
