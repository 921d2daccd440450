"""The site leaves out nothing that is public, and its pages say what the code says."""

import importlib
import inspect
import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def pages():
    sys.path.insert(0, str(DOCS))
    try:
        yield importlib.import_module("_pages")
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def made(pages, tmp_path_factory):
    """The folder of pages that are made from the code."""
    folder = tmp_path_factory.mktemp("made")
    pages.write(folder)
    return folder


def test_every_public_name_has_an_entry(pages, made):
    """Each name of each `__all__` is documented at its module, or linked from halflife's page to where it is."""
    for module in pages.modules():
        page = (made / "api" / f"{module.__name__}.md").read_text(encoding="utf-8")
        for name in module.__all__:
            if name != "__version__":
                full = re.escape(f"{module.__name__}.{name}")
                assert re.search(rf"(:: |\{{py:data\}} |\{{py:obj\}}`){full}\b", page), full


def test_every_entry_says_what_it_is(pages):
    """A public class, function or constant has documentation."""
    for module in pages.modules():
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isroutine(value) or inspect.ismodule(value):
                assert inspect.getdoc(value), f"{module.__name__}.{name}"


def test_every_public_subpackage_is_a_page(pages):
    """What can be imported from halflife without an underscore is the command line, or a page."""
    import pkgutil

    import halflife

    public = {each.name for each in pkgutil.iter_modules(halflife.__path__) if not each.name.startswith("_")}
    shown = {module.__name__.removeprefix("halflife.") for module in pages.modules()}
    assert public - shown <= {"cli", "report"}


def test_every_verb_and_every_option_is_described(pages, made):
    """Each option of each verb, with its help, is on the verb's page."""
    for name, command in pages.verbs().items():
        page = (made / "verbs" / f"{name}.md").read_text(encoding="utf-8")
        for parameter in command.params:
            assert parameter.help, f"{name} {parameter.name}"
            assert pages._spelling(parameter) in page


def test_every_framework_shows_each_of_its_forms(pages, made):
    """A row a form: the laws of the page are those that the framework declares, in order."""
    for name, framework in pages.FRAMEWORKS.items():
        page = (made / "frameworks" / f"{name}.md").read_text(encoding="utf-8")
        declared = page.partition("## What it declares")[2].partition("\nThe loss")[0]
        laws = [line.split(" | ")[2] for line in declared.splitlines()[4:] if line.startswith("|")]
        assert laws == [f"`{form.law}`" for form in framework.forms]


def test_a_measured_framework_shows_its_atlas(pages, made):
    """What the atlas holds of a package stands at its framework."""
    page = (made / "frameworks" / "torch.md").read_text(encoding="utf-8")
    assert "| torch.optim:AdamW | DECOUPLED | before |" in page
    assert "| optax:adamw |" not in page


def test_text_that_looks_like_markup_is_shown_as_text(pages):
    """Stars, underscores and bars in what the code says do not become markup; what is in backticks stays."""
    assert pages._cell("a*b_c | `d_e*`") == r"a\*b\_c \| `d_e*`"


def test_every_check_of_the_audit_can_be_linked_to():
    """The page of checks has a heading for every code that the pages mention."""
    codes = set(re.findall(r"^## (HL\d{3})", (DOCS / "checks.md").read_text(encoding="utf-8"), re.MULTILINE))
    for page in DOCS.rglob("*.md"):
        if not {"_made", "_build"} & set(page.parts):
            assert set(re.findall(r"HL\d{3}", page.read_text(encoding="utf-8"))) <= codes, page


def test_every_piece_of_python_on_a_page_is_run():
    """Python is shown by running it, in a code-cell, or by including an example, which the tests run."""
    for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]:
        if not {"_made", "_build", "_scratch"} & set(page.parts):
            assert not re.search(r"^```(python|\{code-block\})", page.read_text(encoding="utf-8"), re.MULTILINE), page


def test_every_command_on_a_page_is_run():
    """A console block says how to install; every other command has its output from a run."""
    for page in DOCS.rglob("*.md"):
        if not {"_made", "_build", "_scratch"} & set(page.parts):
            for block in re.findall(
                r"^```console\n(.*?)```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
            ):
                assert block.startswith("$ pip install"), page
