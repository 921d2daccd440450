"""How options are read and lines are printed, the same way by all verbs."""

import pytest
from rich.text import Text

from halflife import BadInput
from halflife.cli import _options, _pages, _screen


@pytest.mark.parametrize(
    ("text", "read"),
    [("2GB", 2 * 10**9), ("512MiB", 512 * 2**20), ("1.5 KB", 1500), ("3kib", 3072), ("7", 7), ("0.1GiB", 107374182)],
)
def test_memory_is_read_with_its_unit(text, read):
    """Thousands with a B, powers of two with iB, whatever the case."""
    assert _options.memory(text) == read


@pytest.mark.parametrize(("text", "read"), [("300", 300), (" 1 ", 1), ("0.6", 0.6), ("1.0", 1.0), ("1e2", 100.0)])
def test_a_count_of_rows_is_no_share(text, read):
    """One row is not all of them: digits alone are a count."""
    found = _options.size("--rows", text)
    assert (found, type(found)) == (read, type(read))


def test_a_page_needs_a_folder_that_is_there(tmp_path):
    """It is refused before long work is begun, and a file that is there may be written anew."""
    _pages.writable(tmp_path / "page.html")
    for page, why in ((tmp_path, "it is a folder"), (tmp_path / "no" / "page.html", "there is no such folder")):
        with pytest.raises(BadInput, match=why):
            _pages.writable(page)


def test_the_name_of_a_file_is_printed_as_it_is(capsys, monkeypatch):
    """Brackets are no markup, and a long line is not broken."""
    monkeypatch.setenv("COLUMNS", "40")
    name = "studies/[bold]of[/bold]/a-name-that-is-longer-than-the-line.html"
    _screen.line(f"page in {name}")
    assert capsys.readouterr().out == f"page in {name}\n"


def test_no_line_is_longer_than_asked_however_wide_the_terminal(capsys, monkeypatch):
    """Prose stays readable on a wide screen, and within a narrow one."""
    words = "word " * 60
    for columns, widest, longest in (("200", 100, 100), ("60", 100, 60), ("200", None, 200)):
        monkeypatch.setenv("COLUMNS", columns)
        _screen.show(Text(words), widest=widest)
        lines = capsys.readouterr().out.splitlines()
        assert longest - 5 <= max(len(line.rstrip()) for line in lines) <= longest


def test_a_quoted_argument_line_is_a_recipe(halflife):
    """It begins as an option does and is none; options stand before it or after it."""
    line = "--opt sgd --lr 0.1 --weight-decay 5e-4"
    for words in ((line, "--to", "torch"), ("--to", "torch", line), ("--to", "torch", "--", line)):
        said = halflife("translate", *words)
        assert said.code == 0, said.err
        assert "torch.optim.SGD(" in said.out
