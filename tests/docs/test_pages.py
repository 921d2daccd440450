"""The site leaves out nothing that is public, and its pages say what the code says."""

import dataclasses
import importlib
import re
import sys
from pathlib import Path

import pytest

from halflife.recipes import Grade
from halflife.rules import RULES, Law

DOCS = Path(__file__).parents[2] / "docs"


MEASURED_AGAIN = ("torch.optim:SGD", "torch.optim:AdamW", "torch.optim:Adagrad", "torch.optim:Muon")


@pytest.fixture(scope="module")
def pages():
    sys.path.insert(0, str(DOCS))
    try:
        yield importlib.import_module("_pages")
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def tables(pages):
    """The module of the tables that pages include."""
    return sys.modules[pages.table.__module__]


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


def test_the_api_has_every_part_of_the_design(pages):
    """The packages that users touch each have a page."""
    shown = {module.__name__.removeprefix("halflife.") for module in pages.modules()}
    assert shown >= {"rules", "proofs", "lab", "probe", "audit", "recipes", "regularize", "report", "tune"}
    assert shown >= {"sklearn", "optax", "testing"}


def test_a_public_name_without_documentation_fails_the_build(pages, monkeypatch):
    """A function, a class that leaves a field out, or a constant that says nothing ends it with its name."""
    from halflife import rules

    @dataclasses.dataclass(frozen=True)
    class Half:
        """Says nothing of its field."""

        silent: float

    for value in (lambda: None, Half, 3.0):
        monkeypatch.setattr(rules, "brand_new", value, raising=False)
        monkeypatch.setattr(rules, "__all__", [*rules.__all__, "brand_new"])
        with pytest.raises(LookupError, match=r"halflife\.rules\.brand_new has no documentation"):
            pages.api(rules)


def test_a_public_module_that_says_nothing_fails_the_build(pages, monkeypatch):
    """A new module in halflife needs an `__all__`, or a name that begins with an underscore."""
    import halflife.testing

    monkeypatch.delattr(halflife.testing, "__all__")
    with pytest.raises(LookupError, match=r"halflife\.testing has no `__all__`"):
        pages.modules()


def test_a_page_that_is_no_longer_made_is_taken_away(pages, made):
    """What was renamed leaves no page behind, which the site would show."""
    old = made / "api" / "halflife.gone.md"
    old.write_text("# gone", encoding="utf-8")
    pages.write(made)
    assert not old.exists()


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
        assert laws == [f"`{form.law}`" for form in framework.forms if not form.differs]
        lossy = page.partition("## What is read with a loss")[2].partition("\n## ")[0]
        assert all(f"| `{form.call}` | `{form.differs.grade}` |" in lossy for form in framework.forms if form.differs)


def test_a_measured_framework_shows_its_atlas(pages, made):
    """What the atlas holds of a package stands at its framework."""
    page = (made / "frameworks" / "torch.md").read_text(encoding="utf-8")
    assert "| torch.optim:AdamW | DECOUPLED | before |" in page
    assert "| optax:adamw |" not in page


def test_every_table_that_is_made_is_included_and_none_is_typed(pages):
    """Each made table stands on a page; grades, laws and rules are typed on none."""
    texts = {page: page.read_text(encoding="utf-8") for page in written()}
    for name in pages.TABLES:
        assert any(f"_made/{name}.md" in text for text in texts.values()), name
    enumerated = {f"| `{each}` |" for kind in (Grade, Law) for each in kind}
    enumerated |= {f"| `{name}` |" for name in RULES}
    for page, text in texts.items():
        assert not [row for row in enumerated if row in text], page


def test_the_table_of_transfer_keeps_the_timescale(tables):
    """By the laws' own α: with the strength that the table asks for, 1/α in epochs is what it was before the change."""
    header, _, *rows = (line.strip("| ").split(" | ") for line in tables.transfer().splitlines())
    k, lr, batch, rows_, strength = 3.0, 0.01, 32, 3200, 1e-3
    asked = {"nothing": 0, "strength × k": 1, "strength / k": -1, "strength × k²": 2, "strength / k²": -2}
    tried = 0
    for change, *cells in rows:
        moved = {
            "lr": lr * k ** (("lr × k" in change) - ("lr / k" in change)),
            "batch": batch * (k if "batch × k" in change else 1),
            "rows": rows_ * (k if "rows × k" in change else 1),
        }
        for laws, cell in zip(header[1:], cells, strict=True):
            for law in laws.split(", "):
                if law in ("PROXIMAL", "L2 under plain SGD"):
                    continue
                before = epochs(Law[law], strength, lr, batch, rows_)
                after = epochs(Law[law], strength * k ** asked[cell], **moved)
                assert after == pytest.approx(before, rel=1e-12), (change, law)
                if cell != "nothing":
                    assert epochs(Law[law], strength, **moved) != pytest.approx(before, rel=0.5), (change, law)
                tried += 1
    assert tried == len(rows) * 6


def test_what_was_measured_once_agrees_with_itself(tables):
    """The sentences of the page name the numbers of the file that its tables are made of, and they multiply."""
    found = tables.MEASURED["cluster"]
    page = " ".join((DOCS / "cluster.md").read_text(encoding="utf-8").split())
    seconds = found["members"] / found["per_second"]
    assert f"{found['per_second']} trainings per second" in page
    assert f"{found['members']} in a chunk, so a chunk takes {seconds:.2f} s" in page
    assert f"With *d* = {found['written_per_second']}:" in page
    assert f"| {seconds:.2f} s | 300 rows, 50 epochs | {seconds * found['written_per_second']:.0f} |" in tables.reach()
    measured = tables.MEASURED["mnist1d"]["slopes"].items()
    slopes = {name: value for name, (value, low, high) in measured if low < value < high}
    assert slopes["α"] - slopes["λ"] == pytest.approx(1, abs=0.1)


def epochs(law, strength, lr, batch, rows):
    """The timescale of a decay, in epochs."""
    return 1 / law.decay(strength, lr=lr, peak_lr=lr) / (rows / batch)


def test_every_law_is_explained():
    """Each law has its paragraph under "What follows from it"."""
    from halflife.rules import Law

    text = (DOCS / "which-law.md").read_text(encoding="utf-8").partition("## What follows from it")[2]
    terms = "".join(re.findall(r"^\*\*.*", text.partition("\n## ")[0], re.MULTILINE))
    assert {str(law) for law in Law} == set(re.findall(r"[A-Z]+(?:_[A-Z]+|\d)*(?=\*\*)", terms))


def test_every_grade_is_in_the_glossary(pages):
    """The glossary names the grades that there are."""
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    assert ", ".join(map(str, list(Grade)[:-1])) + f" or {list(Grade)[-1]}" in text


def test_the_atlas_is_what_is_measured():
    """The committed rows of torch.optim are those of a probe today, where this is the version that was measured."""
    torch = pytest.importorskip("torch")
    from halflife.probe._atlas import survey

    committed = (DOCS / "atlas.md").read_text(encoding="utf-8")
    if f"## torch {torch.__version__}\n" not in committed:
        pytest.skip(f"the atlas was not measured with torch {torch.__version__}")
    for row in survey(MEASURED_AGAIN, lambda _: None).rows:
        assert f"| {' | '.join(row.cells)} |" in committed, row.target


def written():
    """The pages that are written by hand, and those of the repository's root."""
    pages = [*DOCS.rglob("*.md"), *DOCS.parent.glob("*.md")]
    generated = {"atlas.md", "checks.md", "theorems.md"}
    return [p for p in pages if p.name not in generated and not {"_made", "_build", "_scratch"} & set(p.parts)]


def test_every_file_that_is_named_exists():
    """A path in backticks, or after a command, on the pages for those who work on the project leads somewhere."""
    root = DOCS.parent
    text = "".join((root / name).read_text(encoding="utf-8") for name in ("ARCHITECTURE.md", "CONTRIBUTING.md"))
    named = set(re.findall(r"`((?:src|docs|tests|examples|benchmarks|lab|rules)/[\w./]+)`", text))
    named |= {f"lab/{name}.py" for name in re.findall(r"\blab\.(\w+)", text)}
    assert len(named) > 20
    for path in named - {"docs/verbs/NAME.md", "src/halflife/audit/hl0xx_what_is_wrong.py"}:
        assert (root / path).exists() or (root / "src" / "halflife" / path).exists(), path


def test_the_changelog_counts_as_the_code_does(pages):
    """Rules, frameworks and checks are as many as it says."""
    from halflife.audit._checks import CHECKS

    text = (DOCS.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    for counted, what in ((RULES, "rules"), (pages.FRAMEWORKS, "frameworks"), (CHECKS, "checks")):
        assert f"{len(counted)} {what}" in text


def test_text_that_looks_like_markup_is_shown_as_text(pages):
    """Stars, underscores and bars in what the code says do not become markup; what is in backticks stays."""
    assert pages.cell("a*b_c | `d_e*`") == r"a\*b\_c \| `d_e*`"


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
