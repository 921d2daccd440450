"""Pages: data in, one self-contained HTML file out. Nothing in a page is fetched, and every text in it is escaped."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from halflife.recipes import Grade, Translation
from halflife.report import _palette
from halflife.report._numbers import power_of_ten


@dataclass(frozen=True, kw_only=True)
class Table:
    """Numbers as text.

    Attributes:
        caption: what it shows.
        headings: of its columns.
        rows: of cells; the first of each names its row.
        parts: for each row, the name of the part of the picture that it describes.
    """

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    parts: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[str, ...]:
        """For each column "words", which stand left, or "numbers", which stand right."""
        columns = zip(*self.rows, strict=True) if self.rows else ((),) * len(self.headings)
        return tuple("words" if any(map(_is_words, column)) else "numbers" for column in columns)

    @property
    def named_rows(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Each row with its part, which is empty where there is none."""
        return tuple(zip(self.parts or ("",) * len(self.rows), self.rows, strict=True))


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A drawing with its words and the table behind it.

    Attributes:
        title: above it.
        svg: the drawing.
        caption: what is to be seen.
        table: the same as numbers; None where another picture's table holds them.
    """

    title: str
    svg: Markup
    caption: str
    table: Table | None = None


@dataclass(frozen=True, kw_only=True)
class Paste:
    """A setting to paste.

    Attributes:
        framework: whose it is.
        text: the setting.
        grade: how exact.
        note: what the grade rests on.
        possible: whether it is the same setting at all, and not the nearest thing.
    """

    framework: str
    text: str
    grade: str
    note: str
    possible: bool


_NUMBER = re.compile(r"[−+-]?[\d.]|diverged$|none$|–$|-$")


def _is_words(cell: str) -> bool:
    return bool(cell) and not _NUMBER.match(cell)


def typeset(text: str) -> str:
    """Prose with its numbers set as in print: 6×10⁻⁷ for 6e-07, true minus signs, and no line broken inside of one."""
    text = re.sub(r"(?<![\w.])([+-]?)(\d(?:\.\d+)?)e([+-]?\d+)\b", _power, text)
    text = re.sub(r"(?<![\w)])-(?=[\d.])", "−", text)
    return re.sub(r"(?<=\d) (?=%)|(?<=[λαμη]) (?== )|(?<= =) (?=\S)|(?<=\blr) (?=\d)", "\u00a0", text)


def _power(found: re.Match[str]) -> str:
    sign, digits, exponent = found.groups()
    power = power_of_ten(int(exponent))
    return sign + (power if digits == "1" else f"{digits}×{power}")


def render(template: str, **data: Any) -> str:
    """A page from a template and its data."""
    return _environment().get_template(template).render(**data)


def of_family(template: str, title: str, about: str, **shown: Any) -> str:
    """A page that is no study's: its title, what it is about in a line, and what its template shows."""
    return render(template, page={"title": title, "about": about, "version": version("halflife"), **shown})


@cache
def _environment() -> Environment:
    folder = files(__package__).joinpath("templates")
    environment = Environment(
        loader=PackageLoader("halflife.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text: Callable[[str], Markup] = lambda name: Markup(folder.joinpath(name).read_text(encoding="utf-8"))  # noqa: E731, S704 - the package's own files
    environment.filters["typeset"] = typeset
    environment.globals |= {
        "style": text("page.css"),
        "script": text("page.js"),
        "light": Markup(_palette.style_sheet(dark=False)),  # noqa: S704 - constants
        "dark": Markup(_palette.style_sheet(dark=True)),  # noqa: S704 - constants
    }
    return environment


def pastes(answers: Sequence[Translation]) -> tuple[Paste, ...]:
    """Translations as a page shows them, the most exact first."""
    ordered = sorted(answers, key=lambda answer: answer.grade.rank)
    return tuple(
        Paste(
            framework=a.framework,
            text=a.recipe,
            grade=str(a.grade),
            note=a.note,
            possible=a.grade is not Grade.IMPOSSIBLE,
        )
        for a in ordered
    )


def table_of(caption: str, rows: Sequence[Mapping[str, str]], parts: Sequence[str] = ()) -> Table:
    """A table from rows that name their cells."""
    headings = tuple(rows[0]) if rows else ()
    return Table(caption=caption, headings=headings, rows=tuple(tuple(r.values()) for r in rows), parts=tuple(parts))
