"""One setting, every framework: read, carry, fit, write."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from halflife._errors import BadInput, UnknownName
from halflife.recipes import _fit, _laws, _live, _strength
from halflife.recipes._answers import Translation, Translations
from halflife.recipes._framework import Form, Framework
from halflife.recipes._grade import Grade, Loss
from halflife.recipes._parts import Live
from halflife.recipes._printed import as_call
from halflife.recipes._recipe import LAWS, Recipe, Reduction, Where
from halflife.recipes._registry import FRAMEWORKS, KNOWN
from halflife.recipes._unread import short, unread
from halflife.rules import Law


def translate(
    recipe: Any,
    *,
    to: str | Sequence[str] | None = None,
    read_as: str | None = None,
    law: Law | str | None = None,
    half_life: str | float | None = None,
    timescale: str | float | None = None,
    share: float | None = None,
    normalized_decay: float | None = None,
    batch: int | None = None,
    rows: int | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    schedule: str | None = None,
    where: Where | str | None = None,
    reduction: Reduction | str | None = None,
) -> Translations:
    """The same setting in other frameworks, each with a grade of how exact it is.

    Args:
        recipe: a text such as `"torch.optim.SGD(lr=0.1, momentum=0.9, weight_decay=5e-4)"`, read by parsing and never
            evaluated; a live optimizer of torch, Keras, Optax or scikit-learn, a compiled Keras model, or an
            estimator of `halflife.sklearn`; or a `Recipe`.
        to: the frameworks to write, by name; all by default.
        read_as: the framework that the text is written in, where the text does not say.
        law: change the door as well, such as `DECOUPLED`.
        half_life: how strong, in steps (`5000`, `"5000 steps"`) or epochs (`"30 epochs"`) at the peak lr.
        timescale: how strong, as 1/α, in steps or epochs.
        share: how strong, as what the whole run removes of an untouched weight, in (0, 1).
        normalized_decay: how strong, as λ_norm of the AdamW paper.
        batch: rows of a mini-batch, where the text does not say.
        rows: training rows.
        epochs: of the whole run; needs rows and batch.
        steps: of the whole run.
        schedule: how lr moves, a name in `halflife.rules.schedule`.
        where: `all` or `weights`: which parameters are regularized.
        reduction: `mean` or `sum`: how the error comes from the rows of a mini-batch.

    Returns:
        The answers, with what was read.

    Raises:
        UnknownName: a framework, law, schedule, optimizer or argument does not exist.
        BadInput: the text cannot be read, or a number cannot be used.
    """
    targets = _targets(to)
    chosen = _law(law)
    sources, origin = _read(recipe, read_as)
    answers: list[Translation] = []
    first: Recipe | None = None
    for live in sources:
        source = _told(live.recipe, batch, rows, epochs, steps, schedule, where, reduction)
        source, losses = _changed(source, chosen, live.measured, half_life, timescale, share, normalized_decay)
        first = first or source
        for framework in targets:
            answers.append(_answer(source, framework, (*source.losses, *losses), live, chosen is not None))
    if first is None:
        raise BadInput("the optimizer has no parameters.")
    return Translations(source=first, read_from=origin, terms=_strength.terms(first), answers=tuple(answers))


def read(text: str, *, read_as: str | None = None) -> Recipe:
    """The canonical recipe of a text.

    Raises:
        BadInput: no framework recognises it, or it cannot be read.
    """
    text = as_call(text)
    return _framework_of(text, read_as).read(text)


def _answer(source: Recipe, framework: Framework, losses: Sequence[Loss], live: Live, keep_door: bool) -> Translation:
    fitted = _fit.fit(source, framework, keep_door=keep_door, measured=live.measured)
    every = (*losses, *fitted.losses)
    grade = max((loss.grade for loss in every), key=lambda grade: grade.rank, default=Grade.EXACT)
    crossed = fitted.recipe.law is not source.law or live.measured is not None
    return Translation(
        framework=framework.name,
        recipe=framework.write(fitted.recipe, fitted.form),
        grade=grade,
        reasons=_reasons(every, grade),
        remarks=_remarks(source, framework, fitted.form),
        setting=fitted.recipe,
        group=live.group,
        layers=live.layers if crossed and fitted.recipe.law is not Law.L2 else (),
    )


def _reasons(losses: Sequence[Loss], grade: Grade) -> tuple[str, ...]:
    """What the grade rests on, worst first; beside the impossible, what is exact is no news."""
    shown = [loss for loss in losses if loss.grade is not Grade.EXACT or grade is not Grade.IMPOSSIBLE]
    return tuple(dict.fromkeys(loss.note for loss in sorted(shown, key=lambda loss: -loss.grade.rank)))


def _remarks(source: Recipe, framework: Framework, form: Form) -> tuple[str, ...]:
    """How the form reads its strength, what its reader assumed, and what else to know."""
    strength = form.remark if source.strength else "there is no regularization to carry"
    return tuple(dict.fromkeys(filter(None, (strength, *source.remarks, framework.caution))))


def _changed(
    source: Recipe,
    law: Law | None,
    measured: float | None,
    half_life: str | float | None,
    timescale: str | float | None,
    share: float | None,
    normalized_decay: float | None,
) -> tuple[Recipe, list[Loss]]:
    """The source at another strength, or through another door."""
    if any(value is not None for value in (half_life, timescale, share, normalized_decay)):
        chosen = _strength.choose(
            source,
            law,
            half_life=half_life,
            timescale=timescale,
            share=share,
            normalized_decay=normalized_decay,
        )
        return chosen, []
    if law is None:
        return source, []
    if law is Law.NONE:
        raise BadInput("the law is NONE: leave regularization out of the recipe instead.")
    return _laws.carry(source, law, order=source.order, measured=measured)


def _told(
    recipe: Recipe,
    batch: int | None,
    rows: int | None,
    epochs: float | None,
    steps: int | None,
    schedule: str | None,
    where: Where | str | None,
    reduction: Reduction | str | None,
) -> Recipe:
    """The recipe with what its text did not say."""
    fields = {"batch": batch, "rows": rows, "steps": steps, "schedule": schedule}
    recipe = replace(recipe, **{name: value for name, value in fields.items() if value is not None})  # type: ignore[arg-type]
    if where is not None and recipe.strength:
        recipe = replace(recipe, where=_member("where", where, Where))
    if where is not None:
        _member("where", where, Where)
    if reduction is not None:
        recipe = replace(recipe, reduction=_member("reduction", reduction, Reduction))
    if epochs is None:
        return recipe
    epoch = _strength.steps_per_epoch(recipe)
    if steps is not None:
        raise BadInput("steps and epochs are given: one of them says how long the run is, so give one.")
    if epoch is None or not 0 < epochs < 1e9:
        raise BadInput(f"epochs is {epochs}: it must be positive, with the rows of the data and of a mini-batch.")
    return replace(recipe, steps=max(1, round(epochs * epoch)))


def _member(name: str, value: Any, kind: Any) -> Any:
    if isinstance(value, kind):
        return value
    if not isinstance(value, str) or value.upper() not in kind.__members__:
        raise UnknownName(name, str(value), [member.lower() for member in kind.__members__])
    return kind[value.upper()]


def _law(law: Law | str | None) -> Law | None:
    if law is None or isinstance(law, Law):
        return law
    names = [str(member) for member in LAWS]
    if law.upper() not in names:
        raise UnknownName("law", law, names)
    return Law[law.upper()]


def _targets(to: str | Sequence[str] | None) -> list[Framework]:
    names = list(FRAMEWORKS) if to is None else [to] if isinstance(to, str) else list(to)
    for name in names:
        if name not in KNOWN:
            raise UnknownName("framework", name, KNOWN)
    return [KNOWN[name] for name in names]


def _read(recipe: Any, read_as: str | None) -> tuple[Sequence[Live], str | None]:
    if isinstance(recipe, Recipe):
        return [Live(recipe=recipe)], None
    if isinstance(recipe, str):
        recipe = as_call(recipe)
        framework = _framework_of(recipe, read_as)
        return [Live(recipe=framework.read(recipe))], framework.name
    return _live.read(recipe), _live.framework(recipe)


def _framework_of(text: str, read_as: str | None) -> Framework:
    if read_as is not None:
        return _targets(read_as)[0]
    found = [framework for framework in KNOWN.values() if framework.recognises(text)]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(f"the recipe {short(text)} may be {' or '.join(f.name for f in found)}: say which (--from).")
    raise unread(text, KNOWN)
