"""What a framework declares of itself, as data: read this file and you can read every framework beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from halflife.recipes._grade import Grade, Loss
from halflife.recipes._recipe import EpsPlace, Recipe, Reduction, Where
from halflife.rules import Law, LrPlace, Order

BOTH = frozenset(Where)
NO_MENTION = ""


@dataclass(frozen=True, kw_only=True)
class Form:
    """One way in which a framework spells one rule with one law: a row of its table.

    Attributes:
        call: the name of the class or function, without the framework's prefix; for text formats the optimizer's name.
        rule: the rule that it takes the steps of.
        law: how its strength enters.
        strength: the argument that holds the strength; empty where the framework's writer puts it beside the call.
        lr: the argument that holds lr.
        names: our hyperparameters by their arguments; `betas.0` is the first entry of the tuple `betas`.
        flags: arguments that must have these values for the row to hold.
        defaults: their defaults, by their names, of lr, strength, hyperparameters and flags.
        fixed: hyperparameters of the rule that cannot be set, with the values that they have.
        positive: hyperparameters that must be more than 0.
        eps_place: where ε is added.
        lr_place: where lr multiplies.
        order: when decay acts.
        where: which choices of parameters it can express.
        remark: one sentence on how this form reads its strength.
        differs: what its steps have that the rule has not; such a row is read, with this loss, and never written.
    """

    call: str
    rule: str
    law: Law
    strength: str = "weight_decay"
    lr: str = "lr"
    names: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, float] = field(default_factory=dict)
    positive: frozenset[str] = frozenset()
    eps_place: EpsPlace = EpsPlace.RULE
    lr_place: LrPlace = LrPlace.STEP
    order: Order = Order.JOINT
    where: frozenset[Where] = BOTH
    remark: str = NO_MENTION
    differs: Loss | None = None


def also(form: Form, *names: str, differs: Loss | None = None) -> tuple[Form, ...]:
    """The row under other names, of the same steps or of steps that differ as said."""
    return tuple(replace(form, call=name, differs=differs) for name in names)


def beyond(
    like: Form, *names: str, why: str, law: Law | None = None, defaults: Mapping[str, Any] | None = None
) -> tuple[Form, ...]:
    """Rows of optimizers that no rule takes the steps of, each read as the row that is most like it.

    Args:
        like: that row; its arguments are theirs.
        names: what they are called.
        why: what such an optimizer does, in the words that follow its name.
        law: how its strength enters, if not as in that row.
        defaults: where theirs are not the row's.
    """
    own = replace(like, law=law or like.law, defaults={**like.defaults, **(defaults or {})})
    return tuple(
        form
        for name in names
        for form in also(
            own,
            name,
            differs=Loss(
                grade=Grade.IMPOSSIBLE,
                note=f"{name} {why}: no rule of halflife takes such steps. Nearest: {like.rule}, whose lr and strength "
                "are to be sought anew",
            ),
        )
    )


@dataclass(frozen=True, kw_only=True)
class Framework:
    """One format: its forms as data, and the two functions between its text and the canonical recipe.

    Attributes:
        name: as `to` takes it.
        title: as people write it.
        forms: what it can say, the preferred spelling of a rule and a law first.
        recognises: whether a text is in this format.
        read: the recipe that a text holds.
        write: the text of a recipe that fits a form.
        reductions: the ways in which its loss comes from its rows; both where the loss is the user's own.
        schedules: the schedules that it can follow; None where lr is in the user's own hands.
        caution: what else to know, in one sentence.
        fill: the code that fills the momentum buffer of `{parameters}` with `{share}` of the weights, if that can be.
    """

    name: str
    title: str
    forms: tuple[Form, ...]
    recognises: Callable[[str], bool]
    read: Callable[[str], Recipe]
    write: Callable[[Recipe, Form], str]
    reductions: frozenset[Reduction] = frozenset(Reduction)
    schedules: frozenset[str] | None = None
    caution: str = NO_MENTION
    fill: str = NO_MENTION
