"""The answers of a translation, and how they print themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, overload

from halflife.recipes import _strength
from halflife.recipes._grade import Translation
from halflife.recipes._recipe import Recipe
from halflife.recipes._strength import Terms
from halflife.rules import Law


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

    def to_dicts(self) -> list[dict[str, Any]]:
        """One JSON object an answer."""
        return [
            {
                "framework": answer.framework,
                "recipe": answer.recipe,
                "grade": str(answer.grade),
                "note": answer.note,
                "law": str(answer.setting.law),
                "strength": answer.setting.strength,
                "lr": answer.setting.lr,
                "group": answer.group,
                "layers": dict(answer.layers),
                **_finite(asdict(_strength.terms(answer.setting))),
            }
            for answer in self.answers
        ]

    def __str__(self) -> str:
        lines = [summary(self.source, self.terms), ""]
        for answer in self.answers:
            group = f", {answer.group}" if answer.group else ""
            lines += [
                f"{answer.framework}{group}: {answer.grade}, {answer.grade.value}",
                answer.recipe,
                answer.note,
                "",
            ]
        return "\n".join(lines).rstrip()

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><td>{escape(a.framework)}</td><td>{a.grade}</td><td><pre>{escape(a.recipe)}</pre></td>"
            f"<td>{escape(a.note)}</td></tr>"
            for a in self.answers
        )
        head = f"<p>{escape(summary(self.source, self.terms))}</p>"
        return f"{head}<table><tr><th>framework<th>grade<th>recipe<th>note</tr>{rows}</table>"


def summary(recipe: Recipe, terms: Terms) -> str:
    """A recipe and what it amounts to, in one paragraph."""
    numbers = ", ".join(f"{name} {value:g}" for name, value in recipe.hyperparameters)
    symbol = "λ" if recipe.law is Law.L2 else "wd"
    strength = "no regularization" if recipe.law is Law.NONE else f"{recipe.law} with {symbol} = {recipe.strength:g}"
    on = f" on {recipe.where.value}" if recipe.strength else ""
    head = f"{recipe.rule} at lr {recipe.lr:g}{f' ({numbers})' if numbers else ''}, {strength}{on}."
    if terms.decay is None:
        return f"{head} It has no half-life: through {recipe.rule} the gradients decide what λ removes (theorem 7)."
    if not terms.decay:
        return head
    said = [f"an untouched weight loses {terms.decay:.3g} of itself a step and halves in {_steps(terms.half_life)}"]
    if terms.half_life_epochs is not None:
        said.append(f"{terms.half_life_epochs:.3g} epochs")
    said.append(f"timescale {_steps(terms.timescale)}")
    if terms.share is not None:
        said.append(f"the run removes {terms.share:.3%} of it")
    if terms.normalized_decay is not None:
        said.append(f"normalized decay {terms.normalized_decay:.4g}")
    return f"{head} At the peak lr {'; '.join(said)}."


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """JSON has no infinity: it becomes null, as does what is not known."""
    return {name: value if value is not None and abs(value) != float("inf") else None for name, value in values.items()}


def _steps(steps: float | None) -> str:
    return "no time" if steps is None else f"{steps:,.0f} steps"
