"""Between arguments by name and the canonical recipe, by the rows that a framework declares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from halflife._errors import BadInput, UnknownName
from halflife.recipes import _calls
from halflife.recipes._framework import Form
from halflife.recipes._recipe import Recipe, Where
from halflife.rules import Law, rule

MANY = 12
"""So many names are one sentence."""


def read(
    forms: Iterable[Form],
    call: str,
    arguments: Mapping[str, Any],
    *,
    ignored: Sequence[str] = (),
    law: Law | None = None,
    **others: Any,
) -> Recipe:
    """The recipe of these arguments by the row of that name whose flags they meet.

    Args:
        forms: the framework's rows.
        call: the name that was called.
        arguments: by the framework's names.
        ignored: arguments that have no bearing on the steps.
        law: take only rows of this law.
        others: fields of the recipe that are known already; `strength` replaces the row's argument.

    Raises:
        UnknownName: there is no row of that name, or no such argument.
        BadInput: no row holds for these flags, or an argument is not a number.
    """
    forms = tuple(forms)
    named = [form for form in forms if form.call == call]
    if not named:
        raise no_such(call, forms)
    known = {name for form in named for name in arguments_of(form)}
    strange = named[0].differs is not None  # whose own arguments no row has
    for name in arguments:
        if name not in known and name not in ignored and not strange:
            raise UnknownName(f"argument of {call}", name, sorted(known))
    rows = [form for form in named if law is None or form.law is law]
    for form in rows:
        if all(given(form, arguments, name) == value for name, value in form.flags.items()):
            return _recipe(form, arguments, others)
    flags = {name: given(form, arguments, name) for form in rows for name in form.flags}
    said = ", ".join(f"{name}={_calls.show(value)}" for name, value in flags.items())
    raise BadInput(f"{call} with {said} takes steps that no rule of halflife knows.")


def no_such(call: str, forms: Iterable[Form]) -> BadInput:
    """What to say of a name that has no row: the nearest of all names, else those that are written."""
    forms = tuple(forms)
    near = UnknownName("optimizer", call, dict.fromkeys(form.call for form in forms))
    written = dict.fromkeys(form.call for form in forms if not form.differs)
    return near if near.nearest else UnknownName("optimizer", call, list(written)[:MANY])


def write(recipe: Recipe, form: Form, *, lr: Any = None) -> dict[str, Any]:
    """The arguments of a recipe that fits the form, by the framework's names, without its defaults.

    `lr` may be a schedule instead of a number.
    """
    arguments: dict[str, Any] = {form.lr: recipe.lr if lr is None else lr}
    for name, value in recipe.numbers.items():
        if name in form.names:
            _place(arguments, form.names[name], value)
    arguments |= form.flags
    if form.strength:
        arguments[form.strength] = recipe.strength
    told = {form.lr} | ({form.strength} if recipe.strength else set())
    return {name: value for name, value in arguments.items() if name in told or form.defaults.get(name) != value}


def _recipe(form: Form, arguments: Mapping[str, Any], others: Mapping[str, Any]) -> Recipe:
    numbers = dict(form.fixed)
    for name, theirs in form.names.items():
        value = given(form, arguments, theirs)
        numbers[name] = rule(form.rule).settings()[name] if value is None else _calls.number(theirs, value)
    fields = dict(others)
    strength = fields.pop("strength", None)
    if strength is None:
        value = given(form, arguments, form.strength) if form.strength else 0.0
        strength = 0.0 if value is None else _calls.number(form.strength, value)
    fields.setdefault("where", Where.ALL if Where.ALL in form.where else Where.WEIGHTS)
    lr = fields.pop("lr", None)
    if lr is None:
        lr = given(form, arguments, form.lr)
        if lr is None:
            raise BadInput(f"{form.call} has no default for {form.lr}: give it.")
    return Recipe(
        rule=form.rule,
        lr=_calls.number(form.lr, lr),
        law=form.law,
        strength=strength,
        hyperparameters=tuple(numbers.items()),
        lr_place=form.lr_place,
        eps_place=form.eps_place,
        order=form.order,
        losses=(form.differs,) if form.differs else (),
        **fields,
    )


def with_remark(recipe: Recipe, remark: str) -> Recipe:
    """The same recipe with one more thing that its reader assumed."""
    return replace(recipe, remarks=(*recipe.remarks, remark))


def arguments_of(form: Form) -> set[str]:
    inside = {name.partition(".")[0] for name in form.names.values()}
    return {form.lr, form.strength, *inside, *form.flags, *form.defaults} - {""}


def given(form: Form, arguments: Mapping[str, Any], name: str) -> Any:
    """The value of an argument, by default the row's; `betas.0` looks into a tuple."""
    outer, _, index = name.partition(".")
    value = arguments.get(outer, form.defaults.get(outer))
    if not index or value is None:
        return value
    if not isinstance(value, (list, tuple)) or len(value) <= int(index):
        raise BadInput(f"{outer} of {form.call} is {_calls.show(value)}: it must be numbers in a tuple.")
    return value[int(index)]


def _place(arguments: dict[str, Any], name: str, value: float) -> None:
    outer, _, index = name.partition(".")
    if not index:
        arguments[outer] = value
        return
    entries = list(arguments.get(outer, ()))
    entries.insert(int(index), value)
    arguments[outer] = tuple(entries)
