"""The pages that are made from the code while the site is built: verbs, frameworks, laws, the API.

Nothing on them is typed: the verbs come from the command line itself, the frameworks from what `halflife.recipes`
declares and from the measured atlas, the API from every package's `__all__`.
"""

import dataclasses
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin

import typer
from _tables import TABLES, cell, table
from sphinx.pycode import ModuleAnalyzer

import halflife
from halflife.cli import app
from halflife.recipes import FRAMEWORKS, Form, Framework

ATLAS = Path(__file__).parent / "atlas.md"
VERBS = Path(__file__).parent / "verbs"
MEASURED = {
    "torch": "torch",
    "optax": "optax",
    "keras": "keras",
    "sklearn": "sklearn",
    "lion-pytorch": "lion_pytorch",
    "optimi": "optimi",
    "timm": "timm",
}
"""The package of the atlas that shows a framework's own optimizers."""
NOT_OURS = "set_fit_request, set_score_request, set_partial_fit_request, set_predict_request"
"""What scikit-learn writes into every estimator."""


def write(folder: Path) -> None:
    """Make all pages anew; a file is touched only if its text changes, so that a second build is short."""
    pages = {
        "contents_verbs.md": toctree("Verbs", verb_pages()),
        **{f"{name}.md": make() for name, make in TABLES.items()},
        "frameworks/index.md": framework_index(),
        **{f"frameworks/{name}.md": framework(each) for name, each in FRAMEWORKS.items()},
        **{f"verbs/{name}.md": verb(name, command) for name, command in verbs().items()},
        **{f"bare/{name}.md": bare(name) for name in verbs() if not (VERBS / f"{name}.md").exists()},
        "api/index.md": api_index(),
        **{f"api/{module.__name__}.md": api(module) for module in modules()},
    }
    for old in folder.rglob("*.md"):
        if str(old.relative_to(folder)) not in pages:
            old.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def verb_pages() -> list[str]:
    """The page of each verb."""
    return [f"verbs/{name}" if (VERBS / f"{name}.md").exists() else f"_made/bare/{name}" for name in verbs()]


def toctree(caption: str, pages: Sequence[str]) -> str:
    """A table of contents under a heading of the side bar."""
    return "\n".join(("```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""))


# frameworks


def framework_index() -> str:
    """The list of frameworks."""
    listed = "\n".join(f"{each.title} <{name}>" for name, each in FRAMEWORKS.items())
    return (
        f"# Frameworks\n\nWhat `halflife translate` knows of each.\n\n```{{toctree}}\n:maxdepth: 1\n\n{listed}\n```\n"
    )


def framework(framework: Framework) -> str:
    """One framework: how it spells every rule with every law, and what was measured of it."""
    parts = [
        f"# {framework.title}",
        f"`halflife translate ... --to {framework.name}`" + (f": {framework.caution}." if framework.caution else ""),
        "## What it declares",
        table(("call", "rule", "law", "strength"), (_form(form) for form in framework.forms if not form.differs)),
        "\n".join(_readings(framework)),
        "lr is " + " or ".join(f"`{name}`" for name in dict.fromkeys(form.lr for form in framework.forms)) + ".",
        "The loss of a mini-batch is " + " or ".join(sorted(way.value for way in framework.reductions)) + ".",
    ]
    if strange := {form.call: form.differs for form in framework.forms if form.differs}:
        rows = ((f"`{call}`", f"`{loss.grade}`", loss.note) for call, loss in strange.items())
        parts += ["## What is read with a loss", table(("name", "grade", "why"), rows)]
    if measured := atlas(MEASURED.get(framework.name, "")):
        parts += ["## As measured", measured]
    else:
        parts += ["None of its optimizers are in [the atlas](../../atlas.md)."]
    return "\n\n".join(parts) + "\n"


def _form(form: Form) -> tuple[str, ...]:
    flags = ", ".join(f"{name}={value!r}" for name, value in form.flags.items())
    default = form.defaults.get(form.strength)
    strength = form.strength + ("" if default is None else f" = {default:g}")
    called = f"{form.call}({flags})" if flags else form.call
    return (f"`{called}`", f"`{form.rule}`", f"`{form.law}`", strength and f"`{strength}`")


def _readings(framework: Framework) -> Iterator[str]:
    """How the strength is read, once for each law and argument."""
    for law, strength, remark in dict.fromkeys(
        (form.law, form.strength, form.remark) for form in framework.forms if not form.differs
    ):
        named = f"`{law}`" + (f" by `{strength}`" if strength else "")
        if remark:
            yield f"- {named}: {cell(remark)}."


def atlas(package: str) -> str:
    """What the atlas measured of a package, from the committed page."""
    found = re.search(rf"^## ({re.escape(package)} [^\n]*)\n\n(.*?)\n(?:\n|\Z)", ATLAS.read_text("utf-8"), re.M | re.S)
    return f"{found[1]}, from [the atlas](../../atlas.md):\n\n{found[2]}" if package and found else ""


# verbs


def verbs() -> dict[str, Any]:
    """Every verb of the command line by its name."""
    return dict(sorted(typer.main.get_command(app).commands.items()))  # type: ignore[attr-defined]


def verb(name: str, command: Any) -> str:
    """The reference of one verb: its usage, what it says of itself, its arguments and options."""
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option" and not each.hidden]
    usage = " ".join(["halflife", name, "[OPTIONS]", *(_metavar(each) for each in arguments)])
    texts = (inspect.cleandoc(text) for text in (command.help, command.epilog) if text)
    parts = ["```text", usage, "```", "", "\n\n".join(_with_examples(text) for text in texts)]
    for heading, members in (("argument", arguments), ("option", options)):
        if members:
            rows = [(_spelling(each), each.help or "", _default(each)) for each in members]
            parts += ["", table((heading, "what it does", "default"), rows)]
    return "\n".join(parts) + "\n"


def bare(name: str) -> str:
    """The page of a verb of which nobody has told more yet."""
    return f"# {name}\n\n```{{include}} ../verbs/{name}.md\n```\n"


def _metavar(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return name if argument.required or argument.metavar else f"[{name}]"


def _spelling(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_metavar(parameter)}`"
    return ", ".join(f"`{each}`" for each in parameter.opts)


def _default(parameter: Any) -> str:
    if parameter.default in (None, False, ...) or parameter.show_default is False or callable(parameter.default):
        return ""
    return f"`{parameter.default}`"


def _with_examples(text: str) -> str:
    """Prose as it is; what stands indented after `Examples:` as a block of commands."""
    lines = re.sub(r"^Examples?: (?=halflife)", "Examples:\n\n    ", text, flags=re.M).splitlines()
    return "\n".join(_blocks(lines))


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    block: list[str] = []
    for line in [*lines, "end"]:
        if line.startswith("    "):
            block.append(line.strip())
        elif line.strip() and block:
            yield from ("```console", *(f"$ {each}" for each in block), "```", "")
            block = []
        if line.strip() and not line.startswith("    ") and line != "end":
            yield line
        elif not line.strip() and not block:
            yield ""


# the API


def modules() -> list[ModuleType]:
    """The public modules: halflife and those directly in it, which say what is public; the command line has its own.

    Raises:
        LookupError: one of them does not say what is public.
    """
    names = {each.name for each in pkgutil.iter_modules(halflife.__path__) if not each.name.startswith("_")} - {"cli"}
    found = [import_module(f"halflife.{name}") for name in sorted(names)]
    for module in found:
        if not getattr(module, "__all__", ()):
            raise LookupError(f"{module.__name__} has no `__all__`: say what is public, or begin its name with _.")
    return [halflife, *found]


def api_index() -> str:
    """The contents of the API."""
    rows = [(f"[`{each.__name__}`]({each.__name__}.md)", _first_line(each)) for each in modules()]
    toc = "\n".join(each.__name__ for each in modules())
    return (
        "# API\n\nEverything public, by module; what is not here may change without notice.\n\n"
        + table(("module", "what it is for"), rows)
        + f"\n```{{toctree}}\n:hidden:\n\n{toc}\n```\n"
    )


def api(module: ModuleType) -> str:
    """One module: each public name with its documentation, or the page where it has it."""
    head = f"# {module.__name__}\n\n```{{eval-rst}}\n.. automodule:: {module.__name__}\n   :no-members:\n```\n"
    if module is halflife:
        rows = [(_link(name), _first_line(getattr(halflife, name))) for name in module.__all__ if name[0] != "_"]
        return head + "\n" + table(("name", "what it is"), rows) + "\n" + "\n".join(_entries(module, _own(module)))
    return head + "\n" + "\n".join(_entries(module, module.__all__))


def _own(module: ModuleType) -> list[str]:
    """The names that no other public module has."""
    homes = halflife._HOMES
    return [name for name in module.__all__ if name not in homes and name[0] != "_"]


def _link(name: str) -> str:
    home = halflife._HOMES.get(name, "halflife")
    is_module = home == f"halflife.{name}" and not hasattr(import_module(home), name)
    return f"{{py:obj}}`halflife.{name} <{home if is_module else f'{home}.{name}'}>`"


def _entries(module: ModuleType, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        value = getattr(module, name)
        full = f"{module.__name__}.{name}"
        if not _explained(value):
            raise LookupError(f"{full} has no documentation: write its docstring, with an entry for each attribute.")
        if inspect.isclass(value):
            directive, options = "autoclass", ("members", "show-inheritance", f"exclude-members: {NOT_OURS}")
        elif inspect.ismodule(value):
            directive, options = "automodule", ("members",)
        elif callable(value) and get_origin(value) is None:
            directive, options = "autofunction", ()
        else:
            yield f"```{{py:data}} {full}\n\n{_data_doc(module, name)}\n```\n"
            continue
        lines = (f"   :{option}" + ("" if ":" in option else ":") for option in options)
        yield "\n".join(["```{eval-rst}", f".. {directive}:: {full}", *lines, "```", ""])


def _explained(value: Any) -> bool:
    """Whether a class, function or module has a docstring of its own, which names every field of a dataclass."""
    if not (inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value)):
        return True
    doc = value.__doc__ or ""
    fields = [each.name for each in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else []
    made = inspect.isclass(value) and doc.startswith(f"{value.__name__}(")
    named = all(name.startswith("_") or re.search(rf"\b{name}\b", doc) for name in fields)
    return bool(doc) and not made and named


def _data_doc(module: ModuleType, name: str) -> str:
    """The string below a constant, in whichever file of the package defines it."""
    for each in sorted(set(sys.modules)):
        if each.startswith(module.__name__):
            doc = ModuleAnalyzer.for_module(each).find_attr_docs().get(("", name))
            if doc:
                return " ".join(doc)
    raise LookupError(f"{module.__name__}.{name} has no documentation: put a string below it.")


def _first_line(value: Any) -> str:
    return (inspect.getdoc(value) or "").partition("\n")[0]


# Markdown
