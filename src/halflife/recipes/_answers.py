"""The answers of a translation, as data; `_text` and `_page` print them."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, overload

from halflife.recipes import _strength, _text
from halflife.recipes._grade import Grade
from halflife.recipes._recipe import Recipe
from halflife.recipes._strength import Terms


@dataclass(frozen=True, kw_only=True)
class Translation:
    """The same setting in one framework; prints itself.

    Attributes:
        framework: its name, as `to` takes it.
        recipe: the text to paste.
        grade: how exact it is.
        reasons: what the grade rests on, worst first: the condition, the size of the next term, or the theorem or
            missing feature with the nearest thing.
        remarks: how the framework reads its strength, and what else to know.
        setting: what was written, in canonical form.
        group: which parameter group of a live optimizer, if there are several settings in it.
        layers: for each layer of a live optimizer, the decay that its L2 amounts to over the uniform one.
    """

    framework: str
    recipe: str
    grade: Grade
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    setting: Recipe
    group: str | None = None
    layers: tuple[tuple[str, float], ...] = ()

    @property
    def note(self) -> str:
        """Reasons and remarks in one line."""
        return "; ".join((*self.reasons, *self.remarks))

    @property
    def terms(self) -> Terms:
        """What was written as half-life, timescale, share over the run and normalized decay."""
        return _strength.terms(self.setting)

    def to_dict(self) -> dict[str, Any]:
        """One JSON object; what is not known or not finite is null."""
        return {
            "framework": self.framework,
            "recipe": self.recipe,
            "grade": str(self.grade),
            "note": self.note,
            "law": str(self.setting.law),
            "strength": self.setting.strength,
            "lr": self.setting.lr,
            "group": self.group,
            "layers": dict(self.layers),
            **_finite(asdict(self.terms)),
        }

    def __str__(self) -> str:
        return _text.answer(self)

    def _repr_html_(self) -> str:
        return _text.table([self])


@dataclass(frozen=True, kw_only=True)
class Translations(Sequence[Translation]):
    """The same setting in every framework asked for; prints itself.

    Attributes:
        source: what was read, in canonical form, at the strength and under the law that was asked for.
        read_from: the framework it was read in, or None for a canonical recipe.
        terms: the setting as half-life, timescale, share over the run and normalized decay.
        answers: one a framework (and parameter group).
    """

    source: Recipe
    read_from: str | None
    terms: Terms
    answers: tuple[Translation, ...]

    @overload
    def __getitem__(self, index: int) -> Translation: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Translation, ...]: ...

    def __getitem__(self, index: int | slice) -> Translation | tuple[Translation, ...]:
        return self.answers[index]

    def __len__(self) -> int:
        return len(self.answers)

    def __iter__(self) -> Iterator[Translation]:
        return iter(self.answers)

    def to_dict(self) -> dict[str, Any]:
        """One JSON object: what was read, what it amounts to, and the answers."""
        return {
            "read_from": self.read_from,
            "rule": self.source.rule,
            "lr": self.source.lr,
            "law": str(self.source.law),
            "strength": self.source.strength,
            "hyperparameters": self.source.numbers,
            "where": self.source.where.name.lower(),
            **_finite(asdict(self.terms)),
            "answers": self.to_dicts(),
        }

    def to_dicts(self) -> list[dict[str, Any]]:
        """One JSON object an answer."""
        return [answer.to_dict() for answer in self.answers]

    @property
    def screen(self) -> str:
        """One screen: the strength, the grades, and the texts that there is room for, the most exact first."""
        return _text.screen(self)

    def __str__(self) -> str:
        return _text.answers(self)

    def _repr_html_(self) -> str:
        return f"<p>{_text.escaped(_text.summary(self.source, self.terms))}</p>{_text.table(self.answers)}"


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value if value is not None and abs(value) != float("inf") else None for name, value in values.items()}
